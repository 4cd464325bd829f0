"""Calibration of out-of-fold log odds: slope and intercept against the outcomes, and the recalibration line.

Log odds of different folds are first shifted to a common intercept: the model for a fold with many events was fitted to
patients with fewer, so that its log odds are low where events are frequent, and the slope over all folds would be
underestimated.

Sources: Cox DR 1958, Biometrika 45:562 (recalibration by slope and intercept); Van Calster B et al. 2019, BMC Med
17:230.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import expit, logit

from genorx.errors import SupportError
from genorx.outcomes.folds import hash_folds
from genorx.outcomes.shrinkage.coefficient_draws import draw_around
from genorx.outcomes.shrinkage.logistic_fit import fit_logistic

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
_FEWEST = 10  # fewest patients with the rarer value for an out-of-fold check
_FARTHEST = 50.0  # log odds, beyond the most extreme prediction, by which a level may be shifted


def checked_calibration(
    log_odds: Callable[[Bools], Floats],
    patients: pd.Index[Any],
    target: Floats,
    *,
    folds: int,
    seed: int,
    slope_sd: float = np.inf,
) -> dict[str, Any]:
    """Return the calibration of out-of-fold log odds against the outcomes; empty if it cannot be estimated.

    Parameters
    ----------
    log_odds : callable
        Takes the mask of the patients of a fit; returns the log odds of the others.
    patients : Index
        Patient ids, from which the folds follow.
    target : array of shape (n_patients,)
        Outcome, 0.0 or 1.0.
    folds, seed : int
        Number and seed of the folds.
    slope_sd : float
        As in ``calibration``.
    """
    if folds < 2 or not _enough(target):
        return {}
    fold = hash_folds(patients, folds, seed=seed, salt="calibration")
    linear = np.empty(target.size)
    for k in np.unique(fold):
        try:
            linear[fold == k] = log_odds(fold != k)
        except SupportError:  # a fold without one of the values has no calibration
            return {}
    return calibration(_at_one_level(linear, target, fold), target, slope_sd=slope_sd)


def calibration(linear: Floats, target: Floats, *, slope_sd: float = np.inf) -> dict[str, Any]:
    """Return slope and intercept of outcomes on log odds, and whether either is off by more than two standard errors.

    Keys: ``slope``, ``slope_error``, ``intercept`` (at slope 1), ``intercept_error``, ``line_intercept`` and
    ``line_slope`` (of the line by which predictions are recalibrated), ``line_covariance`` (of these two),
    ``recalibrated``; empty if too few patients have one of the values.

    Parameters
    ----------
    linear, target : array of shape (n_patients,)
        Log odds, and outcome (0.0 or 1.0).
    slope_sd : float
        Standard deviation of the normal prior of the slope around 1; the line has the posterior mean.  By default the
        prior is flat.
    """
    if not _enough(target):
        return {}
    line = fit_logistic(linear[:, None], target, group=[-1])
    covariance = np.asarray(line.covariance)
    error = np.sqrt(np.diag(covariance))
    level, level_error = _level(linear, target)
    slope = float(line.beta[0])
    off = abs(slope - 1) > 2 * error[1] or abs(level) > 2 * level_error
    towards = covariance[:, 1] / (covariance[1, 1] + slope_sd**2)  # change of the line per 1 of slope
    shrunk = np.array([line.intercept, slope]) + towards * (1 - slope)
    return {
        "slope": slope,
        "slope_error": float(error[1]),
        "intercept": level,
        "intercept_error": level_error,
        "line_intercept": float(shrunk[0]),
        "line_slope": float(shrunk[1]),
        "line_covariance": (covariance - np.outer(towards, covariance[1])).tolist(),
        "recalibrated": bool(off and shrunk[1] > 0),
    }


def line_of(found: dict[str, Any]) -> tuple[float, float]:
    """Return the intercept and slope of recalibration: (0, 1) if none is needed."""
    if not found.get("recalibrated"):
        return 0.0, 1.0
    return found["line_intercept"], found.get("line_slope", found["slope"])  # older files have only the latter


def lines_drawn(found: dict[str, Any], n_draws: int, rng: np.random.Generator) -> Floats:
    """Draw intercepts and slopes of ``line_of``, shape (n_draws, 2), to account for their estimation."""
    line = np.array(line_of(found))
    if not found.get("recalibrated"):
        return np.tile(line, (n_draws, 1))
    return draw_around(line, np.array(found["line_covariance"]), None, n_draws, rng)


def recalibrated_out_of_fold(linear: Floats, target: Floats, fold: NDArray[Any], *, slope_sd: float = np.inf) -> Floats:
    """Return each patient's log odds, recalibrated by the line of the other folds' patients.

    ``slope_sd`` as in ``calibration``.
    """
    recalibrated = np.empty(linear.size)
    for k in np.unique(fold):
        inside = fold != k
        others = _at_one_level(linear, target, fold, among=inside)[inside]
        level, slope = line_of(calibration(others, target[inside], slope_sd=slope_sd))
        recalibrated[~inside] = level + slope * linear[~inside]
    return recalibrated


def _at_one_level(linear: Floats, target: Floats, fold: NDArray[Any], *, among: Bools | None = None) -> Floats:
    """Return log odds shifted from the outcome share of the patients outside each fold to that of ``among``.

    Log odds of a fold whose training patients all have one value are not shifted.
    """
    of_all = target.mean() if among is None else target[among].mean()
    moved = linear.copy()
    for k in np.unique(fold):
        shares = np.array([of_all, target[fold != k].mean()])
        if np.all((shares > 0) & (shares < 1)):
            there, here = logit(shares)
            moved[fold == k] += there - here
    return moved


def _enough(target: Floats) -> bool:
    return bool(min(target.sum(), (1 - target).sum()) >= _FEWEST)


def level_of(share: float, linear: Floats) -> float:
    """Return the constant that gives these log odds the mean probability ``share``, between 0 and 1."""
    end = float(np.abs(linear).max()) + _FARTHEST
    return float(brentq(lambda level: expit(level + linear).mean() - share, -end, end, xtol=1e-12))


def _level(linear: Floats, target: Floats) -> tuple[float, float]:
    """Return the intercept at slope 1, and its standard error."""
    level = level_of(float(target.mean()), linear)
    chance = expit(level + linear)
    return level, float((chance * (1 - chance)).sum() ** -0.5)
