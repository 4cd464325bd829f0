"""Evolution of patients under one strategy: state probabilities, with and without the treatment, and transitions.

A state occurs up to three times: before the treatment begins, after it began there, and entered after it had begun in
an earlier state.  Patients to be treated begin after waiting times as in the data (``strategies.waits``); a patient who
leaves the state before is not treated; with a share below 1 the others never begin.
Sources: Hernan MA, Robins JM 2020, Causal Inference: What If, chapter 19; Cain LE et al. 2010, Int J Biostat 6:18.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from genorx.cohort.course import Strategy
from genorx.effects.strategies.hazard_draws import Block, Grid, StateHazards
from genorx.effects.strategies.waits import Waits
from genorx.outcomes.multistate.state_rows import Clock
from genorx.survival.multistate.flow import Move, flow

Floats = NDArray[np.float64]
#: A state, and the treatment status of its patients.
Place = tuple[str, str]
_NOT_YET, _SINCE, _BEFORE = "not yet", "since", "before"


@dataclass(frozen=True, kw_only=True)
class StrategyFlow:
    """Evolution of a block of patients under strategies.

    Attributes
    ----------
    states : tuple of str
        In an order in which each state comes after all that lead to it.
    hazards : mapping of state to StateHazards
        Hazards out of each transient state.
    waits : mapping of strategy to Waits
    grid : Grid
    clock : {"forward", "reset"}
    """

    states: tuple[str, ...]
    hazards: Mapping[str, StateHazards]
    waits: Mapping[str, Waits]
    grid: Grid
    clock: Clock

    def occupations(self, block: Block, strategies: Sequence[Strategy], start: str) -> Iterator[Floats]:
        """Yield the probability of each state under each strategy, shape (n_steps + 1, n_states, n_rows).

        Parameters
        ----------
        block : Block
        strategies : sequence of Strategy
        start : str
            State of the patients at the beginning, without treatment.
        """
        shares, known = [self._share(strategy) for strategy in strategies], _Hazards(self, block)
        none = self._occupation(known, Strategy(name=""), start) if min(shares) < 1 else np.zeros(0)
        treated: dict[tuple[str | None, str | None, float | None], Floats] = {}
        for strategy, share in zip(strategies, shares, strict=True):
            if share == 0:
                yield none
                continue
            rule = (strategy.state, strategy.treatment, strategy.within)
            if rule not in treated:  # strategies that differ only in the share use one flow
                treated[rule] = self._occupation(known, strategy, start)
            yield treated[rule] if share == 1 else share * treated[rule] + (1 - share) * none

    def _occupation(self, known: _Hazards, strategy: Strategy, start: str) -> Floats:
        """Return the state probabilities if all patients to be treated are."""
        places = self._places(strategy, start)
        return flow(
            list(self._moves(known, strategy, places)),
            n_states=len(places),
            n_rows=known.block.draw.size,
            n_steps=self.grid.n_steps,
            start=places.index((start, _NOT_YET)),
            cells=known.cells,
            windows=self._windows(strategy, places),
            shown=[self.states.index(state) for state, _ in places],
            n_shown=len(self.states),
        )

    def _share(self, strategy: Strategy) -> float:
        """Return the share treated among those who stay in the state long enough."""
        if strategy.name not in self.waits:
            return 0.0
        return self.waits[strategy.name].observed if isinstance(strategy.share, str) else float(strategy.share)

    def _places(self, strategy: Strategy, start: str) -> list[Place]:
        reached: dict[Place, None] = {(start, _NOT_YET): None}
        for state in self.states:
            if state not in self.hazards:
                if any(place[0] == state for place in reached):
                    for place in [place for place in reached if place[0] == state]:
                        del reached[place]
                    reached[(state, "")] = None
                continue
            if strategy.state == state and strategy.name in self.waits and (state, _NOT_YET) in reached:
                reached[(state, _SINCE)] = None
            for _, stage in [place for place in reached if place[0] == state]:
                reached |= {(target, _next(stage)): None for target in self.hazards[state].model.targets}
        stages = [_NOT_YET, _SINCE, _BEFORE, ""]
        return sorted(reached, key=lambda place: (self.states.index(place[0]), stages.index(place[1])))

    def _moves(self, known: _Hazards, strategy: Strategy, places: list[Place]) -> Iterator[Move]:
        for source, (state, stage) in enumerate(places):
            if state not in self.hazards:
                continue
            own = self.hazards[state]
            code = _code(own, strategy) if stage == _SINCE else 0
            earlier = strategy.treatment if stage == _BEFORE else None
            for number, target in enumerate(own.model.targets):
                level = known.level(state, number, code, earlier)
                place = (target, _next(stage)) if target in self.hazards else (target, "")
                yield Move(
                    source=source,
                    target=places.index(place),
                    by_time=level if self.clock == "forward" else None,
                    by_age=level if self.clock == "reset" else None,
                    by_entry=known.by_entry(state, number),
                )
            if (state, _SINCE) in places and stage == _NOT_YET:
                by_age = self.waits[strategy.name].cumulative_hazard(self.grid.ages)[:, None]
                yield Move(source=source, target=places.index((state, _SINCE)), by_age=by_age, keeps_entry=True)

    def _windows(self, strategy: Strategy, places: list[Place]) -> dict[int, int]:
        if strategy.state is None or (strategy.state, _SINCE) not in places:
            return {}
        last = self.waits[strategy.name].last
        return {places.index((strategy.state, _NOT_YET)): int(np.ceil(last / self.grid.width)) + 1}


def _code(own: StateHazards, strategy: Strategy) -> int:
    """Return the index of the strategy's treatment among those of a state; 0 if its effect was not estimable."""
    here = own.model.here
    return 1 + here.index(strategy.treatment) if strategy.treatment in here else 0


def _next(stage: str) -> str:
    """Return the treatment status of patients in the next state."""
    return _BEFORE if stage in (_SINCE, _BEFORE) else _NOT_YET


class _Hazards:
    """Hazards of a block of patients, cached: strategies have most of them in common."""

    def __init__(self, through: StrategyFlow, block: Block) -> None:
        self.block, self._hazards = block, through.hazards
        self.cells, self._means = through.grid.cells()
        self._levels: dict[tuple[str, int, int, str | None], Floats] = {}
        self._factors: dict[tuple[str, int], Floats | None] = {}

    def level(self, state: str, target: int, treated: int, earlier: str | None) -> Floats:
        """Return the hazard of a transition in each row, as ``StateHazards.levels``."""
        key = (state, target, treated, earlier)
        if key not in self._levels:
            own = self._hazards[state]
            table = own.table(target, self.block.features.shape[1] - 1, treated=treated, earlier=earlier)
            self._levels[key] = own.levels[target][:, self.block.draw] * self.block.relative(table)
        return self._levels[key]

    def by_entry(self, state: str, target: int) -> Floats | None:
        """Return the factor of the hazard by time of entry, shape (n_cells + 1, n_rows)."""
        key = (state, target)
        if key not in self._factors:
            own = self._hazards[state]
            entry, slope = own.model.columns.entry, own.model.columns.of_entry(own.betas[target])
            factor = None
            if entry is not None and slope is not None:
                factor = np.exp(np.outer(entry.column(self._means), slope))[:, self.block.draw]
            self._factors[key] = factor
        return self._factors[key]
