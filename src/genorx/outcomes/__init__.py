"""Models of what happens to a patient: survival, response, toxicity."""

from genorx.outcomes.protocol import BinaryModel, SurvivalModel
from genorx.outcomes.shrinkage import CoxDraws, CoxFit, LogisticFit, fit_cox, fit_logistic

__all__ = ["BinaryModel", "CoxDraws", "CoxFit", "LogisticFit", "SurvivalModel", "fit_cox", "fit_logistic"]
