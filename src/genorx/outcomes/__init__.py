"""Models of what happens to a patient: survival, response, toxicity."""

from genorx.outcomes.encoding import FeatureEncoder
from genorx.outcomes.folds import hash_folds
from genorx.outcomes.group_shrunk_cox import GroupShrunkCox
from genorx.outcomes.protocol import BinaryModel, SurvivalModel
from genorx.outcomes.shrinkage import CoxDraws, CoxFit, LogisticFit, fit_cox, fit_logistic

__all__ = [
    "BinaryModel",
    "CoxDraws",
    "CoxFit",
    "FeatureEncoder",
    "GroupShrunkCox",
    "LogisticFit",
    "SurvivalModel",
    "fit_cox",
    "fit_logistic",
    "hash_folds",
]
