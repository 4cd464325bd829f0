"""Differences between treatment options: adjusted effects, their support, and when not to answer."""

from genorx.effects.assessment import EffectReport, assess
from genorx.effects.clone_censor import CloneDifference, clone_censor_difference
from genorx.effects.protocol import EffectDraws, EffectEstimator
from genorx.effects.response_effect import ResponseEffect
from genorx.effects.survival_effect import SurvivalEffect

__all__ = [
    "CloneDifference",
    "EffectDraws",
    "EffectEstimator",
    "EffectReport",
    "ResponseEffect",
    "SurvivalEffect",
    "assess",
    "clone_censor_difference",
]
