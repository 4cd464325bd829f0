"""Faults of input data: units, missing values, levels, impossible values, lost columns; by site, in recent arrivals.

A fault is a step, far larger than a change of case mix: a unit changes a median by a factor, a new coding brings a
level that did not exist.  So each check requires both a minimum size and significance, and a harmless change of case
mix has neither.
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
from genorx.outcomes.recalibration.patients import Patients, by_site

_FACTOR = 2.5  # of medians; the smallest of common pairs of units is 2.7 (Celsius and Fahrenheit at body temperature)
_BEYOND = 0.1  # share beyond the range of the development data
_GAPS = 0.1  # increase of the share of missing values
_STEP_OF_LEVEL = 0.3  # change of a level's share at one site that is absent at the others
_STEP_EVERYWHERE = 0.4
_FEWEST = 8
_FEWEST_LEVELS = 20


def input_fault_checks(newest: Patients, base: Base, alpha: float) -> Iterator[Check]:
    """Yield checks of the patients who arrived since the last look.

    Parameters
    ----------
    newest : Patients
        Patients who arrived since the last look.
    base : Base
        Development data.
    alpha : float
        Share of the look's alpha for these checks, divided among the tests.
    """
    if newest.doubled:
        message = f"{newest.doubled} rows repeat a patient of the table"
        yield _held("doubled patients", "", float(newest.doubled), message, "monitor-doubled")
    for column in base.columns:
        if column.name not in newest.covariates:
            message = f"column {shown(column.name)!r} is no longer in the table"
            yield _held("column vanished", column.name, 1.0, message, "monitor-column-gone")
    if len(newest) < _FEWEST:
        return
    places = list(by_site(newest))
    there = [column for column in base.columns if column.name in newest.covariates]
    share = alpha / max(1, 4 * len(there) * len(places))
    for column in there:
        values = newest.covariates[column.name]
        yield _impossible(values, column)
        yield from _new_levels(values, column)
        for site, here in places:
            if here.sum() >= _FEWEST:
                yield from _at_place(values, here, site, column, share)


def _held(check: str, place: str, statistic: float, message: str, code: str) -> Check:
    return Check(check=check, place=place, statistic=statistic, severity="hold", message=message, code=code)


def _place(column: ColumnBase, site: str | None) -> str:
    return column.name if site is None else f"{column.name} at site {site}"


def _impossible(values: pd.Series, column: ColumnBase) -> Check:
    """Check that a numeric column has only numbers, and negative ones only if the development data had some."""
    check, place = "impossible values", column.name
    if not column.numeric:
        return Check(check=check, place=place, statistic=0.0)
    numbers = pd.to_numeric(values, errors="coerce")
    words = int((numbers.isna() & values.notna()).sum())
    below = int((numbers < 0).sum()) if column.range[0] >= 0 else 0
    endless = int(np.isinf(numbers.to_numpy(dtype=float, na_value=np.nan)).sum())
    count = words + below + endless
    if not count:
        return Check(check=check, place=place, statistic=0.0)
    message = f"{shown(column.name)!r} holds text in {words} cells and impossible values in {below + endless}"
    return _held(check, place, float(count), message, "monitor-impossible-values")


def _new_levels(values: pd.Series, column: ColumnBase) -> Iterator[Check]:
    """Check for levels that are not in the development data."""
    if not column.shares:
        return
    levels = as_levels(values)
    new = levels[~levels.isin(list(column.shares))]
    count = len(new)
    if not count:
        yield Check(check="new level", place=column.name, statistic=0.0)
        return
    many = count >= 3 or count >= 0.02 * len(levels)
    message = f"{count} patients have a level of {shown(column.name)!r} that is not in the development data"
    yield Check(
        check="new level",
        place=column.name,
        statistic=float(count),
        severity="hold" if many else "description",
        message=message,
        code="monitor-new-level",
    )


def _at_place(
    values: pd.Series, here: NDArray[np.bool_], site: str | None, column: ColumnBase, alpha: float
) -> Iterator[Check]:
    mine = values[here]
    yield _gaps(mine, site, column, alpha)
    known = pd.to_numeric(mine, errors="coerce").dropna() if column.numeric else mine.dropna()
    if len(known) < _FEWEST:
        return
    if column.numeric and not column.shares:
        yield _units(known, site, column, alpha)
    own = site is None or site in column.level_shares  # a new site has no earlier share of its own
    if column.shares and own and len(known) >= _FEWEST_LEVELS:
        others = values[~here].dropna() if site is not None else None
        yield _level_step(known, others, site, column, alpha)


def _gaps(mine: pd.Series, site: str | None, column: ColumnBase, alpha: float) -> Check:
    """Check that the share of missing values has not increased."""
    before = column.missing.get(site or "", column.missing_share)
    n, gaps = len(mine), int(mine.isna().sum())
    n_before = column.site_patients.get(site or "", column.patients)
    p = _more(gaps, n, before, n_before)
    step = gaps / n - before
    wrong = step >= _GAPS and p < alpha
    message = (
        f"{shown(_place(column, site))} is missing in {gaps / n:.0%} of the newest patients, formerly in {before:.0%}"
    )
    return Check(
        check="missing share",
        place=_place(column, site),
        statistic=gaps / n,
        p=p,
        alpha=alpha,
        severity="hold",
        message=message,
        code="monitor-missing",
    ).only_if(wrong)


def _more(count: int, n: int, before: float, n_before: int) -> float:
    """Return the p-value of an increased share (Fisher's exact test)."""
    earlier = round(before * n_before)
    return float(stats.hypergeom.sf(count - 1, n + n_before, count + earlier, n))


def _units(known: pd.Series, site: str | None, column: ColumnBase, alpha: float) -> Check:
    """Check for a step in a numeric column: the ratio of medians, and the share beyond the training range."""
    numbers = known.to_numpy(dtype=float)
    before = column.medians.get(site or "", column.median)
    now = float(np.median(numbers))
    ratio = now / before if before * now > 0 else np.nan
    low, high = column.range
    beyond = int(np.sum((numbers < low) | (numbers > high)))
    p_beyond = float(stats.binom.sf(beyond - 1, len(numbers), 2.0 / (column.known + 2.0))) if beyond else 1.0
    p_rank = _rank_p(numbers, column)
    factor = bool(np.isfinite(ratio)) and not 1.0 / _FACTOR < ratio < _FACTOR
    wrong = (factor and p_rank < alpha) or (beyond / len(numbers) >= _BEYOND and p_beyond < alpha)
    message = (
        f"{shown(_place(column, site))} has jumped: the median is {ratio:.3g} times that before, and "
        f"{100 * beyond / len(numbers):.0f} % lie beyond the range of the development data: did the unit change?"
    )
    return Check(
        check="step of a column",
        place=_place(column, site),
        statistic=ratio,
        p=min(p_beyond, p_rank) if factor else p_beyond,
        alpha=alpha,
        severity="hold",
        message=message,
        code="monitor-step",
    ).only_if(wrong)


def _rank_p(numbers: NDArray[np.float64], column: ColumnBase) -> float:
    """Return the two-sided p-value of the mean rank of new numbers among the quantiles of the development data."""
    known = np.asarray(column.quantiles)
    low = GRID[np.clip(np.searchsorted(known, numbers, side="left"), 0, len(GRID) - 1)]
    high = GRID[np.clip(np.searchsorted(known, numbers, side="right"), 0, len(GRID) - 1)]
    z = (np.mean((low + high) / 2.0) - 0.5) / np.sqrt((1.0 / len(numbers) + 1.0 / max(column.known, 1)) / 12.0)
    return float(2.0 * stats.norm.sf(abs(z)))


def _level_step(
    known: pd.Series, others: pd.Series | None, site: str | None, column: ColumnBase, alpha: float
) -> Check:
    """Check that no level's share has jumped at one site only, or strongly at all sites."""
    before = column.level_shares.get(site or "", column.shares)
    now = _counts(known)
    elsewhere = {} if others is None else _counts(others)
    n, n_elsewhere = len(known), sum(elsewhere.values())
    worst, level_of = 0.0, ""
    for level in column.shares:
        step = now.get(level, 0) / n - before.get(level, 0.0)
        if n_elsewhere:
            step -= elsewhere.get(level, 0) / n_elsewhere - column.shares[level]
        if abs(step) > abs(worst):
            worst, level_of = step, level
    p_of = _two_sided(now.get(level_of, 0), n, min(max(before.get(level_of, 0.0), 1e-3), 1 - 1e-3))
    least = _STEP_EVERYWHERE if site is None else _STEP_OF_LEVEL
    wrong = abs(worst) >= least and p_of < alpha
    message = (
        f"the share of a level of {shown(_place(column, site))} has changed by {worst:+.0%}: did the coding change?"
    )
    return Check(
        check="step of a level",
        place=_place(column, site),
        statistic=worst,
        p=p_of,
        alpha=alpha,
        severity="hold",
        message=message,
        code="monitor-level-step",
    ).only_if(wrong)


def _counts(values: pd.Series) -> dict[str, int]:
    names, counts = np.unique(as_levels(values).to_numpy(dtype=str), return_counts=True)
    return dict(zip(names.tolist(), counts.tolist(), strict=True))


def _two_sided(count: int, n: int, share: float) -> float:
    """Return twice the smaller tail of a binomial count."""
    tails = stats.binom.cdf(count, n, share), stats.binom.sf(count - 1, n, share)
    return float(min(1.0, 2.0 * min(tails)))
