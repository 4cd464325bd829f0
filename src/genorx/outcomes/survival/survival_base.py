"""Common base of the survival models: validation, encoding, time limits, and state.

Each model defines only how it learns from a numeric matrix and how it predicts from one.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from genorx._core.disclosure import rounded_up
from genorx._core.feature_spec import FeatureSpec
from genorx.errors import HorizonError, SupportError, UsageError
from genorx.outcomes.encoding.completed import Completed, mean_over_unknown
from genorx.outcomes.encoding.encoding import FeatureEncoder, Pairs
from genorx.outcomes.frames import aligned, as_features, patients_of_outcome, recall_features, survival_frame
from genorx.survival import harrell_c

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Arrays = dict[str, NDArray[Any]]


class RiskModel(BaseEstimator, ABC):  # type: ignore[misc]
    """Methods that scikit-learn and scikit-survival expect of a survival model.

    Attributes
    ----------
    n_features_in_ : int
    feature_names_in_ : array of str
        Names of the features, if they were given as a frame.
    """

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.target_tags.required = True
        return tags

    @abstractmethod
    def predict_risk(self, X: Any) -> Floats:
        """Risk score, shape (n_patients,); higher is worse."""

    def predict(self, X: Any) -> Floats:
        """Risk score, as ``predict_risk``: scikit-survival's name."""
        return self.predict_risk(X)

    def score(self, X: Any, y: Any) -> float:
        """Share of comparable pairs in which the patient with the earlier event has the higher risk (Harrell's C).

        Raises
        ------
        UsageError
            If the patients differ, or a time is not positive.
        SupportError
            If no pair is comparable.
        """
        frame, outcome = survival_data(self, X, y)
        time, event = checked_outcome(frame, outcome)
        return harrell_c(time, event, self.predict_risk(frame)).estimate


class EncodedSurvivalModel(RiskModel):
    """A survival model that encodes a typed feature frame in ``fit``.

    Attributes
    ----------
    encoder_ : FeatureEncoder
    end_ : float
        Last follow-up time, rounded up; predictions beyond it raise an error.
    """

    specs: Iterable[FeatureSpec] | None
    rare: int
    _pairs: Pairs = 0
    _splines = False
    _needs_columns = True  # without columns a group-shrunk Cox model is the Kaplan-Meier curve; others are undefined

    def _learn(
        self, X: pd.DataFrame, y: pd.DataFrame, strata: Any = None
    ) -> tuple[Floats, Floats, Bools, NDArray[Any] | None]:
        """Validate the data, fit the encoder; return matrix, times, events and codes of the strata."""
        time, event = checked_outcome(X, y)
        known = None if self.specs is None else [spec for spec in self.specs if spec.name in X.columns]
        self.encoder_ = FeatureEncoder(known, rare=self.rare, splines=self._splines, pairs=self._pairs)
        Z = self.encoder_.fit(X).transform(X)
        if self._needs_columns and not Z.shape[1]:
            raise SupportError("no feature differs between patients", code="no-columns", hint="See encoder_.dropped_")
        self.end_ = rounded_up(float(time.max()))
        stated = strata_of(X, strata)
        return Z, time, event, None if stated is None else pd.factorize(stated, sort=True)[0]

    def _complete(self, X: pd.DataFrame) -> Completed:
        return self.encoder_.complete(X)

    def _encode(self, X: Any) -> Floats:
        return self._encoded(X)[0]

    def _encoded(self, X: Any) -> tuple[Floats, pd.Index[Any]]:
        """Return the numeric matrix and the patients of its rows."""
        check_is_fitted(self, "encoder_")
        frame = as_features(self, X)
        return self.encoder_.transform(frame), frame.index

    def _checked(self, times: ArrayLike) -> Floats:
        """Return times as an array, validated to be within follow-up."""
        check_is_fitted(self, "end_")
        return times_within(times, self.end_)

    @abstractmethod
    def _column_parts(self, Z: Floats) -> Floats:
        """Return each column's contribution to the risk score, shape (n_patients, n_columns)."""

    @mean_over_unknown
    def contributions(self, X: Any) -> pd.DataFrame:
        """Contribution of each feature to the risk score (log hazard ratio; share of time lost); shape of ``X``."""
        Z, patients = self._encoded(X)
        return self.encoder_.by_source(self._column_parts(Z), patients)

    def _header(self) -> dict[str, Any]:
        """Return parameters (except specs, which the encoder contains), encoder and end as JSON values."""
        params = {name: value for name, value in self.get_params(deep=False).items() if name != "specs"}
        return {"params": params, "encoder": self.encoder_.state(), "end": self.end_}

    @classmethod
    def _from_header(cls, values: dict[str, Any]) -> Any:
        model = cls(**values["params"])
        model.encoder_ = FeatureEncoder.from_state(values["encoder"])
        recall_features(model, list(model.encoder_.feature_names_in_))
        model.end_ = float(values["end"])
        return model


