"""A count, by its log mean; Poisson, or negative binomial where the data show more spread."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genorx.errors import SupportError
from genorx.outcomes.counts.count_fit import count_likelihood, fit_counts
from genorx.outcomes.counts.counts_base import checked_counts, means
from genorx.outcomes.kinds.valued import NumberFamily, ResponseFit, prior_of
from genorx.outcomes.shrinkage.group_prior import heavy_tailed

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class CountFamily(NumberFamily):
    """A mean count by log-linear regression."""

    name = "count"
    ratio = "rate_ratio"
    difference = "mean_difference"

    def check(self, y: pd.DataFrame) -> None:
        """Refuse what is no count (``negative-count``, ``not-a-count``)."""
        super().check(y)
        checked_counts(y, y["value"])

    def counted(self, value: pd.Series[Any]) -> pd.Series[bool]:
        """Return who had a count above 0."""
        return value > 0

    def fit(self, matrix: Floats, value: Floats, **prior: Any) -> ResponseFit:
        """Fit a log-linear model."""
        if not value.any():
            raise SupportError("all counts are 0", code="no-events", hint="A model needs events")
        design, level = np.column_stack([np.ones(value.size), matrix]), float(np.log(value.mean()))
        offset = np.full(value.size, level)
        made = prior_of(1, **prior)
        normal, over = fit_counts(design, value, offset, made)
        heavy = prior.get("heavy_tails", False)
        mode = heavy_tailed(count_likelihood(design, value, offset, over), made, normal) if heavy else normal
        return ResponseFit(
            heads=np.array([level + float(mode.beta[0])]),
            beta=mode.beta[1:],
            covariance=normal.covariance,
            heavy_covariance=mode.covariance,
            overdispersion=over,
        )

    def mean(self, fit: ResponseFit, linear: Floats) -> Floats:  # noqa: ARG002 (an amount needs it)
        """Return the mean count."""
        return means(linear)
