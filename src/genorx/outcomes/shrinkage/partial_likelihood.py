"""Cox's partial likelihood with strata, late entry, case weights and ties: value, gradient, information, baseline.

It penalises nothing; that is ``shrinkage.group_prior``.  One evaluation costs O(rows x columns^2): the sum over risk
sets of second moments is taken as a sum over rows, each weighted by the hazard it has lived through.
Source: Therneau TM, Grambsch PM (2000). Modeling Survival Data, chapter 3; Efron B 1977, JASA 72:557.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.integer[Any]]
Ties = Literal["efron", "breslow"]

#: Rows at risk below which no mean of a risk set is kept: a mean of few patients would give them away.
_FEWEST = 20


@dataclass(frozen=True, kw_only=True)
class Baseline:
    """Cumulative baseline hazard of one stratum, for a row of zeros.

    Attributes
    ----------
    times : array of shape (n_times,)
        Distinct event times, ascending.
    increments : array of shape (n_times,)
        Step of the cumulative hazard at each time.
    deaths : array of shape (n_times,)
        Weighted number of events; ``deaths / increments`` is the (tie-corrected) weighted size of the risk set.
    risk_means : array of shape (n_times, n_columns)
        Hazard-weighted mean of the columns over the risk set: how the step moves with the coefficients.  Where fewer
        than 20 rows are at risk the last mean of a larger set stands, so that no patient can be read off.
    end : float
        Last follow-up time of the stratum; nothing is known after it.
    """

    times: Floats
    increments: Floats
    deaths: Floats
    risk_means: Floats
    end: float

    def cumulative(self, times: Floats) -> Floats:
        """Return the cumulative hazard at ``times``, shape (n_times,)."""
        return step_values(self.times, np.cumsum(self.increments), times)


def step_values(knots: Floats, values: Floats, times: Floats) -> Floats:
    """Return a right-continuous step function at ``times``; 0 before the first knot; steps along the last axis."""
    place = np.searchsorted(knots, times, side="right")
    padded = np.concatenate([np.zeros((*values.shape[:-1], 1)), values], axis=-1)
    return np.asarray(padded[..., place], dtype=float)


class _Stratum:
    """Rows of one stratum in order of time, and where its risk sets begin."""

    def __init__(self, Z: Floats, time: Floats, event: NDArray[np.bool_], entry: Floats | None, weight: Floats) -> None:
        order = np.argsort(time, kind="stable")
        self.Z, self.time, self.weight = Z[order], time[order], weight[order]
        dead = np.flatnonzero(event[order])
        self.dead = dead
        self.times, self.starts, tied = np.unique(self.time[dead], return_index=True, return_counts=True)
        self.first = np.searchsorted(self.time, self.times, side="left")
        self.own = np.repeat(np.arange(self.times.size), tied)  # tied group of each death
        self.deaths = np.bincount(self.own, self.weight[dead], minlength=self.times.size).astype(float)
        self.at_risk = self.time.size - self.first
        self.lived = np.searchsorted(self.times, self.time, side="right")  # event times up to the row's end
        self.entry_order: Ints | None = None
        if entry is not None:
            self._late_entry(entry[order])

    def _late_entry(self, entry: Floats) -> None:
        entry = np.where(entry >= self.time, np.nextafter(self.time, -np.inf), entry)  # in its own risk set
        self.entry_order = np.argsort(entry, kind="stable")
        self.not_yet = np.searchsorted(entry[self.entry_order], self.times, side="left")
        self.before = np.searchsorted(self.times, entry, side="right")
        self.at_risk = self.at_risk - (self.time.size - self.not_yet)

    def ties(self, ties: Ties) -> tuple[Ints, Floats, Floats]:
        """Return tied group, share of its deaths taken out of the risk set, and weight, of each term."""
        if ties == "breslow":
            return np.arange(self.times.size), np.zeros(self.times.size), self.deaths
        count = np.bincount(self.own, minlength=self.times.size)
        rank = np.arange(self.own.size) - self.starts[self.own]
        return self.own, rank / count[self.own], np.asarray((self.deaths / count)[self.own])

    def risk_sums(self, values: Floats) -> Floats:
        """Sum rows over each risk set, along the first axis."""
        padded = np.concatenate([np.cumsum(values[::-1], axis=0)[::-1], np.zeros((1, *values.shape[1:]))])
        sums = padded[self.first]
        if self.entry_order is not None:
            late = np.cumsum(values[self.entry_order][::-1], axis=0)[::-1]
            sums = sums - np.concatenate([late, np.zeros((1, *values.shape[1:]))])[self.not_yet]
        return np.asarray(sums)


class PartialLikelihood:
    """Log partial likelihood of a Cox model as a function of its coefficients.

    Parameters
    ----------
    Z : array of shape (n_rows, n_columns)
    time, event : array of shape (n_rows,)
    entry : array of shape (n_rows,), optional
        Row is at risk in (entry, time]; absent: from the start.
    stratum : array of int, shape (n_rows,), optional
        0..n_strata-1, each with its own baseline.
    weights : array of shape (n_rows,), optional
    ties : {"efron", "breslow"}
    """

    def __init__(
        self,
        Z: Floats,
        time: Floats,
        event: NDArray[np.bool_],
        *,
        entry: Floats | None = None,
        stratum: NDArray[Any] | None = None,
        weights: Floats | None = None,
        ties: Ties = "efron",
    ) -> None:
        self.n_columns = Z.shape[1]
        weights = np.ones(time.size) if weights is None else weights
        stratum = np.zeros(time.size, dtype=int) if stratum is None else stratum
        self._strata: list[_Stratum] = []
        for level in range(int(stratum.max()) + 1):
            rows = np.flatnonzero(stratum == level)
            late = None if entry is None else entry[rows]
            self._strata.append(_Stratum(Z[rows], time[rows], event[rows], late, weights[rows]))
        self._terms = [part.ties(ties) for part in self._strata]

    def __call__(self, beta: Floats) -> tuple[float, Floats, Floats]:
        """Return log likelihood, gradient (n_columns,) and information (n_columns, n_columns)."""
        value, gradient = 0.0, np.zeros(self.n_columns)
        information = np.zeros((self.n_columns, self.n_columns))
        for part, terms in zip(self._strata, self._terms, strict=True):
            if part.dead.size:
                one = _evaluate(part, terms, beta)
                value, gradient, information = value + one[0], gradient + one[1], information + one[2]
        return value, gradient, information

    def baselines(self, beta: Floats) -> tuple[Baseline, ...]:
        """Return the cumulative baseline hazard of each stratum at these coefficients."""
        return tuple(_baseline(part, terms, beta) for part, terms in zip(self._strata, self._terms, strict=True))


def _sums(part: _Stratum, terms: tuple[Ints, Floats, Floats], beta: Floats) -> tuple[float, Floats, Floats, Floats]:
    """Return the shift of the linear predictor, relative hazards, and sizes and means of the risk sets by term."""
    own, share, _ = terms
    linear = part.Z @ beta
    shift = float(linear.max())  # so that no exponential overflows
    hazard = part.weight * np.exp(linear - shift)
    columns = np.column_stack([hazard, hazard[:, None] * part.Z])
    dying = np.add.reduceat(columns[part.dead], part.starts, axis=0)
    sums = part.risk_sums(columns)[own] - share[:, None] * dying[own]
    return shift, hazard, sums[:, 0], sums[:, 1:] / sums[:, :1]


def _evaluate(part: _Stratum, terms: tuple[Ints, Floats, Floats], beta: Floats) -> tuple[float, Floats, Floats]:
    own, share, weight = terms
    shift, hazard, size, means = _sums(part, terms, beta)
    dead = part.dead
    value = part.weight[dead] @ (part.Z[dead] @ beta) - weight @ (np.log(size) + shift)
    gradient = part.weight[dead] @ part.Z[dead] - weight @ means
    step = weight / size
    cumulative = np.concatenate([[0.0], np.cumsum(np.bincount(own, step, minlength=part.times.size))])
    exposure = cumulative[part.lived]
    if part.entry_order is not None:
        exposure = exposure - cumulative[part.before]
    exposure[dead] -= np.bincount(own, share * step, minlength=part.times.size)[part.own]
    information = part.Z.T @ ((hazard * exposure)[:, None] * part.Z) - means.T @ (weight[:, None] * means)
    return float(value), gradient, information


def _baseline(part: _Stratum, terms: tuple[Ints, Floats, Floats], beta: Floats) -> Baseline:
    end = float(part.time[-1]) if part.time.size else 0.0
    if not part.dead.size:
        empty = np.zeros(0)
        return Baseline(times=empty, increments=empty, deaths=empty, risk_means=np.zeros((0, beta.size)), end=end)
    own, _, weight = terms
    shift, _, size, means = _sums(part, terms, beta)
    increments = np.bincount(own, weight / size, minlength=part.times.size) * np.exp(-shift)
    of_time = means[np.searchsorted(own, np.arange(part.times.size))]
    large = np.flatnonzero(part.at_risk >= _FEWEST)
    last = np.maximum.accumulate(np.where(part.at_risk >= _FEWEST, np.arange(part.times.size), -1))
    if large.size:
        of_time = of_time[np.where(last >= 0, last, large[0])]
    else:
        of_time = np.broadcast_to(part.Z.mean(axis=0), of_time.shape)
    return Baseline(times=part.times, increments=increments, deaths=part.deaths, risk_means=of_time, end=end)
