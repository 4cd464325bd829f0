"""Multistate outcomes; as a time to an event, leaving the states that count as alive."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
import pandas as pd

from genorx.cohort.kinds import OutcomeKind
from genorx.errors import UsageError, shown
from genorx.outcomes.kinds.base import ChoiceRule, Drawn, Floats
from genorx.outcomes.kinds.survival import SurvivalFamily

_MOST_DRAWS = 200  # draws whose states are computed together for each patient


@dataclass(frozen=True, kw_only=True)
class MultistateFamily(SurvivalFamily):
    """Survival in the states that count as alive, with the probability of each state."""

    name: ClassVar[OutcomeKind] = "multistate"
    choice = ChoiceRule(of="survival through states", score="brier_integrated", most_forest=float("inf"))
    states: tuple[str, ...] = ()

    @classmethod
    def of(cls, outcome: Any) -> Self:
        """Return the family with the states of the outcome."""
        return cls(states=tuple(outcome.states))

    def check_parts(self, parts: Floats | None, outcome: str) -> None:
        """Raise an error for draws whose parts are not the states of the outcome (``states-not-told``)."""
        if parts is not None and parts.shape[-2] != len(self.states):
            raise UsageError(
                f"the estimator of {shown(outcome)} gives {parts.shape[-2]} states of {len(self.states)}",
                hint="parts hold the probability of each state, in the order of the study",
                code="states-not-told",
            )

    def draw(self, model: Any, X: pd.DataFrame, times: Floats, *, n_draws: int, seed: int) -> Drawn:
        """Return survival at the times, and the probability of each state if the model has states."""
        if not hasattr(model, "predict_states"):
            return super().draw(model, X, times, n_draws=n_draws, seed=seed)
        places = [model.states_.index(state) for state in self.states]
        alive = [model.states_.index(state) for state in model.alive_]
        point = np.asarray(model.predict_states(X, times))
        drawn = np.asarray(model.sample_states(X, times, n_draws=min(n_draws, _MOST_DRAWS), seed=seed))
        return Drawn(
            point=point[:, alive].sum(axis=1),
            draws=drawn[:, :, alive].sum(axis=2),
            parts=point[:, places],
            part_draws=drawn[:, :, places],
        )

    def part_risks(self, parts: Floats, *, more_is_better: bool) -> Floats:  # noqa: ARG002 (a state has no direction)
        """Return the probability of each state."""
        return parts
