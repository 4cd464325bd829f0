"""Continuous outcomes, modelled by the mean."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genorx.outcomes.kinds.base import ChoiceRule
from genorx.outcomes.kinds.valued import NumberFamily, ResponseFit
from genorx.outcomes.shrinkage.gaussian import fit_gaussian

Floats = NDArray[np.float64]
_LEAST = 1e-6  # least residual variance, relative to that of the values


@dataclass(frozen=True, kw_only=True)
class ContinuousFamily(NumberFamily):
    """Linear regression of the standardised values."""

    name = "continuous"
    ratio = None
    difference = "mean_difference"
    choice = ChoiceRule(of="the value", score="mae", fewest=100)

    def counted(self, value: pd.Series[Any]) -> pd.Series[bool]:
        """Return True for all patients."""
        return pd.Series(True, index=value.index)

    def evidence(self, y: pd.Series[float]) -> int:
        """Return the number of patients."""
        return len(y)

    def losses(self, y: pd.Series[float], estimate: Floats, times: Floats) -> Floats:  # noqa: ARG002
        """Return absolute errors, the score for medians (Gneiting T 2011, J Am Stat Assoc 106:746)."""
        return np.abs(y.to_numpy() - estimate)

    def fit(self, matrix: Floats, value: Floats, **prior: Any) -> ResponseFit:
        """Fit a linear model."""
        centre, scale = float(value.mean()), float(value.std()) or 1.0
        prior.pop("heavy_tails", None)  # the linear fitter always has both kinds of tails
        made = fit_gaussian(matrix, (value - centre) / scale, **prior)
        return ResponseFit(
            heads=np.array([made.intercept]),
            beta=made.beta,
            covariance=made.covariance,
            heavy_covariance=made.heavy_covariance,
            centre=centre,
            scale=scale,
        )

    def unexplained(self, fit: ResponseFit, value: Floats, linear: Floats) -> tuple[Floats, Floats]:
        """Return the residuals, and 1, both divided by the residual variance."""
        left = (value - fit.centre) / fit.scale - fit.heads[0] - linear
        variance = max(float(np.mean(left**2)), _LEAST)
        return left / variance, np.full(left.size, 1 / variance)

    def mean(self, fit: ResponseFit, linear: Floats) -> Floats:
        """Return the expected amount."""
        return fit.centre + fit.scale * linear
