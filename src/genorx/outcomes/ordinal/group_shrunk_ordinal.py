"""Proportional odds with group-wise shrinkage for a graded outcome (toxicity by CTCAE, 0 to 5).

Sources: McCullagh P 1980, J R Stat Soc B 42:109 (proportional odds); Gerstung M et al. 2017, Nat Genet 49:332.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import KW_ONLY, dataclass
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit
from sklearn.utils.validation import check_is_fitted

from genorx._core.feature_spec import FeatureSpec
from genorx._core.threads import single_threaded
from genorx.errors import SupportError
from genorx.outcomes.continuous.value_base import EncodedValueModel
from genorx.outcomes.encoding.completed import draws_over_unknown, mean_over_unknown
from genorx.outcomes.ordinal.graded_model import GradedModel, check_counting, checked_grades, grades_of, never_seen
from genorx.outcomes.ordinal.proportional_odds import first_cuts, odds_in_row_space
from genorx.outcomes.shrinkage.coefficient_draws import draw_around, linear_predictors
from genorx.outcomes.shrinkage.covariance import covariance_arrays, covariances_from
from genorx.outcomes.shrinkage.group_prior import GroupPrior, empirical_bayes, whole_posterior
from genorx.outcomes.shrinkage.scale_uncertainty import over_wide_scales

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(eq=False, repr=False)
class GroupShrunkOrdinal(GradedModel, EncodedValueModel):
    """Probability of each grade; one coefficient per column shifts the odds of every ``grade or more`` alike.

    Parameters
    ----------
    specs : sequence of FeatureSpec, optional
        Kind and group of each feature; inferred by default.
    highest : int
        Highest grade; grades are 0, 1, ..., ``highest``.
    at_least : int
        Threshold grade, for ``predict_probability``.
    group_means, splines, rare
        As in ``GroupShrunkCox``.

    Attributes
    ----------
    seen_ : array of int
        Observed grades; the others have no probability of their own (finding ``grade-never-seen``).
    cuts_ : array of shape (n_seen - 1,)
        Log odds of at most each observed grade except the last, at a linear predictor of 0.
    beta_ : array of shape (n_columns,)
        Log odds ratio of a higher grade.
    covariance_ : array
        Covariance of cutpoints and coefficients.

    Examples
    --------
    >>> import genorx as gx
    >>> made = gx.datasets.make_trial(150)
    >>> X = made.features[["age_years", "ldh_u_per_l"]]
    >>> grade = (made.outcomes["time"] // 12).clip(upper=4)
    >>> model = gx.outcomes.GroupShrunkOrdinal(highest=4).fit(X, grade)
    >>> model.predict_grades(X.head(3)).sum(axis=1).round(9).tolist()
    [1.0, 1.0, 1.0]
    """

    specs: Iterable[FeatureSpec] | None = None
    _: KW_ONLY
    highest: int = 5
    at_least: int = 3
    group_means: bool = True
    splines: bool = False
    rare: int = 5

    @single_threaded
    def fit(self, X: pd.DataFrame, y: pd.Series[float]) -> Self:
        """Fit to grades ``y``, index as ``X``.

        Raises
        ------
        InputError
            If a grade is not among 0, 1, ..., ``highest`` (``unknown-grade``).
        UsageError
            If the patients differ, a grade is missing, or ``at_least`` is no grade.
        SupportError
            If all patients have the same grade.
        """
        check_counting(self.highest, self.at_least)
        matrix, target = self._learn(X, y)
        checked_grades(self._frame(X), target, self.highest)
        self.seen_, code = np.unique(target.astype(np.int64), return_inverse=True)
        if self.seen_.size < 2:
            reason = f"all patients have grade {self.seen_[0]}"
            raise SupportError(reason, code="no-events", hint="A model needs two grades")
        start, free = first_cuts(code), self.seen_.size - 1
        prior = GroupPrior(np.concatenate([np.full(free, -1), self.columns_.group]), means=self.group_means)
        likelihood, prior = odds_in_row_space(matrix, code, start, prior)
        likeliest = empirical_bayes(likelihood, prior)
        found = whole_posterior(prior, over_wide_scales(likelihood, prior, likeliest))
        self.cuts_, self.beta_ = start + found.beta[:free], found.beta[free:]
        self.covariance_ = found.covariance
        self.findings_ = (*self.findings_, *never_seen(self.seen_, self.highest))
        return self

    @mean_over_unknown
    def predict_risk(self, X: pd.DataFrame) -> Floats:
        """Log odds of a higher grade relative to the cohort's mean, shape (n_patients,)."""
        check_is_fitted(self, "beta_")
        return np.asarray(linear_predictors(self._encode(X)[0], self.beta_[None, :])[0])

    def _grades(self, linear: Floats, cuts: Floats) -> Floats:
        """Return the probability of each grade on the last axis; cuts has the grades on its first axis."""
        below = [int((self.seen_ < grade).sum()) for grade in range(self.highest + 1)]  # lower observed grades
        reaching = np.ones((*linear.shape, self.highest + 1))
        for grade, lower in enumerate(below):
            if lower == self.seen_.size:
                reaching[..., grade] = 0.0
            elif lower:
                reaching[..., grade] = expit(linear - cuts[lower - 1])
        return grades_of(reaching)

    @mean_over_unknown
    def predict_grades(self, X: pd.DataFrame) -> Floats:
        """Probability of each grade, shape (n_patients, highest + 1); rows sum to 1."""
        return self._grades(self.predict_risk(X), self.cuts_[:, None])

    @draws_over_unknown
    def sample_grades(self, X: pd.DataFrame, *, n_draws: int = 200, seed: int = 0) -> Floats:
        """Draws from the posterior of the probability of each grade, shape (n_draws, n_patients, highest + 1)."""
        check_is_fitted(self, "beta_")
        matrix, _ = self._encode(X)
        free = self.cuts_.size
        mode, rng = np.concatenate([self.cuts_, self.beta_]), np.random.default_rng(seed)
        drawn = draw_around(mode, self.covariance_, None, n_draws, rng)
        linear = linear_predictors(matrix, drawn[:, free:])
        cuts = np.maximum.accumulate(drawn[:, :free], axis=1)
        return self._grades(linear, cuts.T[:, :, None])

    def _column_parts(self, matrix: Floats) -> Floats:
        return matrix * self.beta_

    def state(self) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        """JSON values and arrays from which ``from_state`` restores the model."""
        arrays = {name: getattr(self, f"{name}_") for name in _ARRAYS}
        return self._header(), arrays | covariance_arrays(covariance=self.covariance_)

    @classmethod
    def from_state(cls, values: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> Self:
        """Restore a fitted model from ``state``; runs no code of the file."""
        model: Self = cls._from_header(values)
        for name in _ARRAYS:
            setattr(model, f"{name}_", arrays[name])
        model.covariance_ = covariances_from(arrays, ["covariance"])["covariance"]
        return model


_ARRAYS = ("seen", "cuts", "beta")
