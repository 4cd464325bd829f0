"""Log likelihood of a logistic model: value, gradient, information.

Without penalty, which is ``shrinkage.group_prior``.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from genorx.outcomes.shrinkage.group_prior import Objective

Floats = NDArray[np.float64]


def binomial_likelihood(design: Floats, target: Floats, weight: Floats) -> Objective:
    """Return the log likelihood of coefficients, with gradient and information, of 0/1 values and case weights."""

    def objective(beta: Floats) -> tuple[float, Floats, Floats]:
        linear = design @ beta
        chance = expit(linear)
        value = float(weight @ (target * linear - np.logaddexp(0.0, linear)))
        gradient = design.T @ (weight * (target - chance))
        return value, gradient, design.T @ ((weight * chance * (1 - chance))[:, None] * design)

    return objective
