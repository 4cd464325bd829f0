"""What the survival models of this room share: checking, encoding, limits of time, and their state.

Each model says only how it learns from a numeric matrix and how it predicts from one.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from genorx.errors import HorizonError, SupportError, UsageError
from genorx.features.spec import FeatureSpec
from genorx.outcomes.encoding import FeatureEncoder

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Arrays = dict[str, NDArray[Any]]


class EncodedSurvivalModel(BaseEstimator):  # type: ignore[misc]
    """A survival model that encodes a typed feature frame in ``fit``.

    Attributes
    ----------
    encoder_ : FeatureEncoder
    end_ : float
        Last follow-up time; predictions beyond it are refused.
    """

    specs: Iterable[FeatureSpec] | None
    rare: int
    _pairs = 0
    _splines = False
    _needs_columns = True  # a group-shrunk Cox model without columns is the Kaplan-Meier curve; the others have none

    def _learn(
        self, X: pd.DataFrame, y: pd.DataFrame, strata: pd.Series[Any] | None = None
    ) -> tuple[Floats, Floats, Bools, NDArray[Any] | None]:
        """Check the data, fit the encoder; return matrix, times, events and codes of the strata."""
        time, event = checked_outcome(X, y)
        known = None if self.specs is None else [spec for spec in self.specs if spec.name in X.columns]
        self.encoder_ = FeatureEncoder(known, rare=self.rare, splines=self._splines, pairs=self._pairs)
        Z = self.encoder_.fit(X).transform(X)
        if self._needs_columns and not Z.shape[1]:
            raise SupportError("no feature differs between patients", code="no-columns", hint="See encoder_.dropped_")
        self.end_ = float(time.max())
        codes = None if strata is None else pd.factorize(strata.loc[X.index], sort=True)[0]
        return Z, time, event, codes

    def _encode(self, X: pd.DataFrame) -> Floats:
        check_is_fitted(self, "encoder_")
        return self.encoder_.transform(X)

    def _checked(self, times: ArrayLike) -> Floats:
        """Return times as an array, or refuse those that follow-up cannot tell."""
        check_is_fitted(self, "end_")
        wanted = np.asarray(times, dtype=float)
        if wanted.ndim != 1 or not wanted.size or not np.all(np.isfinite(wanted)) or wanted.min() < 0:
            raise UsageError("times must be a row of numbers, none negative")
        if wanted.max() > self.end_:
            raise HorizonError(
                f"time {wanted.max():g} exceeds the last follow-up, {self.end_:g}",
                hint=f"Ask for times up to {self.end_:g}",
            )
        return wanted

    def _linear_contributions(self, X: pd.DataFrame, beta: Floats) -> pd.DataFrame:
        return self.encoder_.by_source(self._encode(X) * beta, X.index)

    def _header(self) -> dict[str, Any]:
        """Return parameters (but the specs, which the encoder has taken in), encoder and end as JSON values."""
        params = {name: value for name, value in self.get_params(deep=False).items() if name != "specs"}
        return {"params": params, "encoder": self.encoder_.state(), "end": self.end_}

    @classmethod
    def _from_header(cls, values: dict[str, Any]) -> Any:
        model = cls(**values["params"])
        model.encoder_ = FeatureEncoder.from_state(values["encoder"])
        model.end_ = float(values["end"])
        return model


def checked_outcome(X: pd.DataFrame, y: pd.DataFrame) -> tuple[Floats, Bools]:
    """Return times and events, or refuse them.

    Raises
    ------
    UsageError
        If the patients of ``X`` and ``y`` differ, or a time is not positive.
    SupportError
        If no event was seen.
    """
    if not X.index.equals(y.index):
        raise UsageError("features and outcome are not of the same patients in the same order")
    time, event = y["time"].to_numpy(float, na_value=np.nan), y["event"].to_numpy(float, na_value=np.nan)
    if not np.all(np.isfinite(time)) or not np.all(np.isfinite(event)):
        raise UsageError("an outcome is missing; leave such patients out")
    if not np.all(time > 0):
        raise UsageError(f"{int((time <= 0).sum())} patients have a follow-up of 0 or less", code="time-not-positive")
    if not event.any():
        raise SupportError("no event was seen", code="no-events", hint="A survival model needs events")
    return time, event > 0
