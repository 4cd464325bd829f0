"""Statistics of censored time: curves, restricted means, scores and calibration; independent of genomics."""

from genorx.survival.aalen_johansen import CumulativeIncidence, cumulative_incidence
from genorx.survival.brier import brier_score, brier_terms, censoring_survival, censoring_weights, integrate_brier
from genorx.survival.calibration import Calibration, calibrate, pseudo_observations
from genorx.survival.discrimination import harrell_c, time_dependent_auc, uno_c
from genorx.survival.incidence_calibration import calibrate_incidence, incidence_pseudo_observations
from genorx.survival.incidence_scores import cause_specific_c, incidence_brier_terms
from genorx.survival.kaplan_meier import KaplanMeier, kaplan_meier
from genorx.survival.multistate.occupation import Occupation, TransitionHazards, state_occupation, transition_hazards
from genorx.survival.multistate.paths import Paths, simulate_paths
from genorx.survival.resampling import Score
from genorx.survival.restricted_mean import RestrictedMean, area_under, restricted_mean, restricted_mean_difference
from genorx.survival.risk_recalibration import RiskRecalibration, recalibrate
from genorx.survival.screening import ScreeningEvaluation, ThresholdMeasures, evaluate_screening
from genorx.survival.screening_figures import plot_net_benefit, plot_risk_calibration

__all__ = [
    "Calibration",
    "CumulativeIncidence",
    "KaplanMeier",
    "Occupation",
    "Paths",
    "RestrictedMean",
    "RiskRecalibration",
    "Score",
    "ScreeningEvaluation",
    "ThresholdMeasures",
    "TransitionHazards",
    "area_under",
    "brier_score",
    "brier_terms",
    "calibrate",
    "calibrate_incidence",
    "cause_specific_c",
    "censoring_survival",
    "censoring_weights",
    "cumulative_incidence",
    "evaluate_screening",
    "harrell_c",
    "incidence_brier_terms",
    "incidence_pseudo_observations",
    "integrate_brier",
    "kaplan_meier",
    "plot_net_benefit",
    "plot_risk_calibration",
    "pseudo_observations",
    "recalibrate",
    "restricted_mean",
    "restricted_mean_difference",
    "simulate_paths",
    "state_occupation",
    "time_dependent_auc",
    "transition_hazards",
    "uno_c",
]
