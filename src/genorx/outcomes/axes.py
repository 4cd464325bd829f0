"""Principal axes with a fixed sign: a decomposition does not determine the sign, which differs between processors."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
_AS_LARGE = 1 - 1e-6  # share of the largest entry, above which entries count as equal except for rounding


def with_fixed_signs(axes: Floats) -> Floats:
    """Return axes, one per column, each with a positive largest entry; of equally large ones the first decides.

    Examples
    --------
    >>> with_fixed_signs(np.array([[-0.6, 0.8], [0.8, 0.6]])).tolist()
    [[-0.6, 0.8], [0.8, 0.6]]
    >>> with_fixed_signs(np.array([[0.6], [-0.8]])).tolist()
    [[-0.6], [0.8]]
    """
    if not axes.size:
        return axes
    sizes = np.abs(axes)
    deciding = np.argmax(sizes >= _AS_LARGE * sizes.max(axis=0), axis=0)
    signs = np.sign(axes[deciding, np.arange(axes.shape[1])])
    return np.asarray(axes * np.where(signs == 0, 1.0, signs))
