"""Cumulative incidence with competing causes, without random separation of tied times.

Tied events are handled together, so that the same data give the same curve (``lifelines`` jitters ties).
Source: Aalen OO, Johansen S 1978, Scand J Stat 5:141; variance: Marubini E, Valsecchi MG 1995, section 10.4, as
in the R packages ``cmprsk`` and ``survival`` (delta method).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from genorx._core.short_repr import short
from genorx.errors import UsageError
from genorx.survival.kaplan_meier import (
    checked_entry,
    checked_times,
    log_log_limits,
    patients_at_risk,
    refuse_empty_risk_set,
)

Floats = NDArray[np.float64]


@short
@dataclass(frozen=True, kw_only=True)
class CumulativeIncidence:
    """Probability of having had an event of one cause by each event time.

    Attributes
    ----------
    times : array of shape (n_times,)
        Distinct times of events of any cause, ascending.
    incidence, std_error : array of shape (n_times,)
        Cumulative incidence of the cause at each time, and its standard error.
    survival : array of shape (n_times,)
        Probability of no event of any cause.
    end : float
        Last follow-up time.
    """

    times: Floats
    incidence: Floats
    std_error: Floats
    survival: Floats
    end: float

    def at(self, times: ArrayLike) -> Floats:
        """Return the incidence at ``times``; 0 before the first event, constant after the last."""
        return self._step(self.incidence, times)

    def std_error_at(self, times: ArrayLike) -> Floats:
        """Return the standard error of the incidence at ``times``."""
        return self._step(self.std_error, times)

    def interval_at(self, times: ArrayLike, *, level: float = 0.95) -> tuple[Floats, Floats]:
        """Return lower and upper limits at ``times``, symmetric on the log(-log) scale of 1 - incidence."""
        lower, upper = log_log_limits(1 - self.at(times), self.std_error_at(times), level)
        return 1 - upper, 1 - lower

    def _step(self, values: Floats, times: ArrayLike) -> Floats:
        place = np.searchsorted(self.times, np.asarray(times, dtype=float), side="right")
        return np.asarray(np.concatenate([[0.0], values])[place])


def cumulative_incidence(
    time: ArrayLike, cause: ArrayLike, *, of: int = 1, entry: ArrayLike | None = None
) -> CumulativeIncidence:
    """Estimate the cumulative incidence of one cause (Aalen-Johansen).

    Parameters
    ----------
    time : array-like of shape (n_patients,)
        Follow-up, in any one unit, not negative.
    cause : array-like of int, shape (n_patients,)
        0 where follow-up ended without an event, else the cause.
    of : int
        Cause of interest.
    entry : array-like of shape (n_patients,), optional
        Time at which each patient came under observation, as in ``kaplan_meier``.

    Raises
    ------
    UsageError
        If shapes differ, a time is negative or not finite, causes are not whole numbers from 0, or a patient enters at
        or after the end of follow-up.
    SupportError
        As ``kaplan_meier``.
    """
    end, codes = checked_causes(time, cause)
    if of < 1:
        raise UsageError(f"there is no cause {of}: causes are numbered from 1", code="event-type")
    seen = codes > 0
    times = np.unique(end[seen])
    begin = checked_entry(entry, end)
    at_risk = patients_at_risk(end, begin, times)
    deaths = _counts(times, end[seen])
    refuse_empty_risk_set(times, deaths, at_risk, begin)
    own = _counts(times, end[codes == of])
    survival = np.asarray(np.cumprod(1 - deaths / at_risk), dtype=np.float64)
    before = np.concatenate([[1.0], survival[:-1]])
    incidence = np.cumsum(before * own / at_risk)
    error = np.sqrt(np.maximum(_variance(at_risk, deaths, own, before, incidence), 0.0))
    return CumulativeIncidence(
        times=times, incidence=incidence, std_error=error, survival=survival, end=float(end.max())
    )


def checked_causes(time: ArrayLike, cause: ArrayLike) -> tuple[Floats, NDArray[np.int64]]:
    """Return times and causes (0 censored) as arrays, validated.

    Raises
    ------
    UsageError
        If shapes differ, a time is negative or not finite, or causes are not whole numbers from 0.

    Examples
    --------
    >>> from genorx.survival.aalen_johansen import checked_causes
    >>> time, cause = checked_causes([5, 8], [2, 0])
    >>> cause.tolist()
    [2, 0]
    """
    codes = np.asarray(cause, dtype=float)
    end, _ = checked_times(time, (codes > 0).astype(float))
    if not np.all(np.isfinite(codes)) or np.any(codes != np.round(codes)) or codes.min() < 0:
        raise UsageError("causes are whole numbers: 0 for censored, 1 and above for the causes", code="event-type")
    return end, codes.astype(np.int64)


def _counts(times: Floats, events: Floats) -> Floats:
    place = np.searchsorted(times, events)
    return np.bincount(place, minlength=times.size).astype(float)


def _variance(at_risk: Floats, deaths: Floats, own: Floats, before: Floats, incidence: Floats) -> Floats:
    """Return the delta-method variance at each time t.

    ``sum_s (F(t) - F(s))^2 d / (n (n - d)) + S(s-)^2 d1 (n - d1) / n^3 - 2 (F(t) - F(s)) S(s-) d1 / n^2``, with the
    squares multiplied out so that it takes one pass.
    """
    left = np.where(at_risk > deaths, at_risk - deaths, np.inf)
    spread = deaths / (at_risk * left)
    whole = incidence**2 * np.cumsum(spread) - 2 * incidence * np.cumsum(incidence * spread)
    whole += np.cumsum(incidence**2 * spread) + np.cumsum(before**2 * own * (at_risk - own) / at_risk**3)
    cross = before * own / at_risk**2
    return np.asarray(whole - 2 * (incidence * np.cumsum(cross) - np.cumsum(incidence * cross)))
