"""Conversion of features and outcomes to frames: from frames, arrays, lists, scikit-survival's structured arrays.

Only a frame defines the kind of a column (a category, a grade, yes or no), so text is accepted in frames only.  Columns
of an array are named x0, x1, ...  Columns of a frame are found by name: their order does not matter.
"""

from __future__ import annotations

from typing import Any, TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import issparse

from genorx.errors import InputError, UsageError, shown

Floats = NDArray[np.float64]
Outcome = TypeVar("Outcome", pd.DataFrame, pd.Series)


def as_features(model: Any, X: Any, *, reset: bool = False, index: pd.Index[Any] | None = None) -> pd.DataFrame:
    """Return features as a frame with text names, checked against the columns of ``fit``.

    Parameters
    ----------
    model : estimator
        With ``reset``, ``n_features_in_`` and, for a frame, ``feature_names_in_`` are set on it.
    X : DataFrame or array-like of shape (n_patients, n_features)
    reset : bool
        Whether this is ``fit``.
    index : Index, optional
        Patients of the rows of an array.

    Raises
    ------
    InputError
        If values are not numbers, sparse, complex, or not two-dimensional; if columns are not those of the fit
        (``feature-absent``, ``feature-unknown``, ``feature-count``).
    """
    named = isinstance(X, pd.DataFrame)
    frame = as_frame(X, index=index, fewest=2 if reset else 1, owner=type(model).__name__)
    if reset:
        remember_features(model, list(frame.columns), named=named)
    elif hasattr(model, "n_features_in_"):  # raises an error if the model is not fitted
        _check_columns(model, frame, named=named)
    return frame


def as_frame(X: Any, *, index: pd.Index[Any] | None = None, fewest: int = 1, owner: str = "the model") -> pd.DataFrame:
    """Return features as a frame with text names; an array needs at least ``fewest`` rows.

    Raises
    ------
    InputError
        As ``as_features``.
    """
    if isinstance(X, pd.DataFrame):
        return _checked_frame(X)
    values = _numbers(X, fewest=fewest, owner=owner)
    fits = index is not None and len(index) == len(values)
    return pd.DataFrame(values, index=index if fits else None, columns=pd.Index(_numbered(values.shape[1])))


def _numbers(X: Any, *, fewest: int, owner: str) -> Floats:
    """Return an array-like as numbers; errors have scikit-learn's wording, and none of the values."""
    if issparse(X):
        raise InputError("sparse data were given, dense data are needed", hint="use X.toarray()", code="shape")
    values = np.asarray(X)
    if values.ndim != 2:
        hint = "Reshape your data: patients x features"
        raise InputError(f"Expected 2D array, got {values.ndim}D array instead", hint=hint, code="shape")
    if values.dtype.kind == "c":
        raise InputError("Complex data not supported", code="shape")
    for number, name, least in ((len(values), "sample", fewest), (values.shape[1], "feature", 1)):
        if number < least:
            reason = f"Found array with {number} {name}(s) (shape={values.shape})"
            raise InputError(f"{reason} while a minimum of {least} is required by {owner}", code="shape")
    try:
        return np.asarray(values, dtype=np.float64)
    except ValueError as error:
        hint = "give a DataFrame, whose columns may hold categories"
        raise InputError("an array of features holds text", hint=hint, code="shape") from error


def remember_features(model: Any, names: list[str], *, named: bool) -> None:
    """Set scikit-learn's attributes: the number of features, and their names if they had some."""
    model.n_features_in_ = len(names)
    if named:
        model.feature_names_in_ = np.array(names, dtype=object)
    elif hasattr(model, "feature_names_in_"):
        del model.feature_names_in_


def known_features(model: Any) -> list[str]:
    """Return the names of the features of the fit; x0, x1, ... for those of an array."""
    names = getattr(model, "feature_names_in_", None)
    return _numbered(model.n_features_in_) if names is None else [str(name) for name in names]


