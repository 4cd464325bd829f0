"""Cox regression with an elastic net penalty (scikit-survival), its strength chosen by cross-validation.

Sources: Simon N et al. 2011, J Stat Softw 39(5):1; Verweij PJ, van Houwelingen HC 1993, Stat Med 12:2305 (criterion).
"""

from __future__ import annotations

import warnings
from dataclasses import KW_ONLY, dataclass
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genorx.errors import SupportError
from genorx.outcomes.engines.elastic_net import NetParameters
from genorx.outcomes.folds import hash_folds
from genorx.outcomes.shrinkage.baseline import coarse_times, span_arrays, spans_from
from genorx.outcomes.shrinkage.coefficient_draws import linear_predictors
from genorx.outcomes.shrinkage.partial_likelihood import PartialLikelihood
from genorx.outcomes.survival.survival_refits import RefittedSurvival, bootstrap_rows, event_steps_of

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


@dataclass(eq=False, repr=False)
class ElasticNetCox(NetParameters, RefittedSurvival):
    """Elastic net Cox model; few features have a coefficient other than 0.

    Parameters
    ----------
    specs, l1_ratio, rare, seed
        As in ``ElasticNetLogistic``.
    n_alphas : int
        Number of candidate penalties.
    folds : int
        Number of folds by which the penalty is chosen, by cross-validated partial likelihood.
    n_refits : int
        Number of bootstrap refits at the chosen penalty, for intervals.

    Attributes
    ----------
    alpha_ : float
        Chosen penalty.
    beta_ : array of shape (n_columns,)
        Log hazard ratio of each column.
    encoder_ : FeatureEncoder
        Encoding of the features.
    end_ : float
        Last follow-up time, rounded up.

    Examples
    --------
    >>> import genorx as gx
    >>> made = gx.datasets.make_trial(150)
    >>> X = made.features[["age_years", "ldh_u_per_l"]]
    >>> model = gx.outcomes.ElasticNetCox(n_refits=2).fit(X, made.outcomes)
    >>> model.predict_survival(X.head(3), [12, 24]).shape
    (3, 2)
    """

    _: KW_ONLY
    n_alphas: int = 30
    n_refits: int = 50

    def _grow(self, Z: Floats, time: Floats, event: Bools, patients: pd.Index[Any]) -> None:
        fold = hash_folds(patients, self.folds, seed=self.seed, salt="penalty")
        alphas, path = self._path(Z, time, event)
        best = int(np.argmax(self._validated(Z, time, event, fold, alphas)))
        self.alpha_, self.beta_ = float(alphas[best]), path[best]
        exact, knots = event_steps_of(Z @ self.beta_, time, event), coarse_times(time, event)
        self.spans_, self.increments_ = exact.spans(knots), exact.between(knots)
        betas, steps = [], []
        for rows in bootstrap_rows(event, self.n_refits, self.seed):
            beta = self._path(Z[rows], time[rows], event[rows], alphas=alphas[: best + 1])[1][-1]
            betas.append(beta)
            steps.append(event_steps_of(Z[rows] @ beta, time[rows], event[rows]).between(knots))
        self.refit_beta_ = np.reshape(betas, (self.n_refits, Z.shape[1]))
        self.refit_increments_ = np.reshape(steps, (self.n_refits, knots.size))

    def _path(self, Z: Floats, time: Floats, event: Bools, alphas: Floats | None = None) -> tuple[Floats, Floats]:
        """Return penalties, strongest first, and the coefficients under each, shape (n_alphas, n_columns)."""
        from sksurv.linear_model import CoxnetSurvivalAnalysis
        from sksurv.util import Surv

        net = CoxnetSurvivalAnalysis(
            l1_ratio=self.l1_ratio, alphas=alphas, n_alphas=self.n_alphas, alpha_min_ratio=0.03, max_iter=20_000
        )
        try:
            with warnings.catch_warnings():
                # no coefficient under the strongest penalty: a valid result if it is the best out of fold
                warnings.filterwarnings("ignore", message="all coefficients are zero", category=UserWarning)
                net.fit(Z, Surv.from_arrays(event, time))
        except (ArithmeticError, ValueError) as error:
            raise SupportError(
                f"the elastic net cannot be fitted: {str(error).rstrip('.')}",
                code="no-convergence",
                hint="Leave out columns",
            ) from error
        coefficients = np.asarray(net.coef_, dtype=float).T
        if alphas is not None and len(coefficients) < len(alphas):  # it stops early once no more is explained
            coefficients = np.vstack([coefficients, np.repeat(coefficients[-1:], len(alphas) - len(coefficients), 0)])
        return np.asarray(net.alphas_ if alphas is None else alphas, dtype=float), coefficients

    def _validated(self, Z: Floats, time: Floats, event: Bools, fold: NDArray[Any], alphas: Floats) -> Floats:
        """Return the cross-validated log partial likelihood of each penalty."""
        total = np.zeros(alphas.size)
        for k in np.unique(fold):
            train = fold != k
            path = self._path(Z[train], time[train], event[train], alphas=alphas)[1]
            for place, beta in enumerate(path):
                risk = Z @ beta
                whole, part = (
                    _log_likelihood(risk, time, event),
                    _log_likelihood(risk[train], time[train], event[train]),
                )
                total[place] += whole - part
        return total

    def _risks(self, Z: Floats) -> Floats:
        return np.vstack([linear_predictors(Z, self.beta_[None, :]), linear_predictors(Z, self.refit_beta_)])

    def _steps(self) -> Floats:
        return np.vstack([self.increments_, self.refit_increments_])

    def _column_parts(self, Z: Floats) -> Floats:
        return np.asarray(Z * self.beta_)

    def state(self) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        """JSON values and arrays from which ``from_state`` restores the model."""
        arrays = {name: getattr(self, f"{name}_") for name in _ARRAYS}
        return self._header() | {"alpha": self.alpha_}, arrays | span_arrays(self.spans_)

    @classmethod
    def from_state(cls, values: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> Self:
        """Restore a fitted model from ``state``; runs no code of the file."""
        model: Self = cls._from_header(values)
        model.alpha_ = float(values["alpha"])
        model.spans_ = spans_from(arrays)
        for name in _ARRAYS:
            setattr(model, f"{name}_", arrays[name])
        return model


_ARRAYS = ("beta", "increments", "refit_beta", "refit_increments")


def _log_likelihood(risk: Floats, time: Floats, event: Bools) -> float:
    return PartialLikelihood(risk[:, None], time, event, ties="breslow")(np.ones(1))[0]
