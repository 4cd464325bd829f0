"""Draws of coefficients around their mode, and the resulting linear predictors."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from genorx.outcomes.shrinkage.covariance import Covariance
from genorx.outcomes.shrinkage.symmetric_root import root_of
from genorx.outcomes.shrinkage.wide_covariance import WideCovariance

Floats = NDArray[np.float64]


def linear_predictors(Z: Floats, betas: Floats) -> Floats:
    """Return ``betas @ Z.T``, shape (n_draws, n_patients), bitwise independent of which other patients are included."""
    out = np.empty((len(betas), len(Z)))
    for row in range(len(Z)):
        out[:, row] = betas @ np.ascontiguousarray(Z[row])
    return out


def draw_around(
    mode: Floats, covariance: Covariance, heavy: Covariance | None, n_draws: int, rng: np.random.Generator
) -> Floats:
    """Return normal draws around a mode, shape (n_draws, n_coefficients); every second has covariance ``heavy``."""
    if isinstance(covariance, WideCovariance):
        away = covariance.draw(n_draws, rng)
        if isinstance(heavy, WideCovariance):
            away[1::2] = heavy.draw(n_draws, rng)[1::2]
        return np.asarray(mode + away)
    noise = rng.standard_normal((n_draws, mode.size))
    away = noise @ root_of(covariance)
    if heavy is not None:
        away[1::2] = noise[1::2] @ root_of(np.asarray(heavy))
    return np.asarray(mode + away)
