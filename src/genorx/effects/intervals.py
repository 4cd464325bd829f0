"""Intervals and probabilities from draws, the same wherever an estimate is given.

A difference's interval excludes 0 just where an option is better, or worse, in 97.5 % of the draws; so an interval
never says another thing than the decision (``effects.decision``) does.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

#: Half width of a 95 % interval in standard errors.
REACH = 1.96
_ENDS = (0.025, 0.975)  # quantiles of the draws that are the limits of a 95 % interval


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """An estimate with its 95 % limits."""

    estimate: float
    lower: float
    upper: float

    @property
    def error(self) -> float:
        """Standard error that the limits stand for."""
        return (self.upper - self.lower) / (2 * REACH)


def interval_of(draws: Floats) -> tuple[Floats, Floats]:
    """Return 95 % limits of draws, along the first axis; a limit that is not reached (a median) is infinite."""
    lower, upper = np.quantile(draws, _ENDS, axis=0, method="nearest" if np.isinf(draws).any() else "linear")
    return lower, upper


def interval_by_spread(values: Floats) -> tuple[Floats, Floats]:
    """Return 95 % limits of what has few draws: the best estimate (first row) plus and minus 1.96 spreads of them."""
    reach = REACH * spread(values)
    return np.asarray(values[0] - reach), np.asarray(values[0] + reach)


def spread(values: Floats) -> Floats:
    """Return the root mean square distance of draws (rows from the second on) from the best estimate (first row)."""
    return np.asarray(np.sqrt(np.mean((values[1:] - values[:1]) ** 2, axis=0)))


def share_above(gaps: Floats, *, by: float = 0.0) -> Floats:
    """Return the share of draws (first axis) above ``by``; those that are just that count half."""
    return np.asarray((gaps > by).mean(axis=0) + 0.5 * (gaps == by).mean(axis=0))


def probability_better(draws: Floats, *, by: float = 0.0) -> Floats:
    """Share of draws in which option i is better than option j, by more than ``by``; ties count half.

    Shape (n_options, n_options).
    """
    return share_above(draws[:, :, None] - draws[:, None, :], by=by)


def probability_best(draws: Floats) -> Floats:
    """Share of draws in which each option is the best; options that tie in a draw share it."""
    if not draws.shape[1]:
        return np.zeros(0)
    first = draws == draws.max(axis=1, keepdims=True)
    shares: Floats = (first / first.sum(axis=1, keepdims=True)).mean(axis=0)
    return shares
