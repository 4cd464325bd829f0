"""Cox's partial likelihood with strata, late entry, case weights and ties: value, gradient, information, baseline.

Without penalty, which is ``shrinkage.group_prior``.  One evaluation costs O(rows x columns^2): the sum over risk sets
of second moments is computed as a sum over rows, each weighted by its accumulated hazard.  Columns that are equal in
all rows of a stratum are computed once, and columns of zeros not at all: if each option has a stratum, products with
the other options are 0 in it, and those with its own equal the features.
Source: Therneau TM, Grambsch PM (2000). Modeling Survival Data, chapter 3; Efron B 1977, JASA 72:557.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from genorx._core.disclosure import FEWEST
from genorx.outcomes.shrinkage.baseline import Baseline, EventSteps, coarse, coarse_times

Floats = NDArray[np.float64]
Ints = NDArray[np.integer[Any]]
Ties = Literal["efron", "breslow"]
_ROUNDED = 1e-10  # share of a sum of hazards below which a difference of two such sums is rounding error


class _Stratum:
    """Rows of one stratum sorted by time, and the start of its risk sets."""

    def __init__(self, Z: Floats, time: Floats, event: NDArray[np.bool_], entry: Floats | None, weight: Floats) -> None:
        order = np.argsort(time, kind="stable")
        self.Z, self.time, self.weight = Z[order], time[order], weight[order]
        self.event, self.entry = event[order], None if entry is None else entry[order]
        dead = np.flatnonzero(self.event)
        self.dead = dead
        self.distinct, self.places = _distinct_columns(self.Z)
        self.Z_dead, self.weight_dead = self.Z[dead], self.weight[dead]
        self.seen = self.weight_dead @ self.Z_dead  # sum over the deaths, for the gradient
        self.times, self.starts, tied = np.unique(self.time[dead], return_index=True, return_counts=True)
        self.first = np.searchsorted(self.time, self.times, side="left")
        self.own = np.repeat(np.arange(self.times.size), tied)  # tied group of each death
        self.deaths = np.bincount(self.own, self.weight[dead], minlength=self.times.size).astype(float)
        self.lived = np.searchsorted(self.times, self.time, side="right")  # event times up to the row's end
        self.entry_order: Ints | None = None
        if entry is not None:
            self._late_entry(entry[order])

    def _late_entry(self, entry: Floats) -> None:
        entry = np.where(entry >= self.time, np.nextafter(self.time, -np.inf), entry)  # in its own risk set
        self.entry_order = np.argsort(entry, kind="stable")
        self.not_yet = np.searchsorted(entry[self.entry_order], self.times, side="left")
        self.before = np.searchsorted(self.times, entry, side="right")

    def ties(self, ties: Ties) -> tuple[Ints, Floats, Floats]:
        """Return, for each term, its tied group, the share of its deaths removed from the risk set, and its weight."""
        if ties == "breslow":
            return np.arange(self.times.size), np.zeros(self.times.size), self.deaths
        count = np.bincount(self.own, minlength=self.times.size)
        rank = np.arange(self.own.size) - self.starts[self.own]
        return self.own, rank / count[self.own], np.asarray((self.deaths / count)[self.own])

    def all_columns(self, values: Floats) -> Floats:
        """Expand results for distinct columns (along each axis) to all columns; 0 for zero columns."""
        if self.places is None:
            return values
        wide = np.zeros([size + 1 for size in values.shape])
        wide[tuple(map(slice, values.shape))] = values
        for axis in range(values.ndim):
            wide = wide.take(self.places, axis=axis)
        return wide

    def risk_sums(self, values: Floats) -> Floats:
        """Sum rows over each risk set, along the first axis; hazards are in the first column.

        With late entry they are differences of sums: those lost to rounding are missing.
        """
        sums = self._sums(values, self.first, None if self.entry_order is None else self.not_yet)
        if self.entry_order is not None:
            whole = np.cumsum(values[::-1, 0])[::-1][self.first]
            sums[sums[:, 0] < _ROUNDED * whole] = np.nan
        return sums

    def sums_after(self, values: Floats, times: Floats) -> Floats:
        """Sum rows over those still at risk just after each time, along the first axis."""
        first, not_yet = np.searchsorted(self.time, times, side="right"), None
        if self.entry is not None and self.entry_order is not None:
            not_yet = np.searchsorted(self.entry[self.entry_order], times, side="right")
        return self._sums(values, first, not_yet)

    def _sums(self, values: Floats, first: NDArray[Any], not_yet: NDArray[Any] | None) -> Floats:
        """Sum the rows from ``first`` on, minus those that enter later."""
        nobody = np.zeros((1, *values.shape[1:]))
        sums = np.concatenate([np.cumsum(values[::-1], axis=0)[::-1], nobody])[first]
        if not_yet is not None and self.entry_order is not None:
            late = np.cumsum(values[self.entry_order][::-1], axis=0)[::-1]
            sums = sums - np.concatenate([late, nobody])[not_yet]
        return np.asarray(sums)


class PartialLikelihood:
    """Log partial likelihood of a Cox model as a function of its coefficients.

    Parameters
    ----------
    Z : array of shape (n_rows, n_columns)
    time, event : array of shape (n_rows,)
    entry : array of shape (n_rows,), optional
        Start of each row, at risk in (entry, time]; by default from the beginning.
    stratum : array of int, shape (n_rows,), optional
        0..n_strata-1, each with its own baseline.
    weights : array of shape (n_rows,), optional
        Case weights.
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
                value += one[0]
                gradient += one[1]
                information += one[2]
        return value, gradient, information

    def event_steps(self, beta: Floats) -> tuple[EventSteps, ...]:
        """Return Breslow's estimate of each stratum at these coefficients, by event time."""
        return tuple(_event_steps(part, terms, beta) for part, terms in zip(self._strata, self._terms, strict=True))

    def baselines(self, beta: Floats, steps: Sequence[EventSteps] | None = None) -> tuple[Baseline, ...]:
        """Return the baseline of each stratum in a model's coarse steps, from ``event_steps`` or ``steps``."""
        exact = self.event_steps(beta) if steps is None else steps
        middle = np.concatenate([part.Z for part in self._strata]).mean(axis=0)
        return tuple(
            coarse(own, coarse_times(part.time, part.event, part.entry), partial(_means_after, part, beta, middle))
            for part, own in zip(self._strata, exact, strict=True)
        )


