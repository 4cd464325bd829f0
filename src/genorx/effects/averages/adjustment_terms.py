"""Covariates as columns of an unpenalised regression: values, squares, levels, missing indicators.

For averages over many patients, where each column must mean what its name says; models for single patients use
``outcomes.encoding``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pandas.api.types import is_numeric_dtype

from genorx.errors import InputError, UsageError, shown

Floats = NDArray[np.float64]
_NEW = 1e-8  # share of a column's length that earlier columns must leave unexplained
_CURVED = 2  # number of distinct values up to which a number has no square


@dataclass(frozen=True, kw_only=True)
class AdjustmentTerms:
    """Columns of the covariates, the intercept first.

    Attributes
    ----------
    names : tuple of str
    values : array of shape (n_patients, n_terms)
        Numbers have mean 0 and standard deviation 1; indicators of levels and of missing values are 0 and 1.
    products : tuple of int
        Terms (no squares) of the covariates whose products with the options were requested.
    filled : dict of str to int
        Patients whose value was missing, by covariate: filled with the mean, and marked by a term of its own.
    """

    names: tuple[str, ...]
    values: Floats
    products: tuple[int, ...]
    filled: dict[str, int]


def adjustment_terms(X: pd.DataFrame, *, squares: bool, products: Sequence[str] = ()) -> AdjustmentTerms:
    """Return the columns of the covariates; redundant columns are dropped.

    Parameters
    ----------
    X : DataFrame
        Numbers as numbers, categories as categories or text.
    squares : bool
        Whether a number with more than two distinct values is accompanied by its square.
    products : sequence of str
        Covariates whose effect may differ between the options.

    Raises
    ------
    UsageError
        If a product is requested for an unknown covariate (``no-such-feature``).
    InputError
        If a number is infinite (``infinite-value``).
    """
    unknown = [name for name in products if name not in X.columns]
    if unknown:
        known = ", ".join(map(shown, X.columns))
        raise UsageError(
            f"no covariate {shown(unknown[0])!r} to multiply", hint=f"covariates: {known}", code="no-such-feature"
        )
    made: list[tuple[str, str, Floats]] = [("intercept", "", np.ones(len(X)))]
    filled = {}
    for name in map(str, X.columns):
        gaps = int(X[name].isna().sum())
        if gaps:
            filled[name] = gaps
        made += [(term, name, values) for term, values in _of(X[name], name, squares=squares)]
    kept = _independent([values for _, _, values in made])
    chosen = [made[place] for place in kept]
    requested = set(products)
    return AdjustmentTerms(
        names=tuple(term for term, _, _ in chosen),
        values=np.column_stack([values for _, _, values in chosen]),
        products=tuple(i for i, (term, name, _) in enumerate(chosen) if name in requested and not term.endswith("^2")),
        filled=filled,
    )


def _of(column: pd.Series[Any], name: str, *, squares: bool) -> list[tuple[str, Floats]]:
    missing = column.isna().to_numpy()
    gap = [(f"{name} missing", missing.astype(float))] if missing.any() else []
    if not is_numeric_dtype(column.dtype):
        levels = [str(level) for level in sorted(column.dropna().astype(str).unique())]
        texts = column.astype("string")
        hits = [
            (f"{name}={level}", (texts == level).fillna(False).to_numpy(dtype=bool).astype(float)) for level in levels
        ]
        return [*hits[1:], *gap]
    numbers = column.to_numpy(dtype=float, na_value=np.nan)
    if np.isinf(numbers).any():
        raise InputError(f"column {shown(name)!r} holds an infinite number", code="infinite-value")
    known = numbers[~missing]
    if not known.size or np.ptp(known) == 0:
        return gap
    scaled = np.where(missing, 0.0, (numbers - known.mean()) / known.std())
    curved = [(f"{name}^2", scaled**2)] if squares and np.unique(known).size > _CURVED else []
    return [(name, scaled), *curved, *gap]


def _independent(columns: list[Floats]) -> list[int]:
    """Return the indices of columns that are linearly independent of those before them."""
    basis: list[Floats] = []
    kept = []
    for place, column in enumerate(columns):
        left = column.astype(float)
        for _ in range(2):  # twice is enough for orthogonality to rounding
            for direction in basis:
                left = left - direction * float(direction @ left)
        size, whole = float(np.linalg.norm(left)), float(np.linalg.norm(column))
        if whole > 0 and size > _NEW * whole:
            basis.append(left / size)
            kept.append(place)
    return kept
