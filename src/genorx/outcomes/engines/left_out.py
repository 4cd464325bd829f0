"""Models fitted to all folds but one: the loop behind every out-of-fold choice, calibration and evaluation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from inspect import signature
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import clone


def fitted_to_others(
    model: Any, X: pd.DataFrame, y: Any, fold: NDArray[Any], **stated: Any
) -> Iterator[tuple[NDArray[np.bool_], Any]]:
    """Yield the patients of each fold and a clone of the model, fitted to the others.

    Parameters
    ----------
    model : estimator
        Cloned for each fold.
    X : DataFrame
    y : DataFrame, Series or array
    fold : array of int, shape (n_patients,)
        Fold of each patient.
    **stated : Series, array or None
        Further arguments of ``fit`` for each patient (strata, groups); None is passed on.
    """
    for k in np.unique(fold):
        yield fold == k, fitted_without(model, X, y, fold, k, **stated)


def fitted_without(model: Any, X: pd.DataFrame, y: Any, fold: NDArray[Any], k: Any, **stated: Any) -> Any:
    """Return a clone of a model, fitted to the patients outside fold ``k``; otherwise as ``fitted_to_others``."""
    others = fold != k
    own = {name: None if each is None else each[others] for name, each in stated.items()}
    return clone(model).fit(X[others], y[others], **own)


def heeded(model: Any, stated: Mapping[str, Any]) -> dict[str, Any]:
    """Return the keyword arguments of ``fit``: always strata, and groups if given and accepted."""
    takes = "groups" in signature(model.fit).parameters
    return {name: each for name, each in stated.items() if name != "groups" or (takes and each is not None)}
