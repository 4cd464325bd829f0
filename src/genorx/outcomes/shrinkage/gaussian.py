"""Linear regression with group-wise shrinkage by empirical Bayes, for continuous outcomes.

The residual variance and the variances of the groups are estimated alternately.
Source: MacKay DJC 1992, Neural Comput 4:415.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from genorx._core.threads import single_threaded
from genorx.errors import SupportError
from genorx.outcomes.shrinkage.checked_columns import checked_columns, checked_vector
from genorx.outcomes.shrinkage.coefficient_draws import draw_around
from genorx.outcomes.shrinkage.covariance import Covariance
from genorx.outcomes.shrinkage.group_prior import GroupPrior, Objective, empirical_bayes, in_row_space
from genorx.outcomes.shrinkage.scale_uncertainty import over_wide_scales, under_both_tails

Floats = NDArray[np.float64]
_TURNS = 4
_EXACT = 1e-3  # residual spread, relative to that of the outcome, below which the fit is exact


@dataclass(frozen=True, kw_only=True)
class GaussianFit:
    """A linear model whose coefficients were shrunk by group.

    Attributes
    ----------
    intercept : float
    beta : array of shape (n_columns,)
        Coefficients of the columns.
    covariance, heavy_covariance : array of shape (1 + n_columns, 1 + n_columns), or WideCovariance
        Covariance, the intercept first, under the normal and the heavy-tailed prior.
    sigma : float
        Residual standard deviation.
    """

    intercept: float
    beta: Floats
    covariance: Covariance
    heavy_covariance: Covariance
    sigma: float

    def draw(self, n_draws: int, rng: np.random.Generator) -> Floats:
        """Draw intercept and coefficients, shape (n_draws, 1 + n_columns); half under each prior."""
        mode = np.concatenate([[self.intercept], self.beta])
        return draw_around(mode, self.covariance, self.heavy_covariance, n_draws, rng)


@single_threaded
def fit_gaussian(
    Z: ArrayLike,
    value: ArrayLike,
    *,
    group: ArrayLike,
    group_means: bool | Collection[int] = True,
    floor: Mapping[int, float] | None = None,
    uncertain_scales: Collection[int] = (),
) -> GaussianFit:
    """Fit a linear model; parameters as in ``outcomes.shrinkage.fit_cox``, ``value`` of standard deviation about 1.

    Raises
    ------
    UsageError
        If shapes differ or numbers are not finite.
    SupportError
        If all values are equal (``no-events``), or no finite fit exists.
    """
    matrix, labels = checked_columns(Z, group)
    target = checked_vector(value, "value", matrix.shape[0])
    if np.ptp(target) == 0:
        raise SupportError("all rows have the same value", code="no-events", hint="A model needs values that differ")
    design = np.column_stack([np.ones(target.size), matrix])
    prior = GroupPrior(np.concatenate([[-1], labels]), means=group_means, floors=floor, uncertain=uncertain_scales)
    design, prior = in_row_space(design, prior)
    sigma = float(target.std())
    for _ in range(_TURNS):
        objective = _squares(design, target, sigma)
        normal = empirical_bayes(objective, prior, max_rounds=25)
        left = target - design @ normal.beta
        free = float(np.sum(prior.group < 0)) + sum(normal.edf.values())
        sigma = max(float(np.sqrt(left @ left / max(target.size - free, 1.0))), _EXACT)
    objective = _squares(design, target, sigma)
    normal = over_wide_scales(objective, prior, normal)
    normal, heavy = under_both_tails(objective, prior, normal, heavy=True)
    tails = normal if heavy is None else heavy
    return GaussianFit(
        intercept=float(tails.beta[0]),
        beta=tails.beta[1:],
        covariance=normal.covariance,
        heavy_covariance=tails.covariance,
        sigma=sigma,
    )


def _squares(design: Floats, target: Floats, sigma: float) -> Objective:
    gram, moment = design.T @ design / sigma**2, design.T @ target / sigma**2
    whole = float(target @ target) / sigma**2

    def objective(beta: Floats) -> tuple[float, Floats, Floats]:
        slope = gram @ beta
        return -0.5 * (whole - 2 * float(moment @ beta) + float(beta @ slope)), moment - slope, gram

    return objective
