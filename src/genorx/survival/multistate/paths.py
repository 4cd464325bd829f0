"""Simulation of single patients' paths through states, with a clock that is reset on entry into a state.

Two sets of hazards simulated with one seed share their random numbers, state by state, so that differences between them
are not noise.
Sources: Putter H et al. 2007, Stat Med 26:2389 (clock reset); Fiocco M, Putter H, van Houwelingen HC 2008, Stat Med
27:4340 (probabilities by simulated paths).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from genorx._core.short_repr import short
from genorx.errors import UsageError
from genorx.survival.multistate.occupation import Transition

Floats = NDArray[np.float64]


@short
@dataclass(frozen=True, kw_only=True)
class Paths:
    """Simulated times at which states were entered and left.

    Attributes
    ----------
    entered, left : array of shape (n_rows, n_paths, n_states)
        Infinite where a path does not enter, or leave, the state by the last of the times.
    """

    entered: Floats
    left: Floats

    def occupation(self, times: ArrayLike) -> Floats:
        """Return the share of paths in each state, shape (n_rows, n_states, n_times)."""
        found = [((self.entered <= time) & (time < self.left)).mean(axis=1) for time in np.asarray(times, dtype=float)]
        return np.stack(found, axis=-1)

    def restricted_means(self, horizon: float) -> Floats:
        """Return the mean time in each state up to ``horizon``, shape (n_rows, n_states)."""
        spent = np.minimum(self.left, horizon) - np.minimum(self.entered, horizon)
        return np.asarray(spent.mean(axis=1))


def simulate_paths(
    hazards: ArrayLike,
    times: ArrayLike,
    *,
    transitions: Sequence[Transition],
    n_states: int,
    start: int = 0,
    n_paths: int = 1000,
    seed: int = 0,
) -> Paths:
    """Simulate paths through states from cumulative hazards by the time since a state was entered.

    Parameters
    ----------
    hazards : array-like of shape (n_rows, n_transitions, n_times)
        Cumulative hazard of each transition (patients or draws in rows), linear between ``times``.
    times : array-like of shape (n_times,)
        Ascending from 0.
    transitions : sequence of (int, int)
        From and to, as indices of states; each goes to a state of a higher index.
    n_states, start, n_paths, seed : int
        Number of states, index of the first one, paths per row, and seed.

    Raises
    ------
    UsageError
        If shapes do not fit, times do not ascend from 0, or a transition does not go to a state of a higher index.

    Examples
    --------
    >>> paths = simulate_paths([[[0.0, 2.0]]], [0.0, 1.0], transitions=[(0, 1)], n_states=2, n_paths=4000)
    >>> paths.occupation([0.5]).round(1).ravel().tolist()
    [0.4, 0.6]
    """
    levels, ages = np.asarray(hazards, dtype=float), np.asarray(times, dtype=float)
    if levels.ndim != 3 or levels.shape[1:] != (len(transitions), ages.size):
        raise UsageError(f"hazards have shape {levels.shape}: rows, transitions and times are needed", code="shape")
    if ages[0] != 0 or np.any(np.diff(ages) <= 0):
        raise UsageError("times must ascend from 0")
    if any(not 0 <= origin < target < n_states for origin, target in transitions):
        raise UsageError("transitions go from a state to one of a higher index")
    rng = np.random.default_rng(seed)
    wait, choice = rng.exponential(size=(n_states, n_paths)), rng.random((n_states, n_paths))
    entered = np.full((len(levels), n_paths, n_states), np.inf)
    left = np.full_like(entered, np.inf)
    entered[:, :, start] = 0.0
    for state in range(n_states):
        out = [place for place, (origin, _) in enumerate(transitions) if origin == state]
        if not out:
            continue
        for row in range(len(levels)):
            stay, took = _leave(levels[row, out], ages, wait[state], choice[state])
            left[row, :, state] = entered[row, :, state] + stay
            for number, place in enumerate(out):
                there = (took == number) & np.isfinite(left[row, :, state])
                entered[row, there, transitions[place][1]] = left[row, there, state]
    return Paths(entered=entered, left=left)


def _leave(levels: Floats, ages: Floats, wait: Floats, choice: Floats) -> tuple[Floats, NDArray[np.int64]]:
    """Return the sojourn time of each path (infinite: beyond the last time), and the transition that ends it."""
    whole = levels.sum(axis=0)
    stay = np.interp(wait, whole, ages)
    stay[wait > whole[-1]] = np.inf
    piece = np.clip(np.searchsorted(whole, wait, side="left") - 1, 0, ages.size - 2)
    steps = np.diff(levels, axis=1)[:, piece]
    share = np.cumsum(steps, axis=0) / np.maximum(steps.sum(axis=0), 1e-300)
    took = (choice[None, :] >= share).sum(axis=0)
    return stay, np.minimum(took, len(levels) - 1)
