"""From outcomes and effects to a patient's ranked options, and the model file."""

from genorx.ranking.answer.answer import Curve, Difference, Estimate, OptionAnswer, PatientAnswer, Reason, Support
from genorx.ranking.answer.evidence import best_tier, by_evidence
from genorx.ranking.fit_and_rank import rank
from genorx.ranking.load import load_model
from genorx.ranking.model.bundle import Bundle, read_bundle, write_bundle
from genorx.ranking.model.outcome_fit import AS_TREATED, OutcomeFit
from genorx.ranking.ranker import TreatmentRanker
from genorx.ranking.ranking import Ranking
from genorx.ranking.what_if import WhatIf

__all__ = [
    "AS_TREATED",
    "Bundle",
    "Curve",
    "Difference",
    "Estimate",
    "OptionAnswer",
    "OutcomeFit",
    "PatientAnswer",
    "Ranking",
    "Reason",
    "Support",
    "TreatmentRanker",
    "WhatIf",
    "best_tier",
    "by_evidence",
    "load_model",
    "rank",
    "read_bundle",
    "write_bundle",
]
