"""Which way an outcome is better, where the study file leaves it open."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from genorx.cohort.study_file.sections import OutcomeSection

_TIMED = ("survival", "competing")


def better_of(outcome: OutcomeSection) -> Literal["longer", "shorter", "higher", "lower"]:
    """Return which way an outcome is better: as said, else longer survival, more benefit, less harm and cost."""
    if outcome.better is not None:
        return outcome.better
    if outcome.kind in _TIMED:
        return "longer"
    return "higher" if outcome.role == "benefit" else "lower"
