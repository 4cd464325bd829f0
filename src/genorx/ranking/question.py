"""The query to a fitted ranker: outcomes, options, ordering, and evidence on individual choice."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from genorx.cohort.study_file.utility import Utility
from genorx.ranking.answer.drugs import Guidance
from genorx.ranking.answer.standing import Question
from genorx.ranking.evaluation.choosing import choosing_by
from genorx.ranking.evaluation.outcome_effect import OutcomeEffect
from genorx.ranking.model.alignment import Aligned
from genorx.ranking.what_if import Asked

if TYPE_CHECKING:
    from genorx.ranking.ranker import TreatmentRanker


def question_of(
    ranker: TreatmentRanker, utility: Utility | None = None, effects: Sequence[OutcomeEffect] = ()
) -> Question:
    """Return the query for ranking patients; ``effects`` are the results of an evaluation."""
    averages = ranker.training_.get("averages", {})  # sorted by name in a file: here in the order of the options
    choosing = choosing_by(
        ranker.fits_[0],
        {name: averages[name] for name in ranker.options_ if name in averages},
        effects,
        reference=ranker.reference_,
        strategies=ranker.metrics_.get("strategies", ()),
        by_utility=utility is not None and bool(utility.orders),
    )
    return Question(
        fits=ranker.fits_,
        options=ranker.options_,
        reference=ranker.reference_,
        specs={spec.name: spec for spec in ranker.specs_},
        n_draws=ranker.n_draws,
        seed=ranker.seed,
        smallest_difference=ranker.smallest_difference_,
        conditions=ranker.possible_,
        utility=utility,
        choosing=choosing,
    )


def asked_of(
    ranker: TreatmentRanker, aligned: Aligned, question: Question | None = None, guidance: Guidance | None = None
) -> Asked:
    """Return the query that ``what_if`` repeats after a change; ``question`` and ``guidance`` are a ranking's."""
    design = ranker.training_["design"] or {}
    advice = {} if guidance is None else guidance.of
    return Asked(
        question=question or question_of(ranker),
        aligned=aligned,
        factors=design.get("factors", {}),
        assumptions=tuple(design.get("assumptions", ())),
        avoided={patient: safety.not_advised for patient, safety in advice.items()},
    )
