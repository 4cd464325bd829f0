"""Common base of count models: validation, exposure, overdispersion, and limits of a patient's own count.

Source: Lawless JF 1987, Can J Stat 15:209 (negative binomial).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats
from scipy.optimize import minimize_scalar
from scipy.special import gammaln
from sklearn.utils.validation import check_is_fitted

from genorx.errors import InputError, SupportError, UsageError, shown
from genorx.outcomes.continuous.group_shrunk_regression import check_level
from genorx.outcomes.continuous.value_base import EncodedValueModel, checked_values
from genorx.outcomes.frames import as_features, remember_features

Floats = NDArray[np.float64]
HIGHEST = 30.0  # linear predictor beyond which a mean is not representable as a count
_NONE = 1e-8  # overdispersion below which the model is Poisson
_GAIN = 1.35  # gain of the log likelihood required for overdispersion: 10 % point of half a chi-square of 1


class CountModel(EncodedValueModel):
    """A model of the log mean of a count, over the patient's own exposure; see its subclasses.

    Attributes
    ----------
    level_ : float
        Log of the cohort's mean count per exposure.
    overdispersion_ : float
        Variance is mean + overdispersion x mean^2; 0: Poisson.
    """

    exposure: str | None
    level_: float
    overdispersion_: float

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.positive_only = True
        return tags

    def _begin(self, X: Any, y: Any) -> tuple[Floats, Floats, Floats]:
        """Validate the data and fit the columns; return matrix, counts and offset."""
        frame = as_features(self, X, reset=True)
        target = checked_counts(frame, y)
        exposure = self._exposure(frame)
        if not target.any():
            raise SupportError("all counts are 0", code="no-events", hint="A model needs events")
        inside = frame.drop(columns=[self.exposure]) if self.exposure is not None else frame
        matrix, _ = self._learn(inside, target)
        remember_features(self, list(frame.columns), named=isinstance(X, pd.DataFrame))  # with the exposure
        self.level_ = float(np.log(target.sum() / exposure.sum()))
        return matrix, target, np.log(exposure) + self.level_

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
        check_is_fitted(self, "overdispersion_")
        frame = as_features(self, X)
        offset = np.log(self._exposure(frame)) + self.level_
        return self.columns_.transform(frame), offset

    def _limits(self, mean: Floats, unsure: Floats | float, level: float) -> Floats:
        """Return quantiles of a negative binomial, shape (n_patients, 2); ``unsure``: variance of the log mean."""
        check_level(level)
        size = 1.0 / np.maximum(self.overdispersion_ + np.expm1(np.minimum(unsure, 5.0)), _NONE)
        tails = ((1 - level) / 2, (1 + level) / 2)
        return np.column_stack([stats.nbinom.ppf(tail, size, size / (size + mean)) for tail in tails])

    def _header(self) -> dict[str, Any]:
        return super()._header() | {"level": self.level_, "overdispersion": self.overdispersion_}

    @classmethod
    def _from_header(cls, values: dict[str, Any]) -> Any:
        model = super()._from_header(values)
        model.level_, model.overdispersion_ = float(values["level"]), float(values["overdispersion"])
        return model


def checked_counts(X: pd.DataFrame, y: Any) -> Floats:
    """Return counts, validated.

    Raises
    ------
    InputError
        If a count is below 0 (``negative-count``) or not a whole number (``not-a-count``).
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


def means(linear: Floats) -> Floats:
    """Return means for log means, truncated to representable counts."""
    return np.asarray(np.exp(np.clip(linear, -HIGHEST, HIGHEST)))


def drawn_counts(mean: Floats, over: float, rng: np.random.Generator) -> Floats:
    """Return counts drawn from a negative binomial, or a Poisson without overdispersion."""
    risk = rng.gamma(1 / over, over, mean.size) if over > _NONE else 1.0
    return np.asarray(rng.poisson(mean * risk), dtype=np.float64)


def log_likelihood(target: Floats, mean: Floats, over: float) -> float:
    """Return the log likelihood of counts, Poisson or negative binomial."""
    if over <= _NONE:
        return float((target * np.log(mean) - mean - gammaln(target + 1)).sum())
    size = 1 / over
    shape = gammaln(target + size) - gammaln(size) - gammaln(target + 1)
    return float((shape - target * np.log1p(size / mean) - size * np.log1p(over * mean)).sum())


def overdispersion(target: Floats, mean: Floats, adjustment: Callable[[float], float] | None = None) -> float:
    """Return the maximum-likelihood overdispersion; 0 unless significant.

    ``adjustment`` is added to the log likelihood at an overdispersion, for means fitted to the same counts (Cox DR,
    Reid N 1987, J R Stat Soc B 49:1): without it the overdispersion is underestimated.
    """

    def likelihood(over: float) -> float:
        return log_likelihood(target, mean, over) + (0.0 if adjustment is None else adjustment(over))

    found = minimize_scalar(lambda log_over: -likelihood(float(np.exp(log_over))), bounds=(-9.0, 4.0), method="bounded")
    gain = -float(found.fun) - likelihood(0.0)
    return float(np.exp(found.x)) if gain > _GAIN else 0.0
