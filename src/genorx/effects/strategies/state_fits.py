"""Models of all transient states, with waiting times and support of the strategies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genorx.cohort.course import Course, Strategy, StrategyDesign
from genorx.effects.strategies.state_model import StateModel, TreatedSpells
from genorx.effects.strategies.strategy_support import Decision, DecisionSupport, StrategySupport
from genorx.effects.strategies.waits import Waits
from genorx.outcomes.encoding.encoding import FeatureEncoder
from genorx.outcomes.multistate.state_rows import Clock, Spells

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class StateFits:
    """Settings of the fits; attributes as the parameters of ``StrategyEffect``.

    Attributes
    ----------
    course : Course
    design : StrategyDesign
    strategies : tuple of Strategy
    states : tuple of str
        In an order in which each state comes after all that lead to it.
    clock : {"forward", "reset"}
    history : bool
    interactions : sequence of str, optional
    min_events, min_alike, seed
    """

    course: Course
    design: StrategyDesign
    strategies: tuple[Strategy, ...]
    states: tuple[str, ...]
    clock: Clock
    history: bool
    interactions: Sequence[str] | None
    min_events: int
    min_alike: float
    seed: int

    def fit(
        self, X: pd.DataFrame, Z: Floats, encoder: FeatureEncoder
    ) -> tuple[tuple[StateModel, ...], dict[str, Waits], StrategySupport]:
        """Return models of the states, waits of the strategies, and their support.

        Propensity scores of a treatment in a state are columns of the models of later states.
        """
        models: list[StateModel] = []
        strata = _strata(self.design, X.index)
        waits: dict[str, Waits] = {}
        decisions: dict[Decision, DecisionSupport] = {}
        scores = np.zeros((0, Z.shape[1] + 1))
        for state in self.states:
            if state in self.course.absorbing:
                continue
            own = [each for each in self.strategies if each.state == state]
            planned = list(dict.fromkeys(str(each.treatment) for each in own))
            spells = Spells.of(self.course, state, X.index)
            treated = TreatedSpells.of(spells, self.design.begins, X.index, planned)
            model = StateModel.fit(
                treated,
                Z,
                encoder.columns_,
                strata,
                clock=self.clock,
                history=self.history and state != self.course.start,
                earlier_scores=scores,
                interactions=self.interactions,
            )
            models.append(model)
            scores = np.vstack([scores, model.scores(Z.shape[1])])
            waits |= _waits(treated, own)
            for name in planned:
                decisions[(state, name)] = DecisionSupport.fit(
                    treated,
                    model,
                    X,
                    Z,
                    encoder,
                    treatment=name,
                    within=max(each.within or np.inf for each in own if each.treatment == name),
                    min_events=self.min_events,
                    min_alike=self.min_alike,
                    seed=self.seed,
                )
        return tuple(models), waits, StrategySupport(strategies=self.strategies, decisions=decisions)


def _waits(treated: TreatedSpells, strategies: Sequence[Strategy]) -> dict[str, Waits]:
    """Return the waits of strategies whose treatment was ever begun in the state."""
    nobody = np.full(treated.spells.entry.size, np.nan)
    found = {
        each.name: Waits.fit(treated.spells, treated.begun.get(str(each.treatment), nobody), each.within)
        for each in strategies
    }
    return {name: waits for name, waits in found.items() if waits is not None}


def _strata(design: StrategyDesign, patients: pd.Index[Any]) -> NDArray[np.int64]:
    if not len(design.strata):
        return np.zeros(len(patients), dtype=np.int64)
    stated = design.strata.reindex(patients).astype("object").fillna("(missing)").astype(str)
    return pd.factorize(stated, sort=True)[0].astype(np.int64)
