"""Poisson or negative binomial regression with group-wise shrinkage for a count (admissions, bleeds, lesions).

Overdispersion is estimated; without overdispersion in the data the model is Poisson.
Sources: Gerstung M et al. 2017, Nat Genet 49:332 (shrinkage); Lawless JF 1987, Can J Stat 15:209 (negative binomial).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import KW_ONLY, dataclass
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genorx._core.feature_spec import FeatureSpec
from genorx._core.threads import single_threaded
from genorx.outcomes.counts.count_fit import count_likelihood, fit_counts
from genorx.outcomes.counts.counts_base import CountModel, means
from genorx.outcomes.encoding.completed import draws_over_unknown, interval_over_unknown, mean_over_unknown
from genorx.outcomes.shrinkage.coefficient_draws import linear_predictors
from genorx.outcomes.shrinkage.covariance import variance_around
from genorx.outcomes.shrinkage.fit_state import logistic_from, logistic_state
from genorx.outcomes.shrinkage.group_prior import GroupPrior, in_row_space, whole_posterior
from genorx.outcomes.shrinkage.logistic_fit import LogisticFit
from genorx.outcomes.shrinkage.scale_uncertainty import over_wide_scales

Floats = NDArray[np.float64]


@dataclass(eq=False, repr=False)
class GroupShrunkCounts(CountModel):
    """Poisson or negative binomial regression with group-wise shrinkage: mean of a count.

    Parameters
    ----------
    specs : sequence of FeatureSpec, optional
        Kind and group of each feature; inferred by default.
    exposure : str, optional
        Feature to which a patient's count is proportional (time under observation); positive, never missing.
    group_means, splines, rare
        As in ``GroupShrunkCox``.

    Attributes
    ----------
    fit_ : LogisticFit
        Intercept, coefficients (log rate ratios) and their covariance.
    overdispersion_ : float
        Variance is mean + overdispersion x mean^2; 0: Poisson.
    columns_ : ValueColumns
        Encoding of the features.
    findings_ : tuple of Finding
        Findings on the fit.

    Examples
    --------
    >>> import genorx as gx
    >>> made = gx.datasets.make_trial(150)
    >>> X = made.features[["age_years", "ldh_u_per_l"]]
    >>> visits = (made.outcomes["time"] // 10).rename("visits")
    >>> model = gx.outcomes.GroupShrunkCounts().fit(X, visits)
    >>> bool((model.predict_value(X) > 0).all())
    True
    """

    specs: Iterable[FeatureSpec] | None = None
    _: KW_ONLY
    exposure: str | None = None
    group_means: bool = True
    splines: bool = False
    rare: int = 5

    @single_threaded
    def fit(self, X: pd.DataFrame, y: pd.Series[float]) -> Self:
        """Fit to counts ``y``, index as ``X``.

        Raises
        ------
        InputError
            If a count is below 0 (``negative-count``) or not a whole number (``not-a-count``), or an exposure is not
            positive (``exposure-not-positive``).
        UsageError
            If the patients differ, or a count is missing.
        SupportError
            If all counts are 0.
        """
        matrix, target, offset = self._begin(X, y)
        design = np.column_stack([np.ones(target.size), matrix])
        prior = GroupPrior(np.concatenate([[-1], self.columns_.group]), means=self.group_means)
        design, prior = in_row_space(design, prior)
        found, self.overdispersion_ = fit_counts(design, target, offset, prior)
        likelihood = count_likelihood(design, target, offset, self.overdispersion_)
        found = whole_posterior(prior, over_wide_scales(likelihood, prior, found))
        self.fit_ = LogisticFit(
            intercept=float(found.beta[0]),
            beta=found.beta[1:],
            covariance=found.covariance,
            penalty=found.penalty,
            group_mean=found.mean,
            edf=found.edf,
            log_likelihood=found.log_likelihood,
            n_rows=target.size,
            n_events=int((target > 0).sum()),
        )
        return self

    @mean_over_unknown
    def predict_value(self, X: pd.DataFrame) -> Floats:
        """Mean count of each patient (over the patient's own exposure), shape (n_patients,)."""
        matrix, offset = self._parts(X)
        return means(offset + self.fit_.intercept + linear_predictors(matrix, self.fit_.beta[None, :])[0])

    @draws_over_unknown
    def sample_value(self, X: pd.DataFrame, *, n_draws: int = 200, seed: int = 0) -> Floats:
        """Draws from the posterior of the mean count, shape (n_draws, n_patients)."""
        matrix, offset = self._parts(X)
        draws = self.fit_.draw(n_draws, np.random.default_rng(seed))
        return means(offset + draws[:, :1] + linear_predictors(matrix, draws[:, 1:]))

    @interval_over_unknown
    def predict_interval(self, X: pd.DataFrame, *, level: float = 0.95) -> Floats:
        """Prediction interval of a patient's own count, shape (n_patients, 2): quantiles of a negative binomial.

        Its variance includes the overdispersion and the uncertainty of the fit.
        """
        mean = self.predict_value(X)
        matrix, _ = self._parts(X)
        design = np.column_stack([np.ones(len(matrix)), matrix])
        return self._limits(mean, variance_around(design, self.fit_.covariance), level)

    def _column_parts(self, matrix: Floats) -> Floats:
        return matrix * self.fit_.beta

    def state(self) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        """JSON values and arrays from which ``from_state`` restores the model."""
        header = self._header()
        fit, arrays = logistic_state(self.fit_)
        return header | {"fit": fit}, arrays

    @classmethod
    def from_state(cls, values: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> Self:
        """Restore a fitted model from ``state``; runs no code of the file."""
        model: Self = cls._from_header(values)
        model.fit_ = logistic_from(values["fit"], arrays)
        return model
