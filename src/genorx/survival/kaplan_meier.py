"""Kaplan-Meier curve with Greenwood's error, and the median with its interval.

Sources: Kaplan EL, Meier P 1958, JASA 53:457; Greenwood M 1926; log-log limits: Kalbfleisch JD, Prentice RL (2002);
interval of the median: Brookmeyer R, Crowley J 1982, Biometrics 38:29; late entry: Tsai WY, Jewell NP, Wang MC 1987,
Biometrika 74:883.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import norm

from genorx._core.short_repr import short
from genorx.errors import HorizonError, SupportError, UsageError

Floats = NDArray[np.float64]


@short
@dataclass(frozen=True, kw_only=True)
class KaplanMeier:
    """Survival after each distinct event time.

    Attributes
    ----------
    times : array of shape (n_times,)
        Distinct event times, ascending.
    survival : array of shape (n_times,)
        Probability of surviving beyond each time.
    std_error : array of shape (n_times,)
        Greenwood's standard error of ``survival``.
    at_risk, events : array of shape (n_times,)
        Patients at risk just before each time, and events at it.
    end : float
        Last follow-up time.
    """

    times: Floats
    survival: Floats
    std_error: Floats
    at_risk: Floats
    events: Floats
    end: float

    def at(self, times: ArrayLike) -> Floats:
        """Return survival at ``times``; 1 before the first event, constant after the last (``end`` is not checked)."""
        return self._step(self.survival, 1.0, times)

    def std_error_at(self, times: ArrayLike) -> Floats:
        """Return Greenwood's standard error at ``times``."""
        return self._step(self.std_error, 0.0, times)

    def interval_at(self, times: ArrayLike, *, level: float = 0.95) -> tuple[Floats, Floats]:
        """Return lower and upper limits at ``times``, symmetric on the log(-log) scale."""
        survival, error = self.at(times), self.std_error_at(times)
        return log_log_limits(survival, error, level)

    def median(self, *, level: float = 0.95) -> tuple[float | None, float | None, float | None]:
        """Return the first time at which survival is 1/2 or less, with its limits; None if not reached."""
        lower, upper = log_log_limits(self.survival, self.std_error, level)
        return self._first(self.survival), self._first(lower), self._first(upper)

    def _first(self, curve: Floats) -> float | None:
        below = np.flatnonzero(curve <= 0.5 + 1e-12)
        return float(self.times[below[0]]) if below.size else None

    def _step(self, values: Floats, start: float, times: ArrayLike) -> Floats:
        place = np.searchsorted(self.times, np.asarray(times, dtype=float), side="right")
        return np.asarray(np.concatenate([[start], values])[place])


