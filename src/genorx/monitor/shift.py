"""Shift of case mix: distance of new patients from the development data, and values outside it; never an alarm.

The classifier of old against new patients is the linear discriminant, computed from means and covariances, so that a
model file need not store patients for it.
Source: Hotelling H 1931 (test of means); Anderson TW 2003, An Introduction to Multivariate Statistical Analysis, 6.5.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from genorx.errors import shown
from genorx.monitor.checks import Check
from genorx.outcomes.recalibration.base import Base
from genorx.outcomes.recalibration.columns import GRID, ColumnBase, as_levels
from genorx.outcomes.recalibration.patients import Patients

Floats = NDArray[np.float64]
_LEVEL = 0.05
_FEWEST = 20


def shift_checks(patients: Patients, base: Base) -> Iterator[Check]:
    """Yield the differences of patients from the development data.

    Parameters
    ----------
    patients : Patients
        Patients of the window.
    """
    if len(patients) < _FEWEST:
        return
    yield _classifier(patients, base)
    there = [column for column in base.columns if column.name in patients.covariates]
    for column in there:
        yield _column(patients.covariates[column.name], column, _LEVEL / max(1, len(there)))
    outside = float(np.mean(outside_support(patients, base)))
    message = f"{outside:.1%} of the patients have a value beyond the range of the development data"
    yield Check(check="outside the support", statistic=outside, severity="description", message=message)


def outside_support(patients: Patients, base: Base) -> NDArray[np.bool_]:
    """Return a mask of patients with a value outside the range, or a level not in the development data."""
    outside = np.zeros(len(patients), dtype=bool)
    for column in base.columns:
        if column.name not in patients.covariates:
            continue
        values = patients.covariates[column.name]
        if column.shares:
            known = values.notna().to_numpy()
            levels = as_levels(values).reindex(values.index)
            outside |= known & ~levels.isin(list(column.shares)).to_numpy()
        elif column.numeric:
            numbers = pd.to_numeric(values, errors="coerce")
            outside |= ((numbers < column.range[0]) | (numbers > column.range[1])).to_numpy()
    return outside


def _classifier(patients: Patients, base: Base) -> Check:
    """Return the discriminant's area under the curve, with Hotelling's test of the means."""
    rows = base.parts[0].directions.rows(patients.described, patients.index[:, 0])[:, 1:]
    n, m, p = len(rows), base.patients, rows.shape[1]
    pooled = (np.atleast_2d(np.cov(rows, rowvar=False)) * (n - 1) + base.covariance * (m - 1)) / (n + m - 2)
    away = rows.mean(axis=0) - base.mean
    distance = float(away @ np.linalg.pinv(pooled, hermitian=True) @ away)
    squared = distance * n * m / (n + m)
    freedom = n + m - p - 1
    tail = float(stats.f.sf(squared * freedom / ((n + m - 2) * p), p, freedom)) if freedom > 0 else np.nan
    area = float(stats.norm.cdf(np.sqrt(max(distance, 0.0) / 2.0)))
    shifted = tail < _LEVEL
    message = f"new patients can be distinguished from the development data with an area under the curve of {area:.2f}"
    return Check(
        check="case mix: classifier of old against new",
        statistic=area,
        p=tail,
        alpha=_LEVEL,
        severity="shift",
        message=message,
        code="monitor-shift",
    ).only_if(shifted)


def _column(values: pd.Series, column: ColumnBase, alpha: float) -> Check:
    statistic, p = _levels(values, column) if column.shares else _numbers(values, column)
    shifted = bool(p < alpha)
    message = f"{shown(column.name)!r} has another distribution than in the development data"
    return Check(
        check="case mix: column",
        place=column.name,
        statistic=statistic,
        p=p,
        alpha=alpha,
        severity="shift",
        message=message,
    ).only_if(shifted)


def _numbers(values: pd.Series, column: ColumnBase) -> tuple[float, float]:
    """Return the largest distance between distributions (Kolmogorov-Smirnov) and its p-value."""
    known = np.sort(pd.to_numeric(values, errors="coerce").dropna().to_numpy(dtype=float))
    if not known.size or not column.quantiles:
        return np.nan, np.nan
    at = np.asarray(column.quantiles)
    shares = np.searchsorted(known, at, side="right") / known.size
    step = np.searchsorted(at, at, side="right") / len(at)  # ties of the quantiles
    distance = float(np.max(np.abs(shares - np.maximum(GRID, np.minimum(step, 1.0)))))
    effective = known.size * column.known / (known.size + column.known)
    return distance, float(stats.kstwobign.sf(distance * np.sqrt(effective)))


def _levels(values: pd.Series, column: ColumnBase) -> tuple[float, float]:
    """Return the largest change of a level's share, and the p-value of the chi-squared test."""
    now = as_levels(values).value_counts()
    n = int(now.sum())
    names = sorted({*column.shares, *now.index})
    if not n or len(names) < 2:
        return np.nan, np.nan
    table = np.array(
        [[column.shares.get(name, 0.0) * column.known for name in names], [now.get(name, 0) for name in names]]
    )
    change = table[1] / n - table[0] / max(column.known, 1)
    p = float(stats.chi2_contingency(table, correction=False).pvalue)
    return float(change[np.argmax(np.abs(change))]), p
