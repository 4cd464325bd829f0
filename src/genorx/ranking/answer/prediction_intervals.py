"""Prediction intervals of a patient's own amount or count under an option, from out-of-fold residuals.

Residuals are out of fold: from patients not used to fit the model of effects, under the option that they received.
Draws of the model describe the uncertainty of the mean, not the spread of patients.  Models of amounts without options
have intervals of their own (``outcomes.continuous.cross_conformal``).
Source: Vovk V, Gammerman A, Shafer G 2005, Algorithmic Learning in a Random World, ch. 2 (conformal prediction);
residuals of counts in standard deviations of Poisson (Pearson's).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Self

import numpy as np
from numpy.typing import NDArray

from genorx._core.disclosure import coarse_residuals
from genorx.effects.protocol import EffectDraws

Floats = NDArray[np.float64]
_SMALLEST_MEAN = 0.1  # a linear model of counts may give a negative mean


@dataclass(frozen=True, kw_only=True)
class OwnValues:
    """Distribution of out-of-fold residuals of amounts or counts.

    Attributes
    ----------
    away : array of shape (n_patients,)
        Residuals, sorted and rounded; those of counts in units of the square root of the mean.
    count : bool
        Whether the values are counts.
    floor : float
        Lower bound of the intervals: 0 if no amount is negative, else minus infinity.
    """

    away: Floats = field(repr=False)
    count: bool
    floor: float

    @classmethod
    def of(cls, value: Floats, expected: Floats, *, count: bool) -> Self:
        """Learn from values and out-of-fold expectations; patients without expectation are excluded."""
        away = (value - expected) / _spread(expected, count=count)
        floor = -np.inf if value.size and value.min() < 0 else 0.0
        return cls(away=np.sort(coarse_residuals(away[np.isfinite(away)])), count=count, floor=floor)

    def limits(self, point: Floats, *, level: float) -> tuple[Floats, Floats]:
        """Return lower and upper limits around estimates, in their shape; infinite with too few patients.

        Limits of a count are whole numbers.
        """
        size = self.away.size
        reach = np.concatenate([[-np.inf], self.away, [np.inf]])
        first = int(np.floor((size + 1) * (1 - level) / 2 + 1e-9))
        spread = _spread(point, count=self.count)
        low, high = point + reach[first] * spread, point + reach[size + 1 - first] * spread
        if self.count:
            low, high = np.ceil(low), np.floor(high)
        # a linear model may give a negative mean; the interval then still contains its estimate
        return np.minimum(np.maximum(low, self.floor), point), np.maximum(np.maximum(high, self.floor), point)

    def ended(self, limit: Floats) -> Floats:
        """Convert limits of the mean to limits of a patient's own value: not below the floor, and whole for counts."""
        return np.maximum(np.round(limit) if self.count else limit, self.floor)


def _spread(expected: Floats, *, count: bool) -> Floats:
    return np.sqrt(np.maximum(expected, _SMALLEST_MEAN)) if count else np.ones_like(expected)


def under_own_option(sampled: EffectDraws, option: Sequence[str]) -> Floats:
    """Return each patient's expected value under the option received; missing if there is none."""
    places = [sampled.options.index(name) if name in sampled.options else -1 for name in option]
    expected = sampled.point[np.arange(len(places)), places, 0]
    return np.where(np.array(places) < 0, np.nan, expected)