def times_within(times: ArrayLike, end: float) -> Floats:
    """Return times as an array; raise for invalid ones (``UsageError``) or beyond ``end`` (``HorizonError``)."""
    wanted = np.asarray(times, dtype=float)
    if wanted.ndim != 1 or not wanted.size or not np.all(np.isfinite(wanted)) or wanted.min() < 0:
        raise UsageError("times must be a one-dimensional array of non-negative numbers")
    if wanted.max() > end:
        raise HorizonError(
            f"time {wanted.max():g} exceeds the last follow-up, {end:g}", hint=f"Use times up to {end:g}"
        )
    return wanted


def survival_data(model: Any, X: Any, y: Any, *, reset: bool = False) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return features and survival of the same patients as frames.

    Raises
    ------
    UsageError
        If the patients of ``X`` and ``y`` differ, or ``y`` is no survival outcome.
    InputError
        As ``frames.as_features``.
    """
    outcome = survival_frame(y)
    frame = as_features(model, X, reset=reset, index=patients_of_outcome(y))
    return frame, aligned(frame, outcome, by_place=not (isinstance(X, pd.DataFrame) and isinstance(y, pd.DataFrame)))


def strata_of(X: pd.DataFrame, strata: Any) -> pd.Series[Any] | None:
    """Return the stratum of each patient of ``X``; a series is aligned by patient, an array by position.

    Raises
    ------
    UsageError
        If a patient has no stratum (``no-stratum``).
    """
    if strata is None:
        return None
    if isinstance(strata, pd.Series):
        if not X.index.isin(strata.index).all():
            raise UsageError("a patient has no stratum", code="no-stratum")
        return strata.loc[X.index]
    if len(strata) != len(X):
        raise UsageError(f"{len(X)} patients have features and {len(strata)} a stratum", code="no-stratum")
    return pd.Series(np.asarray(strata), index=X.index)


def checked_outcome(X: pd.DataFrame, y: pd.DataFrame) -> tuple[Floats, Bools]:
    """Return times and events, validated.

    Raises
    ------
    UsageError
        If the patients differ, a value is missing or infinite, an event is neither 0 nor 1, or a time is not positive.
    SupportError
        If there is no event.
    """
    if not X.index.equals(y.index):
        raise UsageError("features and outcome are not of the same patients in the same order")
    time, event = y["time"].to_numpy(float, na_value=np.nan), y["event"].to_numpy(float, na_value=np.nan)
    if not np.all(np.isfinite(time)) or not np.all(np.isfinite(event)):
        raise UsageError("an outcome is missing or infinite; leave such patients out")
    if not np.all((event == 0) | (event == 1)):
        raise UsageError("an event is neither 0 nor 1", code="event-value")
    if not np.all(time > 0):
        raise UsageError(f"{int((time <= 0).sum())} patients have a follow-up of 0 or less", code="time-not-positive")
    if not event.any():
        raise SupportError("there is no event", code="no-events", hint="A survival model needs events")
    return time, event > 0
