"""Follow-up of a snapshot: cut by a grace period, with checks of reporting lag and of sites that stopped.

Events are recorded late, so the newest months look too good; ``expected`` is cut at the same time as follow-up.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from genorx.monitor.checks import Check
from genorx.outcomes.recalibration.base import Base
from genorx.outcomes.recalibration.columns import GRID
from genorx.outcomes.recalibration.patients import Patients, by_site

Floats = NDArray[np.float64]
_LONGER = 1.5  # ratio of the lag to the former one
_FEWEST_EVENTS = 10
_FEWEST_OPEN = 10
_TOLERANCE = 1e-3


def cut(patients: Patients, base: Base, end: float) -> Patients:
    """Return patients who arrived by ``end``, followed to it; for a binary outcome, those with an outcome due by it."""
    there = patients.rows(patients.arrivals < end)
    if not base.likelihood.timed:
        return there.rows(there.arrivals + there.time <= end)
    limit = end - there.arrivals
    later = there.time > limit
    time = np.minimum(there.time, limit)
    shares = [part.course.share(time, there.time) for part in base.parts]
    return replace(
        there,
        time=time,
        event=np.where(later, 0, there.event),
        expected=there.expected * np.column_stack(shares),
    )


def follow_up_checks(patients: Patients, base: Base, as_of: float, span: float, alpha: float) -> Iterator[Check]:
    """Yield the faults of follow-up.

    Parameters
    ----------
    as_of : float
        Time of the snapshot, in the unit of follow-up.
    span : float
        Length of the newest period: since the last look, at least a quarter of a year.
    alpha : float
        Share of the look's alpha for these checks.
    """
    yield _after(patients, as_of)
    yield from _lag(patients, base, as_of, span, alpha)
    yield from _stopped(patients, as_of, span, alpha)


def _after(patients: Patients, as_of: float) -> Check:
    """Check that nothing is dated after the snapshot."""
    dated = patients.arrivals + patients.time
    late = int(np.sum(dated > as_of + _TOLERANCE * max(1.0, as_of)))
    if not late:
        return Check(check="outcome after the snapshot", statistic=0.0)
    message = f"the follow-up of {late} patients ends after the snapshot: the date or the time scale is wrong"
    return Check(
        check="outcome after the snapshot",
        statistic=float(late),
        severity="hold",
        message=message,
        code="monitor-after-snapshot",
    )


def _lag(patients: Patients, base: Base, as_of: float, span: float, alpha: float) -> Iterator[Check]:
    """Compare the reporting lag of the newest events with the base's: overall, and for recent arrivals.

    An event is known only if it was recorded by the snapshot, so its lag is compared with the base's lags up to the
    largest possible one (right truncation): without a change its rank among them is uniform.
    """
    if patients.lag is None or not base.lag:
        return
    happened = patients.arrivals + patients.time
    newest = (patients.event > 0) & ~np.isnan(patients.lag) & (happened > as_of - 2.0 * span)
    late = newest & (patients.arrivals > as_of - 4.0 * span)
    for place, which in (("", newest), ("newest arrivals", late)):
        found = _lag_test(patients.lag[which], as_of - happened[which], base, alpha / 2.0)
        if found is not None:
            yield replace(found, place=place)


def _lag_test(lag: Floats, possible: Floats, base: Base, alpha: float) -> Check | None:
    known = np.asarray(base.lag)
    reach = np.interp(possible, known, GRID)
    use = reach > 0.05  # otherwise hardly any lag was possible
    n = int(use.sum())
    if n < _FEWEST_EVENTS:
        return None
    rank = np.clip(np.interp(lag[use], known, GRID) / reach[use], 0.0, 1.0)
    z = (rank.mean() - 0.5) / np.sqrt((1.0 / n + 1.0 / base.lag_events) / 12.0)
    ratio = _times_as_long(lag[use], possible[use], known)
    p = float(stats.norm.sf(z))
    slow = p < alpha and ratio >= _LONGER
    message = (
        f"events are recorded {ratio:.1f} times as late as in the development data: recent outcomes are incomplete"
    )
    return Check(
        check="lag of records",
        statistic=ratio,
        p=p,
        alpha=alpha,
        severity="hold",
        message=message,
        code="monitor-late-records",
    ).only_if(slow)


def _times_as_long(lag: Floats, possible: Floats, known: Floats) -> float:
    """Return the factor by which the base's lags must grow for the mean rank of new lags to be one half."""
    factors = np.geomspace(0.2, 20.0, 80)
    middle = [
        np.mean(np.interp(lag / f, known, GRID) / np.maximum(np.interp(possible / f, known, GRID), 1e-9))
        for f in factors
    ]
    below = np.flatnonzero(np.asarray(middle) <= 0.5)
    return float(factors[below[0]]) if below.size else float(factors[-1])


def _stopped(patients: Patients, as_of: float, span: float, alpha: float) -> Iterator[Check]:
    """Check that follow-up of open patients reaches the snapshot at each site."""
    gap = as_of - patients.arrivals - patients.time
    open_ = (patients.event == 0) & (patients.arrivals < as_of - 2.0 * span)
    for site, here in by_site(patients):
        mine, others = gap[here & open_], gap[~here & open_]
        if len(mine) < _FEWEST_OPEN:
            continue
        median = float(np.median(mine))
        if site is None:
            p, stopped = np.nan, median > 4.0 * span
        else:
            p = float(stats.mannwhitneyu(mine, others, alternative="greater").pvalue) if len(others) else np.nan
            typical = float(np.median(others)) if len(others) else 0.0
            stopped = median > 2.0 * span and median > 2.0 * typical and bool(p < alpha)
        where = f"at site {site}" if site else "everywhere"
        message = f"follow-up has stopped {where}: half of the open patients were last seen {median:.3g} before"
        yield Check(
            check="follow-up stopped",
            place=site or "",
            statistic=median,
            p=p,
            alpha=alpha,
            severity="hold",
            message=message,
            code="monitor-follow-up-stopped",
        ).only_if(stopped)
