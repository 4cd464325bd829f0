"""Cumulative baseline hazard: exact by event time during fitting, in coarse steps for storage.

The steps of Breslow's estimator with the means of its risk sets disclose patients: from one event time to the next a
risk set loses the patients who left in between, so that neighbouring steps differ by the weight and the whole feature
row of one patient.  A model stores steps between round times in which at least 20 patients left and 3 had the event,
and means of the risk sets at those times; two of them differ by a sum over 20 patients or more.
Within a step the events are spread evenly about their mean time, which preserves areas under curves, for a patient with
the relative hazard of those with an event in the step.  Patients of high risk have events first: for a row of zeros the
hazard of an early step lies late in it, and if spread evenly for such a row it would come too early for them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from genorx._core.disclosure import FEWEST, on_grid, round_step
from genorx._core.short_repr import short

Floats = NDArray[np.float64]
#: From times to the means of the columns over the patients still at risk after each, shape (n_times, n_columns).
RiskMeans = Callable[[Floats], Floats]
_SLACK = 1.15  # factor on the smallest size: a last step just below it would merge with the one before
_RISK_STEP = 0.1  # rounding step of a step's typical log relative hazard, whose exact value depends on few patients
_PARTS = 20  # parts of a narrow step, to which the mean time of its events is rounded
_FEWEST_EVENTS = 3  # a step with one event would have the size of a single risk set
_FEW_STEPS = 10  # from which on no draw is divided: one of k steps hides about 1/(4 k^2) of the variance of an area
_DIVIDED = 8  # parts of each step of a draw


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
    risks : array of shape (n_times,)
        Weighted mean of the log relative hazard of those with the event.
    """

    times: Floats
    increments: Floats
    deaths: Floats
    risks: Floats

    def cumulative(self, times: Floats) -> Floats:
        """Return the cumulative hazard at ``times``, shape (n_times,)."""
        return step_values(self.times, np.cumsum(self.increments), times)

    def between(self, knots: Floats) -> Floats:
        """Return the hazard of each step that ends at a knot; later hazard is added to the last."""
        return _between(self.times, self.increments, knots)

    def spans(self, knots: Floats) -> Floats:
        """Return the spans of a ``Baseline`` with steps that end at the knots, shape (n_knots, 3)."""
        if not knots.size:
            return np.zeros((0, 3))
        grid, begins = round_step(float(knots[-1])), np.concatenate([[0.0], knots[:-1]])
        risk = self._typical_risks(knots)
        gone = self._gone(knots, risk)
        share, moment = _between(self.times, gone, knots), _between(self.times, gone * self._middles(), knots)
        middle = np.where(share > 0, moment / np.where(share > 0, share, 1.0), (begins + knots) / 2)
        cell = np.minimum(grid, (knots - begins) / _PARTS)  # a step may be as narrow as the grid
        middle = np.clip(begins + np.round((middle - begins) / cell) * cell, begins, knots)
        half = np.minimum(middle - begins, knots - middle)
        ends = np.round(np.column_stack([middle - half, middle + half]) / grid * _PARTS)
        return np.column_stack([on_grid(ends, grid / _PARTS), risk])

    def _middles(self) -> Floats:
        """Return the midpoints of the units that end at the event times, if a study counts whole days or months.

        Survival at the end of a month is then that after all events of the month, as in the data.
        """
        return self.times - (np.diff(self.times).min() / 2 if self.times.size > 1 else 0.0)

    def _typical_risks(self, knots: Floats) -> Floats:
        """Return the mean log relative hazard of those with an event in each step, rounded."""
        deaths, summed = _between(self.times, self.deaths, knots), _between(self.times, self.deaths * self.risks, knots)
        return on_grid(np.round(summed / np.where(deaths > 0, deaths, 1.0) / _RISK_STEP), _RISK_STEP)

    def _gone(self, knots: Floats, risk: Floats) -> Floats:
        """Return the share of those alive at the beginning of a step with an event by a time, at log risk ``risk``."""
        place = _places(self.times, knots)
        until = np.cumsum(self.increments)
        begun = np.cumsum(self.between(knots)) - self.between(knots)
        relative, within = np.exp(risk)[place], until - begun[place]
        return np.asarray(np.exp(-relative * (within - self.increments)) - np.exp(-relative * within))


