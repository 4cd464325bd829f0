"""Assignment of patients to folds by the identifier alone, independent of order and other patients."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from genorx.errors import UsageError


def hash_folds(
    patients: Iterable[object], n_folds: int = 5, *, seed: int = 0, salt: str = "fold"
) -> NDArray[np.integer[Any]]:
    """Return the fold of each patient: SHA-256 of ``"fold:ID"`` (``"fold:SEED:ID"`` for another seed) modulo n_folds.

    Folds within folds need a different ``salt``: with the same one, the inner fold of the same number would be empty.
    Few patients may leave a fold empty.

    Raises
    ------
    UsageError
        If ``n_folds`` is below 2, or above the number of patients.

    Examples
    --------
    >>> hash_folds(["P1", "P2", "P3", "P4"], 2).tolist()
    [0, 1, 0, 1]
    """
    if n_folds < 2:
        raise UsageError(f"{n_folds} folds: at least 2 are needed")
    prefix = f"{salt}:" if seed == 0 else f"{salt}:{seed}:"
    digests = [hashlib.sha256(f"{prefix}{patient}".encode()).hexdigest() for patient in patients]
    if len(digests) < n_folds:
        raise UsageError(f"{len(digests)} patients are too few for {n_folds} folds", code="too-few-patients")
    return np.array([int(digest, 16) % n_folds for digest in digests], dtype=np.int64)