def recall_features(model: Any, names: list[str]) -> None:
    """Set the same attributes on a loaded model."""
    remember_features(model, names, named=names != _numbered(len(names)))


def survival_frame(y: Any) -> pd.DataFrame:
    """Return a survival outcome as a frame with ``time`` and ``event``.

    Parameters
    ----------
    y : DataFrame, or structured array with a field of bool (event) and one of numbers (time), as scikit-survival's

    Raises
    ------
    UsageError
        If it is neither (``outcome-columns``).
    """
    if y is None:
        raise UsageError("requires y to be passed, but the target y is None", code="outcome-columns")
    if isinstance(y, pd.DataFrame):
        if not {"time", "event"} <= set(y.columns):
            raise UsageError("y needs the columns time and event", code="outcome-columns")
        return y
    values = np.asarray(y)
    fields = values.dtype.names or ()
    events = [name for name in fields if values.dtype[name] == np.bool_]
    if len(fields) != 2 or len(events) != 1:
        raise UsageError(
            "y is neither a frame with time and event nor a structured array of event (bool) and time",
            code="outcome-columns",
        )
    time = next(name for name in fields if name != events[0])
    return pd.DataFrame({"time": values[time].astype(float), "event": values[events[0]]})


def aligned(X: pd.DataFrame, y: Outcome, *, by_place: bool) -> Outcome:
    """Return an outcome of the same patients as ``X``; one without patient ids is aligned ``by_place``.

    Raises
    ------
    UsageError
        If the numbers of rows, or the patients, differ.
    """
    if len(X) != len(y):
        raise UsageError(f"inconsistent numbers of samples: {len(X)} patients have features, {len(y)} an outcome")
    if by_place:
        return y.set_axis(X.index)
    if not X.index.equals(y.index):
        raise UsageError("features and outcome are not of the same patients in the same order")
    return y


def patients_of_outcome(y: Any) -> pd.Index[Any] | None:
    """Return the patient ids of an outcome that has them."""
    return y.index if isinstance(y, pd.DataFrame | pd.Series) else None


def _numbered(n_columns: int) -> list[str]:
    return [f"x{place}" for place in range(n_columns)]


def _checked_frame(X: pd.DataFrame) -> pd.DataFrame:
    frame = X if all(isinstance(name, str) for name in X.columns) else X.rename(columns=str)
    if not frame.columns.is_unique:
        twice = frame.columns[frame.columns.duplicated()][0]
        raise InputError(f"column {shown(twice)!r} appears twice", code="duplicate-column")
    for name, kind in frame.dtypes.items():
        if pd.api.types.is_complex_dtype(kind):
            raise InputError(f"Complex data not supported: column {shown(name)!r}", code="shape")
    return frame


def _check_columns(model: Any, frame: pd.DataFrame, *, named: bool) -> None:
    owner, n_features = type(model).__name__, model.n_features_in_
    known = getattr(model, "feature_names_in_", None)
    if not named:
        if frame.shape[1] != n_features:
            raise InputError(
                f"X has {frame.shape[1]} features, but {owner} is expecting {n_features} features as input",
                code="feature-count",
            )
        if known is not None and list(known) != list(frame.columns):
            raise InputError(
                f"X does not have valid feature names, but {owner} was fitted with feature names",
                hint="give a DataFrame: the order of columns is not assumed",
                code="feature-absent",
            )
        return
    expected = known_features(model)
    absent = sorted(set(expected) - set(frame.columns))
    unknown = sorted(set(frame.columns) - set(expected))
    if absent:
        raise InputError(
            f"The feature names should match those that were passed during fit: {len(absent)} features of the model "
            f"are absent, the first is {shown(absent[0])!r}",
            hint="Add the columns; empty cells are allowed",
            code="feature-absent",
        )
    if unknown:
        raise InputError(
            f"The feature names should match those that were passed during fit: {len(unknown)} are unseen at fit time, "
            f"the first is {shown(unknown[0])!r}",
            hint="Leave them out",
            code="feature-unknown",
        )
