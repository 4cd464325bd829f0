"""Symmetric square root of a covariance."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def root_of(covariance: Floats) -> Floats:
    """Return the symmetric square root of a covariance that may be singular up to rounding.

    It is the only root that depends neither on the signs of the eigenvectors nor on their rotation for equal
    eigenvalues.  Both differ between builds of LAPACK, so that with another root draws, limits of intervals and advice
    would depend on the processor.
    """
    values, vectors = np.linalg.eigh(covariance)
    return np.asarray((vectors * np.sqrt(np.maximum(values, 0.0))) @ vectors.T)
