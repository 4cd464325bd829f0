"""Mean difference between options over the patients compared, with its draws.

Doubly robust averages beside the model's own are ``effects.averages.doubly_robust``.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
_BLOCK = 50  # patients at a time: draws of all would not fit into memory


def mean_difference(values: Callable[[Floats], Floats], Z: Floats) -> Floats:
    """Mean over patients of the value under each option minus that under the reference.

    Parameters
    ----------
    values : callable
        From encoded features (n, n_columns) to values (1 + n_draws, n, n_options), the reference first.
    Z : array of shape (n_patients, n_columns)
        Encoded features.

    Returns
    -------
    array of shape (1 + n_draws, n_options - 1)
        The best estimate in the first row.

    Raises
    ------
    ValueError
        If there are no patients.
    """
    total: Floats | None = None
    for start in range(0, len(Z), _BLOCK):
        block = values(Z[start : start + _BLOCK])
        gaps = np.asarray((block[:, :, 1:] - block[:, :, :1]).sum(axis=1))
        total = gaps if total is None else total + gaps
    if total is None:
        raise ValueError("no patients to average over")
    return total / len(Z)
