"""Calibration of predicted survival at a horizon: slope, intercept and curve.

Observed outcomes are jackknife pseudo-observations of the Kaplan-Meier curve, so that censored patients take part.
Sources: Andersen PK, Perme MP 2010, Stat Methods Med Res 19:71; Austin PC et al. 2020, Stat Med 39:2714;
Crowson CS et al. 2016, Stat Methods Med Res 25:1692.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from genorx._core.short_repr import short
from genorx.survival.kaplan_meier import check_horizon, checked_times, kaplan_meier
from genorx.survival.resampling import Score, bootstrap_counts, scored

Floats = NDArray[np.float64]
_EDGE = 1e-6


@short
@dataclass(frozen=True, kw_only=True)
class Calibration:
    """Calibration at one horizon.

    Attributes
    ----------
    horizon : float
        Time at which survival is predicted, in the unit of ``time``.
    slope : Score
        Slope of the observed on the predicted complementary log-log risk: 1 is perfect, below 1 predictions are too
        extreme.
    intercept : Score
        Observed minus predicted log cumulative hazard at slope 1: 0 is perfect, above 0 risk is underestimated.
    curve : DataFrame
        By group of predicted survival, lowest first: ``patients``, ``predicted``, ``observed`` (Kaplan-Meier),
        ``lower``, ``upper``.
    """

    horizon: float
    slope: Score
    intercept: Score
    curve: pd.DataFrame


def pseudo_observations(time: ArrayLike, event: ArrayLike, horizon: float) -> Floats:
    """Jackknife pseudo-observations of survival at ``horizon``, shape (n_patients,).

    Raises
    ------
    HorizonError
        If ``horizon`` lies beyond the last follow-up.

    Examples
    --------
    >>> from genorx.survival import pseudo_observations
    >>> time, event = [5, 8, 12, 15, 20, 24, 30, 36], [1, 1, 0, 1, 1, 0, 1, 0]
    >>> pseudo_observations(time, event, horizon=18).round(2).tolist()
    [0.0, 0.0, 0.8, -0.2, 1.05, 1.05, 1.05, 1.05]
    """
    end, seen = checked_times(time, event)
    curve = kaplan_meier(end, seen)
    check_horizon(horizon, curve.end)
    inside = curve.times <= horizon
    times, risk, dead = curve.times[inside], curve.at_risk[inside], curve.events[inside]
    fewer = np.maximum(risk - 1, 1.0)
    before = np.concatenate([[1.0], np.cumprod(1 - np.minimum(dead / fewer, 1.0))])
    beyond = np.concatenate([np.cumprod((1 - dead / risk)[::-1])[::-1], [1.0]])
    own = np.concatenate([1 - np.minimum((dead - 1) / fewer, 1.0), [1.0]])
    died = seen & (end <= horizon)
    lived = np.searchsorted(times, end, side="right")  # event times at which the patient was at risk
    left_out = before[lived] * beyond[lived]
    place = np.minimum(np.searchsorted(times, end, side="left"), times.size)
    left_out = np.where(died, before[place] * own[place] * beyond[np.minimum(place + 1, times.size)], left_out)
    whole = float(curve.at(horizon))
    return np.asarray(end.size * whole - (end.size - 1) * left_out)


def calibrate(
    time: ArrayLike,
    event: ArrayLike,
    survival: ArrayLike,
    *,
    horizon: float,
    groups: int = 10,
    n_boot: int = 0,
    seed: int = 0,
    counts: Floats | None = None,
) -> Calibration:
    """Calibration of predicted survival at ``horizon``.

    Parameters
    ----------
    time, event : array-like of shape (n_patients,)
        Follow-up, and whether it ended with the event.
    survival : array-like of shape (n_patients,)
        Predicted probability of surviving beyond ``horizon``.
    horizon : float
        Time at which survival is predicted, in the unit of ``time``.
    groups : int
        Number of groups of the curve, of equal size; fewer if a group would have less than 20 patients.
    n_boot, seed, counts
        Bootstrap, as in ``harrell_c``.

    Raises
    ------
    HorizonError
        If ``horizon`` lies beyond the last follow-up.

    Examples
    --------
    >>> from genorx.survival import calibrate
    >>> time, event = [5, 8, 12, 15, 20, 24, 30, 36], [1, 1, 0, 1, 1, 0, 1, 0]
    >>> survival = [0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]
    >>> round(calibrate(time, event, survival, horizon=18, groups=2).slope.estimate, 2)
    2.4
    """
    end, seen = checked_times(time, event)
    predicted = np.clip(np.asarray(survival, dtype=float), _EDGE, 1 - _EDGE)
    counts = bootstrap_counts(end.size, n_boot, seed) if counts is None else counts
    observed = 1 - pseudo_observations(end, seen, horizon)
    linear = np.log(-np.log(predicted))
    return Calibration(
        horizon=horizon,
        slope=scored(fit_cloglog(observed, linear, counts, slope=True)),
        intercept=scored(fit_cloglog(observed, linear, counts, slope=False)),
        curve=_curve(end, seen, predicted, horizon=horizon, groups=groups),
    )


def fit_cloglog(observed: Floats, linear: Floats, counts: Floats, *, slope: bool) -> Floats:
    """Return slope (or intercept at slope 1) of observed risk on predicted log(-log), for every bootstrap sample.

    Least squares of 1 - exp(-exp(a + b x)) by Gauss-Newton, all samples at once.
    """
    centre = float(linear.mean())
    x = linear - centre
    a, b = np.full(len(counts), centre), np.ones(len(counts))
    for _ in range(50):
        eta = np.clip(a[:, None] + b[:, None] * x, -12.0, 4.0)
        rate = np.exp(eta)
        derivative = np.exp(eta - rate)
        residual = observed - (1 - np.exp(-rate))
        weight = counts * derivative
        level, tilt = (weight * residual).sum(1), (weight * residual * x).sum(1)
        square = weight * derivative
        s0, s1, s2 = square.sum(1), (square * x).sum(1), (square * x**2).sum(1)
        if slope:
            determinant = np.maximum(s0 * s2 - s1**2, 1e-12)
            step_a, step_b = (s2 * level - s1 * tilt) / determinant, (s0 * tilt - s1 * level) / determinant
        else:
            step_a, step_b = level / np.maximum(s0, 1e-12), np.zeros(len(counts))
        a, b = a + np.clip(step_a, -1, 1), b + np.clip(step_b, -1, 1)
        if max(np.abs(step_a).max(), np.abs(step_b).max()) < 1e-8:
            break
    return b if slope else a - centre


def _curve(end: Floats, seen: NDArray[np.bool_], predicted: Floats, *, horizon: float, groups: int) -> pd.DataFrame:
    groups = max(1, min(groups, end.size // 20))
    order = np.argsort(predicted, kind="stable")
    rows = []
    for members in np.array_split(order, groups):
        curve = kaplan_meier(end[members], seen[members])
        known = curve.end >= horizon or curve.survival.min(initial=1.0) == 0
        lower, upper = curve.interval_at([horizon])
        rows.append(
            {
                "patients": members.size,
                "predicted": float(predicted[members].mean()),
                "observed": float(curve.at(horizon)) if known else np.nan,
                "lower": float(lower[0]) if known else np.nan,
                "upper": float(upper[0]) if known else np.nan,
            }
        )
    return pd.DataFrame(rows)
