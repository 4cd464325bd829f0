"""The two labels of a binary outcome, and which of them is the event."""

from __future__ import annotations

import warnings
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.utils.multiclass import type_of_target
from sklearn.utils.validation import column_or_1d

from genorx.errors import GenorxWarning, SupportError, UsageError, shown
from genorx.outcomes.frames import patients_of_outcome

_PLAIN = ([0, 1], [-1, 1])  # labels for which there is no warning that the second is the outcome


class BinaryLabels(NamedTuple):
    """``classes``, sorted, and for each patient whether it is the second of them (1.0) or the first (0.0)."""

    classes: NDArray[Any]
    happened: pd.Series[float]


def binary_labels(y: Any) -> BinaryLabels:
    """Parse a binary outcome.

    Parameters
    ----------
    y : array-like of shape (n_patients,)
        Two different labels; the larger is the outcome, with a ``GenorxWarning`` unless they are 0 and 1 (or false and
        true, or -1 and 1).

    Raises
    ------
    UsageError
        If it is absent, has more than one column, a label is missing, or there are not exactly two labels
        (``not-binary``).
    SupportError
        If all patients have the same label (``no-events``).
    """
    if y is None:
        raise UsageError("requires y to be passed, but the target y is None")
    values = _values(y)
    if pd.isna(values).any() or (values.dtype.kind == "f" and np.isinf(values).any()):
        raise UsageError("an outcome is missing (NaN) or infinite (inf); leave such patients out")
    kind = type_of_target(values, input_name="y")
    classes = np.unique(values) if kind != "unknown" else values
    if kind == "unknown" or len(classes) > 2:
        raise UsageError(
            f"Only binary classification is supported. Unknown label type: {kind} is no yes-or-no outcome",
            hint="0 is no, 1 is yes",
            code="not-binary",
        )
    if len(classes) < 2:
        raise SupportError(
            "all patients have one class of the outcome", code="no-events", hint="A model needs patients of both"
        )
    if classes.tolist() not in _PLAIN:
        message = f"labels are {shown(classes[0])!r} and {shown(classes[1])!r}: the outcome is {shown(classes[1])!r}"
        warnings.warn(message, GenorxWarning, stacklevel=5)
    return BinaryLabels(classes, pd.Series((values == classes[1]).astype(float), index=patients_of_outcome(y)))


def _values(y: Any) -> NDArray[Any]:
    if isinstance(y, pd.Series) and pd.api.types.is_extension_array_dtype(y.dtype):
        numeric = pd.api.types.is_numeric_dtype(y.dtype)
        y = y.to_numpy(dtype=float, na_value=np.nan) if numeric else y.to_numpy(dtype=object)
    try:
        return np.asarray(column_or_1d(y, warn=True))
    except ValueError as error:
        raise UsageError("y should be a 1d array") from error
