"""Models of what happens to a patient: survival, response, toxicity."""

from genorx.outcomes.chosen_survival_model import ChosenSurvivalModel
from genorx.outcomes.elastic_net_cox import ElasticNetCox
from genorx.outcomes.encoding import FeatureEncoder
from genorx.outcomes.evaluation import Evaluation, evaluate_binary, evaluate_survival, score_binary, score_survival
from genorx.outcomes.folds import hash_folds
from genorx.outcomes.group_shrunk_cox import GroupShrunkCox
from genorx.outcomes.group_shrunk_logistic import GroupShrunkLogistic
from genorx.outcomes.protocol import BinaryModel, SurvivalModel
from genorx.outcomes.shrinkage import CoxDraws, CoxFit, LogisticFit, fit_cox, fit_logistic
from genorx.outcomes.survival_boosting import SurvivalBoosting
from genorx.outcomes.survival_forest import SurvivalForest

__all__ = [
    "BinaryModel",
    "ChosenSurvivalModel",
    "CoxDraws",
    "CoxFit",
    "ElasticNetCox",
    "Evaluation",
    "FeatureEncoder",
    "GroupShrunkCox",
    "GroupShrunkLogistic",
    "LogisticFit",
    "SurvivalBoosting",
    "SurvivalForest",
    "SurvivalModel",
    "evaluate_binary",
    "evaluate_survival",
    "fit_cox",
    "fit_logistic",
    "hash_folds",
    "score_binary",
    "score_survival",
]
