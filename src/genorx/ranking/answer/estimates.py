"""Estimates of one outcome for one patient under each option, all from the same draws.

Intervals are the 2.5 and 97.5 % quantiles of the draws; the interval of a difference excludes 0 exactly if an option is
better in 97.5 % of them.  Restricted means are areas under the curves of ``OutcomeFit.times``.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from genorx.effects.curve_numbers import area_under, medians
from genorx.effects.intervals import interval_of, share_above
from genorx.effects.protocol import EffectDraws
from genorx.ranking.answer.answer import Curve, Difference, Estimate, Measure
from genorx.ranking.model.outcome_fit import OutcomeFit

Floats = NDArray[np.float64]
#: One patient, or several: arrays of several have patients before options.
Rows = int | slice


@dataclass(frozen=True, kw_only=True)
class Quantity:
    """A quantity of one patient, or of several, under each option: best estimate and draws.

    Attributes
    ----------
    outcome : str
        Name of the outcome; NAME:CAUSE for one competing cause, NAME:STATE for one state, NAME:GRADE for one grade.
    sign : {1, -1}
        1 if more of it is better.
    point : array of shape (n_options,), or (n_patients, n_options)
    draws : array of shape (n_draws, n_options), or (n_draws, n_patients, n_options)
    """

    outcome: str
    sign: int
    measure: Measure
    horizon: float | None
    unit: str
    point: Floats
    draws: Floats


def main_quantity(fit: OutcomeFit, sampled: EffectDraws, row: Rows) -> Quantity:
    """Return the ordering quantity: the restricted mean, time lost to a cause, the probability, or the amount."""
    if fit.restricted is None:
        return Quantity(
            outcome=fit.name,
            sign=fit.sign,
            measure="value" if fit.is_amount else "probability",
            horizon=None,
            unit=fit.unit if fit.is_amount else "",
            point=sampled.point[row][..., 0],
            draws=sampled.draws[:, row][..., 0],
        )
    return _area(fit, _event_free(fit, sampled, row) if fit.cause is None else _cause(fit, sampled, row, fit.cause))


@dataclass(frozen=True, kw_only=True)
class _Curves:
    """Curves of patients: event-free probability, or incidence of a cause; by option, and by draw and option."""

    outcome: str
    sign: int
    at: Measure
    area: Measure
    times: Floats
    point: Floats
    draws: Floats


def _event_free(fit: OutcomeFit, sampled: EffectDraws, row: Rows) -> _Curves:
    return _Curves(
        outcome=fit.name,
        sign=fit.sign,
        at="survival",
        area="rmst",
        times=sampled.times,
        point=sampled.point[row],
        draws=sampled.draws[:, row],
    )


def _cause(fit: OutcomeFit, sampled: EffectDraws, row: Rows, cause: str) -> _Curves:
    if sampled.parts is None or sampled.part_draws is None:
        raise TypeError(f"draws of {fit.name} without causes")
    place = fit.causes.index(cause)
    return _Curves(
        outcome=f"{fit.name}:{cause}",
        sign=-fit.sign,
        at="incidence",
        area="rmtl",
        times=sampled.times,
        point=sampled.parts[row][..., place, :],
        draws=sampled.part_draws[:, row][..., place, :],
    )


def _state(fit: OutcomeFit, sampled: EffectDraws, row: Rows, state: str) -> _Curves:
    if sampled.parts is None or sampled.part_draws is None:
        raise TypeError(f"draws of {fit.name} without states")
    place = fit.states.index(state)
    return _Curves(
        outcome=f"{fit.name}:{state}",
        sign=fit.sign if state in fit.alive else -fit.sign,
        at="state",
        area="state_time",
        times=sampled.times,
        point=sampled.parts[row][..., place, :],
        draws=sampled.part_draws[:, row][..., place, :],
    )


def _parts(fit: OutcomeFit, sampled: EffectDraws, row: Rows) -> list[_Curves]:
    """Return the incidence of each cause, or the probability of each state in a multistate model."""
    states = () if sampled.parts is None else fit.states
    return [
        *(_cause(fit, sampled, row, cause) for cause in fit.causes),
        *(_state(fit, sampled, row, state) for state in states),
    ]


def _area(fit: OutcomeFit, curves: _Curves) -> Quantity:
    """Return the area under curves up to the restriction time: time without event, or lost to a cause."""
    upto = slice(int(np.searchsorted(curves.times, fit.restricted or 0.0, side="right")))
    times = curves.times[upto]
    return Quantity(
        outcome=curves.outcome,
        sign=curves.sign,
        measure=curves.area,
        horizon=fit.restricted,
        unit=fit.unit,
        point=area_under(curves.point[..., upto], times),
        draws=area_under(curves.draws[..., upto], times),
    )


def _at_horizons(fit: OutcomeFit, curves: _Curves) -> list[Quantity]:
    """Return a copy of the curves at each horizon: a view would keep whole curves of all patients in memory."""
    places = [int(np.searchsorted(curves.times, horizon)) for horizon in fit.horizons]
    return [
        Quantity(
            outcome=curves.outcome,
            sign=curves.sign,
            measure=curves.at,
            horizon=horizon,
            unit="",
            point=curves.point[..., place].copy(),
            draws=curves.draws[..., place].copy(),
        )
        for horizon, place in zip(fit.horizons, places, strict=True)
    ]


def quantities(fit: OutcomeFit, sampled: EffectDraws, row: Rows) -> list[Quantity]:
    """Return the reported quantities of an outcome: survival at each horizon, restricted mean, median; or one number.

    For competing causes, the incidence of each at each horizon and the mean time lost to it follow; for states their
    probability and the mean time in each; for grades the probability of each.
    """
    if fit.restricted is None:
        return [main_quantity(fit, sampled, row), *_grades(fit, sampled, row)]
    free = _event_free(fit, sampled, row)
    median = Quantity(
        outcome=fit.name,
        sign=fit.sign,
        measure="median",
        horizon=None,
        unit=fit.unit,
        point=medians(sampled.point[row], sampled.times),
        draws=medians(sampled.draws[:, row], sampled.times),
    )
    found = [*_at_horizons(fit, free), _area(fit, free), median]
    for own in _parts(fit, sampled, row):
        found += [*_at_horizons(fit, own), _area(fit, own)]
    return found


def _grades(fit: OutcomeFit, sampled: EffectDraws, row: Rows) -> list[Quantity]:
    """Return the probability of each grade; severe grades have the outcome's direction, the others the opposite."""
    if sampled.parts is None or sampled.part_draws is None:
        return []
    return [
        Quantity(
            outcome=f"{fit.name}:{level}",
            sign=fit.sign if place >= fit.least else -fit.sign,
            measure="grade",
            horizon=None,
            unit="",
            point=sampled.parts[row][..., place, 0],
            draws=sampled.part_draws[:, row][..., place, 0],
        )
        for place, level in enumerate(fit.levels)
    ]


