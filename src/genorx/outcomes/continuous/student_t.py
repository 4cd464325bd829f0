"""A linear fit that is robust to few extreme values: residuals of a t-distribution in place of a normal one.

Source: Lange KL, Little RJA, Taylor JMG 1989, J Am Stat Assoc 84:881 (t residuals by reweighting).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from genorx.outcomes.shrinkage.gaussian import GaussianFit

Floats = NDArray[np.float64]
_DEGREES = 4.0
_ROUNDS = 30


def with_heavy_residuals(fit: GaussianFit, matrix: Floats, target: Floats) -> GaussianFit:
    """Return the fit with coefficients and covariance under t residuals and the normal priors as they were found.

    Parameters
    ----------
    fit : GaussianFit
        Under normal residuals.
    matrix : array of shape (n_rows, n_columns)
    target : array of shape (n_rows,)
        What ``fit`` was made from.
    """
    design = np.column_stack([np.ones(len(matrix)), matrix])
    stated = design.T @ design / fit.sigma**2
    prior = np.linalg.inv(fit.covariance) - stated  # precision that the groups' variances amount to
    beta = np.concatenate([[fit.intercept], fit.beta])
    scale = 1.4826 * float(np.median(np.abs(target - design @ beta))) or fit.sigma
    for _ in range(_ROUNDS):
        left = (target - design @ beta) / scale
        weight = (_DEGREES + 1) / (_DEGREES + left**2)
        weight = weight / weight.mean()  # as much information in all as before
        weighted = weight[:, None] * design
        precision = weighted.T @ design / fit.sigma**2 + prior
        moved = np.linalg.solve(precision, weighted.T @ target / fit.sigma**2)
        still = float(np.abs(moved - beta).max()) < 1e-6
        beta = moved
        if still:
            break
    covariance = np.linalg.inv(precision)
    covariance = (covariance + covariance.T) / 2
    return replace(fit, intercept=float(beta[0]), beta=beta[1:], covariance=covariance, heavy_covariance=covariance)
