"""What happens to patients under one strategy: the states, with and without the treatment, and the moves between.

A state stands up to four times: before the treatment begins, after the time to begin it has passed, since it began
there, and entered after it had begun in an earlier state.  Those to be treated begin as in the data, given their
features, until the time within which the strategy says; who has not by then does so at that time.  With a share below
1 that part of them does so, and the others never begin; with the observed share nobody is made to begin.
Sources: Hernan MA, Robins JM 2020, Causal Inference: What If, chapter 19; Cain LE et al. 2010, Int J Biostat 6:18.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from genorx.cohort.course import Strategy
from genorx.effects.strategies.hazard_draws import Block, Grid, StateHazards
from genorx.outcomes.multistate.state_rows import Clock
from genorx.survival.multistate.flow import Move, flow

Floats = NDArray[np.float64]
#: A state, and where its patients stand with the treatment.
Place = tuple[str, str]
_NOT_YET, _PASSED, _SINCE, _BEFORE = "not yet", "passed", "since", "before"


@dataclass(frozen=True, kw_only=True)
class StrategyFlow:
    """Flow of a block of patients under strategies.

    Attributes
    ----------
    states : tuple of str
        In an order in which each comes after all that lead to it.
    hazards : mapping of state to StateHazards
        Of the states that are left.
    grid : Grid
    clock : {"forward", "reset"}
    """

    states: tuple[str, ...]
    hazards: Mapping[str, StateHazards]
    grid: Grid
    clock: Clock

    def occupation(self, block: Block, strategy: Strategy, start: str) -> Floats:
        """Return the probability of each state, shape (n_rows, n_states, n_steps + 1).

        Parameters
        ----------
        block : Block
        strategy : Strategy
        start : str
            State in which the patients are at the beginning, without treatment.
        """
        if not isinstance(strategy.share, str) and strategy.share < 1 and not strategy.never:
            all_of_them = self.occupation(block, replace(strategy, share=1.0), start)
            none = self.occupation(block, Strategy(name=strategy.name), start)
            return strategy.share * all_of_them + (1 - strategy.share) * none
        places = self._places(strategy, start)
        cells, means = self.grid.cells()
        moves = list(self._moves(block, strategy, places, means))
        found = flow(
            moves,
            n_states=len(places),
            n_rows=block.draw.size,
            n_steps=self.grid.n_steps,
            start=places.index((start, _NOT_YET)),
            cells=cells,
            windows=self._windows(strategy, places),
        )
        states = np.zeros((block.draw.size, len(self.states), self.grid.n_steps + 1))
        for number, (state, _) in enumerate(places):
            states[:, self.states.index(state)] += found[:, number]
        return states

    def _places(self, strategy: Strategy, start: str) -> list[Place]:
        reached: dict[Place, None] = {(start, _NOT_YET): None}
        for state in self.states:
            if state not in self.hazards:
                if any(place[0] == state for place in reached):
                    for place in [place for place in reached if place[0] == state]:
                        del reached[place]
                    reached[(state, "")] = None
                continue
            if strategy.state == state and (state, _NOT_YET) in reached:
                reached |= dict.fromkeys([(state, _SINCE)] + ([(state, _PASSED)] if _passes(strategy) else []))
            for _, stage in [place for place in reached if place[0] == state]:
                reached |= {(target, _next(stage)): None for target in self.hazards[state].model.targets}
        stages = [_NOT_YET, _PASSED, _SINCE, _BEFORE, ""]
        return sorted(reached, key=lambda place: (self.states.index(place[0]), stages.index(place[1])))

    def _moves(self, block: Block, strategy: Strategy, places: list[Place], means: Floats) -> Iterator[Move]:
        known: dict[tuple[str, int], Floats | None] = {}
        for source, (state, stage) in enumerate(places):
            if state not in self.hazards:
                continue
            own = self.hazards[state]
            code = 1 + own.model.here.index(strategy.treatment) if stage == _SINCE and strategy.treatment else 0
            earlier = strategy.treatment if stage == _BEFORE else None
            for number, target in enumerate(own.model.targets):
                table = own.table(number, block.features.shape[1] - 1, treated=code, earlier=earlier)
                level = own.levels[number][block.draw] * block.relative(table)[:, None]
                key = (state, number)
                if key not in known:
                    known[key] = _by_entry(own, number, block, means)
                place = (target, _next(stage)) if target in self.hazards else (target, "")
                yield Move(
                    source=source,
                    target=places.index(place),
                    by_time=level if self.clock == "forward" else None,
                    by_age=level if self.clock == "reset" else None,
                    by_entry=known[key],
                )
            if (state, stage) == (strategy.state, _NOT_YET):
                yield from self._begin(block, strategy, places, source)

    def _begin(self, block: Block, strategy: Strategy, places: list[Place], source: int) -> Iterator[Move]:
        """Yield the moves of beginning the treatment, and of letting the time for it pass."""
        state = str(strategy.state)
        model = self.hazards[state].model
        times = model.begin_times[model.here.index(str(strategy.treatment))]
        ages, forced = self.grid.ages, strategy.share != "observed"
        level = times.hazard(block.linear(times.weights), ages, strategy.within, forced=forced)
        target = places.index((state, _SINCE))
        yield Move(source=source, target=target, by_age=level, keeps_entry=True)
        if _passes(strategy):
            gone = np.where(ages >= float(strategy.within or 0.0) * (1 - 1e-9), 50.0, 0.0)
            by_age = np.broadcast_to(gone, (block.draw.size, ages.size))
            yield Move(source=source, target=places.index((state, _PASSED)), by_age=by_age, keeps_entry=True)

    def _windows(self, strategy: Strategy, places: list[Place]) -> dict[int, int]:
        if strategy.within is None or strategy.state is None or (strategy.state, _NOT_YET) not in places:
            return {}
        return {places.index((strategy.state, _NOT_YET)): int(np.ceil(strategy.within / self.grid.width)) + 1}


def _passes(strategy: Strategy) -> bool:
    """Return whether some have not begun when the time to begin has passed."""
    return strategy.within is not None and strategy.share == "observed"


def _next(stage: str) -> str:
    """Return how patients stand with the treatment in the next state."""
    return _BEFORE if stage in (_SINCE, _BEFORE) else _NOT_YET


def _by_entry(own: StateHazards, target: int, block: Block, means: Floats) -> Floats | None:
    """Return what the hazard is multiplied with by the time of entry, shape (n_rows, n_cells + 1)."""
    entry, slope = own.model.columns.entry, own.model.columns.of_entry(own.betas[target])
    if entry is None or slope is None:
        return None
    return np.asarray(np.exp(np.outer(slope, entry.column(means)))[block.draw])
