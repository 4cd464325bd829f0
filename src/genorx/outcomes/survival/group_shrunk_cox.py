"""The default prognosis: Cox regression in which each feature group has its own mean and variance.

Source: Gerstung M et al. 2017, Nat Genet 49:332.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import KW_ONLY, dataclass, replace
from functools import partial
from typing import Any, Literal, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from genorx._core.feature_spec import FeatureSpec
from genorx._core.threads import single_threaded
from genorx.outcomes.encoding.completed import draws_over_unknown, mean_over_unknown
from genorx.outcomes.encoding.encoding import PAIRS, FeatureEncoder, Pairs
from genorx.outcomes.encoding.feature_columns import MISSING
from genorx.outcomes.shrinkage.coefficient_draws import linear_predictors
from genorx.outcomes.shrinkage.cox_fit import CoxFit, fit_cox
from genorx.outcomes.shrinkage.partial_likelihood import PartialLikelihood
from genorx.outcomes.survival.cox_state import cox_from, cox_state
from genorx.outcomes.survival.survival_base import EncodedSurvivalModel, survival_data

Floats = NDArray[np.float64]
# gain in log marginal likelihood that is strong evidence, 20 to 1 (Kass RE, Raftery AE 1995, J Am Stat Assoc 90:773)
_SUPPORT = 3.0
# share of the most likely standard deviation: many weak pairs hardly determine it, and one too large costs more
_PAIR_SPREAD = 0.5
# columns of a group that hardly determine the size of their effects
_FEW_COLUMNS = 5


@dataclass(eq=False, repr=False)
class GroupShrunkCox(EncodedSurvivalModel):
    """Cox model with group-wise shrinkage, with variances estimated from the data (empirical Bayes).

    Five or fewer columns hardly determine their variance: the posterior is averaged over the variance of such a group.

    Parameters
    ----------
    specs : sequence of FeatureSpec, optional
        Kind and group of each feature; inferred by default.
    group_means : bool
        Whether a group may have a mean other than 0.
    splines : bool or "supported"
        Add spline terms of numbers, as a separate group; "supported": only with strong evidence of non-linearity, a
        marginal likelihood at least 20 times as high.
    pairs : int or "molecular"
        Add products of 0/1 columns with at least this many patients with both, as a separate group; 0: none.
        "molecular": only of genes and findings of laboratory tables, at least 20 patients with both.  Their standard
        deviation is half of the most likely one.
    rare : int
        Fewest patients with either value of a 0/1 column; below it the column is left out.
    heavy_tails : bool
        Whether single strong effects are hardly shrunk: mode under a Student t prior.

    Attributes
    ----------
    fit_ : CoxFit
        Coefficients, their covariance and the baseline hazard.
    encoder_ : FeatureEncoder
        Encoding of the features.
    end_ : float
        Last follow-up time, rounded up; predictions beyond it raise an error.
    """

    _needs_columns = False

    specs: Iterable[FeatureSpec] | None = None
    _: KW_ONLY
    group_means: bool = True
    splines: bool | Literal["supported"] = False
    pairs: Pairs = 0
    rare: int = 5
    heavy_tails: bool = False

    @single_threaded
    def fit(self, X: Any, y: Any, *, strata: Any = None) -> Self:
        """Fit to ``y`` with columns ``time`` (> 0) and ``event``, index as ``X``; or to arrays.

        With ``strata``, coefficients are estimated within strata; the baseline is that of all patients, since a new
        patient belongs to none.

        Raises
        ------
        UsageError
            If the patients differ, or a time is not positive.
        SupportError
            If there is no event.
        """
        self._pairs = self.pairs
        X, y = survival_data(self, X, y, reset=True)
        if self.splines != "supported":
            _, self.encoder_, self.fit_ = self._fit_with(bool(self.splines), X, y, strata)
            return self
        straight, bent = (self._fit_with(splines, X, y, strata) for splines in (False, True))
        chosen = bent if bent[0] - straight[0] >= _SUPPORT else straight
        self.encoder_, self.fit_ = chosen[1:]
        return self

    def _fit_with(
        self, splines: bool, X: pd.DataFrame, y: pd.DataFrame, strata: Any
    ) -> tuple[float, FeatureEncoder, CoxFit]:
        """Fit with or without spline terms; return the log marginal likelihood, the encoder and the fit."""
        self._splines = splines
        Z, time, event, codes = self._learn(X, y, strata)
        group = self.encoder_.group_index_
        fitted = partial(
            fit_cox,
            Z,
            time,
            event,
            group=group,
            stratum=codes,
            group_means=self._groups_with_mean() if self.group_means else False,
            heavy_tails=self.heavy_tails,
        )
        fit = fitted()
        supported = fit.log_evidence(group)
        penalty = dict(fit.penalty)
        if PAIRS in self.encoder_.groups_:
            penalty[self.encoder_.groups_.index(PAIRS)] /= _PAIR_SPREAD**2
        few = self._groups_of_few()
        if penalty != fit.penalty or few:
            fit = fitted(penalty=penalty, each_scale=few)
        if codes is not None:
            fit = replace(fit, baseline=PartialLikelihood(Z, time, event).baselines(fit.beta))
        return supported, self.encoder_, fit

    def _groups_with_mean(self) -> list[int]:
        """Return the groups whose mean may differ from 0: signs of spline terms, or of pairs, are not comparable."""
        named = enumerate(self.encoder_.groups_)
        return [place for place, name in named if name != PAIRS and not name.endswith(":spline")]

    def _groups_of_few(self) -> list[int]:
        """Return the groups of few columns; not the indicators of missing values, which predictions leave out."""
        sizes = np.bincount(self.encoder_.group_index_, minlength=len(self.encoder_.groups_))
        named = enumerate(self.encoder_.groups_)
        return [place for place, name in named if sizes[place] <= _FEW_COLUMNS and name not in (MISSING, PAIRS)]

    @mean_over_unknown
    def predict_survival(self, X: Any, times: ArrayLike) -> Floats:
        """Survival probability, shape (n_patients, n_times).

        Raises
        ------
        HorizonError
            If a time exceeds the last follow-up.
        """
        wanted = self._checked(times)
        return self.fit_.survival(self.predict_risk(X), wanted)

    @draws_over_unknown
    def sample_survival(self, X: Any, times: ArrayLike, *, n_draws: int = 200, seed: int = 0) -> Floats:
        """Draws from the posterior of the survival probability, shape (n_draws, n_patients, n_times).

        Raises
        ------
        HorizonError
            If a time exceeds the last follow-up.
        """
        wanted = self._checked(times)
        draws = self.fit_.draw(n_draws, np.random.default_rng(seed))
        return self.fit_.sample_survival(self._encode(X), wanted, draws)

    @mean_over_unknown
    def predict_risk(self, X: Any) -> Floats:
        """Log hazard ratio against the mean of the training patients, shape (n_patients,)."""
        Z = self._encode(X)
        return np.asarray(linear_predictors(Z, self.fit_.beta[None, :])[0])

    def _column_parts(self, Z: Floats) -> Floats:
        return Z * self.fit_.beta

    def groups(self) -> pd.DataFrame:
        """Estimated prior of each group: columns, mean, standard deviation and effective number of coefficients."""
        index = self.encoder_.group_index_
        rows = [
            {
                "group": name,
                "columns": int((index == place).sum()),
                "mean": self.fit_.group_mean[place],
                "std_dev": self.fit_.penalty[place] ** -0.5,
                "effective": self.fit_.edf[place],
            }
            for place, name in enumerate(self.encoder_.groups_)
        ]
        return pd.DataFrame(rows)

    def coefficients(self) -> pd.DataFrame:
        """Each column's log hazard ratio per unit of the feature's raw column, with its standard error and group."""
        error = self.fit_.std_error
        columns = self.encoder_.columns_
        scale = np.array([column.scale for column in columns])
        return pd.DataFrame(
            {
                "column": [column.name for column in columns],
                "feature": [column.source for column in columns],
                "group": [column.group for column in columns],
                "log_hazard_ratio": self.fit_.beta / scale,
                "std_error": error / scale,
            }
        )

    def state(self) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        """JSON values and arrays from which ``from_state`` restores the model."""
        values, arrays = cox_state(self.fit_)
        return self._header() | {"fit": values}, arrays

    @classmethod
    def from_state(cls, values: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> Self:
        """Restore a fitted model from ``state``; runs no code of the file."""
        model: Self = cls._from_header(values)
        model.fit_ = cox_from(values["fit"], arrays)
        return model
