"""The course through states: as a time to an event it is leaving the states that count as alive."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Self

from genorx.cohort.kinds import OutcomeKind
from genorx.errors import UsageError, shown
from genorx.outcomes.kinds.base import ChoiceRule, Floats
from genorx.outcomes.kinds.survival import SurvivalFamily


@dataclass(frozen=True, kw_only=True)
class MultistateFamily(SurvivalFamily):
    """Survival in the states that count as alive, and beside it the probability of each state."""

    name: ClassVar[OutcomeKind] = "multistate"
    choice = ChoiceRule(of="survival through states", score="brier_integrated", most_forest=float("inf"))
    states: tuple[str, ...] = ()

    @classmethod
    def of(cls, outcome: Any) -> Self:
        """Return the family that knows the states of the outcome."""
        return cls(states=tuple(outcome.states))

    def check_parts(self, parts: Floats | None, outcome: str) -> None:
        """Refuse draws whose parts are not the states of the outcome (``states-not-told``)."""
        if parts is not None and parts.shape[-2] != len(self.states):
            raise UsageError(
                f"the estimator of {shown(outcome)} tells {parts.shape[-2]} states of {len(self.states)}",
                hint="parts hold the probability of each state, in the order of the study",
                code="states-not-told",
            )

    def part_risks(self, parts: Floats, *, more_is_better: bool) -> Floats:  # noqa: ARG002 (a state has no direction)
        """Return the probability of each state."""
        return parts
