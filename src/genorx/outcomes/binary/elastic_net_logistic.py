"""A yes-or-no outcome by logistic regression with an elastic net penalty: few features get a coefficient."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genorx._core.feature_spec import FeatureSpec
from genorx.errors import SupportError
from genorx.outcomes.binary.calibration_line import calibration
from genorx.outcomes.binary.refitted_logistic import RefittedLogistic
from genorx.outcomes.folds import hash_folds
from genorx.outcomes.shrinkage.net_path import ElasticNet
from genorx.outcomes.shrinkage.shrinkage import linear_predictors

Floats = NDArray[np.float64]


class ElasticNetLogistic(RefittedLogistic):
    """Calibrated probability of a yes-or-no outcome by an elastic net (see ``outcomes.shrinkage.net_path``).

    Parameters
    ----------
    specs : sequence of FeatureSpec, optional
    l1_ratio : float
        Share of the lasso in the penalty, above 0.
    folds : int
        Folds of the choice of the strength; the log odds of the patients left out also tell the calibration.
    n_refits : int
        Bootstrap refits, at the chosen strength, and fits to truths made of them, for draws.
    rare : int
        Fewest patients on either side of a 0/1 column.
    seed : int

    Attributes
    ----------
    alpha_ : float
    beta_ : array of shape (1 + n_refits, 1 + n_columns)
        Intercept and coefficients of the model, then of its refits.
    calibration_ : dict
        As in ``GroupShrunkLogistic``.
    """

    def __init__(
        self,
        specs: Iterable[FeatureSpec] | None = None,
        *,
        l1_ratio: float = 0.5,
        folds: int = 5,
        n_refits: int = 20,
        rare: int = 5,
        seed: int = 0,
    ) -> None:
        self.specs = specs
        self.l1_ratio = l1_ratio
        self.folds = folds
        self.n_refits = n_refits
        self.rare = rare
        self.seed = seed

    def _grow(self, matrix: Floats, target: Floats, patients: pd.Index[Any]) -> None:
        if target.size < 2 * self.folds:
            raise SupportError(f"{target.size} patients are too few for {self.folds} folds", code="too-few-patients")
        fold = hash_folds(patients, self.folds, seed=self.seed, salt="penalty")
        net, none = ElasticNet(family="binomial", l1_ratio=self.l1_ratio), np.zeros(target.size)
        made = net.choose(matrix, target, none, fold)
        self.alpha_ = float(made.alphas[-1])
        self._out_of_fold = made.out_of_fold
        betas = [made.beta]
        for turn, rows in enumerate(self._samples(target, self.n_refits)):
            if turn:
                betas.append(self._coefficients(matrix[rows], target[rows]))
        self.beta_ = np.stack(betas)

    def _coefficients(self, matrix: Floats, target: Floats) -> Floats:
        """Return intercept and coefficients at the chosen strength."""
        net = ElasticNet(family="binomial", l1_ratio=self.l1_ratio)
        return np.asarray(net.path(matrix, target, np.zeros(target.size), np.array([self.alpha_]))[0])

    def _again(self, matrix: Floats, drawn: Floats, patients: pd.Index[Any], turn: int) -> Self:  # noqa: ARG002
        quick = self._spared(turn)
        quick.alpha_, quick.beta_ = self.alpha_, self._coefficients(matrix, drawn)[None, :]
        return quick

    def _checked(self, frame: pd.DataFrame, target: Floats) -> dict[str, Any]:  # noqa: ARG002
        found = calibration(self._out_of_fold, target)
        del self._out_of_fold
        return found

    def _by_refit(self, matrix: Floats) -> Floats:
        return self.beta_[:, :1] + linear_predictors(matrix, self.beta_[:, 1:])

    def _parts(self, matrix: Floats) -> Floats:
        return matrix * self.beta_[0, 1:]

    def _learnt(self) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        return {"alpha": self.alpha_}, {"beta": self.beta_}

    def _take(self, values: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> None:
        self.alpha_, self.beta_ = float(values["alpha"]), arrays["beta"]
