"""Numbers of one outcome of one patient under each option, all from the same draws.

Intervals are the 2.5 and 97.5 % quantiles of the draws; a difference's interval excludes 0 exactly where an option is
better in 97.5 % of them.  Restricted means are areas under the curves of ``OutcomeFit.times``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from genorx.effects.protocol import EffectDraws
from genorx.ranking.answer import Curve, Difference, Estimate, Measure
from genorx.ranking.outcome_fit import OutcomeFit

Floats = NDArray[np.float64]
_ENDS = (0.025, 0.975)


@dataclass(frozen=True, kw_only=True)
class Quantity:
    """A number of one patient under each option: best estimate and draws.

    Attributes
    ----------
    point : array of shape (n_options,)
    draws : array of shape (n_draws, n_options)
    """

    measure: Measure
    horizon: float | None
    unit: str
    point: Floats
    draws: Floats


def main_quantity(fit: OutcomeFit, sampled: EffectDraws, row: int) -> Quantity:
    """Return what options are ordered by: the restricted mean, the probability, or the amount."""
    if fit.restricted is None:
        return Quantity(
            measure="value" if fit.is_amount else "probability",
            horizon=None,
            unit=fit.unit if fit.is_amount else "",
            point=sampled.point[row, :, 0],
            draws=sampled.draws[:, row, :, 0],
        )
    upto = sampled.times <= fit.restricted
    times = sampled.times[upto]
    return Quantity(
        measure="rmst",
        horizon=fit.restricted,
        unit=fit.unit,
        point=np.asarray(np.trapezoid(sampled.point[row][:, upto], times, axis=-1)),
        draws=np.asarray(np.trapezoid(sampled.draws[:, row][:, :, upto], times, axis=-1)),
    )


def quantities(fit: OutcomeFit, sampled: EffectDraws, row: int) -> list[Quantity]:
    """Return what is reported of an outcome: survival at each horizon, restricted mean, median; or one number."""
    main = main_quantity(fit, sampled, row)
    if fit.restricted is None:
        return [main]
    at_horizons = []
    for horizon in fit.horizons:
        place = int(np.searchsorted(sampled.times, horizon))
        at_horizons.append(
            Quantity(
                measure="survival",
                horizon=horizon,
                unit="",
                point=sampled.point[row, :, place],
                draws=sampled.draws[:, row, :, place],
            )
        )
    median = Quantity(
        measure="median",
        horizon=None,
        unit=fit.unit,
        point=_medians(sampled.point[row], sampled.times),
        draws=_medians(sampled.draws[:, row], sampled.times),
    )
    return [*at_horizons, main, median]


def estimate(fit: OutcomeFit, quantity: Quantity, option: int, reference: int | None) -> Estimate:
    """Return one quantity under one option, with its difference against the reference where there is one."""
    lower, upper = _interval(quantity.draws[:, option])
    return Estimate(
        outcome=fit.name,
        measure=quantity.measure,
        horizon=quantity.horizon,
        unit=quantity.unit,
        estimate=_reached(quantity.point[option]),
        lower=lower,
        upper=upper,
        difference=difference(fit, quantity, option, reference),
    )


def difference(fit: OutcomeFit, quantity: Quantity, option: int, reference: int | None) -> Difference | None:
    """Return an option minus the reference; None for the reference itself, where it has none, and for medians."""
    if reference is None or option == reference or quantity.measure == "median":
        return None
    gap = quantity.draws[:, option] - quantity.draws[:, reference]
    better = (fit.sign * gap > 0).mean() + 0.5 * (gap == 0).mean()
    lower, upper = np.quantile(gap, _ENDS)
    return Difference(
        outcome=fit.name,
        measure=quantity.measure,
        horizon=quantity.horizon,
        unit=quantity.unit,
        estimate=float(quantity.point[option] - quantity.point[reference]),
        lower=float(lower),
        upper=float(upper),
        probability_better=float(better),
    )


def curve(fit: OutcomeFit, sampled: EffectDraws, row: int, option: int) -> Curve:
    """Return the survival curve of one patient under one option with its pointwise band."""
    lower, upper = np.quantile(sampled.draws[:, row, option], _ENDS, axis=0)
    return Curve(
        outcome=fit.name,
        unit=fit.unit,
        times=sampled.times,
        estimate=sampled.point[row, option],
        lower=lower,
        upper=upper,
    )


def _interval(draws: Floats) -> tuple[float | None, float | None]:
    """Return the interval; an end that is not reached (a median) is None."""
    lower, upper = np.quantile(draws, _ENDS, method="nearest" if np.isinf(draws).any() else "linear")
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
