"""Summaries of survival curves: the area under each and its median.

Each curve is summed along its own row, so that the numbers of a patient do not depend on the other patients.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class CurveNumbers:
    """Reported summaries of survival for a block of patients, drawn without storing the curves.

    Attributes
    ----------
    options : tuple of str, length n_options
    at : array of shape (n_horizons, n_patients, n_options, 1 + n_draws)
        Survival at each horizon: best estimate, then draws.
    area : array of shape (n_patients, n_options, 1 + n_draws)
        Restricted mean.
    median : array of shape (n_patients, n_options, 1 + n_draws)
        Infinite if survival does not fall to one half.
    """

    options: tuple[str, ...]
    at: Floats
    area: Floats
    median: Floats


@dataclass(frozen=True, kw_only=True)
class CurveRequest:
    """Requested summaries of curves on ``times``: indices of the horizons, and times up to the restriction time.

    Medians take a third of the time; if not requested they are NaN.
    """

    times: Floats
    horizons: Ints
    upto: int
    medians: bool = True

    @classmethod
    def means(cls, times: Floats) -> CurveRequest:
        """Request the restricted mean up to the last time, and survival at it."""
        return cls(times=times, horizons=np.array([times.size - 1]), upto=times.size, medians=False)

    @classmethod
    def of(cls, times: Floats, horizons: tuple[float, ...], restricted: float) -> CurveRequest:
        """Find the indices; horizons and the restriction time are among the times."""
        upto = int(np.searchsorted(times, restricted, side="right"))
        return cls(times=times, horizons=np.searchsorted(times, np.array(horizons)), upto=upto)


def area_under(curves: Floats, times: Floats) -> Floats:
    """Return the area under each curve (last axis) by the trapezoidal rule: ``numpy.trapezoid``, with fewer copies."""
    if curves.ndim > 1 and curves.strides[-1] != curves.itemsize:  # many curves: one time after another
        return _area_by_time(np.moveaxis(curves, -1, 0), times)
    flat = np.ascontiguousarray(curves).reshape(-1, times.size)  # one row per curve: each is summed in the same order
    both = flat[:, 1:] + flat[:, :-1]
    both *= np.diff(times)
    return np.asarray(both.sum(axis=1) / 2.0).reshape(curves.shape[:-1])


def _area_by_time(values: Floats, times: Floats) -> Floats:
    """Return the area under curves whose times are on the first axis."""
    widths = np.diff(times, prepend=times[0], append=times[-1])
    total: Floats = np.zeros_like(values[0])
    for value, weight in zip(values, (widths[1:] + widths[:-1]) / 2, strict=True):
        total += value * weight
    return total


def medians(survival: Floats, times: Floats) -> Floats:
    """Return the time at which each curve (last axis) falls to one half; infinite if it does not."""
    found = np.full(survival.shape[:-1], np.inf)
    reached = survival[..., -1] <= 0.5  # no curve increases
    if reached.any():
        found[reached] = _crossings(survival[reached], times)
    return found


def _crossings(flat: Floats, times: Floats) -> Floats:
    """Return the time at which each row, which ends below one half, crosses it."""
    below, rows = flat <= 0.5, np.arange(len(flat))
    first = below.argmax(axis=1)
    before = np.maximum(first - 1, 0)
    return fall_between(times[before], times[first], flat[rows, before], flat[rows, first])


def fall_between(before: Floats, after: Floats, upper: Floats, lower: Floats) -> Floats:
    """Return the time at which a line falls to one half, from ``upper`` at ``before`` to ``lower`` after."""
    drop = np.where(upper > lower, upper - lower, 1.0)
    return np.asarray(before + (after - before) * (upper - 0.5) / drop)
