"""What is reported of patients under each strategy: the states at some times, and the mean time in each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class StrategyDraws:
    """Draws of the states under each strategy, all from one joint posterior; the best estimate first.

    Attributes
    ----------
    strategies, states : tuple of str
    times : array of shape (n_times,)
        Since the patients were in the first state.
    horizon : float
        Time up to which means are taken.
    occupation : array of shape (1 + n_draws, n_patients, n_strategies, n_states, n_times)
        Probability of each state; sums to 1 over the states in every draw.
    means : array of shape (1 + n_draws, n_patients, n_strategies, n_states)
        Mean time in each state up to the horizon; sums to the horizon.
    alive : tuple of str
        States that count as being alive.
    """

    strategies: tuple[str, ...]
    states: tuple[str, ...]
    times: Floats
    horizon: float
    occupation: Floats
    means: Floats
    alive: tuple[str, ...]

    @property
    def survival(self) -> Floats:
        """Probability of being alive, shape (1 + n_draws, n_patients, n_strategies, n_times)."""
        first, *others = self._places(self.alive)
        found = self.occupation[..., first, :].copy()
        for place in others:  # one after the other: a selection of states would be a copy of nearly all
            found += self.occupation[..., place, :]
        return found

    @property
    def restricted(self) -> Floats:
        """Mean time alive up to the horizon, shape (1 + n_draws, n_patients, n_strategies)."""
        return self.time_in(self.alive)

    def time_in(self, states: Sequence[str]) -> Floats:
        """Return the mean time in any of ``states``, shape (1 + n_draws, n_patients, n_strategies)."""
        return np.asarray(self.means[..., self._places(states)].sum(axis=-1))

    def _places(self, states: Sequence[str]) -> list[int]:
        return [self.states.index(state) for state in states]
