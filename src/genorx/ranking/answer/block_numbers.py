"""Numbers of one outcome of a block of patients under each option, with intervals and differences all at once.

What is reported of an outcome is ``ranking.answer.estimates``; here it is taken for many patients together, so that
nothing is sorted or summed a patient at a time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genorx.effects.curve_numbers import CurveNumbers
from genorx.effects.intervals import interval_of, share_above
from genorx.effects.protocol import EffectDraws
from genorx.ranking.answer.answer import Curve, Difference, Estimate, Measure
from genorx.ranking.answer.estimates import (
    CurveBands,
    Quantity,
    bands_of,
    main_place,
    main_quantity,
    quantities,
    reached,
)
from genorx.ranking.model.outcome_fit import OutcomeFit

Floats = NDArray[np.float64]
Rows = list[list[float]]
_CURVES = 20  # patients of whom whole curves are drawn at a time: they fit into 100 MB


@dataclass(frozen=True)
class BlockQuantity:
    """A quantity of each patient of a block: best estimate (n_patients, n_options), draws (n_draws, ...)."""

    whole: Quantity
    against: int | None  # place of the reference option

    @cached_property
    def _own(self) -> tuple[Rows, ...]:
        """Estimates and limits, by patient and option."""
        return tuple(values.tolist() for values in (self.whole.point, *interval_of(self.whole.draws)))

    @cached_property
    def _gaps(self) -> tuple[Rows, ...]:
        """Differences against the reference: estimates, limits, and the probability that an option is better."""
        place = slice(self.against, (self.against or 0) + 1)
        gaps = self.whole.draws - self.whole.draws[..., place]
        lower, upper = interval_of(gaps)
        points = self.whole.point - self.whole.point[..., place]
        return tuple(each.tolist() for each in (points, lower, upper, share_above(self.whole.sign * gaps)))

    def of(self, row: int) -> Quantity:
        """Return the quantity of one patient."""
        return replace(self.whole, point=self.whole.point[row], draws=self.whole.draws[:, row])

    def estimate(self, row: int, option: int, *, against: bool) -> Estimate:
        """Return it under one option, with its difference against the reference where that has an estimate."""
        estimate, lower, upper = (reached(values[row][option]) for values in self._own)
        whole = self.whole
        return Estimate(
            outcome=whole.outcome,
            measure=whole.measure,
            horizon=whole.horizon,
            unit=whole.unit,
            estimate=estimate,
            lower=lower,
            upper=upper,
            difference=self.difference(row, option) if against else None,
        )

    def difference(self, row: int, option: int) -> Difference | None:
        """Return an option minus the reference; None for the reference itself, and for medians."""
        whole = self.whole
        if self.against is None or option == self.against or whole.measure == "median":
            return None
        estimate, lower, upper, better = (values[row][option] for values in self._gaps)
        return Difference(
            outcome=whole.outcome,
            measure=whole.measure,
            horizon=whole.horizon,
            unit=whole.unit,
            estimate=estimate,
            lower=lower,
            upper=upper,
            probability_better=better,
        )


@dataclass(frozen=True, kw_only=True)
class BlockNumbers:
    """What is reported of one outcome of a block of patients.

    Attributes
    ----------
    fit : OutcomeFit
    options : tuple of str
        Options with an estimate.
    main : BlockQuantity
        What options are ordered by.
    weighed : BlockQuantity
        What the outcome counts in benefit against harm: always the time without any event.
    quantities : tuple of BlockQuantity
        All that is reported; empty where the order alone is asked.
    bands : tuple of CurveBands
        Curves with pointwise intervals; empty where they were not asked for.
    """

    fit: OutcomeFit
    options: tuple[str, ...]
    main: BlockQuantity
    weighed: BlockQuantity
    quantities: tuple[BlockQuantity, ...] = ()
    bands: tuple[CurveBands, ...] = ()

    def curves(self, row: int, option: int) -> list[Curve]:
        """Return the curves of one patient under one option: event-free, then each cause."""
        return [each.curve(row, option) for each in self.bands]


def numbers_of(
    fit: OutcomeFit, block: pd.DataFrame, *, n_draws: int, seed: int, reference: str, curves: bool
) -> BlockNumbers:
    """Draw what is reported of one outcome; of times a few patients at a time where whole curves are needed."""
    drawn = None if curves else fit.draw_numbers(block, n_draws=n_draws, seed=seed)
    if drawn is not None:
        return _numbers(fit, drawn.options, _of_curves(fit, drawn), reference)
    step = _CURVES if fit.timed else len(block)
    made, bands = [], []
    sampled: EffectDraws | None = None
    for start in range(0, len(block), step):
        sampled = fit.draw(block.iloc[start : start + step], n_draws=n_draws, seed=seed)
        made.append(quantities(fit, sampled, slice(None)))
        bands.append(bands_of(fit, sampled) if curves and fit.timed else [])
    options = () if sampled is None else sampled.options
    joined = [_joined(each) for each in zip(*made, strict=True)]
    together = tuple(CurveBands.joined(each) for each in zip(*bands, strict=True))
    return _numbers(fit, options, joined, reference, together)


def _numbers(
    fit: OutcomeFit,
    options: tuple[str, ...],
    wholes: Sequence[Quantity],
    reference: str,
    bands: tuple[CurveBands, ...] = (),
) -> BlockNumbers:
    against = options.index(reference) if reference in options else None
    found = tuple(BlockQuantity(each, against) for each in wholes)
    main, weighed = (found[main_place(each)] for each in (fit, replace(fit, cause=None)))
    return BlockNumbers(fit=fit, options=options, main=main, weighed=weighed, quantities=found, bands=bands)


def ordering_numbers(
    fit: OutcomeFit, block: pd.DataFrame, *, n_draws: int, seed: int, times: Floats | None
) -> BlockNumbers:
    """Draw what options are ordered by, and nothing else; ``times`` in place of those of the fit's curves."""
    sampled, everybody = fit.draw(block, n_draws=n_draws, seed=seed, times=times), slice(None)
    main, weighed = (
        BlockQuantity(main_quantity(each, sampled, everybody), None) for each in (fit, replace(fit, cause=None))
    )
    return BlockNumbers(fit=fit, options=sampled.options, main=main, weighed=weighed)


def _joined(parts: Sequence[Quantity]) -> Quantity:
    """Return a quantity of several groups of patients as one."""
    if len(parts) == 1:
        return parts[0]
    point = np.concatenate([each.point for each in parts])
    return replace(parts[0], point=point, draws=np.concatenate([each.draws for each in parts], axis=1))


def _of_curves(fit: OutcomeFit, drawn: CurveNumbers) -> list[Quantity]:
    """Return survival at each horizon, the restricted mean and the median, as ``estimates.quantities`` orders them."""
    named: list[tuple[str, Measure, float | None, str, Floats]]
    named = [(fit.name, "survival", horizon, "", each) for horizon, each in zip(fit.horizons, drawn.at, strict=True)]
    named += [
        (fit.name, "rmst", fit.restricted, fit.unit, drawn.area),
        (fit.name, "median", None, fit.unit, drawn.median),
    ]
    return [
        Quantity(
            outcome=name,
            sign=fit.sign,
            measure=measure,
            horizon=horizon,
            unit=unit,
            point=values[..., 0],
            draws=np.moveaxis(values[..., 1:], -1, 0),
        )
        for name, measure, horizon, unit, values in named
    ]
