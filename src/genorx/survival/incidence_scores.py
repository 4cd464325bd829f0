"""Scores of predicted cumulative incidence with competing causes: Brier score and cause-specific concordance.

Patients with an event of another cause stay in the sample, as free of this one.  With a single cause both scores are
those of ``survival.brier`` and ``survival.discrimination``.
Sources: Schoop R et al. 2011, Biom J 53:88 (Brier score); Wolbers M et al. 2009, Epidemiology 20:555, and 2014,
Biostatistics 15:526 (concordance, weighted for censoring).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from genorx.errors import SupportError, UsageError
from genorx.survival.aalen_johansen import checked_causes
from genorx.survival.brier import censoring_survival
from genorx.survival.discrimination import order_wins
from genorx.survival.kaplan_meier import check_horizon
from genorx.survival.resampling import Score, bootstrap_counts, scored

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
_BLOCK = 256  # patients at a time: all pairs at once would not fit into memory


def incidence_brier_terms(
    time: ArrayLike, cause: ArrayLike, incidence: ArrayLike, times: ArrayLike, *, of: int = 1
) -> Floats:
    """Weighted squared errors of each patient, shape (n_patients, n_times); their mean is the Brier score.

    Parameters
    ----------
    time, cause : array-like of shape (n_patients,)
        ``cause`` 0 where follow-up ended without an event.
    incidence : array-like of shape (n_patients, n_times)
        Predicted cumulative incidence of the cause ``of`` at ``times``.
    times : array-like of shape (n_times,)
        Times of the predictions, in the unit of ``time``.
    of : int
        Cause of interest.

    Raises
    ------
    HorizonError
        If a time is not below the last follow-up.
    UsageError
        If shapes differ, or causes are not whole numbers from 0.

    Examples
    --------
    >>> from genorx.survival import incidence_brier_terms
    >>> time, cause = [5, 8, 12, 15, 20, 24, 30, 36], [1, 2, 0, 1, 1, 0, 2, 0]
    >>> incidence = [[0.8], [0.2], [0.3], [0.6], [0.5], [0.2], [0.1], [0.1]]
    >>> incidence_brier_terms(time, cause, incidence, times=[18], of=1).mean(axis=0).round(3).tolist()
    [0.08]
    """
    end, codes = checked_causes(time, cause)
    requested, predicted = np.asarray(times, dtype=float), np.asarray(incidence, dtype=float)
    if predicted.shape != (end.size, requested.size):
        raise UsageError(f"incidence has shape {predicted.shape}, {(end.size, requested.size)} is needed")
    check_horizon(float(requested.max()), float(np.nextafter(end.max(), 0)))
    uncensored = censoring_survival(end, codes > 0)
    own = uncensored(end)
    ended = (end[:, None] <= requested) & (codes > 0)[:, None]
    had = ended & (codes == of)[:, None]
    weight = ended / np.where(own > 0, own, np.inf)[:, None] + (end[:, None] > requested) / uncensored(requested)
    return np.asarray((had - predicted) ** 2 * weight)


def cause_specific_c(
    time: ArrayLike,
    cause: ArrayLike,
    risk: ArrayLike,
    *,
    of: int = 1,
    horizon: float | None = None,
    n_boot: int = 0,
    seed: int = 0,
    counts: Floats | None = None,
) -> Score:
    """Concordance for one cause: share of pairs in which the patient who had it first has the higher risk.

    A patient with an event of the cause is compared with all patients followed for longer, and with all who had an
    event of another cause before.  Pairs are weighted by the inverse probability of being uncensored (Uno's weights).

    Parameters
    ----------
    time, cause, risk : array-like of shape (n_patients,)
        ``risk`` is a score of the cause: higher is more likely.
    of : int
        Cause of interest.
    horizon : float, optional
        Events up to here count; all by default.
    n_boot, seed, counts
        Bootstrap, as in ``harrell_c``.

    Raises
    ------
    SupportError
        If no pair is comparable.

    Examples
    --------
    >>> from genorx.survival import cause_specific_c
    >>> time, cause = [5, 8, 12, 15, 20, 24, 30, 36], [1, 2, 0, 1, 1, 0, 2, 0]
    >>> round(cause_specific_c(time, cause, risk=[9, 3, 4, 7, 6, 2, 5, 1], of=1).estimate, 3)
    1.0
    """
    end, codes = checked_causes(time, cause)
    counts = bootstrap_counts(end.size, n_boot, seed) if counts is None else counts
    score = np.asarray(risk, dtype=float)
    known = censoring_survival(end, codes > 0)(end)
    inverse = np.divide(1.0, known, out=np.zeros_like(known), where=known > 0)
    used = (codes == of) & (known > 0)
    first = np.flatnonzero(used & (end < horizon) if horizon is not None else used)
    right, all_ = np.zeros(len(counts)), np.zeros(len(counts))
    for block in range(0, first.size, _BLOCK):
        rows = first[block : block + _BLOCK]
        pairs = _pair_weights(end, codes, inverse, rows, of)
        drawn = counts[:, rows]
        all_ += ((drawn @ pairs) * counts).sum(axis=1)
        right += ((drawn @ (pairs * order_wins(score[rows], score))) * counts).sum(axis=1)
    if not all_[0] > 0:
        raise SupportError("no two patients can be compared", code="no-pairs", hint="A C-index needs events")
    with np.errstate(invalid="ignore"):
        return scored(right / all_)


def _pair_weights(end: Floats, codes: Ints, inverse: Floats, rows: NDArray[np.integer], of: int) -> Floats:
    """Weight of each pair of a patient with the cause (row) and another patient (column); 0 if not comparable."""
    own, at = inverse[rows][:, None], end[rows][:, None]
    later = (at < end) | ((at == end) & (codes == 0))  # censored on the day of the event: event-free for longer
    without_refits = (end <= at) & (codes > 0) & (codes != of)  # had another cause by then
    return np.asarray(own * (later * own + without_refits * inverse))
