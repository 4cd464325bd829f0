"""Estimates of one outcome for a block of patients under each option, with intervals and differences computed at once.

The reported quantities of an outcome are in ``ranking.answer.estimates``; here they are computed for many patients
together, so that nothing is sorted or summed one patient at a time.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

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
)
from genorx.ranking.answer.made_later import MadeLater
from genorx.ranking.model.outcome_fit import OutcomeFit

Floats = NDArray[np.float64]
#: Several numbers for each patient and option.
Rows = list[list[tuple[Any, ...]]]
_CURVES = 20  # patients with whole curves at a time: they fit into 100 MB


@dataclass(frozen=True)
class BlockQuantity:
    """A quantity of each patient of a block: best estimate (n_patients, n_options), draws (n_draws, ...)."""

    whole: Quantity
    against: int | None  # index of the reference option

    @cached_property
    def reported(self) -> ReportedQuantity:
        """The reported numbers, without the draws."""
        whole, gaps = self.whole, None
        if self.against is not None and whole.measure != "median":
            place = slice(self.against, self.against + 1)
            away = whole.draws - whole.draws[..., place]
            points = whole.point - whole.point[..., place]
            gaps = _rows(points, *interval_of(away), share_above(whole.sign * away))
        return ReportedQuantity(
            outcome=whole.outcome,
            measure=whole.measure,
            horizon=whole.horizon,
            unit=whole.unit,
            own=_rows(*map(_reached, (whole.point, *interval_of(whole.draws)))),
            gaps=gaps,
            against=self.against,
        )

    def of(self, row: int) -> Quantity:
        """Return the quantity of one patient."""
        return replace(self.whole, point=self.whole.point[row], draws=self.whole.draws[:, row])


def _rows(*values: NDArray[Any]) -> Rows:
    """Return several numbers of each patient and option, stacked."""
    return [list(zip(*each, strict=True)) for each in zip(*(value.tolist() for value in values), strict=True)]


def _reached(values: Floats) -> NDArray[Any]:
    """Return numbers; None for those that are not reached (a median)."""
    finite = np.isfinite(values)
    if finite.all():
        return values
    reached = values.astype(object)
    reached[~finite] = None
    return reached


@dataclass(frozen=True, kw_only=True)
class ReportedQuantity:
    """Reported numbers of a quantity for each patient of a block.

    Attributes
    ----------
    outcome, measure, horizon, unit
        As in ``Estimate``.
    own : list of list of tuple
        Estimate and limits, by patient and option; None where not reached.
    gaps : list of list of tuple, or None
        Difference from the reference, limits, and the probability that the option is better; None for medians, and if
        the reference has no estimate.
    against : int or None
        Index of the reference option.
    """

    outcome: str
    measure: Measure
    horizon: float | None
    unit: str
    own: Rows
    gaps: Rows | None
    against: int | None

    @property
    def what(self) -> tuple[Any, ...]:
        """Outcome, measure, horizon and unit."""
        return self.outcome, self.measure, self.horizon, self.unit

    def gap(self, row: int, option: int) -> tuple[Any, ...] | None:
        """Return the numbers of a difference; None for the reference itself, and if there is none."""
        return None if self.gaps is None or option == self.against else self.gaps[row][option]

    def difference(self, row: int, option: int) -> Difference | None:
        """Return an option minus the reference, in the form of ``gap``."""
        gap = self.gap(row, option)
        if gap is None:
            return None
        estimate, lower, upper, better = gap
        return Difference(
            outcome=self.outcome,
            measure=self.measure,
            horizon=self.horizon,
            unit=self.unit,
            estimate=estimate,
            lower=lower,
            upper=upper,
            probability_better=better,
        )


@dataclass(frozen=True, eq=False, repr=False)
class Estimates(MadeLater[Estimate]):
    """Estimates of one patient under one option.

    Attributes
    ----------
    places : sequence of (ReportedQuantity, row, option, whether the reference has an estimate)
    """

    places: Sequence[tuple[ReportedQuantity, int, int, bool]]

    def __len__(self) -> int:
        return len(self.places)

    def numbers(self) -> Iterator[tuple[Any, ...]]:
        """Yield outcome, measure, horizon, unit; estimate and limits; the difference, its limits and probability."""
        for quantity, row, option, against in self.places:
            gap = quantity.gap(row, option) if against else None
            yield (*quantity.what, *quantity.own[row][option], *((None,) * 4 if gap is None else gap))

    def _make(self) -> Iterator[Estimate]:
        for quantity, row, option, against in self.places:
            estimate, lower, upper = quantity.own[row][option]
            yield Estimate(
                outcome=quantity.outcome,
                measure=quantity.measure,
                horizon=quantity.horizon,
                unit=quantity.unit,
                estimate=estimate,
                lower=lower,
                upper=upper,
                difference=quantity.difference(row, option) if against else None,
            )


@dataclass(frozen=True, kw_only=True)
class BlockNumbers:
    """Reported results on one outcome for a block of patients.

    Attributes
    ----------
    fit : OutcomeFit
    options : tuple of str
        Options with an estimate.
    main : BlockQuantity
        Quantity by which options are ordered.
    weighed : BlockQuantity
        Measure of the outcome in benefit against harm: always the time without any event.
    quantities : tuple of BlockQuantity
        All reported estimates; empty if only the order is requested.
    bands : tuple of CurveBands
        Curves with pointwise intervals; empty if not requested.
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
    fit: OutcomeFit, block: pd.DataFrame, known: Any, *, n_draws: int, seed: int, reference: str, curves: bool
) -> BlockNumbers:
    """Draw the reported results on one outcome; times in blocks of patients if whole curves are needed."""
    settings: dict[str, Any] = {"n_draws": n_draws, "seed": seed}
    drawn = fit.draw_numbers(known, **settings)
    if drawn is None:
        options, wholes, bands = _drawn(fit, block, known, settings, curves=curves)
        return _numbers(fit, options, wholes, reference, bands)
    shown = _drawn(fit, block, known, settings, curves=True, numbers=False)[2] if curves else ()
    return _numbers(fit, drawn.options, _of_curves(fit, drawn), reference, shown)