@short
@dataclass(frozen=True, kw_only=True)
class Baseline:
    """Cumulative baseline hazard of one stratum, for a row of zeros, in few steps between round times.

    Attributes
    ----------
    spans : array of shape (n_steps, 3)
        Times between which the events of each step are spread (between steps, and after the last, the hazard is 0), and
        the mean log relative hazard of those with the events.
    increments : array of shape (n_steps,)
        Hazard of each step.
    deaths : array of shape (n_steps,)
        Weighted number of events in each step.
    risk_means : array of shape (n_steps, n_columns)
        Hazard-weighted mean of the columns over those at risk, averaged over beginning and end of the step (for the
        last step, at its beginning): the derivative of the log step with respect to the coefficients.
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
    """Return a cumulative hazard at ``times``, from 0 through ``values`` at the ends of spans; last axis.

    Events are spread evenly over a span: at its relative hazard survival is linear within it, and flat elsewhere.
    """
    if not len(spans):
        return np.zeros((*values.shape[:-1], np.size(times)))
    begins, ends, risks = spans.T
    passed = np.searchsorted(ends, times, side="right")
    place = np.minimum(passed, ends.size - 1)
    width, relative = ends[place] - begins[place], np.exp(risks[place])
    share = np.where(passed < ends.size, (times - begins[place]) / np.where(width > 0, width, 1.0), 0.0)
    padded = np.concatenate([np.zeros((*values.shape[:-1], 1)), values], axis=-1)
    step = padded[..., place + 1] - padded[..., place]
    return np.asarray(padded[..., passed] + _spread_within(step, relative, np.clip(share, 0.0, 1.0)), dtype=float)


def _spread_within(step: Floats, relative: Floats, share: Floats) -> Floats:
    """Return the hazard until a share of a span has passed: at its relative hazard survival falls evenly."""
    gone = np.minimum(-share * np.expm1(-step * relative), 1 - 1e-16)
    return np.asarray(-np.log1p(-gone) / relative)


def divided(spans: Floats, increments: Floats, deaths: Floats, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Divide the steps of drawn baselines, where there are few, so that draws differ within a step too.

    When the events of a step happen is as uncertain as how many there are.  With one gamma variable a step, areas under
    curves had 0.9 of their standard deviation where there are two steps, and 0.3 where there is one.  The parts of a
    step are those of a gamma process, so that each step as a whole stays as drawn.

    Parameters
    ----------
    spans : array of shape (n_steps, 3)
        As in ``Baseline``.
    increments : array of shape (n_draws, n_steps)
    deaths : array of shape (n_steps,)
    rng : Generator

    Returns
    -------
    spans, increments : array of shape (n_parts, 3), array of shape (n_draws, n_parts)

    References
    ----------
    Kalbfleisch JD 1978, JRSS-B 40:214.
    """
    if not 0 < len(spans) < _FEW_STEPS:
        return spans, increments
    share = np.linspace(0.0, 1.0, _DIVIDED + 1)
    edges = spans[:, :1] + (spans[:, 1:2] - spans[:, :1]) * share
    risks = np.repeat(spans[:, 2], _DIVIDED)
    parts = np.column_stack([edges[:, :-1].ravel(), edges[:, 1:].ravel(), risks])
    within = np.maximum(np.diff(_spread_within(increments[..., None], np.exp(spans[:, 2:]), share), axis=-1), 0.0)
    expected = within / np.where(increments > 0, increments, 1.0)[..., None]
    drawn = rng.standard_gamma(deaths[:, None] * expected)
    total = drawn.sum(axis=-1, keepdims=True)
    found = np.where(total > 0, drawn / np.where(total > 0, total, 1.0) * increments[..., None], within)
    return parts, found.reshape(len(increments), len(parts))


def span_arrays(spans: Floats, prefix: str = "") -> dict[str, Floats]:
    """Return the arrays of spans for a model file; relative hazards separately, as genorx 0.2.0 does not read them."""
    return {f"{prefix}spans": spans[:, :2], f"{prefix}span_risks": spans[:, 2]}


def spans_from(arrays: Mapping[str, NDArray[Any]], prefix: str = "") -> Floats:
    """Restore spans from ``span_arrays``; in files of genorx 0.2.0 their relative hazard is 1."""
    spans = arrays[f"{prefix}spans"]
    risks = arrays.get(f"{prefix}span_risks", np.zeros(len(spans)))
    return np.column_stack([spans, risks])


def coarse_times(time: Floats, event: NDArray[np.bool_], entry: Floats | None = None) -> Floats:
    """Return ascending round times with at least 20 exits and 3 events between two of them.

    The last one is the last round time before the last event; with fewer events or rows there is one time.  A row that
    ends where another one begins (one patient before and after a treatment) is not an exit.  The causes of one outcome
    use a common set of times, so that their steps cannot be subtracted from each other.

    Parameters
    ----------
    time, event : array of shape (n_rows,)
    entry : array of shape (n_rows,), optional
        Beginning of each row.
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
        # few patients remain at the last end, which differs between causes
        risk_means=(begins + np.concatenate([begins[1:], begins[-1:]])) / 2,
    )


def _between(times: Floats, values: Floats, knots: Floats) -> Floats:
    if not knots.size:
        return np.zeros(0)
    return np.bincount(_places(times, knots), values, minlength=knots.size).astype(np.float64)


def _places(times: Floats, knots: Floats) -> NDArray[np.integer[Any]]:
    """Return the step of each time; later ones are in the last."""
    return np.minimum(np.searchsorted(knots, times, side="left"), knots.size - 1)
