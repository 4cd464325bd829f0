"""Yes or no, 1 or 0, by log odds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit

from genorx.errors import UsageError
from genorx.outcomes.kinds.base import Drawn
from genorx.outcomes.kinds.valued import OneMean, ResponseFit, rarer
from genorx.outcomes.protocol import BinaryModel
from genorx.outcomes.shrinkage.shrinkage import fit_logistic

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class BinaryFamily(OneMean):
    """A probability by logistic regression."""

    name = "binary"
    protocol = BinaryModel
    ratio = "odds_ratio"
    difference = "probability_difference"

    def check(self, y: pd.DataFrame) -> None:
        """Refuse values other than 0 and 1 (``not-binary``)."""
        super().check(y)
        if not set(np.unique(y["value"])) <= {0.0, 1.0}:
            raise UsageError("value holds something other than 0 and 1", code="not-binary")

    def counted(self, value: pd.Series[Any]) -> pd.Series[bool]:
        """Return who had the rarer of the two."""
        return rarer(value == 1)

    def fit(self, matrix: Floats, value: Floats, **prior: Any) -> ResponseFit:
        """Fit a logistic model."""
        made = fit_logistic(matrix, value, **prior)
        heavy = made.covariance if made.heavy_covariance is None else made.heavy_covariance
        heads = np.array([made.intercept])
        return ResponseFit(heads=heads, beta=made.beta, covariance=made.covariance, heavy_covariance=heavy)

    def mean(self, fit: ResponseFit, linear: Floats) -> Floats:  # noqa: ARG002 (an amount needs it)
        """Return the probability."""
        return np.asarray(expit(linear))

    def draw(self, model: Any, X: pd.DataFrame, times: Floats, *, n_draws: int, seed: int) -> Drawn:  # noqa: ARG002
        """Return probabilities."""
        drawn = model.sample_probability(X, n_draws=n_draws, seed=seed)
        return Drawn(point=model.predict_probability(X)[:, None], draws=drawn[:, :, None])
