"""Summaries of the survival curves of many patients at once, without computing the curves.

A curve is ``exp(-ratio * cumulative hazard)``, or a mean of such over strata.  The area under it is a smooth function
of the log of the ratio, one for each draw.  It is tabulated on a fixed grid with three derivatives, which are known
exactly, and read by Hermite's polynomial of degree 7 between two neighbours: the remainder is at most 5e-15 of the time
up to which areas are computed, as small as rounding errors.  Beyond the grid areas are summed directly.

A patient's result depends on the patient alone: the nodes of the grid are fixed, whichever patients are included,
and are computed on first use.
Source of the remainder: Stoer J, Bulirsch R 2002, Introduction to Numerical Analysis, theorem 2.1.5.9.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from genorx.effects.curve_numbers import CurveRequest, fall_between

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
#: Share and cumulative baseline hazard, shape (n_times, n_rows), of each stratum.
Strata = Sequence[tuple[float, Floats]]
_STEP, _REACH = 1 / 16, 8.0  # distance of two nodes of the log ratio, and of the last node from 0
_NODES = int(2 * _REACH / _STEP) + 1
_ORDER = 4  # the area and its derivatives, in total
_AT_ONCE = 1 << 13  # curves at a time: their numbers fit into the processor's cache


class CurveTable:
    """Areas and medians of one option's curves, by row (the best estimate, or a draw) and log hazard ratio.

    Parameters
    ----------
    strata : sequence of (share, array of shape (n_times, n_rows))
        Cumulative baseline hazard of each stratum, and its share.
    request : CurveRequest
    """

    def __init__(self, strata: Strata, request: CurveRequest) -> None:
        self.strata, self.request = strata, request
        self.n_rows = strata[0][1].shape[1]
        half = np.diff(request.times[: request.upto]) / 2
        self.weights = np.zeros(request.times.size)  # weights of the trapezoidal rule
        self.weights[: half.size] += half
        self.weights[1 : half.size + 1] += half
        size = _NODES * self.n_rows
        self.made = np.zeros(size, dtype=bool)
        self.ahead, self.behind = np.empty((_ORDER, size)), np.empty((_ORDER, size))
        self.falls = np.empty(size, dtype=np.int64)

    def numbers(self, linear: Floats) -> tuple[Floats, Floats, Floats]:
        """Return survival at each horizon, the area and the median of each curve.

        Parameters
        ----------
        linear : array of shape (n_patients, n_rows)
            Log hazard ratio of each patient in each row.

        Returns
        -------
        tuple of arrays of shape (n_horizons, n_patients, n_rows), (n_patients, n_rows) and (n_patients, n_rows)
        """
        falling = -np.exp(linear)
        at = np.empty((self.request.horizons.size, *linear.shape))
        for place, horizon in enumerate(self.request.horizons.tolist()):
            at[place] = survival_of(falling, [(share, level[horizon]) for share, level in self.strata])
        area, median = np.empty(linear.size), np.empty(linear.size)
        flat, rows = linear.ravel(), np.tile(np.arange(self.n_rows), len(linear))
        for start in range(0, flat.size, _AT_ONCE):
            part = slice(start, start + _AT_ONCE)
            area[part], median[part] = self._read(flat[part], rows[part], falling.ravel()[part])
        return at, area.reshape(linear.shape), median.reshape(linear.shape)

    def _read(self, linear: Floats, row: Ints, falling: Floats) -> tuple[Floats, Floats]:
        """Return area and median of some curves."""
        place = (linear + _REACH) / _STEP
        beyond = np.flatnonzero(~((place >= 0) & (place < _NODES - 1)))
        if beyond.size:
            place[beyond] = 0.0
        node = place.astype(np.int64)
        left = node * self.n_rows + row
        right = left + self.n_rows
        self._make(left, right)
        area = self._between(place - node, left, right)
        first, last = self.falls[right], self.falls[left]  # a higher ratio falls earlier
        if beyond.size:
            moments, falls = self._summed(falling[beyond], row[beyond])
            area[beyond], first[beyond], last[beyond] = moments[0], falls, falls
        if not self.request.medians:
            return area, np.full(area.size, np.nan)
        return area, self._medians(first - 1, last, falling, row)

    def _between(self, ahead: Floats, left: Ints, right: Ints) -> Floats:
        """Interpolate areas a fraction ``ahead`` from one node to the next, by the two-point Taylor form."""
        total: Floats | None = None
        for part, table, node in ((ahead, self.ahead, left), (1.0 - ahead, self.behind, right)):
            found = table[-1].take(node)
            for each in table[-2::-1]:
                found *= part
                found += each.take(node)
            other = 1.0 - part
            other *= other
            other *= other
            found *= other
            total = found if total is None else np.add(total, found, out=total)
        return np.zeros(0) if total is None else total

    def _make(self, left: Ints, right: Ints) -> None:
        """Compute the missing nodes."""
        if self.made[left].all() and self.made[right].all():
            return
        needed = np.zeros(self.made.size, dtype=bool)
        needed[left], needed[right] = True, True
        new = np.flatnonzero(needed & ~self.made)
        for some in np.array_split(new, -(-4 * new.size // _AT_ONCE)):
            node, row = np.divmod(some, self.n_rows)
            moments, self.falls[some] = self._summed(-np.exp(node * _STEP - _REACH), row)
            for side, table in ((1.0, self.ahead), (-1.0, self.behind)):
                for order, values in enumerate(_two_point(moments, side * _STEP)):
                    table[order, some] = values
            self.made[some] = True

    def _summed(self, falling: Floats, row: Ints) -> tuple[list[Floats], Ints]:
        """Sum curves over time: moments, and the number of times before survival falls to one half.

        Moment k is the area of ``u**k * exp(-u)`` where ``u`` is the cumulative hazard; the first of them is that of
        survival.
        """
        moments = [np.zeros(falling.size) for _ in range(_ORDER)]
        falls = np.zeros(falling.size, dtype=np.int64)
        for time, weight in enumerate(self.weights.tolist()):
            alive = np.zeros(falling.size)
            for share, level in self.strata:
                negative = falling * level[time].take(row)
                own = np.exp(negative)
                if share != 1.0:
                    own *= share
                alive += own
                if not weight:
                    continue
                own *= weight
                moments[0] += own
                for order in range(1, _ORDER):
                    own *= negative
                    moments[order] += own
            if self.request.medians:
                falls += alive > 0.5
        for odd in moments[1::2]:  # exponent: the negative hazard up to here
            np.negative(odd, out=odd)
        return moments, falls

    def _medians(self, before: Ints, after: Ints, falling: Floats, row: Ints) -> Floats:
        """Return the time at which each curve falls to one half, between two times; infinite if it does not."""
        times, widest = self.request.times, int((after - before).max(initial=1))
        several = np.flatnonzero(after - before > 1)
        low, high, own, of = before[several], after[several], falling[several], row[several]
        for _ in range((widest - 1).bit_length()):
            middle = np.maximum((low + high) >> 1, 0)
            fallen = self._at(own, middle, of) <= 0.5
            low, high = np.where(fallen, low, middle), np.where(fallen, middle, high)
        after[several] = high
        found = np.full(after.size, np.inf)
        falls = np.flatnonzero(after < times.size)
        after, own, row = after[falls], falling[falls], row[falls]
        before = np.maximum(after - 1, 0)
        upper, lower = self._at(own, before, row), self._at(own, after, row)
        found[falls] = fall_between(times[before], times[after], upper, lower)
        return found

    def _at(self, falling: Floats, time: Ints, row: Ints) -> Floats:
        """Return the survival of each curve at its own time."""
        place = time * self.n_rows + row
        return survival_of(falling, [(share, level.ravel().take(place)) for share, level in self.strata])


def _two_point(moments: Sequence[Floats], step: float) -> tuple[Floats, ...]:
    """Return the coefficients of one end of the Hermite polynomial, from the moments of the curves at a node.

    The area is a function of the log ratio x, of which ``u`` is the exponential times a constant: its derivatives are
    ``-u``, ``u**2 - u`` and ``-u**3 + 3 * u**2 - u`` times ``exp(-u)``, summed.
    """
    none, one, two, three = moments
    slope = -one * step
    bend = (two - one) * (step**2 / 2)
    twist = (3 * two - three - one) * (step**3 / 6)
    return (
        none,
        4 * none + slope,
        10 * none + 4 * slope + bend,
        20 * none + 10 * slope + 4 * bend + twist,
    )


def survival_of(falling: Floats, strata: Strata) -> Floats:
    """Return survival from negated hazard ratios and broadcastable hazards."""
    total: Floats | None = None
    for share, level in strata:
        own = falling * level
        np.exp(own, out=own)
        if share != 1.0:
            own *= share
        total = own if total is None else np.add(total, own, out=total)
    return np.zeros(0) if total is None else total
