"""Numbers of the survival curves of many patients at once, without keeping the curves.

A curve is ``exp(-ratio * cumulative hazard)``, or a mean of such over strata.  Each number of a curve comes from the
same operations in the same order, whoever stands beside.  The area is summed in the order in which ``numpy.sum`` sums
one curve, so that it is the area of ``curve_numbers.area_under``.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from genorx.effects.curve_numbers import AskedOfCurves, fall_between

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
#: Share and cumulative baseline hazard, shape (n_times, n_rows), of each stratum.
Strata = Sequence[tuple[float, Floats]]
_STEP = 8  # times at a time, and sums that numpy keeps side by side
_LONGEST = 128  # terms beyond which numpy sums each half by itself
_CURVES = 2000  # at a time: their values at so many times stay near the processor


def numbers_of_curves(ratios: Floats, strata: Strata, asked: AskedOfCurves) -> tuple[Floats, Floats, Floats]:
    """Return survival at each horizon, the area and the median of each curve.

    Parameters
    ----------
    ratios : array of shape (n_patients, n_rows)
        Hazard ratio of each patient in each row; a row is the best estimate, or a draw.
    strata : sequence of (share, array of shape (n_times, n_rows))
        Cumulative baseline hazard of each stratum, and its share.
    asked : AskedOfCurves

    Returns
    -------
    tuple of arrays of shape (n_horizons, n_patients, n_rows), (n_patients, n_rows) and (n_patients, n_rows)
    """
    at = np.empty((asked.horizons.size, *ratios.shape))
    area, median, falling = np.empty(ratios.shape), np.empty(ratios.shape), -ratios
    size = max(1, _CURVES // ratios.shape[1])
    for start in range(0, len(ratios), size):
        rows = slice(start, start + size)
        curves = _Curves(falling[rows], strata, asked)
        area[rows], median[rows] = curves.areas(), curves.medians()
        for place, horizon in enumerate(asked.horizons.tolist()):
            at[place, rows] = _alive(falling[rows], [(share, level[horizon]) for share, level in strata])
    return at, area, median


def _alive(falling: Floats, strata: Strata, out: Floats | None = None) -> Floats:
    """Return survival from ratios, turned negative, and hazards that fit to them."""
    total: Floats | None = None
    for share, level in strata:
        own = np.multiply(falling, level, out=out if total is None else None)
        np.exp(own, out=own)
        if share != 1.0:
            own *= share
        total = own if total is None else np.add(total, own, out=total)
    return np.zeros(0) if total is None else total


class _Curves:
    """Some curves, a few times of which are in memory; first their areas are asked, then their medians."""

    def __init__(self, falling: Floats, strata: Strata, asked: AskedOfCurves) -> None:
        self.falling, self.strata, self.asked = falling, strata, asked
        self.widths = np.diff(asked.times[: asked.upto])[:, None, None]
        self.alive, self.terms = np.empty((_STEP + 1, *falling.shape)), np.empty((_STEP, *falling.shape))
        _alive(falling, [(share, level[0]) for share, level in strata], out=self.alive[0])
        self.looked_at = [-1, 0]  # times, of which -1 is before all
        self.higher = (self.alive[0] > 0.5).astype(np.int64)  # of these times, survival was above one half at so many

    def areas(self) -> Floats:
        """Return the area under each curve up to the restricted time."""
        return self._sum(self.asked.upto - 1) / 2.0

    def _sum(self, n_terms: int) -> Floats:
        """Return the sum of the next terms of the trapezoidal rule, in numpy's order."""
        if n_terms > _LONGEST:
            half = n_terms // 2
            half -= half % _STEP
            return self._sum(half) + self._sum(n_terms - half)
        total = np.zeros(self.falling.shape)
        if n_terms >= _STEP:
            side = self._next(_STEP).copy()
            for _ in range(n_terms // _STEP - 1):
                side += self._next(_STEP)
            total = ((side[0] + side[1]) + (side[2] + side[3])) + ((side[4] + side[5]) + (side[6] + side[7]))
        for term in self._next(n_terms % _STEP) if n_terms % _STEP else ():
            total += term
        return total

    def _next(self, number: int) -> Floats:
        """Take the curves so many times further, and return the terms between these times."""
        done = self.looked_at[-1]
        levels = [(share, level[done + 1 : done + number + 1, None]) for share, level in self.strata]
        now, terms = _alive(self.falling, levels, out=self.alive[1 : number + 1]), self.terms[:number]
        np.add(now, self.alive[:number], out=terms)
        terms *= self.widths[done : done + number]
        self.alive[0] = now[-1]
        self.looked_at.append(done + number)
        self.higher += now[-1] > 0.5
        return terms

    def medians(self) -> Floats:
        """Return the time at which each curve falls to one half; infinite where it does not."""
        times, found = self.asked.times, np.full(self.falling.shape, np.inf)
        falls = _alive(self.falling, [(share, level[-1]) for share, level in self.strata]) <= 0.5  # no curve rises
        looked_at = np.array([*self.looked_at, times.size - 1])
        before, after = (looked_at[self.higher[falls] + step] for step in (0, 1))
        own, row = self.falling[falls], np.nonzero(falls)[1]
        while (after - before > 1).any():
            middle = (before + after + 1) // 2
            low = self._at(own, middle, row) <= 0.5
            before, after = np.where(low, before, np.minimum(middle, after - 1)), np.where(low, middle, after)
        before = np.maximum(after - 1, 0)
        upper, lower = self._at(own, before, row), self._at(own, after, row)
        found[falls] = fall_between(times[before], times[after], upper, lower)
        return found

    def _at(self, falling: Floats, time: Ints, row: Ints) -> Floats:
        """Return survival of each curve at a time of its own."""
        place = time * self.falling.shape[1] + row
        return _alive(falling, [(share, level.ravel()[place]) for share, level in self.strata])