def kaplan_meier(time: ArrayLike, event: ArrayLike, *, entry: ArrayLike | None = None) -> KaplanMeier:
    """Estimate the survival curve of censored times (Kaplan-Meier).

    Parameters
    ----------
    time : array-like of shape (n_patients,)
        Follow-up, in any one unit, not negative.
    event : array-like of bool, shape (n_patients,)
        True where the event was observed, False where follow-up ended without it.
    entry : array-like of shape (n_patients,), optional
        Time at which each patient came under observation (left truncation): at risk in (entry, time].  Those who die
        earlier are never observed, so that without it survival is overestimated.  Entry must not depend on the outcome
        to come.

    Returns
    -------
    KaplanMeier

    Raises
    ------
    UsageError
        If shapes differ, there is no patient, a time is negative or not finite (``usage``), or a patient enters at or
        after the end of follow-up (``entry-after-time``).
    SupportError
        If all patients at risk die before others enter (``risk-set-empty``): the curve would stay at 0 whatever
        follows.
    """
    end, seen = checked_times(time, event)
    begin = checked_entry(entry, end)
    times, counts = np.unique(end[seen], return_counts=True)
    events = counts.astype(float)
    at_risk = patients_at_risk(end, begin, times)
    refuse_empty_risk_set(times, events, at_risk, begin)
    survival = np.asarray(np.cumprod(1 - events / at_risk), dtype=np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        terms = events / (at_risk * (at_risk - events))
        error = survival * np.sqrt(np.cumsum(terms))
    error = np.where(survival > 0, error, 0.0)
    return KaplanMeier(
        times=times, survival=survival, std_error=error, at_risk=at_risk, events=events, end=float(end.max())
    )


def checked_times(time: ArrayLike, event: ArrayLike) -> tuple[Floats, NDArray[np.bool_]]:
    """Return times and events as arrays, validated.

    Raises
    ------
    UsageError
        If shapes differ, there is no patient, a time is negative or not finite, or an event is not 0 or 1.

    Examples
    --------
    >>> from genorx.survival.kaplan_meier import checked_times
    >>> time, event = checked_times([5, 8], [1, 0])
    >>> time.tolist(), event.tolist()
    ([5.0, 8.0], [True, False])
    """
    end, seen = np.asarray(time, dtype=float), np.asarray(event, dtype=float)
    if end.ndim != 1 or end.shape != seen.shape or not end.size:
        raise UsageError(f"time has shape {end.shape}, event {seen.shape}: one of each for every patient is needed")
    if not np.all(np.isfinite(end)) or end.min() < 0:
        raise UsageError("a time is negative, missing or infinite")
    if not set(np.unique(seen)) <= {0.0, 1.0}:
        raise UsageError("event has values other than 0 and 1")
    return end, seen > 0


def checked_entry(entry: ArrayLike | None, end: Floats) -> Floats | None:
    """Return entry times as an array, validated."""
    if entry is None:
        return None
    begin = np.asarray(entry, dtype=float)
    if begin.shape != end.shape:
        raise UsageError(f"entry has shape {begin.shape}, time {end.shape}: one of each for every patient is needed")
    if not np.all(np.isfinite(begin)) or begin.min() < 0:
        raise UsageError("an entry is negative, missing or infinite")
    if np.any(begin >= end):
        raise UsageError(
            f"{int(np.sum(begin >= end))} patients enter at or after the end of their follow-up",
            hint="leave them out and report how many: they were never at risk",
            code="entry-after-time",
        )
    return begin


def patients_at_risk(end: Floats, begin: Floats | None, times: Floats) -> Floats:
    """Return the number of patients at risk just before each time."""
    at_risk = end.size - np.searchsorted(np.sort(end), times, side="left")
    if begin is not None:
        at_risk = at_risk - (end.size - np.searchsorted(np.sort(begin), times, side="left"))
    return at_risk.astype(float)


def refuse_empty_risk_set(times: Floats, deaths: Floats, at_risk: Floats, begin: Floats | None) -> None:
    """Raise an error for late entry after a time at which all patients at risk died."""
    emptied = np.flatnonzero(deaths >= at_risk)
    if begin is not None and emptied.size and np.any(begin >= times[emptied[0]]):
        dead = int(at_risk[emptied[0]])
        raise SupportError(
            f"at time {times[emptied[0]]:g} all {dead} patients at risk had the event, and others enter later",
            hint="estimate survival given that a later time was reached",
            code="risk-set-empty",
        )


def check_horizon(horizon: float, end: float, what: str = "the last follow-up") -> None:
    """Raise an error for a horizon that is not positive or exceeds ``end``.

    Raises
    ------
    HorizonError

    Examples
    --------
    >>> from genorx.survival.kaplan_meier import check_horizon
    >>> check_horizon(24.0, end=36.0)
    """
    if not 0 < horizon <= end:
        raise HorizonError(
            f"horizon {horizon:g} is not between 0 and {what}, {end:g}", hint=f"Choose a horizon up to {end:g}"
        )


def log_log_limits(survival: Floats, error: Floats, level: float) -> tuple[Floats, Floats]:
    """Return confidence limits of a probability, symmetric on the log(-log) scale."""
    reach = norm.ppf(0.5 + level / 2)
    inside = (survival > 0) & (survival < 1)
    safe = np.where(inside, survival, 0.5)
    spread = np.where(inside, error, 0.0) / (safe * np.abs(np.log(safe)))
    lower, upper = safe ** np.exp(reach * spread), safe ** np.exp(-reach * spread)
    return np.where(inside, lower, survival), np.where(inside, upper, survival)
