"""Intervals and probabilities from draws, common to all estimates.

The interval of a difference excludes 0 exactly if an option is better, or worse, in 97.5 % of the draws; so an interval
never contradicts the decision (``effects.decision``).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from genorx._core.proportion import NORMAL_975

Floats = NDArray[np.float64]

_AT_ONCE = 1 << 16  # draws sorted at a time: they fit into the processor's cache
_ENDS = (0.025, 0.975)  # quantiles of the draws: limits of a 95 % interval


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """An estimate with its 95 % limits."""

    estimate: float
    lower: float
    upper: float

    @property
    def error(self) -> float:
        """Standard error implied by the limits."""
        return (self.upper - self.lower) / (2 * NORMAL_975)

    @property
    def is_zero(self) -> bool:
        """Whether it is 0 without uncertainty, as the gain of a policy that is the same as another for everybody."""
        return self.lower == self.estimate == self.upper == 0


def interval_of(draws: Floats) -> tuple[Floats, Floats]:
    """Return 95 % limits of draws, along the first axis; the limit of a median that is not reached is infinite.

    They equal those of ``numpy.quantile``, which sorts less and takes longer: linear between draws, and the nearest
    draw if some are infinite.
    """
    moved = np.moveaxis(np.asarray(draws, dtype=np.float64), 0, -1)
    flat = moved.reshape(-1, moved.shape[-1])
    lower, upper, size = np.empty(len(flat)), np.empty(len(flat)), max(1, _AT_ONCE // flat.shape[1])
    for start in range(0, len(flat), size):
        part = slice(start, start + size)
        ordered = np.array(flat[part], order="C")
        ordered.sort(axis=-1)  # NaN is last
        lower[part], upper[part] = _ends(ordered)
    return lower.reshape(moved.shape[:-1]), upper.reshape(moved.shape[:-1])


def _ends(ordered: Floats) -> tuple[Floats, Floats]:
    """Return the limits of sorted draws, one set per row."""
    missing, infinite = np.isnan(ordered[..., -1]), np.isinf(ordered[..., 0]) | np.isinf(ordered[..., -1])
    lower, upper = (_quantile(ordered, end, infinite) for end in _ENDS)
    return np.where(missing, np.nan, lower), np.where(missing, np.nan, upper)


def _quantile(ordered: Floats, share: float, infinite: NDArray[np.bool_]) -> Floats:
    """Return one quantile along the last axis, which is sorted."""
    place = (ordered.shape[-1] - 1) * share
    first = int(place)
    part = place - first
    low, high = ordered[..., first], ordered[..., min(first + 1, ordered.shape[-1] - 1)]
    nearest = low if part < 0.5 or (part == 0.5 and first % 2 == 0) else high
    with np.errstate(invalid="ignore"):  # infinite draws
        between = low + (high - low) * part if part < 0.5 else high - (high - low) * (1 - part)
    return np.where(infinite, nearest, between)


def interval_by_spread(values: Floats) -> tuple[Floats, Floats]:
    """Return 95 % limits from few draws: the best estimate (first row) plus and minus 1.96 times their spread."""
    reach = NORMAL_975 * spread(values)
    return np.asarray(values[0] - reach), np.asarray(values[0] + reach)


def spread(values: Floats) -> Floats:
    """Return the root mean square distance of draws (rows from the second on) from the best estimate (first row)."""
    return np.asarray(np.sqrt(np.mean((values[1:] - values[:1]) ** 2, axis=0)))


def share_above(gaps: Floats, *, by: float = 0.0) -> Floats:
    """Return the share of draws (first axis) above ``by``; ties count half."""
    return np.asarray((gaps > by).mean(axis=0) + 0.5 * (gaps == by).mean(axis=0))


def mean_of_draws(values: Floats) -> Floats:
    """Return the mean along the first axis, summed in a fixed order whatever the other axes hold."""
    return np.asarray(np.ascontiguousarray(np.moveaxis(values, 0, -1)).mean(axis=-1))


def probability_better(draws: Floats, *, by: float = 0.0) -> Floats:
    """Share of draws in which option i is better than option j, by more than ``by``; ties count half.

    Draws are in the first axis, options in the last; shape (..., n_options, n_options).
    """
    return share_above(draws[..., :, None] - draws[..., None, :], by=by)


def probability_best(draws: Floats) -> Floats:
    """Probability of each option to be the best, shape (..., n_options); options tied in a draw share it."""
    if not draws.shape[-1]:
        return np.zeros(draws.shape[1:])
    first = draws == draws.max(axis=-1, keepdims=True)
    return mean_of_draws(first / first.sum(axis=-1, keepdims=True))
