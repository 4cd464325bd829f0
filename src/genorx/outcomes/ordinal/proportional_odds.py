"""Proportional odds likelihood: a column shifts the log odds of every ``grade or more``, equally or by threshold.

Fitting is ``outcomes.shrinkage.group_prior``; whether odds are proportional is ``outcomes.ordinal.proportionality``.
Sources: McCullagh P 1980, J R Stat Soc B 42:109; Peterson B, Harrell FE 1990, Appl Stat 39:205 (coefficients by
cutpoint).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit

from genorx.outcomes.shrinkage.group_prior import GroupPrior, Objective, in_row_space

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
_LEAST = 1e-300


def first_cuts(code: Ints) -> Floats:
    """Return the log odds of at most each grade except the last, from the observed shares of ``code`` (from 0)."""
    share = np.cumsum(np.bincount(code))[:-1] / code.size
    return np.asarray(logit(share))


def odds_in_row_space(matrix: Floats, code: Ints, start: Floats, prior: GroupPrior) -> tuple[Objective, GroupPrior]:
    """Return the log likelihood and the prior of shifts and coefficients, in the row space of the columns."""
    beside = np.column_stack([np.zeros((code.size, start.size)), matrix])
    design, prior = in_row_space(beside, prior)
    return proportional_odds(matrix if design is beside else design[:, start.size :], code, start), prior


def proportional_odds(matrix: Floats, code: Ints, start: Floats, apart: Floats | None = None) -> Objective:
    """Return the log likelihood of shifts of the cuts and coefficients, with gradient and information.

    Parameters
    ----------
    matrix : array of shape (n_patients, n_columns)
        Columns whose coefficient is the log odds ratio of every ``grade or more``.
    code : array of int, shape (n_patients,)
        Index of the grade among the observed ones, from 0.
    start : array of shape (n_seen - 1,)
        Cutpoints relative to which shifts are given.
    apart : array of shape (n_seen - 1, n_patients, n_others), optional
        Further columns that differ between cutpoints; their coefficients come last.
    """
    rows, free = np.arange(code.size), start.size
    behind = free + matrix.shape[1]
    upper, lower = np.zeros((2, code.size, behind + (0 if apart is None else apart.shape[2])))
    inner, above = code < free, code > 0
    upper[rows[inner], code[inner]] = 1.0
    lower[rows[above], code[above] - 1] = 1.0
    upper[inner, free:behind] = -matrix[inner]
    lower[above, free:behind] = -matrix[above]
    if apart is not None:
        upper[inner, behind:] = -apart[code[inner], rows[inner]]
        lower[above, behind:] = -apart[code[above] - 1, rows[above]]
    first = np.where(inner, start[np.minimum(code, free - 1)], 0.0)
    second = np.where(above, start[np.maximum(code - 1, 0)], 0.0)

    def objective(beta: Floats) -> tuple[float, Floats, Floats]:
        top = np.where(inner, expit(first + upper @ beta), 1.0)
        bottom = np.where(above, expit(second + lower @ beta), 0.0)
        chance = top - bottom
        if chance.min() <= 0:
            return -np.inf, np.zeros(beta.size), np.eye(beta.size)  # cutpoints out of order: the step is halved
        a, b = top * (1 - top), bottom * (1 - bottom)  # densities, 0 beyond the outer cutpoints
        up, down = a / chance, b / chance
        curve_up = up * (1 - 2 * top) - up**2
        curve_down = -down * (1 - 2 * bottom) - down**2
        cross = up * down
        gradient = upper.T @ up - lower.T @ down
        mixed = upper.T @ (cross[:, None] * lower)
        hessian = upper.T @ (curve_up[:, None] * upper) + lower.T @ (curve_down[:, None] * lower) + mixed + mixed.T
        return float(np.log(np.maximum(chance, _LEAST)).sum()), gradient, -hessian

    return objective
