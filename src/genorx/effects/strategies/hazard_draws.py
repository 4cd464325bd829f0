"""Draws of the hazards out of one state on a time grid, applied to a block of patients.

The first row is the best estimate, the others are draws of all transitions together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from genorx.effects.strategies.state_model import StateModel
from genorx.outcomes.encoding.completed import SetsOfPatient
from genorx.outcomes.multistate.entry_time import entry_cells
from genorx.outcomes.multistate.state_rows import Clock

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
_STEEPEST = 20.0  # log hazard ratio at which that of a patient is truncated


@dataclass(frozen=True, kw_only=True)
class Grid:
    """A time grid with steps of equal width.

    Attributes
    ----------
    begin, width : float
        Time since time zero at which the patients are in the first state, and width of a step.
    n_steps : int
    """

    begin: float
    width: float
    n_steps: int

    @property
    def times(self) -> Floats:
        """Ends of the steps, counted from ``begin``, 0 first."""
        return np.asarray(np.arange(self.n_steps + 1) * self.width, dtype=np.float64)

    @property
    def ages(self) -> Floats:
        """Multiples of half a step."""
        return np.asarray(np.arange(2 * self.n_steps + 1) * self.width / 2, dtype=np.float64)

    def cells(self) -> tuple[Ints, Floats]:
        """Return the cell of each step of entry, and the representative time (since time zero) of each cell."""
        return entry_cells(self.begin + self.times)


@dataclass(frozen=True, kw_only=True)
class StateHazards:
    """Hazards out of one state.

    Attributes
    ----------
    model : StateModel
    betas : tuple of arrays of shape (1 + n_draws, n_columns)
        Coefficients; one array per target.
    levels : tuple of arrays
        Baseline hazards (of a row of zeros) by step, shape (n_steps, 1 + n_draws); with a clock that is reset,
        cumulative by half steps, shape (2 * n_steps + 1, 1 + n_draws).
    """

    model: StateModel
    betas: tuple[Floats, ...]
    levels: tuple[Floats, ...]

    @classmethod
    def draw(cls, model: StateModel, grid: Grid, clock: Clock, *, n_draws: int, seed: Sequence[int]) -> Self:
        """Draw coefficients and baselines of every transition."""
        at = grid.ages if clock == "reset" else grid.begin + grid.times
        betas, levels = [], []
        for place, fit in enumerate(model.fits):
            drawn = fit.draw(n_draws, np.random.default_rng([*seed, place]))
            whole = np.vstack([fit.baseline[0].cumulative(at)[None, :], drawn.cumulative(at)])
            betas.append(np.vstack([fit.beta, drawn.beta]))
            levels.append(np.ascontiguousarray((whole if clock == "reset" else np.diff(whole, axis=1)).T))
        return cls(model=model, betas=tuple(betas), levels=tuple(levels))

    def table(self, target: int, n_encoded: int, *, treated: int, earlier: str | None) -> Floats:
        """Return coefficients of encoded features and a constant, shape (1 + n_draws, n_encoded + 1)."""
        if earlier is not None and earlier not in self.model.columns.earlier:
            earlier = None  # it never began before this state in the data: its effect on the hazard is not known
        return self.model.columns.coefficients(self.betas[target], n_encoded, treated=treated, earlier=earlier)


@dataclass(frozen=True, kw_only=True)
class Block:
    """A block of patients: rows are their best estimates (one per imputation) and draws.

    Attributes
    ----------
    features : array of shape (n_value_rows, n_encoded + 1)
        Encoded features, followed by a constant 1.
    sets : tuple of SetsOfPatient
        Imputations of each patient.
    draw : array of int, shape (n_rows,)
        Row of the tables of draws.
    """

    features: Floats
    sets: tuple[SetsOfPatient, ...]
    draw: Ints

    @classmethod
    def of(cls, features: Floats, sets: Sequence[SetsOfPatient], n_draws: int) -> Self:
        """Return the block of these patients."""
        rows = np.arange(1 + n_draws)
        draw = np.concatenate([one.spread(rows[:, None].astype(float))[:, 0] for one in sets]).astype(np.int64)
        return cls(features=features, sets=tuple(sets), draw=draw)

    def relative(self, table: Floats) -> Floats:
        """Return hazard ratios, shape (n_rows,), from coefficients of each draw."""
        linear = np.concatenate([one.linear(table, self.features[one.rows]) for one in self.sets])
        return np.asarray(np.exp(np.clip(linear, -_STEEPEST, _STEEPEST)))

    def together(self, values: Floats) -> Floats:
        """Gather best estimates and draws, shape (..., n_patients, 1 + n_draws), from values by row (last axis)."""
        head, n_draws = values.shape[:-1], int(self.draw.max())
        if all(one.single for one in self.sets):
            return values.reshape(*head, len(self.sets), 1 + n_draws)
        found, begin = np.empty((*head, len(self.sets), 1 + n_draws)), 0
        for place, one in enumerate(self.sets):
            drawn = begin + one.weight.size
            found[..., place, 0] = (values[..., begin:drawn] * one.weight).sum(axis=-1)
            found[..., place, 1:] = values[..., drawn : drawn + n_draws]
            begin = drawn + n_draws
        return found
