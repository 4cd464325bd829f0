"""Counts, modelled by the log mean; Poisson, or negative binomial if overdispersed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import xlogy

from genorx.errors import SupportError
from genorx.outcomes.counts.count_fit import count_likelihood, fit_counts
from genorx.outcomes.counts.counts_base import checked_counts, means
from genorx.outcomes.kinds.base import ChoiceRule
from genorx.outcomes.kinds.valued import NumberFamily, ResponseFit, prior_of
from genorx.outcomes.shrinkage.group_prior import in_row_space
from genorx.outcomes.shrinkage.scale_uncertainty import over_wide_scales, under_both_tails

Floats = NDArray[np.float64]
_LEAST_MEAN = 1e-9  # least mean at which counts are scored


@dataclass(frozen=True, kw_only=True)
class CountFamily(NumberFamily):
    """A mean count by log-linear regression."""

    name = "count"
    ratio = "rate_ratio"
    difference = "mean_difference"
    choice = ChoiceRule(of="the count", score="poisson_deviance", margin=2.0)

    def check(self, y: pd.DataFrame) -> None:
        """Raise an error for invalid counts (``negative-count``, ``not-a-count``)."""
        super().check(y)
        checked_counts(y, y["value"])

    def counted(self, value: pd.Series[Any]) -> pd.Series[bool]:
        """Return which patients have a count above 0."""
        return value > 0

    def evidence(self, y: pd.Series[float]) -> int:
        """Return the number of patients with a count above 0."""
        return int((y > 0).sum())

    def losses(self, y: pd.Series[float], estimate: Floats, times: Floats) -> Floats:  # noqa: ARG002
        """Return Poisson deviances."""
        target, mean = y.to_numpy(), np.maximum(estimate, _LEAST_MEAN)
        return np.asarray(2 * (xlogy(target, target / mean) - target + mean))

    def fit(self, matrix: Floats, value: Floats, **prior: Any) -> ResponseFit:
        """Fit a log-linear model."""
        if not value.any():
            raise SupportError("all counts are 0", code="no-events", hint="A model needs events")
        design, level = np.column_stack([np.ones(value.size), matrix]), float(np.log(value.mean()))
        offset = np.full(value.size, level)
        design, made = in_row_space(design, prior_of(1, **prior))
        normal, over = fit_counts(design, value, offset, made)
        likelihood = count_likelihood(design, value, offset, over)
        normal = over_wide_scales(likelihood, made, normal)
        normal, tails = under_both_tails(likelihood, made, normal, heavy=prior.get("heavy_tails", False))
        mode = normal if tails is None else tails
        return ResponseFit(
            heads=np.array([level + float(mode.beta[0])]),
            beta=mode.beta[1:],
            covariance=normal.covariance,
            heavy_covariance=mode.covariance,
            overdispersion=over,
        )

    def unexplained(self, fit: ResponseFit, value: Floats, linear: Floats) -> tuple[Floats, Floats]:
        """Return the count minus its mean, and the mean, both scaled by the overdispersion: score and information."""
        mean = means(fit.heads[0] + linear)
        spread = 1 + (fit.overdispersion or 0.0) * mean
        return (value - mean) / spread, mean / spread

    def mean(self, fit: ResponseFit, linear: Floats) -> Floats:  # noqa: ARG002 (an amount needs it)
        """Return the mean count."""
        return means(linear)
