"""State probabilities over time, by product integrals of transition hazards.

Without covariates, with hazards from ``transition_hazards``, this is the estimator of Aalen and Johansen.  Hazards that
depend on the time since a state was entered are ``multistate.flow``.
Sources: Aalen OO, Johansen S 1978, Scand J Stat 5:141; Andersen PK, Borgan O, Gill RD, Keiding N 1993, Statistical
Models Based on Counting Processes, section IV.4.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from genorx._core.short_repr import short
from genorx.errors import HorizonError, UsageError

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
#: From a state to another, by their indices.
Transition = tuple[int, int]


@short
@dataclass(frozen=True, kw_only=True)
class TransitionHazards:
    """Increments of the cumulative hazard of each transition (Nelson-Aalen).

    Attributes
    ----------
    times : array of shape (n_times,)
        Distinct times of transitions, ascending.
    increments : array of shape (n_transitions, n_times)
        Transitions over the number at risk just before.
    at_risk : array of shape (n_transitions, n_times)
        Patients in the state that the transition leaves, just before each time.
    end : float
        Last time of follow-up.
    """

    times: Floats
    increments: Floats
    at_risk: Floats
    end: float


@short
@dataclass(frozen=True, kw_only=True)
class Occupation:
    """State probabilities by time.

    Attributes
    ----------
    times : array of shape (n_times,)
        Ascending, the first is the beginning.
    probability : array of shape (..., n_states, n_times)
        Probability of each state from each time until the next one; sums to 1 over the states.
    end : float
        Time up to which the probabilities are known.
    """

    times: Floats
    probability: Floats
    end: float

    def at(self, times: ArrayLike) -> Floats:
        """Return the probabilities at ``times``, shape (..., n_states, n_times).

        Raises
        ------
        HorizonError
            If a time lies after ``end``, or before the beginning.
        """
        requested = np.asarray(times, dtype=float)
        if requested.size and (requested.max() > self.end or requested.min() < self.times[0]):
            raise HorizonError(f"states are known from {self.times[0]:g} to {self.end:g}")
        return np.asarray(self.probability[..., np.searchsorted(self.times, requested, side="right") - 1])

    def survival(self, alive: Sequence[int]) -> Floats:
        """Return the probability of being in any of the states ``alive`` (indices), shape (..., n_times)."""
        return np.asarray(self.probability[..., list(alive), :].sum(axis=-2))

    def restricted_means(self, horizon: float) -> Floats:
        """Return the mean time in each state up to ``horizon``, shape (..., n_states).

        Raises
        ------
        HorizonError
            As ``at``.
        """
        self.at([horizon])
        ends = np.append(self.times[1:], max(horizon, self.times[-1]))
        width = np.clip(ends, None, horizon) - np.clip(self.times, None, horizon)
        return np.asarray(self.probability @ width)


def state_occupation(
    hazards: TransitionHazards, *, transitions: Sequence[Transition], n_states: int, start: int | ArrayLike = 0
) -> Occupation:
    """Return the state probabilities over time: the product of ``I + dA`` over the transition times.

    Parameters
    ----------
    hazards : TransitionHazards
        ``increments`` may have axes before that of transitions (patients, draws): shape (..., n_transitions, n_times).
    transitions : sequence of (int, int)
        From and to, as indices of states; in the order of the increments of the hazards.
    n_states : int
        Number of states.
    start : int, or array of shape (n_states,)
        State at the beginning, or the probability of each.

    Raises
    ------
    UsageError
        If a transition leads outside the states, stays in its state or occurs twice, or the hazards out of a state sum
        to more than 1 at a time.

    Examples
    --------
    >>> hazards = transition_hazards([0, 0, 1], [0, 0, 1], [1, 3, 2], [1, 2, 2], transitions=[(0, 1), (0, 2), (1, 2)])
    >>> state_occupation(hazards, transitions=[(0, 1), (0, 2), (1, 2)], n_states=3).at([1.5]).ravel().tolist()
    [0.5, 0.5, 0.0]
    """
    _check_transitions(transitions, n_states)
    steps = np.asarray(hazards.increments, dtype=float)
    out = np.zeros((*steps.shape[:-2], n_states, steps.shape[-1]))
    for place, (origin, _) in enumerate(transitions):
        out[..., origin, :] += steps[..., place, :]
    if out.size and out.max() > 1 + 1e-9:
        raise UsageError("the hazards out of a state sum to more than 1 at one time", code="hazard-above-one")
    now = np.zeros((*steps.shape[:-2], n_states))
    now[...] = np.eye(n_states)[start] if isinstance(start, int) else np.asarray(start, dtype=float)
    found = [now]
    for time in range(steps.shape[-1]):
        after = now * (1 - out[..., time])
        for place, (origin, target) in enumerate(transitions):
            after[..., target] += now[..., origin] * steps[..., place, time]
        now = after
        found.append(now)
    begin = 0.0 if not hazards.times.size else min(0.0, float(hazards.times[0]))
    times = np.concatenate([[begin], hazards.times])
    return Occupation(times=times, probability=np.stack(found, axis=-1), end=hazards.end)


def transition_hazards(
    state: ArrayLike,
    entry: ArrayLike,
    end: ArrayLike,
    target: ArrayLike,
    *,
    transitions: Sequence[Transition],
) -> TransitionHazards:
    """Estimate the hazard of each transition from the spells of patients in states.

    Parameters
    ----------
    state : array-like of int, shape (n_spells,)
        State in which the patient is.
    entry, end : array-like of float, shape (n_spells,)
        A patient is at risk of leaving after ``entry``, up to and with ``end``.
    target : array-like of int, shape (n_spells,)
        State entered at ``end``; -1 where follow-up ended.
    transitions : sequence of (int, int)
        From and to, as indices of states.

    Raises
    ------
    UsageError
        If shapes differ, a time is not finite, a spell does not end after its entry (``entry-after-time``), or a
        transition was observed that is not among ``transitions`` (``transition-unlisted``).
    """
    origin, to = np.asarray(state, dtype=np.int64), np.asarray(target, dtype=np.int64)
    begin, stop = np.asarray(entry, dtype=float), np.asarray(end, dtype=float)
    _check_spells(origin, begin, stop, to, transitions)
    times = np.unique(stop[to >= 0])
    increments = np.zeros((len(transitions), times.size))
    at_risk = np.zeros_like(increments)
    for place, (source, other) in enumerate(transitions):
        there = origin == source
        left = there & (to == other)
        events = np.bincount(np.searchsorted(times, stop[left]), minlength=times.size)
        entered = np.searchsorted(np.sort(begin[there]), times, side="left")
        at_risk[place] = entered - np.searchsorted(np.sort(stop[there]), times, side="left")
        increments[place] = events / np.maximum(at_risk[place], 1.0)
    return TransitionHazards(
        times=times, increments=increments, at_risk=at_risk, end=float(stop.max()) if stop.size else 0.0
    )


def _check_transitions(transitions: Sequence[Transition], n_states: int) -> None:
    wrong = [pair for pair in transitions if pair[0] == pair[1] or min(pair) < 0 or max(pair) >= n_states]
    if wrong or len(set(transitions)) < len(transitions):
        text = f"{wrong[0]}" if wrong else "one that occurs twice"
        raise UsageError(f"transitions go from one of {n_states} states to another, each once: not {text}")


def _check_spells(origin: Ints, begin: Floats, end: Floats, to: Ints, transitions: Sequence[Transition]) -> None:
    if not origin.shape == begin.shape == end.shape == to.shape or origin.ndim != 1:
        raise UsageError("state, entry, end and target need the same shape", code="shape")
    if not (np.all(np.isfinite(begin)) and np.all(np.isfinite(end))):
        raise UsageError("a time is missing or infinite", code="time-missing")
    if np.any(begin >= end):
        raise UsageError("a spell does not end after its entry", code="entry-after-time")
    seen = set(zip(origin[to >= 0].tolist(), to[to >= 0].tolist(), strict=True))
    if new := sorted(seen - set(transitions)):
        raise UsageError(f"transition {new[0]} occurs and is not among the transitions", code="transition-unlisted")
