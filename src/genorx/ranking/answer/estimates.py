"""Numbers of one outcome of one patient under each option, all from the same draws.

Intervals are the 2.5 and 97.5 % quantiles of the draws; a difference's interval excludes 0 exactly where an option is
better in 97.5 % of them.  Restricted means are areas under the curves of ``OutcomeFit.times``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from genorx.effects.intervals import interval_of, share_above
from genorx.effects.protocol import EffectDraws
from genorx.ranking.answer.answer import Curve, Difference, Estimate, Measure
from genorx.ranking.model.outcome_fit import OutcomeFit

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Quantity:
    """A number of one patient under each option: best estimate and draws.

    Attributes
    ----------
    outcome : str
        Name of the outcome, or NAME:CAUSE for what is of one competing cause, NAME:GRADE of one grade.
    sign : {1, -1}
        1 where more of it is better.
    point : array of shape (n_options,)
    draws : array of shape (n_draws, n_options)
    """

    outcome: str
    sign: int
    measure: Measure
    horizon: float | None
    unit: str
    point: Floats
    draws: Floats


def main_quantity(fit: OutcomeFit, sampled: EffectDraws, row: int) -> Quantity:
    """Return what options are ordered by: the restricted mean, time lost to a cause, the probability, or the amount."""
    if fit.restricted is None:
        return Quantity(
            outcome=fit.name,
            sign=fit.sign,
            measure="value" if fit.is_amount else "probability",
            horizon=None,
            unit=fit.unit if fit.is_amount else "",
            point=sampled.point[row, :, 0],
            draws=sampled.draws[:, row, :, 0],
        )
    return _area(fit, _event_free(fit, sampled, row) if fit.cause is None else _cause(fit, sampled, row, fit.cause))


def weighed_quantity(fit: OutcomeFit, sampled: EffectDraws, row: int) -> Quantity:
    """Return what an outcome counts in benefit against harm: as above, but always the time without any event."""
    return main_quantity(replace(fit, cause=None), sampled, row)


@dataclass(frozen=True, kw_only=True)
class _Curves:
    """Curves of one patient: event-free, or the cumulative incidence of a cause; by option, and by draw and option."""

    outcome: str
    sign: int
    at: Measure
    area: Measure
    times: Floats
    point: Floats
    draws: Floats


def _event_free(fit: OutcomeFit, sampled: EffectDraws, row: int) -> _Curves:
    return _Curves(
        outcome=fit.name,
        sign=fit.sign,
        at="survival",
        area="rmst",
        times=sampled.times,
        point=sampled.point[row],
        draws=sampled.draws[:, row],
    )


def _cause(fit: OutcomeFit, sampled: EffectDraws, row: int, cause: str) -> _Curves:
    if sampled.parts is None or sampled.part_draws is None:
        raise TypeError(f"draws of {fit.name} without causes")
    place = fit.causes.index(cause)
    return _Curves(
        outcome=f"{fit.name}:{cause}",
        sign=-fit.sign,
        at="incidence",
        area="rmtl",
        times=sampled.times,
        point=sampled.parts[row][:, place],
        draws=sampled.part_draws[:, row][:, :, place],
    )


def _area(fit: OutcomeFit, curves: _Curves) -> Quantity:
    """Return the area under curves up to the horizon of the restricted mean: time without event, or lost to a cause."""
    upto = curves.times <= (fit.restricted or 0.0)
    times = curves.times[upto]
    return Quantity(
        outcome=curves.outcome,
        sign=curves.sign,
        measure=curves.area,
        horizon=fit.restricted,
        unit=fit.unit,
        point=np.asarray(np.trapezoid(curves.point[:, upto], times, axis=-1)),
        draws=np.asarray(np.trapezoid(curves.draws[:, :, upto], times, axis=-1)),
    )


def _at_horizons(fit: OutcomeFit, curves: _Curves) -> list[Quantity]:
    places = [int(np.searchsorted(curves.times, horizon)) for horizon in fit.horizons]
    return [
        Quantity(
            outcome=curves.outcome,
            sign=curves.sign,
            measure=curves.at,
            horizon=horizon,
            unit="",
            point=curves.point[:, place],
            draws=curves.draws[:, :, place],
        )
        for horizon, place in zip(fit.horizons, places, strict=True)
    ]


def quantities(fit: OutcomeFit, sampled: EffectDraws, row: int) -> list[Quantity]:
    """Return what is reported of an outcome: survival at each horizon, restricted mean, median; or one number.

    Of competing causes follow, for each, its incidence at each horizon and the mean time lost to it; of grades the
    probability of each.
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
        point=_medians(sampled.point[row], sampled.times),
        draws=_medians(sampled.draws[:, row], sampled.times),
    )
    found = [*_at_horizons(fit, free), _area(fit, free), median]
    for cause in fit.causes:
        own = _cause(fit, sampled, row, cause)
        found += [*_at_horizons(fit, own), _area(fit, own)]
    return found


