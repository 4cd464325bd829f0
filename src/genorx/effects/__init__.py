"""Differences between treatment options: adjusted effects, their support, and when to abstain."""

from genorx.effects.adjusted.response_effect import ResponseEffect
from genorx.effects.adjusted.survival_effect import SurvivalEffect
from genorx.effects.assessment.assessment import EffectReport, assess
from genorx.effects.averages.average_effects import AverageEffects, average_effects, cohort_average_effects
from genorx.effects.clone_censor import CloneDifference, clone_censor_difference
from genorx.effects.protocol import EffectDraws, EffectEstimator
from genorx.effects.strategies.checks import check_strategy
from genorx.effects.strategies.strategy_draws import StrategyDraws
from genorx.effects.strategies.strategy_effect import StrategyEffect

__all__ = [
    "AverageEffects",
    "CloneDifference",
    "EffectDraws",
    "EffectEstimator",
    "EffectReport",
    "ResponseEffect",
    "StrategyDraws",
    "StrategyEffect",
    "SurvivalEffect",
    "assess",
    "average_effects",
    "check_strategy",
    "clone_censor_difference",
    "cohort_average_effects",
]