def _distinct_columns(Z: Floats) -> tuple[Floats, Ints | None]:
    """Return the distinct nonzero columns, and each column's index among them; zero columns get the last index.

    The indices are None if all columns are distinct and nonzero: there is nothing to save.
    """
    seen: dict[bytes, int] = {bytes(8 * len(Z)): -1}
    first: list[int] = []
    places = np.empty(Z.shape[1], dtype=np.int64)
    for column, values in enumerate(np.ascontiguousarray((Z + 0.0).T)):  # -0 becomes 0
        places[column] = seen.setdefault(values.tobytes(), len(first))
        if places[column] == len(first):
            first.append(column)
    if len(first) == Z.shape[1]:
        return Z, None
    return np.ascontiguousarray(Z[:, first]), np.where(places < 0, len(first), places)


def _sums(part: _Stratum, terms: tuple[Ints, Floats, Floats], beta: Floats) -> tuple[float, Floats, Floats, Floats]:
    """Return the shift of the linear predictor, relative hazards, and sizes and means of the risk sets by term.

    Means are those of the distinct columns.
    """
    own, share, _ = terms
    linear = part.Z @ beta
    shift = float(linear.max())  # so that no exponential overflows
    hazard = part.weight * np.exp(linear - shift)
    columns = np.column_stack([hazard, hazard[:, None] * part.distinct])
    dying = np.add.reduceat(columns[part.dead], part.starts, axis=0)
    sums = part.risk_sums(columns)[own] - share[:, None] * dying[own]
    return shift, hazard, sums[:, 0], sums[:, 1:] / sums[:, :1]


def _evaluate(part: _Stratum, terms: tuple[Ints, Floats, Floats], beta: Floats) -> tuple[float, Floats, Floats]:
    own, share, weight = terms
    shift, hazard, size, means = _sums(part, terms, beta)
    dead = part.dead
    value = part.weight_dead @ (part.Z_dead @ beta) - weight @ (np.log(size) + shift)
    gradient = part.seen - part.all_columns(weight @ means)
    step = weight / size
    cumulative = np.concatenate([[0.0], np.cumsum(np.bincount(own, step, minlength=part.times.size))])
    exposure = cumulative[part.lived]
    if part.entry_order is not None:
        exposure = exposure - cumulative[part.before]
    exposure[dead] -= np.bincount(own, share * step, minlength=part.times.size)[part.own]
    Z = part.distinct
    information = Z.T @ ((hazard * exposure)[:, None] * Z) - means.T @ (weight[:, None] * means)
    return float(value), gradient, part.all_columns(information)


def _event_steps(part: _Stratum, terms: tuple[Ints, Floats, Floats], beta: Floats) -> EventSteps:
    if not part.dead.size:
        return EventSteps(times=np.zeros(0), increments=np.zeros(0), deaths=np.zeros(0), risks=np.zeros(0))
    own, _, weight = terms
    shift, _, size, _ = _sums(part, terms, beta)
    increments = np.bincount(own, weight / size, minlength=part.times.size) * np.exp(-shift)
    summed = np.bincount(part.own, part.weight_dead * (part.Z_dead @ beta), minlength=part.times.size)
    risks = summed / np.where(part.deaths > 0, part.deaths, 1.0)
    return EventSteps(times=part.times, increments=increments, deaths=part.deaths, risks=risks)


def _means_after(part: _Stratum, beta: Floats, middle: Floats, times: Floats) -> Floats:
    """Return hazard-weighted column means over those at risk after each time; of small sets, over all strata."""
    linear = part.Z @ beta
    hazard = part.weight * np.exp(linear - linear.max(initial=-np.inf))
    sums = part.sums_after(np.column_stack([np.ones(hazard.size), hazard, hazard[:, None] * part.Z]), times)
    many = (sums[:, 0] >= FEWEST) & (sums[:, 1] > 0)
    means = sums[:, 2:] / np.where(many, sums[:, 1], 1.0)[:, None]
    return np.where(many[:, None], means, middle)
