"""Binary outcomes, 1 or 0, modelled by log odds."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit, logit

from genorx.errors import UsageError
from genorx.outcomes.binary.binary_base import BinaryClassifier
from genorx.outcomes.binary.binary_scores import score_binary
from genorx.outcomes.evaluation import Evaluation
from genorx.outcomes.kinds.base import ChoiceRule, Drawn
from genorx.outcomes.kinds.valued import OneMean, ResponseFit, rarer
from genorx.outcomes.protocol import BinaryModel
from genorx.outcomes.shrinkage.horseshoe import SparseColumns
from genorx.outcomes.shrinkage.logistic_fit import LogisticFit, fit_logistic
from genorx.outcomes.shrinkage.wide_covariance import WideCovariance

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
_EDGE = 1e-6  # least distance of a scored probability from 0 and 1


@dataclass(frozen=True, kw_only=True)
class BinaryFamily(OneMean):
    """A probability by logistic regression."""

    name = "binary"
    protocol = BinaryModel
    choice = ChoiceRule(of="the yes-or-no outcome", score="log_score", margin=2.0)
    ratio = "odds_ratio"
    difference = "probability_difference"
    draws_sparse = True

    def check(self, y: pd.DataFrame) -> None:
        """Raise an error for values other than 0 and 1 (``not-binary``)."""
        super().check(y)
        if not set(np.unique(y["value"])) <= {0.0, 1.0}:
            raise UsageError("value has entries other than 0 and 1", code="not-binary")

    def counted(self, value: pd.Series[Any]) -> pd.Series[bool]:
        """Return which patients have the rarer of the two values."""
        return rarer(value == 1)

    def fit(self, matrix: Floats, value: Floats, *, sparse: Collection[int] = (), **prior: Any) -> ResponseFit:
        """Fit a logistic model; groups of ``sparse`` are drawn under a horseshoe prior."""
        made = fit_logistic(matrix, value, **prior)
        heavy = made.covariance if made.heavy_covariance is None else made.heavy_covariance
        return ResponseFit(
            heads=np.array([made.intercept]),
            beta=made.beta,
            covariance=made.covariance,
            heavy_covariance=heavy,
            sparse=_sparse_columns(matrix, value, made, sparse, **prior),
        )

    def unexplained(self, fit: ResponseFit, value: Floats, linear: Floats) -> tuple[Floats, Floats]:
        """Return the value minus its probability, and its variance."""
        chance = expit(fit.heads[0] + linear)
        return value - chance, chance * (1 - chance)

    def mean(self, fit: ResponseFit, linear: Floats) -> Floats:  # noqa: ARG002 (an amount needs it)
        """Return the probability."""
        return np.asarray(expit(linear))

    def draw(self, model: Any, X: pd.DataFrame, times: Floats, *, n_draws: int, seed: int) -> Drawn:  # noqa: ARG002
        """Return probabilities."""
        drawn = model.sample_probability(X, n_draws=n_draws, seed=seed)
        return Drawn(point=model.predict_probability(X)[:, None], draws=drawn[:, :, None])

    def evidence(self, y: pd.Series[float]) -> int:
        """Return the number of patients with the rarer value."""
        return int(min(y.sum(), (1 - y).sum()))

    def estimate(self, model: Any, X: pd.DataFrame, times: Floats) -> Floats:  # noqa: ARG002
        """Return log odds; the protocol requires only probabilities."""
        if isinstance(model, BinaryClassifier):
            return model.predict_risk(X)
        return np.asarray(logit(np.clip(model.predict_probability(X), _EDGE, 1 - _EDGE)))

    def losses(self, y: pd.Series[float], estimate: Floats, times: Floats) -> Floats:  # noqa: ARG002
        """Return minus the log probability of the observed value."""
        return np.asarray(np.logaddexp(0.0, estimate) - y.to_numpy() * estimate)

    def predicted(self, model: Any, X: pd.DataFrame, times: Floats) -> dict[str, Floats]:  # noqa: ARG002
        """Return probabilities."""
        return {"probability": model.predict_probability(X)}

    def factual(self, known: Floats) -> dict[str, Floats]:
        """Return probabilities."""
        return {"probability": known[:, 0]}

    def score(self, y: Any, predicted: Mapping[str, Floats], fold: NDArray[Any], **shared: Any) -> Evaluation:
        """Return the scores of ``score_binary``."""
        return score_binary(y, predicted["probability"], fold, **shared)


def _sparse_columns(
    matrix: Floats, value: Floats, made: LogisticFit, sparse: Collection[int], *, group: Ints, **prior: Any
) -> SparseColumns:
    """Return the information on the columns of the ``sparse`` groups, the others at their most likely scales."""
    if isinstance(made.covariance, WideCovariance):
        return SparseColumns()  # the rows say too little on single columns
    places = np.flatnonzero(np.isin(group, list(sparse)))
    if not places.size:
        return SparseColumns()
    likeliest = prior | {"heavy_tails": False, "uncertain_scales": (), "penalty": made.penalty}
    normal = fit_logistic(matrix, value, group=group, **likeliest)
    mode = np.concatenate([[normal.intercept], normal.beta])
    return SparseColumns.of(places + 1, group[places], normal.penalty, mode, np.asarray(normal.covariance))
