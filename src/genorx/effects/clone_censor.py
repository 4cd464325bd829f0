"""Clone-censor-weight comparison of "begin within a grace period" with "do not begin within it".

Each patient is followed under both strategies until the treatment deviates from one of them; the follow-up of that
clone is censored there, and the remaining clones are weighted for it.  Weights come from a pooled logistic model of
beginning in each interval of the grace period and are capped at the 1st and 99th percentile; those of "do not begin"
are stabilised.  The clones of "begin within g" begin by one of two rules: as in the data until the last interval, in
which all others do; or after the waiting times of those who begin within g, so that the estimate does not depend on few
patients of the last interval.  It estimates the mean, not the effect for one patient, and complements the landmark and
start-stop analyses.
Sources: Hernan MA 2018, BMJ 360:k182; Cain LE et al. 2010, Int J Biostat 6:18.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genorx._core.proportion import NORMAL_975
from genorx._core.short_repr import short
from genorx.effects.adjusted.alignment import check_outcome
from genorx.effects.overlap.horizon import cut_at
from genorx.errors import HorizonError, SupportError, UsageError, shown
from genorx.outcomes.encoding.encoding import FeatureEncoder

Floats = NDArray[np.float64]
_INTERVALS = 12
_PARTS = 5  # of an interval, by which the untreated are weighted: there are too few events for so many probabilities
_LEAST = 1e-6  # probability below which weights do not increase further
_FEWEST = 10  # fewest patients who begin within the grace period, and who do not
#: Rule for when the clones of "begin within the grace period" begin.
BeginsBy = Literal["latest", "observed"]


@short
@dataclass(frozen=True, kw_only=True)
class CloneDifference:
    """Restricted mean under "begin within the grace period" minus that under "do not".

    Attributes
    ----------
    estimate, std_error, lower, upper : float
        In the unit of time; standard error by bootstrap of patients.
    treated, untreated : float
        Restricted mean under each strategy.
    began, censored : int
        Patients who began within the grace period; clones whose follow-up was ended.
    largest_weight : float
        Largest weight under either strategy, after capping.
    grace, horizon : float
        Grace period, and time up to which means are computed, in the unit of time.
    assumptions : tuple of str
        Conditions under which the difference is an effect.
    """

    estimate: float
    std_error: float
    lower: float
    upper: float
    treated: float
    untreated: float
    began: int
    censored: int
    largest_weight: float
    grace: float
    horizon: float
    assumptions: tuple[str, ...]


def clone_censor_difference(
    X: pd.DataFrame,
    y: pd.DataFrame,
    start: pd.Series[float],
    *,
    grace: float,
    horizon: float,
    left: pd.Series[float] | None = None,
    waits: BeginsBy = "latest",
    n_boot: int = 100,
    seed: int = 0,
) -> CloneDifference:
    """Compare starting a treatment within a grace period with not doing so, by cloning, censoring and weighting.

    Parameters
    ----------
    X : DataFrame, index of patients
        Features known at time zero.
    y : DataFrame with ``time`` and ``event``
        Follow-up from time zero, and whether it ended with the event.
    start : Series of float
        Time at which treatment began; missing if never.
    grace, horizon : float
        In the unit of ``time``; ``grace`` below ``horizon``.
    left : Series of float, optional
        When a patient left the state in which the treatment may begin; missing if never.  Patients who left it
        untreated adhere to both strategies, and are followed under both, also if treatment begins later.
    waits : {"latest", "observed"}
        Rule for when patients assigned to begin do so: as in the data, and all remaining ones in the last twelfth of
        the grace period; or after waiting times as among those who begin within it.
    n_boot : int
        Bootstrap samples of patients.
    seed : int
        Seed of the bootstrap.

    Raises
    ------
    UsageError
        If ``grace`` is not between 0 and ``horizon``.
    HorizonError
        If ``horizon`` exceeds the last follow-up.
    SupportError
        If fewer than 10 patients began within the grace period, or did not (``too-few-events``).
    """
    if not 0 < grace < horizon:
        raise UsageError(f"grace period {grace:g} is not between 0 and the horizon {horizon:g}", code="grace")
    if waits not in get_args(BeginsBy):
        raise UsageError(f"waits is {shown(waits)}: {' or '.join(get_args(BeginsBy))}")
    check_outcome(y)
    rows = X.index.intersection(y.index, sort=False).sort_values()
    if horizon > float(y.loc[rows, "time"].max()):
        raise HorizonError(f"horizon {horizon:g} lies beyond the last follow-up, {y.loc[rows, 'time'].max():g}")
    cut = cut_at(y.loc[rows], horizon)
    begun = start.reindex(rows).to_numpy(float)
    time, event = cut["time"].to_numpy(float), cut["event"].to_numpy(bool)
    gone = np.full(len(rows), np.inf) if left is None else left.reindex(rows).fillna(np.inf).to_numpy(float)
    until = np.asarray(np.where((begun < time) & (begun <= gone), begun, np.inf), dtype=np.float64)
    gone = np.where(gone < until, gone, np.inf)
    soon = until <= grace
    if min(soon.sum(), (~soon).sum()) < _FEWEST:
        text = f"{int(soon.sum())} patients began within {grace:g}, {int((~soon).sum())} did not"
        raise SupportError(f"{text}; {_FEWEST} of each are needed", code="too-few-events")
    Z = FeatureEncoder().fit_transform(X.loc[rows])
    clones = _Clones(Z=Z, time=time, event=event, begun=until, left=gone, grace=grace, horizon=horizon, waits=waits)
    whole = np.arange(len(rows))
    treated, untreated, largest = clones.means(whole)
    rng = np.random.default_rng(seed)
    drawn = [clones.means(rng.integers(0, len(rows), len(rows))) for _ in range(n_boot)]
    gaps = np.array([one - other for one, other, _ in drawn])
    error = float(np.std(gaps, ddof=1)) if n_boot > 1 else float("nan")
    estimate = treated - untreated
    return CloneDifference(
        estimate=estimate,
        std_error=error,
        lower=estimate - NORMAL_975 * error,
        upper=estimate + NORMAL_975 * error,
        treated=treated,
        untreated=untreated,
        began=int(soon.sum()),
        censored=int(soon.sum() + ((~soon) & (time > grace)).sum()),
        largest_weight=largest,
        grace=grace,
        horizon=horizon,
        assumptions=_assumptions(X, grace),
    )


@dataclass(frozen=True, kw_only=True)
class _Clones:
    """Patients as arrays; times are cut at the horizon, ``begun`` and ``left`` are infinite if they never occur."""

    Z: Floats
    time: Floats
    event: NDArray[np.bool_]
    begun: Floats
    left: Floats
    grace: float
    horizon: float
    waits: BeginsBy

    def means(self, rows: NDArray[np.int64]) -> tuple[float, float, float]:
        """Return the restricted means of both strategies, and the largest weight, in a sample of patients."""
        edges = np.linspace(0.0, self.grace, _INTERVALS + 1)
        time, event, begun, left = self.time[rows], self.event[rows], self.begun[rows], self.left[rows]
        chance, share = self._chances(rows, edges)
        there = _part_there(left, edges)
        if self.waits == "observed":
            treated = _after_waits(time, event, _wait_weights(begun, there, (chance, share), edges), edges)
        else:
            last = 1 / np.maximum(chance[:, -1], _LEAST)  # not stabilised: patients who began before have weight 1
            until = (begun, np.minimum(begun, left))
            treated = _treated(time, event, until, _cut(last[:, None])[:, 0], self.grace)
        one = _untreated(time, event, begun, *_stay_weights(left, (chance, share), self.grace))
        largest = float(max(treated[3].max(), one[3].max()))
        return _curve_area(*treated, self.horizon), _curve_area(*one, self.horizon), largest

    def _chances(self, rows: NDArray[np.int64], edges: Floats) -> tuple[Floats, Floats]:
        """Return each patient's probability, and the overall share, of beginning in each interval, if still able to.

        A patient who leaves, dies or is lost within an interval counts for the part before, as in a life table.
        """
        n_intervals = edges.size - 1
        until = np.minimum(np.minimum(self.begun[rows], self.left[rows]), self.time[rows])
        pieces, features, began, seen = [], [], [], []
        for place in range(n_intervals):
            there = np.flatnonzero(until > edges[place])
            pieces.append(np.full(there.size, place))
            features.append(self.Z[rows][there])
            began.append(self.begun[rows][there] <= edges[place + 1])
            seen.append(np.where(began[-1], 1.0, _part_there(until[there], edges)[:, place]))
        when, what, hit = np.concatenate(pieces), np.concatenate(features), np.concatenate(began)
        part = np.concatenate(seen)
        clock = np.eye(n_intervals)[when]
        chance = _logistic(np.column_stack([clock, what]), hit, part)
        share = (np.bincount(when, hit, n_intervals) + 0.5) / (np.bincount(when, part, n_intervals) + 1.0)
        grid = np.stack(
            [
                chance(np.column_stack([np.eye(n_intervals)[[place] * len(rows)], self.Z[rows]]))
                for place in range(n_intervals)
            ],
            axis=1,
        )
        return grid, share


def _logistic(columns: Floats, hit: NDArray[np.bool_], weight: Floats) -> Any:
    from sklearn.linear_model import LogisticRegression

    fit = LogisticRegression(C=1.0, max_iter=500, fit_intercept=False).fit(columns, hit, sample_weight=weight)
    return lambda Z: fit.predict_proba(Z)[:, 1]


def _cut(weights: Floats) -> Floats:
    lower, upper = np.quantile(weights, [0.01, 0.99], axis=0)
    return np.asarray(np.clip(weights, lower, upper))


def _treated(
    time: Floats,
    event: NDArray[np.bool_],
    until: tuple[Floats, Floats],
    last: Floats,
    grace: float,
) -> tuple[Floats, Floats, NDArray[np.bool_], Floats]:
    """Rows of clones assigned to begin: all until the grace period ends, then those who began or left the state.

    ``until`` holds when each patient began, and the earlier of beginning and leaving; ``last`` the weights of patients
    who began in the last interval.
    """
    begun, keeps = until
    entry = np.zeros(time.size)
    early = np.minimum(time, grace)
    goes_on = (time > grace) & (keeps <= grace)
    in_last = (begun > grace * (1 - 1 / _INTERVALS)) & (begun <= grace)
    weight = np.where(in_last, last, 1.0)[goes_on]
    return (
        np.concatenate([entry, np.full(goes_on.sum(), grace)]),
        np.concatenate([early, time[goes_on]]),
        np.concatenate([event & (time <= grace), event[goes_on]]),
        np.concatenate([np.ones(time.size), weight]),
    )


def _part_there(left: Floats, edges: Floats) -> Floats:
    """Return the part of each interval before a patient left the state, shape (n_patients, n_intervals).

    A patient who leaves within an interval could have begun in this part only.
    """
    return np.clip((left[:, None] - edges[:-1]) / np.diff(edges), 0.0, 1.0)


def _stay_weights(left: Floats, chances: tuple[Floats, Floats], grace: float) -> tuple[Floats, Floats]:
    """Return stabilised weights of the untreated after each part of each interval, and the edges of the parts.

    The probability of beginning is spread evenly over an interval.  With whole intervals, patients who left the state
    and are never censored would have too large a share of those followed: some of the others have begun already.
    """
    kept, shared = (np.repeat(np.log1p(-np.minimum(each, 1 - _LEAST)) / _PARTS, _PARTS, axis=-1) for each in chances)
    edges = np.linspace(0.0, grace, shared.size + 1)
    return _cut(np.exp(np.cumsum(shared - kept * _part_there(left, edges), axis=1))), edges


def _wait_weights(begun: Floats, there: Floats, chances: tuple[Floats, Floats], edges: Floats) -> Floats:
    """Return the weight of each clone after each interval, if all who are to begin have the waits of those who did.

    ``chances`` are each patient's probability, and the overall share, of beginning in each interval, of which a
    patient could begin in the part ``there``.  Weights are the ratio of the probabilities under the strategy and in the
    data: of not having begun, or of beginning; in the last interval all begin.
    """
    chance, share = chances
    by_now = np.concatenate([[0.0], 1 - np.cumprod(1 - share)])
    wanted = np.diff(by_now) / (by_now[-1] - by_now[:-1])  # 1 in the last interval
    weight, found = np.ones(begun.size), []
    for place in range(edges.size - 1):
        begins = (begun > edges[place]) & (begun <= edges[place + 1])
        waits, part = begun > edges[place + 1], there[:, place]
        weight = np.where(begins, weight * wanted[place] / np.maximum(chance[:, place], _LEAST), weight)
        stayed = (1 - wanted[place] * part) / np.maximum(1 - chance[:, place] * part, _LEAST)
        weight = np.where(waits, weight * stayed, weight)
        goes_on = weight > 0
        found.append(np.zeros(begun.size))
        if goes_on.any():
            found[-1][goes_on] = _cut(weight[goes_on])
    return np.stack(found, axis=1)


def _after_waits(
    time: Floats, event: NDArray[np.bool_], weights: Floats, edges: Floats
) -> tuple[Floats, Floats, NDArray[np.bool_], Floats]:
    """Rows of clones that begin after such waits: one an interval, and one after the grace period."""
    ends = np.append(edges[1:], np.inf)
    parts = []
    for place, (low, high) in enumerate(zip(edges, ends, strict=True)):
        weight = weights[:, place - 1] if place else np.ones(time.size)
        there = np.flatnonzero((time > low) & (weight > 0))
        stop = np.minimum(time[there], high)
        parts.append((np.full(there.size, low), stop, event[there] & (time[there] <= high), weight[there]))
    entry, stop, died, weight = (np.concatenate(each) for each in zip(*parts, strict=True))
    return entry, stop, died, weight


def _untreated(
    time: Floats, event: NDArray[np.bool_], begun: Floats, stay: Floats, edges: Floats
) -> tuple[Floats, Floats, NDArray[np.bool_], Floats]:
    """Rows of clones assigned not to begin: until they do, weighted by interval; those after the grace period stay."""
    ends = np.append(edges[1:], np.inf)
    starts = edges
    until = np.where(begun <= edges[-1], np.minimum(begun, time), time)
    parts = []
    for place, (low, high) in enumerate(zip(starts, ends, strict=True)):
        there = np.flatnonzero(until > low)
        weight = stay[there, place - 1] if place else np.ones(there.size)
        stop = np.minimum(until[there], high)
        died = event[there] & (time[there] <= stop) & (until[there] >= time[there])
        parts.append((np.full(there.size, low), stop, died, weight))
    entry, stop, died, weight = (np.concatenate(each) for each in zip(*parts, strict=True))
    return entry, stop, died, weight


def _curve_area(entry: Floats, end: Floats, event: NDArray[np.bool_], weight: Floats, horizon: float) -> float:
    """Return the area under the weighted Kaplan-Meier curve of start-stop rows."""
    times = np.unique(end[event])
    deaths = np.bincount(np.searchsorted(times, end[event]), weight[event], minlength=times.size)
    at_risk = _weight_after(end, weight, times) - _weight_after(entry, weight, times)
    with np.errstate(divide="ignore", invalid="ignore"):
        step = np.where(at_risk > 0, 1 - deaths / at_risk, 1.0)
    survival = np.cumprod(np.clip(step, 0.0, 1.0))
    knots = np.concatenate([[0.0], times, [horizon]])
    return float(np.diff(knots) @ np.concatenate([[1.0], survival]))


def _weight_after(at: Floats, weight: Floats, times: Floats) -> Floats:
    """Return the total weight of rows whose ``at`` is at or after each time."""
    order = np.argsort(at, kind="stable")
    total = np.concatenate([np.cumsum(weight[order][::-1])[::-1], [0.0]])
    return np.asarray(total[np.searchsorted(at[order], times)])


def _assumptions(X: pd.DataFrame, grace: float) -> tuple[str, ...]:
    listed = ", ".join(sorted(map(str, X.columns)))
    return (
        f"patients begin within {grace:g} for reasons unrelated to the outcome, given: {listed}",
        "features are those of time zero: later changes that influenced the decision are not adjusted for",
        "each patient alive and untreated could have begun in each interval of the grace period",
        "censoring does not depend on the outcome",
    )
