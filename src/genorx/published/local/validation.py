"""Performance of predicted probabilities in patients with known outcome, without a model.

Source: Steyerberg EW, Vergouwe Y 2014, Eur Heart J 35:1925 (calibration in the large, slope, discrimination).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from genorx.errors import SupportError, UsageError
from genorx.published.local.local_patients import followed_to_horizon
from genorx.published.local.recalibration import calibration_slope


@dataclass(frozen=True, kw_only=True)
class Validation:
    """Calibration and discrimination at one horizon.

    Attributes
    ----------
    patients, events : int
        Patients with a known probability, time and event; events up to the horizon.
    left_out : int
        Patients left out because one of these is missing.
    observed, expected : float
        Probability of the event by the horizon (Kaplan-Meier), and mean predicted probability.
    oe : float
        Ratio of observed to expected.
    slope : float or None
        Calibration slope of the log cumulative hazard; None with fewer than 20 events.
    c : float
        Harrell's C up to the horizon.
    """

    patients: int
    events: int
    left_out: int
    observed: float
    expected: float
    oe: float
    slope: float | None
    c: float


def validate(risk: ArrayLike, time: ArrayLike, event: ArrayLike, *, horizon: float) -> Validation:
    """Return the performance of predicted probabilities of an event by ``horizon``.

    Parameters
    ----------
    risk : array-like of shape (n_patients,)
        Predicted probability of the event by ``horizon``; patients with NaN are left out and counted.
    time, event : array-like of shape (n_patients,)
        Follow-up in the unit of ``horizon``, and whether the event was observed.
    horizon : float
        Time up to which predictions are validated.

    Raises
    ------
    UsageError
        If a probability is not between 0 and 1.
    SupportError, HorizonError
        If no patient is left, no event was observed, or follow-up does not reach the horizon.

    Examples
    --------
    >>> risk = [0.1, 0.1, 0.2, 0.2, 0.4, 0.4, 0.7, 0.7] * 25
    >>> time, event = [5, 5, 5, 5, 2, 5, 1, 5] * 25, [0, 0, 0, 0, 1, 0, 1, 0] * 25
    >>> found = validate(risk, time, event, horizon=5)
    >>> found.events, found.observed, round(found.oe, 2)
    (50, 0.25, 0.71)
    """
    from genorx.survival import harrell_c, kaplan_meier

    predicted, end = (np.asarray(each, dtype=float) for each in (risk, time))
    seen = np.asarray(event, dtype=float)
    known = np.isfinite(predicted) & np.isfinite(end) & np.isfinite(seen) & (end > 0)
    if not known.any():
        raise SupportError("no patient has a probability, a time and an event", code="no-patients")
    predicted, end, died = predicted[known], end[known], seen[known] == 1
    if predicted.min() < 0 or predicted.max() > 1:
        raise UsageError("a probability is not between 0 and 1", code="usage")
    inside = np.clip(predicted, 1e-12, 1 - 1e-12)  # a certain event has no finite hazard
    local = followed_to_horizon(-np.log1p(-inside), end, died, horizon)
    curve = kaplan_meier(end, died)
    observed = 1.0 - float(curve.at([horizon])[0])
    return Validation(
        patients=int(known.sum()),
        events=int(local.event.sum()),
        left_out=int((~known).sum()),
        observed=observed,
        expected=float(predicted.mean()),
        oe=observed / float(predicted.mean()),
        slope=calibration_slope(local),
        c=harrell_c(local.time, local.event, predicted).estimate,
    )
