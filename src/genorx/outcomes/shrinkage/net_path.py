"""Elastic net for binary outcomes and counts by iteratively reweighted least squares, its penalty chosen out of fold.

Sources: Zou H, Hastie T 2005, J R Stat Soc B 67:301; Friedman J et al. 2010, J Stat Softw 33(1) (the iterations).
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from genorx.errors import SupportError
from genorx.outcomes.shrinkage.coefficient_draws import linear_predictors

Floats = NDArray[np.float64]
Ints = NDArray[np.integer]
_N_ALPHAS = 20
_WEAKEST = 0.01  # weakest penalty, as a share of the strongest
_TURNS = 12
_SAME = 1e-3  # change of the linear predictor at which iterations end
_FARTHEST = 10.0  # distance of a linear predictor from that of the mean, beyond which weights vanish
_LEAST_WEIGHT = 1e-4


@dataclass(frozen=True, kw_only=True)
class NetChoice:
    """The chosen penalty.

    Attributes
    ----------
    alphas : array
        Penalties down to the chosen one, strongest first.
    beta : array of shape (1 + n_columns,)
        Intercept and coefficients of the fit to all patients.
    out_of_fold : array of shape (n_patients,)
        Out-of-fold linear predictor (offset included) at the chosen strength.
    """

    alphas: Floats
    beta: Floats
    out_of_fold: Floats


@dataclass(frozen=True, kw_only=True)
class ElasticNet:
    """An elastic net on the log odds of a binary outcome, or on the log mean of a count.

    Attributes
    ----------
    family : {"binomial", "poisson"}
    l1_ratio : float
        Share of the lasso in the penalty, above 0 and up to 1.
    """

    family: Literal["binomial", "poisson"]
    l1_ratio: float

    def choose(self, matrix: Floats, target: Floats, offset: Floats, fold: Ints) -> NetChoice:
        """Fit all penalties to all folds but one, in turn, and select the one with the least loss on held-out folds.

        Raises
        ------
        SupportError
            If no fold can be left out, as all patients of the others have the same value.
        """
        level = self._level(target, offset)
        away = np.abs(matrix.T @ (target - self._mean(offset + level))).max() / (len(target) * self.l1_ratio)
        alphas = float(max(away, 1e-9)) * np.geomspace(1.0, _WEAKEST, _N_ALPHAS)
        linear = np.full((_N_ALPHAS, len(target)), np.nan)
        for k in np.unique(fold):
            train = fold != k
            if np.ptp(target[train]) > 0:
                path = self.path(matrix[train], target[train], offset[train], alphas)
                linear[:, ~train] = offset[~train] + path[:, :1] + linear_predictors(matrix[~train], path[:, 1:])
        stated = ~np.isnan(linear[0])
        if not stated.any():
            raise SupportError("whichever fold is left out, all others have the same value", code="too-few-patients")
        best = int(np.argmin(self._loss(target[stated], linear[:, stated]).mean(axis=1)))
        beta = self.path(matrix, target, offset, alphas[: best + 1])[-1]
        own = offset + beta[0] + linear_predictors(matrix, beta[None, 1:])[0]
        return NetChoice(alphas=alphas[: best + 1], beta=beta, out_of_fold=np.where(stated, linear[best], own))

    def path(self, matrix: Floats, target: Floats, offset: Floats, alphas: Floats) -> Floats:
        """Return intercept and coefficients under each penalty, strongest first, shape (n_alphas, 1 + n_columns)."""
        from sklearn import linear_model

        net = linear_model.ElasticNet(l1_ratio=self.l1_ratio, warm_start=True, precompute=True, max_iter=500)
        level = self._level(target, offset)
        linear, made = np.full(len(target), level), np.empty((len(alphas), 1 + matrix.shape[1]))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a penalty too weak to converge loses in the comparison
            for place, alpha in enumerate(alphas):
                for _ in range(_TURNS):
                    mean = self._mean(offset + linear)
                    weight = np.maximum(mean * (1 - mean) if self.family == "binomial" else mean, _LEAST_WEIGHT)
                    net.set_params(alpha=alpha * len(target) / weight.sum())
                    net.fit(matrix, linear + (target - mean) / weight, sample_weight=weight)
                    before = linear
                    linear = np.clip(net.intercept_ + matrix @ net.coef_, level - _FARTHEST, level + _FARTHEST)
                    if np.abs(linear - before).max() < _SAME:
                        break
                made[place] = np.concatenate([[net.intercept_], net.coef_])
        return made

    def _level(self, target: Floats, offset: Floats) -> float:
        """Return the intercept without features; a binary outcome has no offset."""
        if self.family == "binomial":
            share = float(target.mean())
            return float(np.log(share / (1 - share)))
        return float(np.log(target.sum() / np.exp(offset).sum()))

    def _mean(self, linear: Floats) -> Floats:
        return np.asarray(expit(linear) if self.family == "binomial" else np.exp(np.clip(linear, -30, 30)))

    def _loss(self, target: Floats, linear: Floats) -> Floats:
        """Return minus the log likelihood of each patient, up to a constant, shape as ``linear``."""
        if self.family == "binomial":
            return np.asarray(np.logaddexp(0.0, linear) - target * linear)
        return np.asarray(np.exp(np.clip(linear, -30, 30)) - target * linear)
