"""Models of what happens to a patient: survival, response, toxicity."""

from genorx.outcomes.cause_specific import CauseSpecificCox
from genorx.outcomes.cause_specific_survival import CauseSpecificSurvival
from genorx.outcomes.chosen_competing_model import ChosenCompetingModel
from genorx.outcomes.chosen_survival_model import ChosenSurvivalModel
from genorx.outcomes.competing_evaluation import evaluate_competing, score_competing
from genorx.outcomes.elastic_net_cox import ElasticNetCox
from genorx.outcomes.encoding import FeatureEncoder
from genorx.outcomes.evaluation import Evaluation, evaluate_binary, evaluate_survival, score_binary, score_survival
from genorx.outcomes.folds import hash_folds
from genorx.outcomes.group_shrunk_cox import GroupShrunkCox
from genorx.outcomes.group_shrunk_logistic import GroupShrunkLogistic
from genorx.outcomes.protocol import BinaryModel, CompetingModel, SurvivalModel
from genorx.outcomes.shrinkage import CoxDraws, CoxFit, LogisticFit, fit_cox, fit_logistic
from genorx.outcomes.survival_boosting import SurvivalBoosting
from genorx.outcomes.survival_forest import SurvivalForest

__all__ = [
    "BinaryModel",
    "CauseSpecificCox",
    "CauseSpecificSurvival",
    "ChosenCompetingModel",
    "ChosenSurvivalModel",
    "CompetingModel",
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
    "evaluate_competing",
    "evaluate_survival",
    "fit_cox",
    "fit_logistic",
    "hash_folds",
    "score_binary",
    "score_competing",
    "score_survival",
]
