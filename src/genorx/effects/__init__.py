"""Differences between treatment options: adjusted effects, their support, and when not to answer."""

from genorx.effects.binary_effect import AdjustedBinaryEffect
from genorx.effects.protocol import EffectDraws, EffectEstimator
from genorx.effects.survival_effect import AdjustedSurvivalEffect

__all__ = [
    "AdjustedBinaryEffect",
    "AdjustedSurvivalEffect",
    "EffectDraws",
    "EffectEstimator",
]
