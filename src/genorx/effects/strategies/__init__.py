"""Comparison of strategies over time: which treatment begins in which state, adjusted for indication."""

from genorx.effects.strategies.checks import check_strategy
from genorx.effects.strategies.strategy_draws import StrategyDraws
from genorx.effects.strategies.strategy_effect import StrategyEffect
from genorx.effects.strategies.strategy_policy import strategy_policy

__all__ = ["StrategyDraws", "StrategyEffect", "check_strategy", "strategy_policy"]
