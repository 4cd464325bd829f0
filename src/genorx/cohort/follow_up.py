"""Summary of a group's follow-up: patients, events, median and total follow-up."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray


def median_follow_up(time: NDArray[np.float64], event: NDArray[np.bool_]) -> float | None:
    """Return the median follow-up by the reverse Kaplan-Meier estimate, in the unit of ``time``; None if not reached.

    The median of the observed times is too short where many patients die early; here an event censors follow-up.

    References
    ----------
    Schemper M, Smith TL 1996, Controlled Clinical Trials 17:343.
    """
    moments, place = np.unique(time, return_inverse=True)
    ended = np.bincount(place, weights=~event, minlength=moments.size)
    seen = np.bincount(place, minlength=moments.size)
    # of equal times an event comes first: a patient who died then could no longer be censored
    at_risk = np.cumsum(seen[::-1])[::-1] - (seen - ended)
    remaining = np.cumprod(1.0 - np.divide(ended, at_risk, out=np.zeros(moments.size), where=at_risk > 0))
    reached = np.flatnonzero(remaining <= 0.5)
    return float(moments[reached[0]]) if reached.size else None


def follow_up_of(frame: pd.DataFrame) -> dict[str, float | int | None]:
    """Return ``events``, ``median_follow_up`` and ``total_follow_up`` of a frame with ``time`` and ``event``."""
    time = frame["time"].to_numpy(dtype=float)
    event = frame["event"].to_numpy(dtype=bool)
    return {
        "events": int(event.sum()),
        "median_follow_up": median_follow_up(time, event),
        "total_follow_up": float(time.sum()),
    }
