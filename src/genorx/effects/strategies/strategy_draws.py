"""Reported results under each strategy: state probabilities at some times, and the mean time in each state."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from genorx._core.short_repr import short
from genorx.effects.intervals import Interval, interval_by_spread

Floats = NDArray[np.float64]


@short
@dataclass(frozen=True, kw_only=True)
class StrategyDraws:
    """Draws of the states under each strategy, all from one joint posterior; the best estimate first.

    Attributes
    ----------
    strategies, states : tuple of str
        Names, in the order of the axes.
    times : array of shape (n_times,)
        Time since the patients entered the first state.
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
        found = self.occupation[..., first, :].copy(order="K")
        for place in others:  # one after the other: selecting states would copy nearly the whole array
            found += self.occupation[..., place, :]
        return found

    @property
    def restricted(self) -> Floats:
        """Mean time alive up to the horizon, shape (1 + n_draws, n_patients, n_strategies)."""
        return self.time_in(self.alive)

    def time_in(self, states: Sequence[str]) -> Floats:
        """Return the mean time in any of ``states``, shape (1 + n_draws, n_patients, n_strategies)."""
        return np.asarray(self.means[..., self._places(states)].sum(axis=-1))

    def mean_differences(self, covered: NDArray[np.bool_]) -> dict[str, Interval]:
        """Return the mean difference in time alive of each strategy from the first, over patients covered by both.

        Parameters
        ----------
        covered : array of bool, shape (n_patients, n_strategies)
            Whether similar patients followed the strategy; a strategy for which none did is left out.
        """
        means, found = self.restricted, {}
        for place, name in enumerate(self.strategies[1:], start=1):
            both = covered[:, place] & covered[:, 0]
            if both.any():
                gap = (means[:, both, place] - means[:, both, 0]).mean(axis=1)
                lower, upper = interval_by_spread(gap)
                found[name] = Interval(estimate=float(gap[0]), lower=float(lower), upper=float(upper))
        return found

    def _places(self, states: Sequence[str]) -> list[int]:
        return [self.states.index(state) for state in states]
