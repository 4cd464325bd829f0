"""Linear regression with group-wise shrinkage for a continuous outcome (dose, weight change, laboratory value).

The scale on which effects add (identity, square root, logarithm) follows from the leave-one-out error in the unit of
the amount: a stronger transformation is used if it lowers this error by more than two standard errors.
Sources: Gerstung M et al. 2017, Nat Genet 49:332 (shrinkage); Allen DM 1974, Technometrics 16:125 (leave-one-out).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import KW_ONLY, dataclass
from typing import Any, Literal, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import norm
from sklearn.utils.validation import check_is_fitted

from genorx._core.feature_spec import FeatureSpec
from genorx._core.threads import single_threaded
from genorx.errors import UsageError, shown
from genorx.outcomes.continuous.random_intercepts import SiteIntercepts
from genorx.outcomes.continuous.student_t import with_heavy_residuals
from genorx.outcomes.continuous.value_base import EncodedValueModel
from genorx.outcomes.continuous.value_scale import ValueScale, possible_scales
from genorx.outcomes.encoding.completed import (
    draws_over_unknown,
    estimate_over_unknown,
    interval_over_unknown,
)
from genorx.outcomes.shrinkage.coefficient_draws import linear_predictors
from genorx.outcomes.shrinkage.covariance import covariance_arrays, covariances_from, variance_around
from genorx.outcomes.shrinkage.gaussian import GaussianFit, fit_gaussian

Floats = NDArray[np.float64]
_POINTS = ("median", "mean")


@dataclass(frozen=True, kw_only=True)
class _Design:
    """Design matrix, the shrinkage group of each column, and the groups that may have a nonzero mean."""

    matrix: Floats
    group: NDArray[Any]
    means: bool | Collection[int] = True


@dataclass(frozen=True, kw_only=True)
class _Fitted:
    """A fit on one scale."""

    scale: ValueScale
    centre: float
    spread: float
    fit: GaussianFit

    @classmethod
    def of(cls, design: _Design, target: Floats, scale: ValueScale, *, means: bool, robust: bool) -> _Fitted:
        scaled = scale.forward(target)
        centre, spread = float(scaled.mean()), float(scaled.std()) or 1.0
        standard = (scaled - centre) / spread
        fit = fit_gaussian(design.matrix, standard, group=design.group, group_means=design.means if means else False)
        if robust:
            fit = with_heavy_residuals(fit, design.matrix, standard)
        return cls(scale=scale, centre=centre, spread=spread, fit=fit)

    def errors(self, matrix: Floats, target: Floats, point: str) -> Floats:
        """Return each patient's leave-one-out error: absolute for medians, squared for means."""
        design = np.column_stack([np.ones(len(matrix)), matrix])
        own = variance_around(design, self.fit.covariance) / self.fit.sigma**2  # leverage of a value
        inside = design @ np.concatenate([[self.fit.intercept], self.fit.beta])
        standard = (self.scale.forward(target) - self.centre) / self.spread
        without = standard - (standard - inside) / np.maximum(1 - own, 1e-6)
        linear = self.centre + self.spread * without
        if point == "median":
            return np.abs(target - self.scale.back(linear))
        return np.square(target - self.scale.mean(linear, self.fit.sigma * self.spread))


