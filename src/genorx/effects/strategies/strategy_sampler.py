"""Draws of patients' states under each strategy, in blocks of patients, on a time grid."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from genorx.cohort.course import Strategy
from genorx.effects.strategies.hazard_draws import Block, Grid, StateHazards
from genorx.effects.strategies.state_model import StateModel
from genorx.effects.strategies.strategy_draws import StrategyDraws
from genorx.effects.strategies.strategy_flow import StrategyFlow
from genorx.effects.strategies.waits import Waits
from genorx.errors import HorizonError
from genorx.outcomes.encoding.completed import ValueSets
from genorx.outcomes.multistate.state_rows import Clock

Floats = NDArray[np.float64]
_STEPS = 60  # time steps up to the last requested time
_ROWS = 2000  # patients times draws in one flow: their arrays fit into the processor's cache


@dataclass(frozen=True, kw_only=True)
class StrategySampler:
    """Parts of a fit that draws need.

    Attributes
    ----------
    models : tuple of StateModel
    waits : dict of strategy to Waits
    states, alive : tuple of str
    clock : {"forward", "reset"}
    horizon, longest, end : float
        Time up to which means are computed, the last horizon, and the last follow-up.
    """

    models: tuple[StateModel, ...]
    waits: dict[str, Waits]
    states: tuple[str, ...]
    alive: tuple[str, ...]
    clock: Clock
    horizon: float
    longest: float
    end: float
    _kept: dict[tuple[Grid, int, int], dict[str, StateHazards]] = field(default_factory=dict, repr=False)

    def draw(
        self,
        Z: Floats,
        sets: ValueSets,
        times: Sequence[float],
        strategies: Sequence[Strategy],
        *,
        state: str,
        entered: float,
        n_draws: int,
        seed: int,
    ) -> StrategyDraws:
        """Draw the states under each strategy.

        Parameters
        ----------
        Z : array of shape (n_value_rows, n_encoded)
        sets : ValueSets
            Patients of the rows.
        times : sequence of float
            Times since the patients entered ``state``.
        strategies : sequence of Strategy
        state : str
            State that the patients enter.
        entered : float
            Time since time zero at which they enter it.
        n_draws, seed : int

        Raises
        ------
        HorizonError
            If a time exceeds the last follow-up.
        """
        requested = np.asarray(times, dtype=float)
        grid = self._grid(requested, entered)
        through = StrategyFlow(
            states=self.states,
            hazards=self._hazards(grid, n_draws, seed),
            waits=self.waits,
            grid=grid,
            clock=self.clock,
        )
        n_states, who = len(self.states), (sets.n_patients, 1 + n_draws)
        occupation = np.empty((len(strategies), requested.size, n_states, *who))  # draws adjacent, as in the flow
        means = np.empty((len(strategies), n_states, *who))
        features, patients = np.column_stack([Z, np.ones(len(Z))]), list(sets.patients(n_draws))
        many = max(1, _ROWS // (1 + n_draws))
        for begin in range(0, len(patients), many):
            block = Block.of(features, patients[begin : begin + many], n_draws)
            part = slice(begin, begin + many)
            for place, curves in enumerate(through.occupations(block, strategies, state)):
                occupation[place, :, :, part] = block.together(_at(curves, grid.times, requested))
                means[place, :, part] = block.together(_area(curves, grid.times, self.horizon))
        return StrategyDraws(
            strategies=tuple(each.name for each in strategies),
            states=self.states,
            times=requested,
            horizon=self.horizon,
            occupation=occupation.transpose(4, 3, 0, 2, 1),
            means=means.transpose(3, 2, 0, 1),
            alive=self.alive,
        )

    def _grid(self, times: Floats, entered: float) -> Grid:
        """Return a grid with one step ending at the horizon; the same for all times up to the last horizon."""
        known = self.end - (0.0 if self.clock == "reset" else entered)
        last = max(self.horizon, min(self.longest, known), float(times.max(initial=0.0)))
        if last > known * (1 + 1e-9):
            raise HorizonError(
                f"time {last:g} after entry at {entered:g} exceeds the last follow-up, {self.end:g}",
                hint="use a shorter horizon",
            )
        own = max(1, round(_STEPS * self.horizon / last))
        width = self.horizon / own
        return Grid(begin=entered, width=width, n_steps=int(np.ceil(last / width - 1e-9)))

    def _hazards(self, grid: Grid, n_draws: int, seed: int) -> dict[str, StateHazards]:
        """Draws on a grid; the last ones are cached, since many patients share them."""
        key = (grid, n_draws, seed)
        if key not in self._kept:
            found = {
                model.state: StateHazards.draw(model, grid, self.clock, n_draws=n_draws, seed=[seed, place])
                for place, model in enumerate(self.models)
            }
            self._kept.clear()
            self._kept[key] = found
        return self._kept[key]


def _at(curves: Floats, grid: Floats, times: Floats) -> Floats:
    """Interpolate curves linearly at times: (n_times, n_states, n_rows)."""
    place = np.clip(np.searchsorted(grid, times, side="right") - 1, 0, grid.size - 2)
    share = ((times - grid[place]) / (grid[place + 1] - grid[place]))[:, None, None]
    found, later = curves[place], curves[place + 1]
    later -= found
    later *= share
    found += later
    return found


def _area(curves: Floats, grid: Floats, horizon: float) -> Floats:
    """Return areas under curves up to the horizon, where a step ends, by trapezoids: (n_states, n_rows)."""
    last = round(horizon / grid[1])
    return np.asarray(grid[1] * (curves[: last + 1].sum(axis=0) - (curves[0] + curves[last]) / 2))