def drawn_quantities(
    fit: OutcomeFit, X: pd.DataFrame, *, n_draws: int, seed: int
) -> tuple[tuple[str, ...], list[BlockQuantity]]:
    """Return options, and the reported quantities of each patient, with the numbers of ``numbers_of``."""
    drawn = fit.draw_numbers(fit.prepared(X), n_draws=n_draws, seed=seed)
    if drawn is not None:
        return drawn.options, [BlockQuantity(each, None) for each in _of_curves(fit, drawn)]
    sampled = fit.draw(X, n_draws=n_draws, seed=seed)
    return sampled.options, [BlockQuantity(each, None) for each in quantities(fit, sampled, slice(None))]


def _drawn(
    fit: OutcomeFit, block: pd.DataFrame, known: Any, settings: dict[str, Any], *, curves: bool, numbers: bool = True
) -> tuple[tuple[str, ...], list[Quantity], tuple[CurveBands, ...]]:
    """Return options, quantities and curves with their intervals, from draws of whole curves or of values."""
    step = _CURVES if fit.timed else len(block)
    made, bands = [], []
    sampled: EffectDraws | None = None
    for start in range(0, len(block), step):
        whole = {"known": known} if step >= len(block) else {}
        sampled = fit.draw(block.iloc[start : start + step], **settings, **whole)
        made.append(quantities(fit, sampled, slice(None)) if numbers else [])
        bands.append(bands_of(fit, sampled) if curves and fit.timed else [])
    return (
        () if sampled is None else sampled.options,
        [_joined(each) for each in zip(*made, strict=True)],
        tuple(CurveBands.joined(each) for each in zip(*bands, strict=True)),
    )


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
    """Draw only the quantity by which options are ordered; ``times`` replaces those of the fit's curves."""
    sampled, everybody = fit.draw(block, n_draws=n_draws, seed=seed, times=times), slice(None)
    main, weighed = (
        BlockQuantity(main_quantity(each, sampled, everybody), None) for each in (fit, replace(fit, cause=None))
    )
    return BlockNumbers(fit=fit, options=sampled.options, main=main, weighed=weighed)


def _joined(parts: Sequence[Quantity]) -> Quantity:
    """Concatenate a quantity over several groups of patients."""
    if len(parts) == 1:
        return parts[0]
    point = np.concatenate([each.point for each in parts])
    return replace(parts[0], point=point, draws=np.concatenate([each.draws for each in parts], axis=1))


def _of_curves(fit: OutcomeFit, drawn: CurveNumbers) -> list[Quantity]:
    """Return survival at each horizon, the restricted mean and the median, in the order of ``estimates.quantities``."""
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