def _grades(fit: OutcomeFit, sampled: EffectDraws, row: int) -> list[Quantity]:
    """Return the probability of each grade; those that count are good or bad as the outcome is, the others opposite."""
    if sampled.parts is None or sampled.part_draws is None:
        return []
    return [
        Quantity(
            outcome=f"{fit.name}:{level}",
            sign=fit.sign if place >= fit.least else -fit.sign,
            measure="grade",
            horizon=None,
            unit="",
            point=sampled.parts[row, :, place, 0],
            draws=sampled.part_draws[:, row, :, place, 0],
        )
        for place, level in enumerate(fit.levels)
    ]


def estimate(quantity: Quantity, option: int, reference: int | None) -> Estimate:
    """Return one quantity under one option, with its difference against the reference where there is one."""
    lower, upper = _interval(quantity.draws[:, option])
    return Estimate(
        outcome=quantity.outcome,
        measure=quantity.measure,
        horizon=quantity.horizon,
        unit=quantity.unit,
        estimate=_reached(quantity.point[option]),
        lower=lower,
        upper=upper,
        difference=difference(quantity, option, reference),
    )


def difference(quantity: Quantity, option: int, reference: int | None) -> Difference | None:
    """Return an option minus the reference; None for the reference itself, where it has none, and for medians."""
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


def curves_of(fit: OutcomeFit, sampled: EffectDraws, row: int, option: int) -> list[Curve]:
    """Return the curves of one patient under one option with pointwise bands: event-free, then each cause."""
    wanted = [_event_free(fit, sampled, row), *(_cause(fit, sampled, row, cause) for cause in fit.causes)]
    made = []
    for each in wanted:
        lower, upper = interval_of(each.draws[:, option])
        curve = Curve(
            outcome=each.outcome,
            unit=fit.unit,
            times=each.times,
            estimate=each.point[option].copy(),  # a view would keep the draws of all patients beside this one
            lower=lower,
            upper=upper,
        )
        made.append(curve)
    return made


def _interval(draws: Floats) -> tuple[float | None, float | None]:
    """Return the interval; an end that is not reached (a median) is None."""
    lower, upper = interval_of(draws)
    return _reached(lower), _reached(upper)


def _reached(value: Any) -> float | None:
    return float(value) if np.isfinite(value) else None


def _medians(survival: Floats, times: Floats) -> Floats:
    """Return the time at which each curve (last axis) falls to one half; infinite where it does not."""
    below = survival <= 0.5
    first = np.argmax(below, axis=-1)
    reached = np.take_along_axis(below, first[..., None], axis=-1)[..., 0]
    before = np.maximum(first - 1, 0)
    upper = np.take_along_axis(survival, before[..., None], axis=-1)[..., 0]
    lower = np.take_along_axis(survival, first[..., None], axis=-1)[..., 0]
    drop = np.where(upper > lower, upper - lower, 1.0)
    between = times[before] + (times[first] - times[before]) * (upper - 0.5) / drop
    return np.where(reached, between, np.inf)
