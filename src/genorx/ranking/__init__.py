"""Outcomes and effects put in order: the ranked options of a patient, and the model file behind them."""

from genorx.ranking.answer import Curve, Difference, Estimate, OptionAnswer, PatientAnswer, Reason, Support
from genorx.ranking.ranking import Ranking

__all__ = [
    "Curve",
    "Difference",
    "Estimate",
    "OptionAnswer",
    "PatientAnswer",
    "Ranking",
    "Reason",
    "Support",
]
