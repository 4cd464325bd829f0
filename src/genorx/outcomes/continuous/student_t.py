"""Outlier-robust linear fit: Student's t residuals in place of normal ones.

Source: Lange KL, Little RJA, Taylor JMG 1989, J Am Stat Assoc 84:881 (t residuals by reweighting).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from genorx.outcomes.shrinkage.gaussian import GaussianFit
from genorx.outcomes.shrinkage.wide_covariance import WideCovariance

Floats = NDArray[np.float64]
_DEGREES = 4.0
_ROUNDS = 30


def with_heavy_residuals(fit: GaussianFit, matrix: Floats, target: Floats) -> GaussianFit:
    """Return the fit with coefficients and covariance under t residuals and the given normal priors.

    Parameters
    ----------
    fit : GaussianFit
        Fit under normal residuals.
    matrix : array of shape (n_rows, n_columns)
    target : array of shape (n_rows,)
        Columns and values to which ``fit`` was fitted.
    """
    design = np.column_stack([np.ones(len(matrix)), matrix])
    if isinstance(fit.covariance, WideCovariance):
        return _in_row_space(fit, fit.covariance, design, target)
    return _reweighted(fit, design, target)


def _in_row_space(fit: GaussianFit, covariance: WideCovariance, design: Floats, target: Floats) -> GaussianFit:
    """Return the fit of directions, in which the prior is the same, as one of all columns."""
    space, (part,) = covariance.space, covariance.parts
    along = space.along(np.concatenate([[fit.intercept], fit.beta]))
    narrow = replace(fit, beta=along[1:], covariance=part.inner, heavy_covariance=part.inner)
    made = _reweighted(narrow, space.along(design), target)
    beta = space.back(np.concatenate([[made.intercept], made.beta]))
    inner = np.asarray(made.covariance)
    found = replace(covariance, parts=(replace(part, inner=inner),))
    return replace(made, beta=beta[1:], covariance=found, heavy_covariance=found)


def _reweighted(fit: GaussianFit, design: Floats, target: Floats) -> GaussianFit:
    stated = design.T @ design / fit.sigma**2
    prior = np.linalg.inv(np.asarray(fit.covariance)) - stated  # precision due to the variances of the groups
    beta = np.concatenate([[fit.intercept], fit.beta])
    scale = 1.4826 * float(np.median(np.abs(target - design @ beta))) or fit.sigma
    for _ in range(_ROUNDS):
        left = (target - design @ beta) / scale
        weight = (_DEGREES + 1) / (_DEGREES + left**2)
        weight = weight / weight.mean()  # the same total information as before
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
