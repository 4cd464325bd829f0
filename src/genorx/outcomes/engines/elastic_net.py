"""Engine of the elastic net models: coefficients of the model and its refits at one penalty."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import KW_ONLY, dataclass
from typing import Any, ClassVar, Literal, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genorx._core.feature_spec import FeatureSpec
from genorx.errors import SupportError
from genorx.outcomes.engines.refits import Refitted, TruthRefits
from genorx.outcomes.folds import hash_folds
from genorx.outcomes.shrinkage.coefficient_draws import linear_predictors
from genorx.outcomes.shrinkage.net_path import ElasticNet

Floats = NDArray[np.float64]


@dataclass(eq=False, repr=False)
class NetParameters:
    """The parameters of every elastic net model.

    Parameters
    ----------
    specs : sequence of FeatureSpec, optional
        Kind and group of each feature; inferred by default.
    l1_ratio : float
        Share of the lasso in the penalty, above 0 and up to 1.
    folds : int
        Number of folds by which the strength of the penalty is chosen.
    n_refits : int
        Number of bootstrap refits at the chosen strength, for draws.
    rare : int
        Fewest patients with either value of a 0/1 column; below it the column is left out.
    seed : int
        Seed of folds and refits.
    """

    specs: Iterable[FeatureSpec] | None = None
    _: KW_ONLY
    l1_ratio: float = 0.5
    folds: int = 5
    n_refits: int = 20
    rare: int = 5
    seed: int = 0


class LinearRefits(NetParameters, Refitted):
    """Linear predictors from coefficients.

    Attributes
    ----------
    alpha_ : float
        Strength of the penalty.
    beta_ : array of shape (1 + n_refits, 1 + n_columns)
        Intercept and coefficients of the model, then of its refits.
    """

    def _check_folds(self, size: int) -> None:
        if size < 2 * self.folds:
            raise SupportError(f"{size} patients are too few for {self.folds} folds", code="too-few-patients")

    def _by_refit(self, matrix: Floats) -> Floats:
        return self.beta_[:, :1] + linear_predictors(matrix, self.beta_[:, 1:])

    def _column_parts(self, matrix: Floats) -> Floats:
        return matrix * self.beta_[0, 1:]

    def _learnt(self) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        return {"alpha": self.alpha_}, {"beta": self.beta_}

    def _take(self, values: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> None:
        self.alpha_: float = float(values["alpha"])
        self.beta_: Floats = arrays["beta"]


class NetRefits(LinearRefits, TruthRefits):
    """An elastic net of log odds or log means (``outcomes.shrinkage.net_path``), with refits at the same penalty."""

    net: ClassVar[Literal["binomial", "poisson"]]

    def _grow(self, matrix: Floats, target: Floats, offset: Floats, patients: pd.Index[Any]) -> None:
        self._check_folds(target.size)
        fold = hash_folds(patients, self.folds, seed=self.seed, salt="penalty")
        made = ElasticNet(family=self.net, l1_ratio=self.l1_ratio).choose(matrix, target, offset, fold)
        self.alpha_ = float(made.alphas[-1])
        self._left_out = made.out_of_fold
        betas = [made.beta]
        for turn, rows in enumerate(self._samples(target)):
            if turn:
                betas.append(self._coefficients(matrix[rows], target[rows], offset[rows]))
        self.beta_ = np.stack(betas)

    def _coefficients(self, matrix: Floats, target: Floats, offset: Floats) -> Floats:
        """Return intercept and coefficients at the chosen penalty."""
        net = ElasticNet(family=self.net, l1_ratio=self.l1_ratio)
        return np.asarray(net.path(matrix, target, offset, np.array([self.alpha_]))[0])

    def _again(self, matrix: Floats, drawn: Floats, offset: Floats, patients: pd.Index[Any], turn: int) -> Self:  # noqa: ARG002
        quick = self._lean_copy(turn)
        quick.alpha_, quick.beta_ = self.alpha_, self._coefficients(matrix, drawn, offset)[None, :]
        return quick

    def _taken_left_out(self) -> Floats:
        """Return, and clear, the out-of-fold linear predictors of the penalty's choice."""
        found = self._left_out
        del self._left_out
        return found
