"""Discrimination of a risk: Harrell's and Uno's C, and the time-dependent area under the ROC curve.

``scikit-survival`` has the three without the weights that the bootstrap needs; tests compare the two.
Sources: Harrell FE et al. 1996, Stat Med 15:361; Uno H et al. 2011, Stat Med 30:1105; Uno H et al. 2007, JASA 102:527.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from genorx.errors import SupportError
from genorx.survival.brier import censoring_survival
from genorx.survival.kaplan_meier import check_horizon, checked_times
from genorx.survival.resampling import Score, bootstrap_counts, scored

Floats = NDArray[np.float64]
_BLOCK = 1024  # rows of the pair matrix held at a time


def harrell_c(
    time: ArrayLike, event: ArrayLike, risk: ArrayLike, *, n_boot: int = 0, seed: int = 0, counts: Floats | None = None
) -> Score:
    """Share of comparable pairs in which the patient who had the event first has the higher risk (ties: 1/2).

    Parameters
    ----------
    time, event, risk : array-like of shape (n_patients,)
        ``risk`` is any score that is higher for a worse prognosis.
    n_boot, seed : int
        Bootstrap samples for the interval.
    counts : array of shape (1 + n_boot, n_patients), optional
        The bootstrap itself, from ``bootstrap_counts``, in place of ``n_boot`` and ``seed``.

    Raises
    ------
    SupportError
        If no pair is comparable.

    Examples
    --------
    >>> from genorx.survival import harrell_c
    >>> time, event = [5, 8, 12, 15, 20, 24, 30, 36], [1, 1, 0, 1, 1, 0, 1, 0]
    >>> round(harrell_c(time, event, risk=[9, 8, 7, 6, 5, 4, 3, 2]).estimate, 3)
    1.0
    >>> round(harrell_c(time, event, risk=[2, 8, 7, 6, 5, 4, 3, 9]).estimate, 3)
    0.476
    """
    end, seen = checked_times(time, event)
    counts = bootstrap_counts(end.size, n_boot, seed) if counts is None else counts
    return _pairs(end, seen, np.asarray(risk, dtype=float), seen.astype(float), counts)


def uno_c(
    time: ArrayLike,
    event: ArrayLike,
    risk: ArrayLike,
    *,
    horizon: float | None = None,
    n_boot: int = 0,
    seed: int = 0,
    counts: Floats | None = None,
) -> Score:
    """Harrell's C with pairs weighted by the inverse squared probability of being uncensored.

    Does not depend on the censoring distribution; events up to ``horizon`` count (default: all).  Other parameters and
    errors as ``harrell_c``.

    Examples
    --------
    >>> from genorx.survival import uno_c
    >>> time, event = [5, 8, 12, 15, 20, 24, 30, 36], [1, 1, 0, 1, 1, 0, 1, 0]
    >>> round(uno_c(time, event, risk=[2, 8, 7, 6, 5, 4, 3, 9], horizon=30).estimate, 3)
    0.529
    """
    end, seen = checked_times(time, event)
    counts = bootstrap_counts(end.size, n_boot, seed) if counts is None else counts
    used = seen & (end < horizon) if horizon is not None else seen
    censoring = censoring_survival(end, seen)(end)
    weight = np.where(used & (censoring > 0), 1 / np.where(censoring > 0, censoring, 1.0) ** 2, 0.0)
    return _pairs(end, seen, np.asarray(risk, dtype=float), weight, counts)


def time_dependent_auc(
    time: ArrayLike,
    event: ArrayLike,
    risk: ArrayLike,
    *,
    horizon: float,
    n_boot: int = 0,
    seed: int = 0,
    counts: Floats | None = None,
) -> Score:
    """Probability that a patient with the event by ``horizon`` has a higher risk than one event-free until then.

    Cases are weighted by the inverse probability of being uncensored.  Other parameters as ``harrell_c``.

    Raises
    ------
    HorizonError
        If ``horizon`` lies beyond the last follow-up.
    SupportError
        If there are no cases or no controls.

    Examples
    --------
    >>> from genorx.survival import time_dependent_auc
    >>> time, event = [5, 8, 12, 15, 20, 24, 30, 36], [1, 1, 0, 1, 1, 0, 1, 0]
    >>> round(time_dependent_auc(time, event, risk=[2, 8, 7, 6, 5, 4, 3, 9], horizon=18).estimate, 3)
    0.516
    """
    end, seen = checked_times(time, event)
    check_horizon(horizon, float(end.max()))
    counts = bootstrap_counts(end.size, n_boot, seed) if counts is None else counts
    score = np.asarray(risk, dtype=float)
    case, control = np.flatnonzero(seen & (end <= horizon)), np.flatnonzero(end > horizon)
    if not case.size or not control.size:
        raise SupportError(f"no patients with, or none without, the event at {horizon:g}", code="no-pairs")
    weighted = counts[:, case] / censoring_survival(end, seen)(end[case])
    higher = np.zeros(len(counts))
    for block in range(0, case.size, _BLOCK):
        rows = case[block : block + _BLOCK]
        wins = order_wins(score[rows], score[control])
        higher += ((weighted[:, block : block + _BLOCK] @ wins) * counts[:, control]).sum(axis=1)
    with np.errstate(invalid="ignore"):
        return scored(higher / (weighted.sum(axis=1) * counts[:, control].sum(axis=1)))


def order_wins(first: Floats, second: Floats) -> Floats:
    """Return 1 if the risk of ``first`` (row) exceeds that of ``second`` (column), 1/2 if they are equal."""
    return np.asarray((first[:, None] > second) + 0.5 * (np.abs(first[:, None] - second) <= 1e-8))


def _pairs(end: Floats, seen: NDArray[np.bool_], risk: Floats, weight: Floats, counts: Floats) -> Score:
    """Weighted share of concordant pairs; in a comparable pair the second is at risk when the first has the event."""
    right, all_ = np.zeros(len(counts)), np.zeros(len(counts))
    first = np.flatnonzero(weight > 0)
    for block in range(0, first.size, _BLOCK):
        rows = first[block : block + _BLOCK]
        later = end[rows][:, None] < end
        later |= (end[rows][:, None] == end) & ~seen  # censored on the day of the event: event-free for longer
        factor = weight[rows][:, None]
        drawn = counts[:, rows]
        all_ += ((drawn @ (later * factor)) * counts).sum(axis=1)
        right += ((drawn @ (later * factor * order_wins(risk[rows], risk))) * counts).sum(axis=1)
    if not all_[0] > 0:
        raise SupportError("no two patients can be compared", code="no-pairs", hint="A C-index needs events")
    with np.errstate(invalid="ignore"):
        return scored(right / all_)
