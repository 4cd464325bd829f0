"""Cumulative baseline hazard: exact by event time during fitting, in coarse steps for storage.

The steps of Breslow's estimator with the means of its risk sets give patients back: from one event time to the next a
risk set loses who left in between, so that neighbouring steps differ by the weight and the whole feature row of one
patient.  What a model keeps are steps between round times in which at least 20 patients left and 3 had the event,
and means of the risk sets at those times; two of them differ by a sum over 20 patients or more.
Within a step the events are spread evenly about their mean time, so that areas under curves stay what they were.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from genorx._core.disclosure import FEWEST, on_grid, round_step
from genorx._core.short_repr import short

Floats = NDArray[np.float64]
#: From times to the means of the columns over the patients still at risk after each, shape (n_times, n_columns).
RiskMeans = Callable[[Floats], Floats]
_SLACK = 1.15  # times the fewest: a last step of just too few would join the one before
_FEWEST_EVENTS = 3  # in a step with one event its size is that of a single risk set


@dataclass(frozen=True, kw_only=True)
class EventSteps:
    """Breslow's estimate for a row of zeros, by event time.  Discloses single patients: never stored in a file.

    Attributes
    ----------
    times : array of shape (n_times,)
        Distinct event times, ascending.
    increments : array of shape (n_times,)
        Step of the cumulative hazard at each time.
    deaths : array of shape (n_times,)
        Weighted number of events; ``deaths / increments`` is the (tie-corrected) weighted size of the risk set.
    """

    times: Floats
    increments: Floats
    deaths: Floats

    def cumulative(self, times: Floats) -> Floats:
        """Return the cumulative hazard at ``times``, shape (n_times,)."""
        return step_values(self.times, np.cumsum(self.increments), times)

    def between(self, knots: Floats) -> Floats:
        """Return the hazard of each step that ends at a knot; later hazard is added to the last."""
        return _between(self.times, self.increments, knots)

    def spans(self, knots: Floats) -> Floats:
        """Return round times between which each step's events are spread evenly about their mean; (n_knots, 2)."""
        if not knots.size:
            return np.zeros((0, 2))
        grid, begins = round_step(float(knots[-1])), np.concatenate([[0.0], knots[:-1]])
        alive = np.exp(-np.cumsum(self.increments))
        gone = -np.diff(alive, prepend=1.0)
        share, moment = _between(self.times, gone, knots), _between(self.times, gone * self.times, knots)
        middle = np.where(share > 0, moment / np.where(share > 0, share, 1.0), (begins + knots) / 2)
        middle = np.clip(on_grid(np.round(middle / grid), grid), begins, knots)
        half = np.minimum(middle - begins, knots - middle)
        return on_grid(np.round(np.column_stack([middle - half, middle + half]) / grid), grid)


@short
@dataclass(frozen=True, kw_only=True)
class Baseline:
    """Cumulative baseline hazard of one stratum, for a row of zeros, in few steps between round times.

    Attributes
    ----------
    spans : array of shape (n_steps, 2)
        Times between which the events of each step are spread; between two steps, and after the last, hazard is 0.
    increments : array of shape (n_steps,)
        Hazard of each step.
    deaths : array of shape (n_steps,)
        Weighted number of events in each step.
    risk_means : array of shape (n_steps, n_columns)
        Hazard-weighted mean of the columns over those at risk, mean of beginning and end of the step (of the last one:
        its beginning): how the step moves with the coefficients.
    """

    spans: Floats
    increments: Floats
    deaths: Floats
    risk_means: Floats

    def cumulative(self, times: Floats) -> Floats:
        """Return the cumulative hazard at ``times``, shape (n_times,)."""
        return spread_out(self.spans, np.cumsum(self.increments), times)


def step_values(knots: Floats, values: Floats, times: Floats) -> Floats:
    """Return a right-continuous step function at ``times``; 0 before the first knot; steps along the last axis."""
    place = np.searchsorted(knots, times, side="right")
    padded = np.concatenate([np.zeros((*values.shape[:-1], 1)), values], axis=-1)
    return np.asarray(padded[..., place], dtype=float)


