"""Alignment of a caller's inputs as frames on one index of patients, whatever their type.

Frames and series are joined by index; arrays, as passed on by a pipeline, by position.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from genorx.errors import InputError, UsageError, shown
from genorx.outcomes.frames import as_features, as_frame, patients_of_outcome, survival_frame

Strata = pd.Series | pd.DataFrame | ArrayLike | None


@dataclass(frozen=True, kw_only=True)
class Aligned:
    """Features, outcome, treatment, its start and stratum of each patient; all indexed by patient.

    Attributes
    ----------
    X : DataFrame
    y : DataFrame
        As given: ``time`` and ``event``, and ``cause`` with competing causes; or ``value``.
    treatment : Series
    start : Series of float or None
        Time at which treatment began; NaN for patients under the reference.
    strata : Series of str or None
    """

    X: pd.DataFrame
    y: pd.DataFrame
    treatment: pd.Series[Any]
    start: pd.Series[float] | None
    strata: pd.Series[str] | None


def align(X: Any, y: Any, treatment: Any, start: Any = None, strata: Strata = None, *, model: Any = None) -> Aligned:
    """Return the inputs of ``fit`` as frames.

    Parameters
    ----------
    X : DataFrame or array of shape (n_patients, n_features)
    y : DataFrame, or structured array of (event, time) as in scikit-survival
    treatment, start : array-like of shape (n_patients,)
        Option of each patient, and the time at which it began.
    strata : Series, or DataFrame of several columns, or array-like
    model : estimator, optional
        The estimator to fit; it receives the features.

    Raises
    ------
    InputError
        As ``outcomes.frames.as_features``.
    UsageError
        If lengths differ (``shape``), or the treatment is absent (``treatment-missing``) or among the features
        (``treatment-in-features``).
    """
    if treatment is None:
        raise UsageError("treatment is needed", hint="fit(X, y, treatment=...)", code="treatment-missing")
    outcome = _outcome(y)
    patients = patients_of_outcome(y)
    frame = as_frame(X, index=patients) if model is None else as_features(model, X, reset=True, index=patients)
    if (patients is None or not isinstance(X, pd.DataFrame)) and len(outcome) != len(frame):
        raise UsageError(f"y has {len(outcome)} rows, the features have {len(frame)}", code="shape")
    if patients is None:
        outcome.index = frame.index
    taken = _series(treatment, frame.index, "treatment")
    name = getattr(treatment, "name", None)
    if name is not None and name in frame.columns:
        raise UsageError(
            f"the treatment {shown(name)!r} is among the features", hint="leave it out", code="treatment-in-features"
        )
    begun = None if start is None else _series(start, frame.index, "start").astype(float)
    return Aligned(X=frame, y=outcome, treatment=taken, start=begun, strata=joined_strata(strata, frame.index))


def _outcome(y: Any) -> pd.DataFrame:
    """Return survival with ``time`` and ``event``, or a frame with ``value``."""
    if isinstance(y, pd.DataFrame):
        return y
    if y is None or np.asarray(y).dtype.names is not None:
        return survival_frame(y)
    if np.ndim(y) != 1:
        raise UsageError("y is neither a frame, nor a structured array of event and time, nor a row", code="shape")
    return pd.DataFrame({"value": pd.Series(y, dtype=float)})  # a series keeps its index of patients


def _series(values: Any, index: pd.Index[Any], name: str) -> pd.Series[Any]:
    if isinstance(values, pd.Series):
        return values
    array = np.asarray(values)
    if array.shape != (len(index),):
        raise UsageError(f"{name} has shape {array.shape}, the features have {len(index)} rows", code="shape")
    return pd.Series(array, index=index, name=name)


def joined_strata(strata: Strata, index: pd.Index[Any]) -> pd.Series[str] | None:
    """Return one stratum per patient: the values of several columns together; a missing value is a stratum too."""
    if strata is None:
        return None
    if isinstance(strata, pd.DataFrame):
        parts = [strata[column].astype("object").where(strata[column].notna(), "(missing)") for column in strata]
        joined = [" / ".join(map(str, row)) for row in zip(*parts, strict=True)]
        return pd.Series(joined, index=strata.index, dtype=str)
    return _series(strata, index, "strata").astype("object").fillna("(missing)").astype(str)


def check_outcome(y: pd.DataFrame) -> None:
    """Raise an error for impossible survival outcomes.

    Raises
    ------
    UsageError
        If ``time`` or ``event`` is no column (``outcome-columns``).
    InputError
        If a time is missing, infinite or negative (``time-negative``), an event is not 0 or 1, or a cause contradicts
        its event (``event-type``).
    """
    if not {"time", "event"} <= set(y.columns):
        raise UsageError("y needs the columns time and event", code="outcome-columns")
    time, event = y["time"].to_numpy(float, na_value=np.nan), y["event"].to_numpy(float, na_value=np.nan)
    for bad, reason, code in (
        (~np.isfinite(time), "a time is missing or infinite", "time-missing"),
        (time < 0, "a time is negative", "time-negative"),
        (~np.isin(event, (0.0, 1.0)), "an event is neither 0 nor 1", "event-value"),
    ):
        if bad.any():
            raise InputError(f"{reason}, first of patient {shown(y.index[int(np.argmax(bad))])}", code=code)
    if "cause" in y:
        cause = y["cause"].to_numpy(float, na_value=np.nan)
        wrong = ~np.isfinite(cause) | (cause != np.round(cause)) | (cause < 0) | ((cause > 0) != (event > 0))
        if wrong.any():
            raise InputError(
                f"the cause of patient {shown(y.index[int(np.argmax(wrong))])} contradicts its event",
                hint="0 if censored, 1 for the cause of interest, 2 and above for the others",
                code="event-type",
            )