def estimate(quantity: Quantity, option: int, reference: int | None) -> Estimate:
    """Return one quantity under one option, with its difference from the reference if there is one."""
    lower, upper = _interval(quantity.draws[:, option])
    return Estimate(
        outcome=quantity.outcome,
        measure=quantity.measure,
        horizon=quantity.horizon,
        unit=quantity.unit,
        estimate=reached(quantity.point[option]),
        lower=lower,
        upper=upper,
        difference=difference(quantity, option, reference),
    )


def difference(quantity: Quantity, option: int, reference: int | None) -> Difference | None:
    """Return an option minus the reference; None for the reference itself, without estimate, and for medians."""
    if reference is None or option == reference or quantity.measure == "median":
        return None
    gap = quantity.draws[:, option] - quantity.draws[:, reference]
    lower, upper = interval_of(gap)
    return Difference(
        outcome=quantity.outcome,
        measure=quantity.measure,
        horizon=quantity.horizon,
        unit=quantity.unit,
        estimate=float(quantity.point[option] - quantity.point[reference]),
        lower=float(lower),
        upper=float(upper),
        probability_better=float(share_above(quantity.sign * gap)),
    )


@dataclass(frozen=True, kw_only=True)
class CurveBands:
    """Curves of a block of patients with pointwise intervals: arrays of shape (n_patients, n_options, n_times)."""

    outcome: str
    unit: str
    times: Floats
    estimate: Floats
    lower: Floats
    upper: Floats

    @classmethod
    def joined(cls, parts: Sequence[CurveBands]) -> CurveBands:
        """Concatenate the curves of several groups of patients."""
        whole = {name: np.concatenate([getattr(each, name) for each in parts]) for name in _BANDS}
        return cls(outcome=parts[0].outcome, unit=parts[0].unit, times=parts[0].times, **whole)

    def curve(self, row: int, option: int) -> Curve:
        """Return the curve of one patient under one option."""
        # a view would keep the curves of all patients in memory
        own = {name: getattr(self, name)[row, option].copy() for name in _BANDS}
        return Curve(outcome=self.outcome, unit=self.unit, times=self.times, **own)


_BANDS = ("estimate", "lower", "upper")


def bands_of(fit: OutcomeFit, sampled: EffectDraws) -> list[CurveBands]:
    """Return the curves of the patients with pointwise intervals: event-free, then each cause or state."""
    everybody = slice(None)
    curves = [_event_free(fit, sampled, everybody), *_parts(fit, sampled, everybody)]
    made = []
    for each in curves:
        lower, upper = interval_of(each.draws)
        band = CurveBands(
            outcome=each.outcome,
            unit=fit.unit,
            times=each.times,
            estimate=each.point.copy(),  # a view would keep all draws
            lower=lower,
            upper=upper,
        )
        made.append(band)
    return made


def main_place(fit: OutcomeFit) -> int:
    """Return the index of ``main_quantity`` among ``quantities``."""
    if fit.restricted is None:
        return 0
    first = len(fit.horizons)
    return first if fit.cause is None else first + 2 + fit.causes.index(fit.cause) * (first + 1) + first


def _interval(draws: Floats) -> tuple[float | None, float | None]:
    """Return the interval; a limit that is not reached (a median) is None."""
    lower, upper = interval_of(draws)
    return reached(lower), reached(upper)


def reached(value: Any) -> float | None:
    """Return a number; None if it is not reached (a median)."""
    return float(value) if math.isfinite(value) else None
