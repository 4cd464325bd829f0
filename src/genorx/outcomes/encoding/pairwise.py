"""Pairwise means, covariances and correlations of columns with missing values.

Source: Little RJA, Rubin DB (2019). Statistical Analysis with Missing Data, 3rd ed., section 3.4 (available cases).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class PairwiseMoments:
    """Pairwise moments of columns; 0 if no row has both values.

    Attributes
    ----------
    counts : array of shape (n_columns, n_columns)
        Number of rows in which both are known.
    means, variances : arrays of shape (n_columns,)
    covariance, correlation : arrays of shape (n_columns, n_columns)
    """

    counts: Floats
    means: Floats
    variances: Floats
    covariance: Floats
    correlation: Floats

    @classmethod
    def of(cls, values: Floats) -> PairwiseMoments:
        """Return the moments of ``values`` (rows x columns), NaN if unknown."""
        known = (~np.isnan(values)).astype(float)
        counts = known.T @ known
        full = np.nan_to_num(values)
        total, product, square = full.T @ known, full.T @ full, (full**2).T @ known
        with np.errstate(divide="ignore", invalid="ignore"):
            covariance = product / counts - total * total.T / counts**2
            spread = square / counts - (total / counts) ** 2
            correlation = covariance / np.sqrt(spread * spread.T)
        return cls(
            counts=counts,
            means=total.diagonal() / np.maximum(counts.diagonal(), 1.0),
            variances=np.nan_to_num(spread.diagonal()),
            covariance=np.nan_to_num(covariance),
            correlation=np.nan_to_num(correlation, posinf=0.0, neginf=0.0),
        )


def nearest_positive(covariance: Floats) -> Floats:
    """Return the nearest positive semidefinite covariance: pairs from different patients may contradict each other."""
    values, vectors = np.linalg.eigh((covariance + covariance.T) / 2)
    least = max(1e-3 * float(values.max(initial=0.0)), 1e-9)
    return np.asarray((vectors * np.maximum(values, least)) @ vectors.T)
