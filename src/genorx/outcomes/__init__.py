"""Models of patients' outcomes: survival, response, toxicity."""

from genorx.outcomes.binary.binary_scores import score_binary
from genorx.outcomes.binary.chosen_binary_model import ChosenBinaryModel
from genorx.outcomes.binary.elastic_net_logistic import ElasticNetLogistic
from genorx.outcomes.binary.group_shrunk_logistic import GroupShrunkLogistic
from genorx.outcomes.binary.tree_logistic import BoostedLogistic, ForestLogistic
from genorx.outcomes.competing.cause_specific import CauseSpecificCox
from genorx.outcomes.competing.cause_specific_survival import CauseSpecificSurvival
from genorx.outcomes.competing.chosen_competing_model import ChosenCompetingModel
from genorx.outcomes.competing.competing_scores import score_competing
from genorx.outcomes.continuous.chosen_value_model import ChosenValueModel
from genorx.outcomes.continuous.elastic_net_regression import ElasticNetRegression
from genorx.outcomes.continuous.group_shrunk_regression import GroupShrunkRegression
from genorx.outcomes.continuous.tree_regression import BoostedRegression, ForestRegression
from genorx.outcomes.continuous.value_scores import score_value
from genorx.outcomes.counts.boosted_counts import BoostedCounts
from genorx.outcomes.counts.chosen_count_model import ChosenCountModel
from genorx.outcomes.counts.elastic_net_counts import ElasticNetCounts
from genorx.outcomes.counts.forest_counts import ForestCounts
from genorx.outcomes.counts.group_shrunk_counts import GroupShrunkCounts
from genorx.outcomes.dose.dose_evaluation import DoseEvaluation, evaluate_dose
from genorx.outcomes.dose.dose_figures import plot_dose, plot_dose_errors
from genorx.outcomes.dose.dose_model import DoseModel
from genorx.outcomes.encoding.encoding import FeatureEncoder
from genorx.outcomes.encoding.linked_sites import LinkedSites
from genorx.outcomes.evaluate import (
    evaluate_binary,
    evaluate_competing,
    evaluate_ordinal,
    evaluate_survival,
    evaluate_value,
)
from genorx.outcomes.evaluation import Evaluation
from genorx.outcomes.folds import hash_folds
from genorx.outcomes.group_folds import group_folds
from genorx.outcomes.multistate.multistate_model import MultistateModel
from genorx.outcomes.ordinal.chosen_ordinal_model import ChosenOrdinalModel
from genorx.outcomes.ordinal.cumulative_ordinal import CumulativeOrdinal
from genorx.outcomes.ordinal.group_shrunk_ordinal import GroupShrunkOrdinal
from genorx.outcomes.ordinal.ordinal_scores import score_ordinal
from genorx.outcomes.protocol import BinaryModel, CompetingModel, OrdinalModel, SurvivalModel, ValueModel
from genorx.outcomes.shrinkage.cox_fit import CoxDraws, CoxFit, fit_cox
from genorx.outcomes.shrinkage.logistic_fit import LogisticFit, fit_logistic
from genorx.outcomes.survival.chosen_survival_model import ChosenSurvivalModel
from genorx.outcomes.survival.elastic_net_cox import ElasticNetCox
from genorx.outcomes.survival.group_shrunk_cox import GroupShrunkCox
from genorx.outcomes.survival.survival_boosting import SurvivalBoosting
from genorx.outcomes.survival.survival_forest import SurvivalForest
from genorx.outcomes.survival.survival_scores import score_survival
from genorx.outcomes.survival.survival_stack import SurvivalStack

__all__ = [
    "BinaryModel",
    "BoostedCounts",
    "BoostedLogistic",
    "BoostedRegression",
    "CauseSpecificCox",
    "CauseSpecificSurvival",
    "ChosenBinaryModel",
    "ChosenCompetingModel",
    "ChosenCountModel",
    "ChosenOrdinalModel",
    "ChosenSurvivalModel",
    "ChosenValueModel",
    "CompetingModel",
    "CoxDraws",
    "CoxFit",
    "CumulativeOrdinal",
    "DoseEvaluation",
    "DoseModel",
    "ElasticNetCounts",
    "ElasticNetCox",
    "ElasticNetLogistic",
    "ElasticNetRegression",
    "Evaluation",
    "FeatureEncoder",
    "ForestCounts",
    "ForestLogistic",
    "ForestRegression",
    "GroupShrunkCounts",
    "GroupShrunkCox",
    "GroupShrunkLogistic",
    "GroupShrunkOrdinal",
    "GroupShrunkRegression",
    "LinkedSites",
    "LogisticFit",
    "MultistateModel",
    "OrdinalModel",
    "SurvivalBoosting",
    "SurvivalForest",
    "SurvivalModel",
    "SurvivalStack",
    "ValueModel",
    "evaluate_binary",
    "evaluate_competing",
    "evaluate_dose",
    "evaluate_ordinal",
    "evaluate_survival",
    "evaluate_value",
    "fit_cox",
    "fit_logistic",
    "group_folds",
    "hash_folds",
    "plot_dose",
    "plot_dose_errors",
    "score_binary",
    "score_competing",
    "score_ordinal",
    "score_survival",
    "score_value",
]
