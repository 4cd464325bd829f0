"""Calibration of predicted cumulative incidence at a horizon, with competing causes: slope, intercept and curve.

Observed outcomes are jackknife pseudo-observations of the Aalen-Johansen curve, so that censored patients take part.
Sources: Klein JP, Andersen PK 2005, Biometrics 61:223 (pseudo-observations); Gerds TA et al. 2014, Stat Med 33:3191
(calibration with competing risks).
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from genorx.survival.aalen_johansen import checked_causes, cumulative_incidence
from genorx.survival.calibration import Calibration, fit_cloglog
from genorx.survival.kaplan_meier import check_horizon
from genorx.survival.resampling import bootstrap_counts, scored

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
_EDGE = 1e-6
_BLOCK = 256  # curves at a time, each without one patient


def incidence_pseudo_observations(time: ArrayLike, cause: ArrayLike, horizon: float, *, of: int = 1) -> Floats:
    """Jackknife pseudo-observations of the cumulative incidence of one cause at ``horizon``, shape (n_patients,).

    Raises
    ------
    HorizonError
        If ``horizon`` lies beyond the last follow-up.
    UsageError
        If causes are not whole numbers from 0.

    Examples
    --------
    >>> from genorx.survival import incidence_pseudo_observations
    >>> incidence_pseudo_observations([5, 8, 12], [1, 2, 0], 10).round(2).tolist()
    [1.0, 0.0, 0.0]
    """
    end, codes = checked_causes(time, cause)
    check_horizon(horizon, float(end.max()))
    kinds = np.column_stack([end, np.where(codes == of, 2, codes > 0)])
    alike, place = np.unique(kinds, axis=0, return_inverse=True)  # leaving out any of a kind gives the same curve
    left_out = np.concatenate(
        [_left_out(end, codes, alike[at : at + _BLOCK], horizon, of) for at in range(0, len(alike), _BLOCK)]
    )
    whole = float(cumulative_incidence(end, codes, of=of).at(horizon))
    return np.asarray(end.size * whole - (end.size - 1) * left_out[place.ravel()])


def _left_out(end: Floats, codes: Ints, alike: Floats, horizon: float, of: int) -> Floats:
    """Leave-one-out incidence at the horizon for each kind of patient (time; 0 censored, 1 other, 2 own)."""
    times = np.unique(end[(codes > 0) & (end <= horizon)])
    at_risk = end.size - np.searchsorted(np.sort(end), times, side="left")
    ended = np.bincount(np.searchsorted(times, end[(codes > 0) & (end <= horizon)]), minlength=times.size)
    had = np.bincount(np.searchsorted(times, end[(codes == of) & (end <= horizon)]), minlength=times.size)
    gone, kind = alike[:, :1], alike[:, 1:]
    risk = np.maximum(at_risk - (gone >= times), 1)  # 0 only where no patient is left at risk
    steps = 1 - (ended - ((gone == times) & (kind > 0))) / risk
    before = np.concatenate([np.ones((len(alike), 1)), np.cumprod(steps, axis=1)[:, :-1]], axis=1)
    return np.asarray((before * (had - ((gone == times) & (kind == 2))) / risk).sum(axis=1))


def calibrate_incidence(
    time: ArrayLike,
    cause: ArrayLike,
    incidence: ArrayLike,
    *,
    horizon: float,
    of: int = 1,
    groups: int = 10,
    n_boot: int = 0,
    seed: int = 0,
    counts: Floats | None = None,
) -> Calibration:
    """Calibration of the predicted cumulative incidence of one cause at ``horizon``.

    Parameters
    ----------
    time, cause : array-like of shape (n_patients,)
        ``cause`` 0 where follow-up ended without an event.
    incidence : array-like of shape (n_patients,)
        Predicted probability of an event of the cause ``of`` by ``horizon``.
    horizon, of, groups
        As in ``calibrate``; ``of`` is the cause of interest.
    n_boot, seed, counts
        Bootstrap, as in ``harrell_c``.

    Returns
    -------
    Calibration
        Slope and intercept on the complementary log-log scale; the curve holds incidences, observed by Aalen-Johansen.

    Raises
    ------
    HorizonError
        If ``horizon`` lies beyond the last follow-up.

    Examples
    --------
    >>> from genorx.survival import calibrate_incidence
    >>> time, cause = [5, 8, 12, 15, 20, 24, 30, 36], [1, 2, 0, 1, 1, 0, 2, 0]
    >>> incidence = [0.5, 0.6, 0.3, 0.4, 0.7, 0.2, 0.4, 0.1]
    >>> round(calibrate_incidence(time, cause, incidence, horizon=18, groups=2).slope.estimate, 2)
    0.36
    """
    end, codes = checked_causes(time, cause)
    predicted = np.clip(np.asarray(incidence, dtype=float), _EDGE, 1 - _EDGE)
    counts = bootstrap_counts(end.size, n_boot, seed) if counts is None else counts
    observed = incidence_pseudo_observations(end, codes, horizon, of=of)
    linear = np.log(-np.log1p(-predicted))
    return Calibration(
        horizon=horizon,
        slope=scored(fit_cloglog(observed, linear, counts, slope=True)),
        intercept=scored(fit_cloglog(observed, linear, counts, slope=False)),
        curve=_curve(end, codes, predicted, horizon=horizon, of=of, groups=groups),
    )


def _curve(end: Floats, codes: Ints, predicted: Floats, *, horizon: float, of: int, groups: int) -> pd.DataFrame:
    groups = max(1, min(groups, end.size // 20))
    rows = []
    for members in np.array_split(np.argsort(predicted, kind="stable"), groups):
        curve = cumulative_incidence(end[members], codes[members], of=of)
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
