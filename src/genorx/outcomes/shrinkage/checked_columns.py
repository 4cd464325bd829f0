"""Columns, groups and vectors given to a fit with group shrinkage, as arrays of matching shapes and finite numbers."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from genorx.errors import UsageError

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def checked_columns(Z: ArrayLike, group: ArrayLike) -> tuple[Floats, Ints]:
    """Return columns and the group of each.

    Raises
    ------
    UsageError
        If shapes differ, or numbers are missing or infinite.
    """
    matrix, labels = np.asarray(Z, dtype=float), np.asarray(group, dtype=np.int64)
    if matrix.ndim != 2 or labels.shape != (matrix.shape[1],):
        raise UsageError(f"columns have shape {matrix.shape}, groups {labels.shape}: one group per column is needed")
    if not np.all(np.isfinite(matrix)):
        raise UsageError("columns hold missing or infinite numbers", hint="Encode them first (FeatureEncoder)")
    return matrix, labels


def checked_vector(values: ArrayLike, name: str, n_rows: int) -> Floats:
    """Return one number per row.

    Raises
    ------
    UsageError
        As ``checked_columns``.
    """
    vector = np.asarray(values, dtype=float)
    if vector.shape != (n_rows,):
        raise UsageError(f"{name} has shape {vector.shape}, the columns have {n_rows} rows")
    if not np.all(np.isfinite(vector)):
        raise UsageError(f"{name} holds missing or infinite numbers")
    return vector
