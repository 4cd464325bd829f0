"""Common base of the models of values: data checks, frames from arrays, and state.

Each model defines only how it learns from a numeric matrix and how it predicts from one.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.utils.validation import check_is_fitted, column_or_1d

from genorx._core.feature_spec import FeatureSpec
from genorx.errors import Finding, InputError, UsageError
from genorx.outcomes.encoding.completed import Completed, mean_over_unknown
from genorx.outcomes.encoding.value_columns import ValueColumns
from genorx.outcomes.frames import as_features, known_features, recall_features

Floats = NDArray[np.float64]
Arrays = dict[str, NDArray[Any]]


class ValueRegressor(RegressorMixin):  # type: ignore[misc]
    """A model of numbers with the methods of scikit-learn's regressors."""

    @abstractmethod
    def predict_value(self, X: Any) -> Floats:
        """Best estimate, shape (n_patients,), in the unit of ``y``."""

    def predict(self, X: Any) -> Floats:
        """Best estimate, as ``predict_value``: scikit-learn's name."""
        return self.predict_value(X)

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Share of the variance of ``y`` explained by the estimates (R2), as scikit-learn's searches expect."""
        return float(super().score(X, y, sample_weight))


class EncodedValueModel(ValueRegressor, BaseEstimator, ABC):  # type: ignore[misc]
    """A model of an amount, a count or a grade that encodes a typed feature frame in ``fit``.

    Attributes
    ----------
    columns_ : ValueColumns
    n_rows_ : int
        Number of training patients.
    findings_ : tuple of Finding
    """

    specs: Iterable[FeatureSpec] | None
    rare: int

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.string = True
        tags.input_tags.categorical = True
        return tags

    def _learn(self, X: Any, y: Any) -> tuple[Floats, Floats]:
        """Validate the data and fit the columns; return their matrix and the values."""
        frame = self._frame(X, reset=True)
        target = checked_values(frame, y)
        self.columns_ = ValueColumns(self.specs, rare=self.rare, splines=self._splines)
        self.n_rows_ = len(frame)
        matrix = self.columns_.fit(frame)
        self.findings_: tuple[Finding, ...] = self.columns_.findings
        return matrix, target

    @property
    def _splines(self) -> bool:
        return bool(getattr(self, "splines", False))

    def _frame(self, X: Any, *, reset: bool = False) -> pd.DataFrame:
        return as_features(self, X, reset=reset)

    def _complete(self, X: pd.DataFrame) -> Completed:
        return self.columns_.encoder.complete(X)

    def _telling_gaps(self, X: pd.DataFrame) -> pd.DataFrame:
        return self.columns_.encoder.telling_gaps(X)

    def _encode(self, X: Any) -> tuple[Floats, pd.Index[Any]]:
        check_is_fitted(self, "columns_")
        frame = self._frame(X)
        return self.columns_.transform(frame), frame.index

    @abstractmethod
    def _column_parts(self, matrix: Floats) -> Floats:
        """Return each column's contribution on the linear scale, shape (n_patients, n_columns)."""

    @mean_over_unknown
    def contributions(self, X: Any) -> pd.DataFrame:
        """Contribution of each feature on the linear scale, relative to the cohort's mean; patients x features.

        The scale is that of an amount's fit, the log mean of a count, the log odds of a higher grade.
        """
        matrix, index = self._encode(X)
        return self.columns_.encoder.by_source(self._column_parts(matrix), index)

    def _header(self) -> dict[str, Any]:
        """Return parameters (except specs, which the columns contain), columns and sample size as JSON values."""
        check_is_fitted(self, "columns_")
        params = {name: value for name, value in self.get_params(deep=False).items() if name != "specs"}
        shape = {"n_rows": self.n_rows_, "features": known_features(self)}
        return {"params": params, "columns": self.columns_.state()} | shape

    @classmethod
    def _from_header(cls, values: dict[str, Any]) -> Any:
        model = cls(**values["params"])
        model.columns_ = ValueColumns.from_state(values["columns"])
        model.n_rows_, model.findings_ = int(values["n_rows"]), ()
        recall_features(model, values["features"])
        return model


def checked_values(X: pd.DataFrame, y: ArrayLike) -> Floats:
    """Return values as numbers, validated.

    Raises
    ------
    UsageError
        If the patients of ``X`` and ``y`` differ, a value is missing, or there are fewer than two patients.
    InputError
        If a value is infinite or NaN.
    """
    if y is None:
        raise UsageError("requires y to be passed, but the target y is None")
    if isinstance(y, pd.Series):
        if isinstance(X.index, pd.RangeIndex) and len(X) == len(y):
            pass  # an array of features has no patient ids
        elif not X.index.equals(y.index):
            raise UsageError("features and outcome are not of the same patients in the same order")
        values = y.to_numpy(dtype=float, na_value=np.nan)
    else:
        values = np.asarray(column_or_1d(y, warn=True))
    try:
        target = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise InputError("an outcome is not a number", code="value-coding") from error
    if target.size != len(X):
        raise UsageError(f"{len(X)} patients have features and {target.size} an outcome: inconsistent numbers of rows")
    if np.isnan(target).any():
        raise UsageError("an outcome is missing (NaN); leave such patients out")
    if np.isinf(target).any():
        raise InputError("an outcome is infinite (inf)", code="infinite-value")
    if target.size < 2:
        raise UsageError(f"{target.size} sample is too few: at least two are needed", code="too-few-patients")
    return target
