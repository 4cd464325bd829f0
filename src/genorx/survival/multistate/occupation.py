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
_CLOSE = 1e-9


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
            If a time lies after ``end``, or before the beginning, or is missing.
        """
        requested = np.asarray(times, dtype=float)
        if not np.all((requested >= self.times[0]) & (requested <= self.end)):
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
        If a transition leads outside the states, stays in its state or occurs twice; if there is not one row of
        increments per transition (``shape``), or one is missing or negative (``hazard-missing``); if the hazards out of
        a state sum to more than 1 at a time (``hazard-above-one``); if ``start`` is none of the states, or not one
        probability per state that together make 1 (``start-state``).

    Examples
    --------
    >>> hazards = transition_hazards([0, 0, 1], [0, 0, 1], [1, 3, 2], [1, 2, 2], transitions=[(0, 1), (0, 2), (1, 2)])
    >>> state_occupation(hazards, transitions=[(0, 1), (0, 2), (1, 2)], n_states=3).at([1.5]).ravel().tolist()
    [0.5, 0.5, 0.0]
    """
    _check_transitions(transitions, n_states)
    steps = np.asarray(hazards.increments, dtype=float)
    _check_increments(steps, len(transitions))
    begins = _start_probability(start, n_states)
    out = np.zeros((*steps.shape[:-2], n_states, steps.shape[-1]))
    for place, (origin, _) in enumerate(transitions):
        out[..., origin, :] += steps[..., place, :]
    if out.size and out.max() > 1 + _CLOSE:
        raise UsageError("the hazards out of a state sum to more than 1 at one time", code="hazard-above-one")
    now = np.broadcast_to(begins, (*steps.shape[:-2], n_states))
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
        If shapes differ, a state is not a whole number, or below 0 (-1 for a target that is none)
        (``state-number``), a time is not finite, a spell does not end after its entry (``entry-after-time``), a
        transition was observed that is not among ``transitions`` (``transition-unlisted``), or one is listed twice.
    """
    if len(set(transitions)) < len(transitions):
        raise UsageError("a transition is listed twice")
    origin, to = _state_numbers(state, least=0), _state_numbers(target, least=-1)
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


def _check_increments(steps: Floats, n_transitions: int) -> None:
    if steps.ndim < 2 or steps.shape[-2] != n_transitions:
        text = f"increments have shape {steps.shape}: one row for each of {n_transitions} transitions is needed"
        raise UsageError(text, code="shape")
    if not np.all(steps >= 0):
        raise UsageError("an increment of a hazard is missing or below 0", code="hazard-missing")


def _start_probability(start: int | ArrayLike, n_states: int) -> Floats:
    """Return the probability of each state at the beginning."""
    given = np.asarray(start)
    if given.ndim == 0 and given.dtype.kind in "iu" and 0 <= given < n_states:
        return np.asarray(np.eye(n_states)[int(given)])
    if given.shape == (n_states,) and given.dtype.kind in "iuf":
        found = given.astype(float)
        if np.all(found >= 0) and abs(found.sum() - 1) < _CLOSE:
            return found
    text = f"start is one of {n_states} states by its index, or the probability of each, which together make 1"
    raise UsageError(text, code="start-state")


def _state_numbers(values: ArrayLike, *, least: int) -> Ints:
    given = np.asarray(values)
    if given.size and (given.dtype.kind not in "iuf" or not np.all(np.isfinite(given) & (given == np.round(given)))):
        raise UsageError("a state is not a whole number", hint="states are indices, from 0", code="state-number")
    numbers = given.astype(np.int64)
    if numbers.size and numbers.min() < least:
        hint = "states are indices, from 0; a target of -1 is the end of follow-up"
        raise UsageError(f"a state is {numbers.min()}, less than {least}", hint=hint, code="state-number")
    return numbers


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
