"""Folds of whole groups (sites, centres, families), so that a group is never on both sides."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from genorx.errors import UsageError
from genorx.outcomes.folds import hash_folds


def group_folds(groups: Iterable[object], n_folds: int = 5) -> NDArray[np.integer[Any]]:
    """Return the fold of each patient: the largest group first, each to the fold with the fewest patients so far.

    Raises
    ------
    UsageError
        If ``n_folds`` is below 2, or there are fewer groups than folds.

    Examples
    --------
    >>> group_folds(["a", "a", "b", "c", "a", "b"], 2).tolist()
    [0, 0, 1, 1, 0, 1]
    """
    if n_folds < 2:
        raise UsageError(f"{n_folds} folds: at least 2 are needed")
    labels = np.array([str(group) for group in groups], dtype=object)
    names, sizes = np.unique(labels, return_counts=True)
    if names.size < n_folds:
        raise UsageError(f"{names.size} groups are too few for {n_folds} folds", code="too-few-patients")
    load = np.zeros(n_folds, dtype=np.int64)
    fold_of = {}
    for place in sorted(range(names.size), key=lambda one: (-int(sizes[one]), str(names[one]))):
        fold_of[names[place]] = lightest = int(np.argmin(load))
        load[lightest] += sizes[place]
    return np.array([fold_of[label] for label in labels], dtype=np.int64)


def folds_of(
    patients: Iterable[object],
    n_folds: int,
    *,
    groups: Iterable[object] | None = None,
    seed: int = 0,
    salt: str = "fold",
) -> NDArray[np.integer[Any]]:
    """Return folds of whole groups if groups are given, otherwise of patients by their identifiers."""
    if groups is None:
        return hash_folds(patients, n_folds, seed=seed, salt=salt)
    return group_folds(groups, n_folds)
