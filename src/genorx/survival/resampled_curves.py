"""Cumulative incidence and censoring weights at one horizon, for all bootstrap samples at once.

People are sorted once, and a sample is given by how often each of them is drawn, so that the curves of 200 samples take
one pass over arrays.  ``survival.aalen_johansen`` and ``survival.brier`` have the same curves of one sample, with all
times and errors.
Sources: Aalen OO, Johansen S 1978, Scand J Stat 5:141; Graf E et al. 1999, Stat Med 18:2529 (weights); Blanche P et al.
2013, Stat Med 32:5381 (weights with competing causes).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True)
class FollowUp:
    """Follow-up sorted by time, events before censorings of the same time.

    Attributes
    ----------
    time : array of shape (n_people,), ascending
    cause : array of int, shape (n_people,)
        0 for censored.
    order : array of int, shape (n_people,)
        Positions of the people in the original arrays.
    horizon : float
    """

    time: Floats
    cause: Ints
    order: NDArray[np.intp]
    horizon: float

    @classmethod
    def sort(cls, time: Floats, cause: Ints, horizon: float) -> FollowUp:
        """Sort people by time."""
        order = np.lexsort((cause == 0, time))
        return cls(time=time[order], cause=cause[order], order=order, horizon=horizon)

    def incidence(self, counts: Floats, *, of: int = 1, members: Bools | None = None) -> Floats:
        """Aalen-Johansen incidence of a cause at the horizon, shape (n_samples,).

        Parameters
        ----------
        counts : array of shape (n_samples, n_people)
            How often each person is in a sample, in the order of ``time``.
        of : int
        members : array of bool, shape (n_people,), optional
            The group whose incidence is requested, in the order of ``time``; NaN where a sample has no patient
            of it.
        """
        if members is not None:
            within = FollowUp(
                time=self.time[members], cause=self.cause[members], order=self.order, horizon=self.horizon
            )
            return within.incidence(counts[:, members], of=of)
        if not self.time.size:
            return np.full(len(counts), np.nan)
        event = np.flatnonzero((self.cause > 0) & (self.time <= self.horizon))
        times, starts = np.unique(self.time[event], return_index=True)
        if not times.size:
            return np.where(counts.sum(axis=1) > 0, 0.0, np.nan)
        at_risk = _at_risk(counts, np.searchsorted(self.time, times))
        drawn = counts[:, event]
        ended = np.add.reduceat(drawn, starts, axis=1)
        had = np.add.reduceat(drawn * (self.cause[event] == of), starts, axis=1)
        safe = np.maximum(at_risk, 1.0)  # without people at risk there is no event
        before = np.cumprod(1.0 - ended / safe, axis=1)
        before = np.hstack([np.ones((len(counts), 1)), before[:, :-1]])
        found = (before * had / safe).sum(axis=1)
        return np.where(counts.sum(axis=1) > 0, found, np.nan)

    @property
    def known(self) -> NDArray[np.intp]:
        """Indices of the people whose state at the horizon is known: an event by then, or followed up to it."""
        return np.flatnonzero((self.cause > 0) | (self.time >= self.horizon))

    @property
    def case(self) -> Bools:
        """Whether each member of ``known`` had the cause by the horizon."""
        known = self.known
        return np.asarray((self.cause[known] == 1) & (self.time[known] <= self.horizon))

    def weights(self, counts: Floats) -> Floats:
        """Inverse probability weights of the people in ``known``, times their bootstrap counts.

        One over the chance of being uncensored: just before the event for people with one by the horizon, at the
        horizon for people followed beyond it.  People censored exactly at the horizon count as followed up to it.

        Returns
        -------
        array of shape (n_samples, n_known)
        """
        known = self.known
        censored = np.flatnonzero((self.cause == 0) & (self.time < self.horizon))
        times, starts = np.unique(self.time[censored], return_index=True)
        drawn = counts[:, known]
        if not times.size:
            return drawn
        at_risk = _at_risk(counts, censored[starts])  # events of the same time come first, and are no longer at risk
        gone = np.add.reduceat(counts[:, censored], starts, axis=1)
        uncensored = np.cumprod(1.0 - gone / np.maximum(at_risk, 1.0), axis=1)
        uncensored = np.hstack([np.ones((len(counts), 1)), uncensored])
        chance = uncensored[:, np.searchsorted(times, np.minimum(self.time[known], self.horizon), side="left")]
        return np.asarray(np.divide(drawn, chance, out=np.zeros_like(drawn), where=chance > 0))


def _at_risk(counts: Floats, first: NDArray[np.intp]) -> Floats:
    """Number at risk in each sample at each position, shape (n_samples, n_places)."""
    between = np.add.reduceat(counts, first, axis=1)
    return np.asarray(np.cumsum(between[:, ::-1], axis=1)[:, ::-1])


def weighted_auc(risk: Floats, case: Bools, weight: Floats) -> Floats:
    """Probability that a case has a higher risk than a non-case, ties counted half, shape (n_samples,).

    Parameters
    ----------
    risk : array of shape (n_known,)
    case : array of bool, shape (n_known,)
    weight : array of shape (n_samples, n_known)
    """
    order = np.argsort(risk, kind="stable")
    starts = np.flatnonzero(np.diff(risk[order], prepend=-np.inf))
    cases = np.add.reduceat(weight[:, order] * case[order], starts, axis=1)
    others = np.add.reduceat(weight[:, order] * ~case[order], starts, axis=1)
    below = np.cumsum(others, axis=1) - 0.5 * others
    pairs = cases.sum(axis=1) * others.sum(axis=1)
    none = np.full(len(weight), np.nan)
    return np.asarray(np.divide((cases * below).sum(axis=1), pairs, out=none, where=pairs > 0))
