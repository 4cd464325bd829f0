"""Squared error of predicted survival under censoring: Brier score and its integral.

The weights are those of ``sksurv.metrics.brier_score`` (a test compares the two); terms by patient are kept for the
bootstrap.
Source: Graf E et al. 1999, Stat Med 18:2529.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from genorx.errors import UsageError
from genorx.survival.kaplan_meier import check_horizon, checked_times

Floats = NDArray[np.float64]


def censoring_survival(time: Floats, event: NDArray[np.bool_]) -> Callable[[Floats], Floats]:
    """Return the probability of being uncensored as a function of time (events before censorings on one day).

    Examples
    --------
    >>> from genorx.survival import censoring_survival
    >>> import numpy as np
    >>> left = censoring_survival(np.array([5.0, 8.0, 12.0]), np.array([True, False, True]))
    >>> left(np.array([6.0, 10.0])).tolist()
    [1.0, 0.5]
    """
    times, counts = np.unique(time[~event], return_counts=True)
    ordered, ends = np.sort(time), np.sort(time[event])
    at_risk = time.size - np.searchsorted(ordered, times, side="left")
    same_day = np.searchsorted(ends, times, side="right") - np.searchsorted(ends, times, side="left")
    steps = np.concatenate([[1.0], np.cumprod(1 - counts / (at_risk - same_day))])

    def survival(at: Floats) -> Floats:
        return np.asarray(steps[np.searchsorted(times, at, side="right")])

    return survival


def censoring_weights(time: ArrayLike, event: ArrayLike, *, horizon: float, smallest: float = 0.02) -> Floats:
    """Inverse probability of censoring weights at ``horizon``, shape (n_patients,).

    One over the probability of being uncensored just before the event, for events by the horizon, or at the horizon,
    for patients followed up to it; 0 for patients censored before.  Means of quantities known at the horizon (shares,
    squared errors, slopes) can be computed with these weights, whatever the model.

    Parameters
    ----------
    time, event : array-like of shape (n_patients,)
        Follow-up, and whether it ended with the event.
    horizon : float
        Time at which the weights apply, in the unit of ``time``.
    smallest : float
        Lower limit of the probabilities, so that no patient has a weight above ``1 / smallest``.

    Raises
    ------
    HorizonError
        If ``horizon`` lies beyond the last follow-up.

    References
    ----------
    Graf E et al. 1999, Stat Med 18:2529.

    Examples
    --------
    >>> censoring_weights([1, 2, 3, 4], [1, 0, 1, 0], horizon=3.5).round(2).tolist()
    [1.0, 0.0, 1.5, 1.5]
    """
    end, seen = checked_times(time, event)
    check_horizon(horizon, float(end.max()))
    uncensored = censoring_survival(end, seen)
    chance = np.maximum(uncensored(np.nextafter(np.minimum(end, horizon), 0.0)), smallest)
    return np.asarray(np.where(seen | (end >= horizon), 1 / chance, 0.0))


def brier_terms(time: ArrayLike, event: ArrayLike, survival: ArrayLike, times: ArrayLike) -> Floats:
    """Weighted squared errors of each patient, shape (n_patients, n_times); their mean is the Brier score.

    Parameters
    ----------
    time, event : array-like of shape (n_patients,)
        Follow-up, and whether it ended with the event.
    survival : array-like of shape (n_patients, n_times)
        Predicted survival at ``times``.
    times : array-like of shape (n_times,)
        Times of the predictions, in the unit of ``time``.

    Raises
    ------
    HorizonError
        If a time is not below the last follow-up.
    UsageError
        If shapes differ.

    Examples
    --------
    >>> from genorx.survival import brier_terms
    >>> brier_terms([5, 8, 12], [1, 0, 1], [[0.2], [0.5], [0.9]], [6]).round(2).tolist()
    [[0.04], [0.25], [0.01]]
    """
    end, seen = checked_times(time, event)
    requested, predicted = np.asarray(times, dtype=float), np.asarray(survival, dtype=float)
    if predicted.shape != (end.size, requested.size):
        raise UsageError(f"survival has shape {predicted.shape}, {(end.size, requested.size)} is needed")
    check_horizon(float(requested.max()), float(np.nextafter(end.max(), 0)))
    uncensored = censoring_survival(end, seen)
    own = uncensored(end)
    dead = (end[:, None] <= requested) & seen[:, None]
    alive = end[:, None] > requested
    dead_weight = 1 / np.where(own > 0, own, np.inf)
    return np.asarray(predicted**2 * dead * dead_weight[:, None] + (1 - predicted) ** 2 * alive / uncensored(requested))


def brier_score(time: ArrayLike, event: ArrayLike, survival: ArrayLike, times: ArrayLike) -> Floats:
    """Brier score at each time, shape (n_times,); parameters and errors as ``brier_terms``.

    Examples
    --------
    >>> from genorx.survival import brier_score
    >>> time, event = [5, 8, 12, 15, 20, 24, 30, 36], [1, 1, 0, 1, 1, 0, 1, 0]
    >>> survival = [[0.2], [0.3], [0.4], [0.5], [0.6], [0.7], [0.8], [0.9]]
    >>> brier_score(time, event, survival, times=[18]).round(3).tolist()
    [0.099]
    """
    return np.asarray(brier_terms(time, event, survival, times).mean(axis=0))


def integrate_brier(scores: Floats, times: Floats) -> Floats:
    """Mean of Brier scores from time 0 (score 0) to the last time, by trapezoids, along the last axis.

    Examples
    --------
    >>> from genorx.survival import integrate_brier
    >>> import numpy as np
    >>> round(float(integrate_brier(np.array([0.1, 0.2]), np.array([12.0, 24.0]))), 3)
    0.1
    """
    padded = np.concatenate([np.zeros((*scores.shape[:-1], 1)), scores], axis=-1)
    knots = np.concatenate([[0.0], times])
    return np.asarray(np.trapezoid(padded, knots, axis=-1) / knots[-1])
