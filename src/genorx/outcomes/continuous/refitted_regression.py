"""Common base of continuous models without a posterior: draws from bootstrap refits, intervals from residuals.

A subclass defines how it learns from a matrix and how each of its refits predicts on the scale.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from typing import Any, Literal, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.utils.validation import check_is_fitted

from genorx._core.disclosure import coarse_residuals, counted, from_counted
from genorx._core.threads import single_threaded
from genorx.errors import SupportError
from genorx.outcomes.continuous.group_shrunk_regression import best_scale, check_level
from genorx.outcomes.continuous.value_base import EncodedValueModel
from genorx.outcomes.continuous.value_scale import ValueScale
from genorx.outcomes.encoding.completed import (
    draws_over_unknown,
    estimate_over_unknown,
    interval_over_unknown,
)
from genorx.outcomes.engines.refits import Refitted
from genorx.outcomes.folds import hash_folds
from genorx.outcomes.state_arrays import arrays_below, named_below
from genorx.outcomes.survival.survival_refits import cycled

Floats = NDArray[np.float64]


class RefittedRegression(EncodedValueModel, Refitted):
    """A model of a continuous outcome on a scale; see its subclasses."""

    scale: Literal["auto", "identity", "sqrt", "log"]
    residual_folds: int

    def _begin(self, X: pd.DataFrame, y: pd.Series[float]) -> tuple[Floats, Floats]:
        """Validate the data, fit the columns, choose the scale; return matrix and values."""
        matrix, target = self._learn(X, y)
        if not matrix.shape[1]:
            raise SupportError("no feature differs between patients", code="no-columns")
        if np.ptp(target) == 0:
            raise SupportError("all rows have one value", code="no-events", hint="A model needs different values")
        self.scale_ = best_scale(matrix, target, self.scale, self.columns_.group)
        return matrix, target

    @single_threaded
    def fit(self, X: pd.DataFrame, y: pd.Series[float]) -> Self:
        """Fit to ``y`` of numbers, index as ``X``.

        Raises
        ------
        UsageError
            If the patients differ, or a value is missing.
        SupportError
            If all values are equal, no feature differs between patients, or there are too few patients.
        """
        matrix, target = self._begin(X, y)
        self._grow(matrix, self.scale_.forward(target))
        self._finish(X, target)
        return self

    @abstractmethod
    def _grow(self, matrix: Floats, scaled: Floats) -> None:
        """Learn from a matrix and the values on the scale."""

    def _samples(self, scaled: Floats) -> Iterator[NDArray[Any]]:
        """Yield the rows of the model, then those of its refits."""
        rng, size = np.random.default_rng(self.seed), scaled.size
        yield np.arange(size)
        for _ in range(self.n_refits):
            yield np.sort(rng.integers(0, size, size))

    def _finish(self, X: Any, target: Floats) -> None:
        """Store the sorted and coarsened residuals of models fitted to other folds, for intervals."""
        self.residuals_ = np.empty(0)
        if self.residual_folds < 2 or target.size < 4 * self.residual_folds:
            return
        frame = self._frame(X)
        values = pd.Series(target, index=frame.index)
        fold = hash_folds(frame.index, self.residual_folds, seed=self.seed, salt="residual")
        residuals = np.empty(len(frame))
        quick = clone(self)
        without_refits = {"residual_folds": 0, "n_refits": 0, "scale": self.scale_.name}
        quick.set_params(
            **{name: value for name, value in without_refits.items() if name in self.get_params(deep=False)}
        )
        for k in np.unique(fold):
            fitted = clone(quick).fit(frame[fold != k], values[fold != k])
            guess = fitted.predict_value(frame[fold == k])
            residuals[fold == k] = self.scale_.forward(target[fold == k]) - self.scale_.forward(guess)
        self.residuals_ = np.sort(coarse_residuals(residuals))

    @estimate_over_unknown
    def predict_value(self, X: pd.DataFrame) -> Floats:
        """Median of each patient's amount, shape (n_patients,), in the unit of ``y``."""
        middle = self._middle(X)
        return self.scale_.back(middle)

    def _middle(self, X: Any) -> Floats:
        check_is_fitted(self, "residuals_")
        return np.asarray(self._by_refit(self._encode(X)[0])[0])

    @draws_over_unknown
    def sample_value(self, X: pd.DataFrame, *, n_draws: int = 200, seed: int = 0) -> Floats:  # noqa: ARG002
        """Estimates of the bootstrap refits, shape (n_draws, n_patients); the draws repeat the refits in turn.

        Raises
        ------
        SupportError
            If the model was fitted without refits.
        """
        check_is_fitted(self, "residuals_")
        made = self._by_refit(self._encode(X)[0])[1:]
        if not len(made):
            raise SupportError("this model was fitted without bootstrap refits", hint="Set n_refits")
        return self.scale_.back(made[cycled(len(made), n_draws)])

    @interval_over_unknown
    def predict_interval(self, X: pd.DataFrame, *, level: float = 0.95) -> Floats:
        """Prediction interval of a patient's own value, shape (n_patients, 2), from out-of-fold residuals.

        Raises
        ------
        SupportError
            If the model was fitted without out-of-fold residuals, or to too few patients.
        """
        check_level(level)
        middle = self._middle(X)
        if not self.residuals_.size:
            raise SupportError("this model was fitted without out-of-fold residuals", hint="Set residual_folds")
        low, high = np.quantile(self.residuals_, [(1 - level) / 2, (1 + level) / 2])
        return np.column_stack([self.scale_.back(middle + low), self.scale_.back(middle + high)])

    def state(self) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        """JSON values and arrays from which ``from_state`` restores the model."""
        values, arrays = super().state()
        return values | {"scale": self.scale_.name}, arrays | named_below("residuals", counted(self.residuals_))

    @classmethod
    def from_state(cls, values: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> Self:
        """Restore a fitted model from ``state``; runs no code of the file."""
        model = super().from_state(values, arrays)
        model.scale_ = ValueScale(values["scale"])
        model.residuals_ = from_counted(arrays_below("residuals", arrays))
        return model
