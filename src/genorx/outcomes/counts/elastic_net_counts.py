"""A count by Poisson regression with an elastic net penalty: few features get a coefficient."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genorx._core.feature_spec import FeatureSpec
from genorx.errors import SupportError
from genorx.outcomes.counts.refitted_counts import RefittedCounts
from genorx.outcomes.encoding.completed import mean_over_unknown
from genorx.outcomes.folds import hash_folds
from genorx.outcomes.shrinkage.net_path import ElasticNet
from genorx.outcomes.shrinkage.shrinkage import linear_predictors

Floats = NDArray[np.float64]


class ElasticNetCounts(RefittedCounts):
    """Mean of a count, log-linear, by an elastic net (see ``outcomes.shrinkage.net_path``).

    Parameters
    ----------
    specs : sequence of FeatureSpec, optional
    exposure : str, optional
        Feature that a patient's count is proportional to; positive, never missing.
    l1_ratio : float
        Share of the lasso in the penalty, above 0.
    folds : int
        Folds of the choice of the strength.
    n_refits : int
        Bootstrap refits, at the chosen strength, and fits to truths made of them, for draws.
    rare : int
        Fewest patients on either side of a 0/1 column.
    seed : int

    Attributes
    ----------
    alpha_ : float
    beta_ : array of shape (1 + n_refits, 1 + n_columns)
        Intercept and coefficients (log rate ratios) of the model, then of its refits.
    overdispersion_ : float
        Variance is mean + overdispersion x mean^2; 0: Poisson.
    """

    def __init__(
        self,
        specs: Iterable[FeatureSpec] | None = None,
        *,
        exposure: str | None = None,
        l1_ratio: float = 0.5,
        folds: int = 5,
        n_refits: int = 20,
        rare: int = 5,
        seed: int = 0,
    ) -> None:
        self.specs = specs
        self.exposure = exposure
        self.l1_ratio = l1_ratio
        self.folds = folds
        self.n_refits = n_refits
        self.rare = rare
        self.seed = seed

    def _grow(self, matrix: Floats, target: Floats, offset: Floats, patients: pd.Index[Any]) -> None:
        if target.size < 2 * self.folds:
            raise SupportError(f"{target.size} patients are too few for {self.folds} folds", code="too-few-patients")
        fold = hash_folds(patients, self.folds, seed=self.seed, salt="penalty")
        net = ElasticNet(family="poisson", l1_ratio=self.l1_ratio)
        made = net.choose(matrix, target, offset, fold)
        self.alpha_ = float(made.alphas[-1])
        self._left_out = made.out_of_fold
        betas = [made.beta]
        for turn, rows in enumerate(self._samples(target)):
            if turn:
                betas.append(self._coefficients(matrix[rows], target[rows], offset[rows]))
        self.beta_ = np.stack(betas)

    def _coefficients(self, matrix: Floats, target: Floats, offset: Floats) -> Floats:
        """Return intercept and coefficients at the chosen strength."""
        net = ElasticNet(family="poisson", l1_ratio=self.l1_ratio)
        return np.asarray(net.path(matrix, target, offset, np.array([self.alpha_]))[0])

    def _again(
        self,
        matrix: Floats,
        drawn: Floats,
        offset: Floats,
        patients: pd.Index[Any],  # noqa: ARG002
        turn: int,
    ) -> Self:
        quick = self._spared(turn)
        quick.alpha_, quick.beta_ = self.alpha_, self._coefficients(matrix, drawn, offset)[None, :]
        return quick

    def _out_of_fold(
        self,
        matrix: Floats,  # noqa: ARG002
        target: Floats,  # noqa: ARG002
        offset: Floats,  # noqa: ARG002
        patients: pd.Index[Any],  # noqa: ARG002
    ) -> Floats:
        found = self._left_out  # of the choice of the strength
        del self._left_out
        return found

    def _by_refit(self, matrix: Floats) -> Floats:
        return self.beta_[:, :1] + linear_predictors(matrix, self.beta_[:, 1:])

    @mean_over_unknown
    def contributions(self, X: pd.DataFrame) -> pd.DataFrame:
        """What each feature adds to the log mean against the cohort's; patients x features."""
        return self._linear_contributions(X, self.beta_[0, 1:])

    def _learnt(self) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        return {"alpha": self.alpha_}, {"beta": self.beta_}

    def _take(self, values: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> None:
        self.alpha_, self.beta_ = float(values["alpha"]), arrays["beta"]
