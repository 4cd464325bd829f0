"""Poisson or negative binomial regression with group-wise shrinkage: the fitter of ``outcomes.shrinkage`` for counts.

Overdispersion and the variances of the groups are estimated alternately; without overdispersion in the data the model
is Poisson.
Source: Lawless JF 1987, Can J Stat 15:209 (negative binomial).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from genorx.outcomes.counts.counts_base import log_likelihood, means, overdispersion
from genorx.outcomes.shrinkage.group_prior import GroupPrior, Objective, Posterior, empirical_bayes

Floats = NDArray[np.float64]
_TURNS = 4


def fit_counts(design: Floats, target: Floats, offset: Floats, prior: GroupPrior) -> tuple[Posterior, float]:
    """Return the posterior of the coefficients of the log mean, and the overdispersion.

    Parameters
    ----------
    design : array of shape (n_patients, n_columns)
        Design matrix; the first column is 1.
    target : array of shape (n_patients,)
        Counts.
    offset : array of shape (n_patients,)
        Added to the linear predictor.
    prior : GroupPrior
        Prior of all columns.

    Returns
    -------
    tuple of Posterior and float
        The variance is mean + overdispersion x mean^2; 0: Poisson.

    Raises
    ------
    SupportError
        If there is no finite fit.
    """
    over = 0.0
    for _ in range(_TURNS):
        found = empirical_bayes(count_likelihood(design, target, offset, over), prior, max_rounds=25)
        before = over
        mean = means(offset + design @ found.beta)
        over = overdispersion(target, mean, _fitted_means(design, mean, prior.precision(prior.spread(found.penalty))))
        if abs(over - before) <= 1e-3 * max(before, 1e-3):
            break
    return found, over


def _fitted_means(design: Floats, mean: Floats, precision: Floats) -> Callable[[float], float]:
    """Return the Cox-Reid adjustment for means fitted under a prior: minus half the curvature's log determinant."""

    def adjustment(over: float) -> float:
        weight = mean / (1 + over * mean)
        return -0.5 * float(np.linalg.slogdet(design.T @ (weight[:, None] * design) + precision)[1])

    return adjustment


def count_likelihood(design: Floats, target: Floats, offset: Floats, over: float) -> Objective:
    """Return the log likelihood of coefficients, with gradient and observed information.

    With the expected information, steps are tiny for large and dispersed counts: hundreds would be needed.
    """

    def objective(beta: Floats) -> tuple[float, Floats, Floats]:
        mean = means(offset + design @ beta)
        value = log_likelihood(target, mean, over)
        gradient = design.T @ ((target - mean) / (1 + over * mean))
        curvature = mean * (1 + over * target) / (1 + over * mean) ** 2
        return value, gradient, design.T @ (curvature[:, None] * design)

    return objective
