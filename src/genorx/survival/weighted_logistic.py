"""Weighted logistic regression of many samples at once, and natural cubic splines.

Without penalty, for the few columns of a recalibration.
Sources: McCullagh P, Nelder JA (1989), Generalized Linear Models; Harrell FE (2015), Regression Modeling Strategies,
section 2.4.5 (restricted cubic splines); White H 1980, Econometrica 48:817 (sandwich error).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

Floats = NDArray[np.float64]
_STEPS = 60  # Newton's method needs five to ten, and more if the outcome is very rare at one end
_ENOUGH = 1e-8  # gain of the log likelihood below which iteration stops
_ENDLESS = 200.0  # a coefficient beyond this would grow without limit: the outcomes are separated


def fit_logistic(
    design: Floats, outcome: Floats, weight: Floats, start: Floats, *, offset: Floats | None = None
) -> Floats:
    """Coefficients of a weighted logistic regression in each sample, by Newton's method.

    Parameters
    ----------
    design : array of shape (n_people, n_columns)
    outcome : array of shape (n_people,)
        0 or 1.
    weight : array of shape (n_samples, n_people)
        Weight of each person in each sample.
    start : array of shape (n_columns,)
        Coefficients from which Newton's method starts.
    offset : array of shape (n_people,), optional
        Log odds added to the linear predictor, with a coefficient of 1.

    Returns
    -------
    array of shape (n_samples, n_columns)
        NaN in samples without a unique solution: a column separates the outcomes, or repeats another.
    """
    # orthonormal columns: steps are then of one size in every direction
    basis, change = np.linalg.qr(design)
    if np.abs(np.diag(change)).min() < 1e-9 * np.abs(change).max():
        return np.full((len(weight), design.shape[1]), np.nan)
    basis, change = basis * np.sqrt(len(design)), change / np.sqrt(len(design))
    columns = design.shape[1]
    products = (basis[:, :, None] * basis[:, None, :]).reshape(len(basis), -1)
    base = 0.0 if offset is None else offset
    found = np.tile(change @ start, (len(weight), 1))
    kept, likelihood = found.copy(), np.full(len(weight), -np.inf)
    left = np.arange(len(weight))
    for _ in range(_STEPS):
        used, log_odds = weight[left], found[left] @ basis.T + base
        value = (used * (outcome * log_odds - np.logaddexp(0.0, log_odds))).sum(axis=1)
        better = value >= likelihood[left]
        back = left[~better]  # a step too far is halved
        found[back] = 0.5 * (found[back] + kept[back])
        left, used, chance = left[better], used[better], expit(log_odds[better])
        kept[left], likelihood[left] = found[left], value[better]
        score = (used * (outcome - chance)) @ basis
        curvature = ((used * chance * (1.0 - chance)) @ products).reshape(-1, columns, columns)
        step = _solved(curvature, score)
        found[left] += step
        left = np.sort(np.concatenate([back, left[(step * score).sum(axis=1) >= _ENOUGH]]))
        if not left.size:
            break
    found[left] = np.nan
    found[np.linalg.norm(found, axis=1) > _ENDLESS] = np.nan
    return np.asarray(np.linalg.solve(change, found.T).T)


def _solved(curvature: Floats, score: Floats) -> Floats:
    """Return Newton steps; a singular curvature is regularised slightly, which leaves the solution unchanged."""
    little = 1e-12 * np.trace(curvature, axis1=1, axis2=2) + 1e-300
    damped = curvature + little[:, None, None] * np.eye(curvature.shape[1])
    return np.asarray(np.linalg.solve(damped, score[:, :, None])[:, :, 0])


def sandwich_errors(
    design: Floats, outcome: Floats, weight: Floats, found: Floats, *, offset: Floats | None = None
) -> Floats:
    """Robust standard errors of one fit's coefficients, shape (n_columns,); weights are treated as known.

    Parameters
    ----------
    weight : array of shape (n_people,)
    found : array of shape (n_columns,)
        Fitted coefficients.
    design, outcome, offset
        As in ``fit_logistic``.
    """
    chance = expit(design @ found + (0.0 if offset is None else offset))
    bread = np.linalg.inv((design * (weight * chance * (1.0 - chance))[:, None]).T @ design)
    scores = design * (weight * (outcome - chance))[:, None]
    return np.asarray(np.sqrt(np.diag(bread @ (scores.T @ scores) @ bread)))


def natural_spline(value: Floats, knots: Floats) -> Floats:
    """Columns of a natural cubic spline, linear beyond the outer knots: 1, the value, and one for each knot but two.

    Parameters
    ----------
    value : array of shape (n,)
    knots : array of shape (n_knots,), ascending, different
        With fewer than three the spline is a line.

    Returns
    -------
    array of shape (n, n_knots), or (n, 2) for a line
    """
    columns = [np.ones_like(value), value]
    if len(knots) >= 3:
        last, before = knots[-1], knots[-2]
        scale, gap = (last - knots[0]) ** 2, last - before
        cubes = [np.maximum(value - knot, 0.0) ** 3 for knot in knots]
        for place, knot in enumerate(knots[:-2]):
            tail = cubes[-2] * (last - knot) / gap - cubes[-1] * (before - knot) / gap
            columns.append((cubes[place] - tail) / scale)
    return np.column_stack(columns)