@dataclass(eq=False, repr=False)
class GroupShrunkRegression(EncodedValueModel):
    """Linear regression with group-wise shrinkage, on a scale (identity, root, logarithm) chosen from the data.

    Parameters
    ----------
    specs : sequence of FeatureSpec, optional
        Kind and group of each feature; inferred by default.
    scale : {"auto", "identity", "sqrt", "log"}
        Scale on which effects add; "auto": chosen by leave-one-out error.
    point : {"median", "mean"}
        Estimate of ``predict_value``: the median minimises the absolute error, the mean the squared one.  Medians are
        fitted with t-distributed residuals, so that extreme values have little influence.
    group_means, splines, rare
        As in ``GroupShrunkCox``.

    Attributes
    ----------
    scale_ : ValueScale
        Scale of the fit.
    fit_ : GaussianFit
        Fit on the scale, in units of ``spread_`` around ``centre_``.
    columns_ : ValueColumns
        Encoder, and the sites that were filled from linked ones.
    findings_ : tuple of Finding
        Findings on the fit.
    """

    specs: Iterable[FeatureSpec] | None = None
    _: KW_ONLY
    scale: Literal["auto", "identity", "sqrt", "log"] = "auto"
    point: Literal["median", "mean"] = "median"
    group_means: bool = True
    splines: bool = False
    rare: int = 5

    @single_threaded
    def fit(self, X: pd.DataFrame, y: pd.Series[float], *, groups: Iterable[object] | None = None) -> Self:
        """Fit to ``y`` of numbers, index as ``X``.

        Parameters
        ----------
        X : DataFrame
            Features.
        y : Series of float
            Values, same index.
        groups : sequence, optional
            Site of each patient: each site has its own intercept, shrunk; predictions are for a new site.

        Raises
        ------
        UsageError
            If the patients differ, a value is missing, the numbers of groups and patients differ (``shape``), or the
            scale does not fit the values (``value-scale``).
        SupportError
            If all values are the same.
        """
        if self.point not in _POINTS:
            raise UsageError(f"point is {shown(self.point)!r}", hint="median or mean")
        matrix, target = self._learn(X, y)
        sites = SiteIntercepts.of(groups, len(target))
        wide, group = sites.beside(matrix, self.columns_.group)
        design = _Design(matrix=wide, group=group, means=sites.means(self.columns_.group, wanted=self.group_means))
        best = _best(design, target, self.scale, means=self.group_means, point=self.point)
        self.scale_, self.centre_, self.spread_ = best.scale, best.centre, best.spread
        self.fit_ = sites.without(best.fit)
        return self

    def _linear(self, X: Any) -> Floats:
        """Return the linear predictor on the scale, shape (n_patients,)."""
        check_is_fitted(self, "fit_")
        matrix, _ = self._encode(X)
        inside = self.fit_.intercept + linear_predictors(matrix, self.fit_.beta[None, :])[0]
        return np.asarray(self.centre_ + self.spread_ * inside)

    @estimate_over_unknown
    def predict_value(self, X: pd.DataFrame) -> Floats:
        """Median (or mean) of each patient's amount, shape (n_patients,), in the unit of ``y``."""
        return self._reported(self._linear(X))

    def _reported(self, linear: Floats) -> Floats:
        if self.point == "median":
            return self.scale_.back(linear)
        return self.scale_.mean(linear, self.fit_.sigma * self.spread_)

    @draws_over_unknown
    def sample_value(self, X: pd.DataFrame, *, n_draws: int = 200, seed: int = 0) -> Floats:
        """Draws from the posterior of the estimate, shape (n_draws, n_patients)."""
        return self._reported(self._sampled(X, n_draws, seed))

    def _sampled(self, X: Any, n_draws: int, seed: int) -> Floats:
        check_is_fitted(self, "fit_")
        matrix, _ = self._encode(X)
        draws = self.fit_.draw(n_draws, np.random.default_rng(seed))
        inside = draws[:, :1] + linear_predictors(matrix, draws[:, 1:])
        return np.asarray(self.centre_ + self.spread_ * inside)

    @interval_over_unknown
    def predict_interval(self, X: pd.DataFrame, *, level: float = 0.95) -> Floats:
        """Prediction interval of a patient's own value, shape (n_patients, 2), from normal residuals on the scale.

        ``ChosenValueModel`` and ``DoseModel`` give intervals that do not assume a normal distribution.
        """
        check_level(level)
        linear = self._linear(X)
        matrix, _ = self._encode(X)
        design = np.column_stack([np.ones(len(matrix)), matrix])
        variance = variance_around(design, self.fit_.covariance)
        reach = norm.ppf((1 + level) / 2) * self.spread_ * np.sqrt(self.fit_.sigma**2 + variance)
        return np.column_stack([self.scale_.back(linear - reach), self.scale_.back(linear + reach)])

    def _column_parts(self, matrix: Floats) -> Floats:
        return matrix * (self.spread_ * self.fit_.beta)

    def state(self) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        """JSON values and arrays from which ``from_state`` restores the model."""
        values = self._header() | {"scale": self.scale_.name, "centre": self.centre_, "spread": self.spread_}
        values |= {"intercept": self.fit_.intercept, "sigma": self.fit_.sigma}
        return values, {"beta": self.fit_.beta} | covariance_arrays(
            covariance=self.fit_.covariance, heavy_covariance=self.fit_.heavy_covariance
        )

    @classmethod
    def from_state(cls, values: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> Self:
        """Restore a fitted model from ``state``; runs no code of the file."""
        model: Self = cls._from_header(values)
        model.scale_ = ValueScale(values["scale"])
        model.centre_, model.spread_ = float(values["centre"]), float(values["spread"])
        own: dict[str, Any] = {name: float(values[name]) for name in ("intercept", "sigma")}
        own |= {"beta": arrays["beta"]} | covariances_from(arrays, ["covariance", "heavy_covariance"])
        model.fit_ = GaussianFit(**own)
        return model


def best_scale(matrix: Floats, target: Floats, name: str, group: NDArray[Any]) -> ValueScale:
    """Return the requested scale, or (``auto``) the one with the least leave-one-out error of the default model."""
    if name != "auto":
        return _given(name, target)
    return _best(_Design(matrix=matrix, group=group), target, name, means=True, point="median").scale


def _best(design: _Design, target: Floats, name: str, *, means: bool, point: str) -> _Fitted:
    scales = possible_scales(target) if name == "auto" else (_given(name, target),)
    fits = [_Fitted.of(design, target, scale, means=means, robust=point == "median") for scale in scales]
    best = fits[0]
    errors = best.errors(design.matrix, target, point) if len(fits) > 1 else np.empty(0)
    for other in fits[1:]:  # from the identity to the logarithm: each must be significantly better
        tried = other.errors(design.matrix, target, point)
        gain = errors - tried
        if gain.mean() > 2 * gain.std() / np.sqrt(gain.size):
            best, errors = other, tried
    return best


def _given(name: str, target: Floats) -> ValueScale:
    scale = ValueScale(name)  # type: ignore[arg-type]
    if (name == "sqrt" and target.min() < 0) or (name == "log" and target.min() <= 0):
        raise UsageError(
            f"the smallest value is {target.min():g}, which has no {name}", hint='use scale="auto"', code="value-scale"
        )
    return scale


def check_level(level: float) -> None:
    """Raise an error for a level that is not between 0 and 1."""
    if not 0 < level < 1:
        raise UsageError(f"level {level:g} is not between 0 and 1")