def spread_out(spans: Floats, values: Floats, times: Floats) -> Floats:
    """Return a cumulative hazard at ``times``, linear from 0 through ``values`` at the ends of spans; last axis.

    Events are spread evenly over a span: ``exp(-hazard)`` is linear within it, and flat elsewhere.
    """
    if not len(spans):
        return np.zeros((*values.shape[:-1], np.size(times)))
    begins, ends = spans.T
    passed = np.searchsorted(ends, times, side="right")
    place = np.minimum(passed, ends.size - 1)
    width = ends[place] - begins[place]
    share = np.where(passed < ends.size, (times - begins[place]) / np.where(width > 0, width, 1.0), 0.0)
    padded = np.concatenate([np.zeros((*values.shape[:-1], 1)), values], axis=-1)
    step = padded[..., place + 1] - padded[..., place]
    gone = np.minimum(-np.clip(share, 0.0, 1.0) * np.expm1(-step), 1 - 1e-16)
    return np.asarray(padded[..., passed] - np.log1p(-gone), dtype=float)


def coarse_times(time: Floats, event: NDArray[np.bool_], entry: Floats | None = None) -> Floats:
    """Return ascending round times with at least 20 exits and 3 events between two of them.

    The last one is the last round time before the last event; with fewer events or rows there is one.  A row that
    ends where another one begins (one patient before and after a treatment) has not left.  The causes of one outcome
    choose among the same times, so that their steps cannot be taken from each other.

    Parameters
    ----------
    time, event : array of shape (n_rows,)
    entry : array of shape (n_rows,), optional
        Begin of each row.
    """
    if not event.any():
        return np.zeros(0)
    step = round_step(float(time.max()))
    edges = on_grid(np.arange(1.0, max(2, _cells(time, step) + 1)), step)
    left = np.searchsorted(np.sort(time), edges, side="right")
    if entry is not None:
        begun = np.sort(entry[np.isin(entry, time) & (entry > 0)])
        left = np.maximum.accumulate(left - np.searchsorted(begun, edges, side="right"))
    last = max(0, _cells(time[event], step) - 1)
    shared = _enough(left, FEWEST)
    ends = edges[np.append(shared[(shared < last) & (left[last] - left[shared] >= FEWEST)], last)]
    counted = np.searchsorted(np.sort(time[event]), ends, side="right")
    return np.asarray(ends[_enough(counted, _FEWEST_EVENTS)])


def _cells(time: Floats, step: float) -> int:
    """Return the number of whole steps before the last of the times."""
    return int(np.floor(float(time.max()) / step + 1e-9))


def _enough(counted: NDArray[np.integer[Any]], fewest: int) -> NDArray[np.int64]:
    """Return indices, including the last, between which a running count grows evenly and by at least ``fewest``."""
    share = counted[-1] / max(1, counted[-1] // (_SLACK * fewest))
    chosen: list[int] = []
    before = 0
    for place, count in enumerate(counted):
        if count - before >= fewest and count >= share * (len(chosen) + 1) - 1e-9:
            chosen.append(place)
            before = int(count)
    return np.array([*chosen[:-1], len(counted) - 1], dtype=np.int64)


def coarse(steps: EventSteps, knots: Floats, risk_means: RiskMeans) -> Baseline:
    """Return the stored baseline: hazard and events of the steps between knots, and their derivatives."""
    if not knots.size:
        empty = np.zeros(0)
        return Baseline(spans=steps.spans(knots), increments=empty, deaths=empty, risk_means=risk_means(empty))
    begins = risk_means(np.concatenate([[0.0], knots[:-1]]))
    return Baseline(
        spans=steps.spans(knots),
        increments=steps.between(knots),
        deaths=_between(steps.times, steps.deaths, knots),
        # at the last end hardly anybody is left, and it is another one for each cause
        risk_means=(begins + np.concatenate([begins[1:], begins[-1:]])) / 2,
    )


def _between(times: Floats, values: Floats, knots: Floats) -> Floats:
    if not knots.size:
        return np.zeros(0)
    place = np.minimum(np.searchsorted(knots, times, side="left"), knots.size - 1)
    return np.bincount(place, values, minlength=knots.size).astype(np.float64)
