"""A count (admissions, bleeds, lesions) by Poisson or negative binomial regression with group-wise shrinkage.

Overdispersion is estimated; where the data show none, the model is Poisson.
Sources: Gerstung M et al. 2017, Nat Genet 49:332 (shrinkage); Lawless JF 1987, Can J Stat 15:209 (negative binomial).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats
from scipy.optimize import minimize_scalar
from scipy.special import gammaln
from sklearn.utils.validation import check_is_fitted

from genorx._core.threads import single_threaded
from genorx.errors import InputError, SupportError, UsageError, shown
from genorx.features.spec import FeatureSpec
from genorx.outcomes.frames import as_features, remember_features
from genorx.outcomes.group_prior import GroupPrior, Objective, empirical_bayes
from genorx.outcomes.group_shrunk_regression import check_level
from genorx.outcomes.shrinkage import LogisticFit, linear_predictors
from genorx.outcomes.value_base import EncodedValueModel, checked_values

Floats = NDArray[np.float64]
_TURNS = 4
_NONE = 1e-8  # overdispersion that is a Poisson model
_GAIN = 1.35  # log likelihood that overdispersion must add: 10 % point of half a chi-square of 1
_HIGHEST = 30.0  # linear predictor beyond which a mean is no count


class GroupShrunkCounts(EncodedValueModel):
    """Mean of a count, log-linear, each group of features shrunk by its own variance.

    Parameters
    ----------
    specs : sequence of FeatureSpec, optional
    exposure : str, optional
        Feature that a patient's count is proportional to (time under observation); positive, never missing.
    gaps : float
        Share of the effect of a missing value's indicator that predictions keep.
    group_means : bool
        Whether a group may have a mean other than 0.
    splines : bool
        Add bends of numbers.
    rare : int
        Fewest patients on either side of a 0/1 column.

    Attributes
    ----------
    fit_ : LogisticFit
        Intercept, coefficients (log rate ratios) and their covariance.
    overdispersion_ : float
        Variance is mean + overdispersion x mean^2; 0: Poisson.
    columns_ : ValueColumns
    findings_ : tuple of Finding
    """

    def __init__(
        self,
        specs: Iterable[FeatureSpec] | None = None,
        *,
        exposure: str | None = None,
        gaps: float = 0.5,
        group_means: bool = True,
        splines: bool = False,
        rare: int = 5,
    ) -> None:
        self.specs = specs
        self.exposure = exposure
        self.gaps = gaps
        self.group_means = group_means
        self.splines = splines
        self.rare = rare

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.positive_only = True
        return tags

    @single_threaded
    def fit(self, X: pd.DataFrame, y: pd.Series[float]) -> Self:
        """Fit to counts ``y``, index as ``X``.

        Raises
        ------
        InputError
            If a count is below 0 (``negative-count``) or no whole number (``not-a-count``), or an exposure is not
            positive (``exposure-not-positive``).
        UsageError
            If the patients differ, or a count is missing.
        SupportError
            If all counts are 0.
        """
        frame = as_features(self, X, reset=True)
        target = checked_counts(frame, y)
        exposure = self._exposure(frame)
        if not target.any():
            raise SupportError("all counts are 0", code="no-events", hint="A model needs events")
        inside = frame.drop(columns=[self.exposure]) if self.exposure is not None else frame
        matrix, _ = self._learn(inside, target)
        remember_features(self, list(frame.columns), named=isinstance(X, pd.DataFrame))  # with the exposure
        self.level_ = float(np.log(target.sum() / exposure.sum()))
        offset = np.log(exposure) + self.level_
        design = np.column_stack([np.ones(target.size), matrix])
        prior = GroupPrior(np.concatenate([[-1], self.columns_.group]), means=self.group_means)
        self.overdispersion_ = 0.0
        for _ in range(_TURNS):
            found = empirical_bayes(_counted(design, target, offset, self.overdispersion_), prior, max_rounds=25)
            before = self.overdispersion_
            self.overdispersion_ = _overdispersion(target, _means(offset + design @ found.beta))
            if abs(self.overdispersion_ - before) <= 1e-3 * max(before, 1e-3):
                break
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

    def _exposure(self, X: pd.DataFrame) -> Floats:
        if self.exposure is None:
            return np.ones(len(X))
        if self.exposure not in X.columns:
            raise UsageError(f"there is no feature {shown(self.exposure)!r}", code="no-such-feature")
        exposure = np.asarray(X[self.exposure].to_numpy(dtype=float, na_value=np.nan))
        if not np.all(exposure > 0) or np.isinf(exposure).any():
            wrong = int((~(exposure > 0) | np.isinf(exposure)).sum())
            raise InputError(f"{wrong} patients have an exposure that is not positive", code="exposure-not-positive")
        return exposure

    def _parts(self, X: Any) -> tuple[Floats, Floats]:
        """Return the matrix and the offset."""
        check_is_fitted(self, "fit_")
        frame = as_features(self, X)
        offset = np.log(self._exposure(frame)) + self.level_
        return self.columns_.transform(frame), offset

    def predict_value(self, X: pd.DataFrame) -> Floats:
        """Mean count of each patient (over the patient's own exposure), shape (n_patients,)."""
        matrix, offset = self._parts(X)
        return _means(offset + self.fit_.intercept + linear_predictors(matrix, self.fit_.beta[None, :])[0])

    def sample_value(self, X: pd.DataFrame, *, n_draws: int = 200, seed: int = 0) -> Floats:
        """Draws from the posterior of the mean count, shape (n_draws, n_patients)."""
        matrix, offset = self._parts(X)
        draws = self.fit_.draw(n_draws, np.random.default_rng(seed))
        return _means(offset + draws[:, :1] + linear_predictors(matrix, draws[:, 1:]))

    def predict_interval(self, X: pd.DataFrame, *, level: float = 0.95) -> Floats:
        """Interval of a patient's own count, shape (n_patients, 2): quantiles of a negative binomial.

        Its variance holds the overdispersion and the uncertainty of the fit.
        """
        check_level(level)
        mean = self.predict_value(X)
        matrix, _ = self._parts(X)
        design = np.column_stack([np.ones(len(matrix)), matrix])
        unsure = np.expm1(np.minimum(((design @ self.fit_.covariance) * design).sum(axis=1), 5.0))
        size = 1.0 / np.maximum(self.overdispersion_ + unsure, _NONE)
        tails = ((1 - level) / 2, (1 + level) / 2)
        return np.column_stack([stats.nbinom.ppf(tail, size, size / (size + mean)) for tail in tails])

    def contributions(self, X: pd.DataFrame) -> pd.DataFrame:
        """What each feature adds to the log mean against the cohort's; patients x features."""
        check_is_fitted(self, "fit_")
        return self._linear_contributions(X, self.fit_.beta)

    def state(self) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        """JSON values and arrays from which ``from_state`` makes the same model."""
        fit = {name: getattr(self.fit_, name) for name in ("intercept", "log_likelihood", "n_rows", "n_events")}
        for name in ("penalty", "group_mean", "edf"):
            fit[name] = {str(group): float(value) for group, value in getattr(self.fit_, name).items()}
        values = self._header() | {"fit": fit, "level": self.level_, "overdispersion": self.overdispersion_}
        return values, {"beta": self.fit_.beta, "covariance": self.fit_.covariance}

    @classmethod
    def from_state(cls, values: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> Self:
        """Make a fitted model from what ``state`` gave; runs no code of the file."""
        model: Self = cls._from_header(values)
        fit = dict(values["fit"])
        for name in ("penalty", "group_mean", "edf"):
            fit[name] = {int(group): float(value) for group, value in fit[name].items()}
        model.fit_ = LogisticFit(beta=arrays["beta"], covariance=arrays["covariance"], **fit)
        model.level_, model.overdispersion_ = float(values["level"]), float(values["overdispersion"])
        return model


def checked_counts(X: pd.DataFrame, y: Any) -> Floats:
    """Return counts, or refuse them.

    Raises
    ------
    InputError
        If one is below 0 (``negative-count``) or no whole number (``not-a-count``).
    UsageError
        If the patients differ, or a count is missing.
    """
    target = checked_values(X, y)
    for wrong, code, what in (
        (target < 0, "negative-count", "below 0 (Negative values)"),
        (target != np.round(target), "not-a-count", "no whole numbers"),
    ):
        if wrong.any():
            first = target[wrong][0]
            raise InputError(f"{int(wrong.sum())} counts are {what}, the first is {first:g}", code=code)
    return target


def _means(linear: Floats) -> Floats:
    return np.asarray(np.exp(np.clip(linear, -_HIGHEST, _HIGHEST)))


def _counted(design: Floats, target: Floats, offset: Floats, over: float) -> Objective:
    def objective(beta: Floats) -> tuple[float, Floats, Floats]:
        linear = np.clip(offset + design @ beta, -_HIGHEST, _HIGHEST)
        mean = np.exp(linear)
        value = _log_likelihood(target, mean, over)
        gradient = design.T @ ((target - mean) / (1 + over * mean))
        return value, gradient, design.T @ ((mean / (1 + over * mean))[:, None] * design)

    return objective


def _log_likelihood(target: Floats, mean: Floats, over: float) -> float:
    if over <= _NONE:
        return float((target * np.log(mean) - mean - gammaln(target + 1)).sum())
    size = 1 / over
    shape = gammaln(target + size) - gammaln(size) - gammaln(target + 1)
    return float((shape - target * np.log1p(size / mean) - size * np.log1p(over * mean)).sum())


def _overdispersion(target: Floats, mean: Floats) -> float:
    """Return the likeliest overdispersion; 0 unless the data show one."""

    def lost(log_over: float) -> float:
        return -_log_likelihood(target, mean, float(np.exp(log_over)))

    found = minimize_scalar(lost, bounds=(-9.0, 4.0), method="bounded")
    gain = -float(found.fun) - _log_likelihood(target, mean, 0.0)
    return float(np.exp(found.x)) if gain > _GAIN else 0.0
