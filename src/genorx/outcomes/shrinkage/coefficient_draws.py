"""Draws of coefficients around their mode, and the resulting linear predictors."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def linear_predictors(Z: Floats, betas: Floats) -> Floats:
    """Return ``betas @ Z.T``, shape (n_draws, n_patients), bitwise independent of which other patients are included."""
    out = np.empty((len(betas), len(Z)))
    for row in range(len(Z)):
        out[:, row] = betas @ np.ascontiguousarray(Z[row])
    return out


def draw_around(
    mode: Floats, covariance: Floats, heavy: Floats | None, n_draws: int, rng: np.random.Generator
) -> Floats:
    """Return normal draws around a mode, shape (n_draws, n_coefficients); every second has covariance ``heavy``."""
    noise = rng.standard_normal((n_draws, mode.size))
    away = noise @ root_of(covariance)
    if heavy is not None:
        away[1::2] = noise[1::2] @ root_of(heavy)
    return np.asarray(mode + away)


def root_of(covariance: Floats) -> Floats:
    """Return the symmetric square root of a covariance that may be singular up to rounding.

    It is the only root that depends neither on the signs of the eigenvectors nor on their rotation for equal
    eigenvalues.  Both differ between builds of LAPACK, so that with another root draws, limits of intervals and advice
    would depend on the processor.
    """
    values, vectors = np.linalg.eigh(covariance)
    return np.asarray((vectors * np.sqrt(np.maximum(values, 0.0))) @ vectors.T)
