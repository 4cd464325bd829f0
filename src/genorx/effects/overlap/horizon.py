"""The horizon: as requested, or the furthest with enough patients at risk under each option.

A restricted mean can be estimated up to the last follow-up of each option, whether that is an event or not: after the
last event the curve stays constant as long as patients are followed.
Source: Tian L, Jin H, Uno H et al. 2020, Biometrics 76:1157, doi:10.1111/biom.13237.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genorx._core.disclosure import rounded_down
from genorx.effects.adjusted.alignment import Aligned
from genorx.errors import HorizonError, SupportError, shown

Floats = NDArray[np.float64]
_SHARE_AT_RISK, _AT_RISK = 0.1, 20


def checked_horizon(given: Aligned, horizon: float | None, min_events: int) -> float:
    """Return the horizon, chosen from the data if none was requested.

    Raises
    ------
    HorizonError
        If it is not positive, or lies beyond the follow-up of an option with enough events for an estimate.
    SupportError
        If no option has enough events.
    """
    times = times_by_option(given.y, given.treatment, min_events)
    if not times:
        raise SupportError(f"no option has {min_events} events", code="too-few-events")
    if horizon is None:
        return min(map(reachable, times.values()))
    if not 0 < horizon < np.inf:
        raise HorizonError(f"horizon {horizon:g} is not a positive time", hint="give a time after time zero")
    shortest, end = last_follow_up(times)
    if horizon > end:
        raise HorizonError(
            f"horizon {horizon:g} lies beyond {end:g}, the last follow-up under {shown(shortest)}",
            hint=f"use a horizon of at most {end:g}",
        )
    return float(horizon)


def cut_at(y: pd.DataFrame, horizon: float) -> pd.DataFrame:
    """Return outcomes cut at the horizon: longer survivors are censored there."""
    late = y["time"] > horizon
    cut = y.assign(time=y["time"].clip(upper=horizon), event=y["event"].astype(bool) & ~late)
    return cut.assign(cause=cut["cause"].where(~late, 0)) if "cause" in cut else cut


def times_by_option(y: pd.DataFrame, treatment: pd.Series[Any], min_events: int) -> dict[str, Floats]:
    """Return the follow-up times under each option with ``min_events`` events; other options are ignored."""
    rows = y.index.intersection(treatment.index, sort=False)
    taken, known = treatment.loc[rows], y.loc[rows]
    found = {}
    for name in sorted(taken.dropna().astype(str).unique()):
        own = known[(taken.astype(str) == name).to_numpy()]
        if own["event"].sum() >= min_events:
            found[name] = own["time"].to_numpy(float)
    return found


def last_follow_up(times: Mapping[str, Floats]) -> tuple[str, float]:
    """Return the option whose follow-up ends first, and when."""
    shortest = min(times, key=lambda name: (times[name].max(), name))
    return shortest, float(times[shortest].max())


def within_follow_up(horizon: float, y: pd.DataFrame, treatment: pd.Series[Any]) -> float:
    """Return the horizon restricted to the last follow-up of a subset of patients.

    For fits without a fold, which may lack the few patients with the longest follow-up.
    """
    times = times_by_option(y, treatment, 1)
    return min(horizon, last_follow_up(times)[1]) if times else horizon


def reachable(times: Floats) -> float:
    """Return the largest round time at which 10 %, and at least 20, of the patients are still at risk.

    It is rounded because the model stores it, and the exact time is that of a patient.
    """
    latest = np.sort(times)[::-1]
    needed = min(len(latest), max(_AT_RISK, int(np.ceil(_SHARE_AT_RISK * len(latest)))))
    return rounded_down(float(latest[needed - 1]))
