"""Utility of each option from the draws of all outcomes, by the study's weights.

Outcomes are fitted separately, so their draws are paired at random: a residual correlation between two outcomes of one
patient is not known, and intervals of the utility take them as independent.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from genorx._core.time_units import DAYS_PER_UNIT
from genorx.cohort.study_file.utility import Utility, Weight
from genorx.effects.intervals import interval_of, probability_best
from genorx.errors import shown
from genorx.ranking.trade_off.trade_off import (
    Acceptability,
    CostEffect,
    Dominance,
    NumberNeeded,
    OptionTradeOff,
    TradeOff,
    WinningRange,
    acceptability,
    cost_effect,
    dominated,
    number_needed,
    winners,
)
from genorx.ranking.trade_off.weights import default_utility

if TYPE_CHECKING:
    from genorx.ranking.answer.standing import Part
    from genorx.ranking.model.outcome_fit import OutcomeFit

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Amounts:
    """Quantities that are weighted: the main number of each outcome.

    Attributes
    ----------
    parts : tuple of Part
    options : tuple of str
        Options with an estimate of each of these outcomes.
    points : array of shape (n_outcomes, n_options)
    draws : array of shape (n_draws, n_outcomes, n_options)
    """

    parts: tuple[Part, ...]
    options: tuple[str, ...]
    points: Floats
    draws: Floats

    def row(self, name: str) -> int:
        """Return the index of an outcome."""
        return [part.fit.name for part in self.parts].index(name)


@dataclass(frozen=True, kw_only=True)
class Weighing:
    """Utility of each option: ``points`` (n_options,), ``draws`` (n_draws, n_options), and the rule in words."""

    options: tuple[str, ...]
    points: Floats
    draws: Floats
    unit: str
    rule: str


@dataclass(frozen=True, kw_only=True)
class _Line:
    """Utility as a linear function of the amounts: level + factors @ amounts."""

    level: float
    factors: Floats


def read_amounts(parts: Sequence[Part], row: int, options: Sequence[str]) -> Amounts:
    """Return the main numbers of ``parts`` for one patient under ``options``, which have an estimate of each."""
    points, draws = [], []
    for place, part in enumerate(parts):
        main = part.numbers.weighed.whole
        chosen = [part.numbers.options.index(name) for name in options]
        points.append(main.point[row, chosen])
        own = main.draws[:, row, chosen]
        draws.append(own[_pairing(part, len(own), first=place == 0)])
    return Amounts(parts=tuple(parts), options=tuple(options), points=np.array(points), draws=np.stack(draws, axis=1))


def _pairing(part: Part, n_draws: int, *, first: bool) -> NDArray[np.int64]:
    """Return the pairing of an outcome's draws with the primary's: by name, whatever else is weighted."""
    return np.arange(n_draws) if first else _shuffled(part.fit.name, n_draws)


@lru_cache(maxsize=64)  # the same for each patient
def _shuffled(name: str, n_draws: int) -> NDArray[np.int64]:
    return np.random.default_rng(list(name.encode())).permutation(n_draws)


def weigh(amounts: Amounts, utility: Utility) -> Weighing:
    """Return the utility of each option.  Each weighted outcome must be among the amounts."""
    line = _line(amounts, utility)
    return Weighing(
        options=amounts.options,
        points=line.level + line.factors @ amounts.points,
        draws=line.level + np.einsum("k,dko->do", line.factors, amounts.draws),
        unit=_unit(amounts, utility),
        rule=_rule(amounts, utility),
    )


def trade_off(
    parts: Sequence[Part],
    row: int,
    options: Sequence[str],
    reference: str,
    utility: Utility | None,
    *,
    covered: Mapping[str, Collection[str]],
) -> TradeOff | None:
    """Return benefit against harm of one patient's options; None with fewer than two outcomes or options.

    Parameters
    ----------
    parts : sequence of Part
        All outcomes, the primary first.
    row : int
    options : sequence of str
        Options with an estimate of the primary outcome and of each weighted outcome.
    reference : str
    utility : Utility or None
        Weights; those of ``default_utility`` if None.
    covered : mapping of outcome to options
        Options under which the patient has an estimate of the outcome.
    """
    if len(parts) < 2 or len(options) < 2:
        return None
    everywhere = [part for part in parts if set(options) <= set(covered[part.fit.name])]
    worse = _dominated(parts, row, [name for name in options if all(name in covered[p.fit.name] for p in parts)])
    base = [
        OptionTradeOff(
            option=name,
            dominated_by=worse.get(name, ()),
            number_needed=_needed(parts, row, name, reference, covered),
        )
        for name in options
    ]
    harms = tuple(p.fit.name for p in parts[1:] if p.fit.role == "harm" and set(options) & set(covered[p.fit.name]))
    chosen = default_utility(everywhere) if utility is None else utility
    if chosen is None:
        return TradeOff(rule="", unit="", options=tuple(base), harms=harms)
    amounts = read_amounts(everywhere, row, options)
    found = weigh(amounts, chosen)
    costs = _costs(amounts, found, reference)
    return TradeOff(
        rule=found.rule,
        unit=found.unit,
        options=tuple(_with_utility(base, found, reference, costs)),
        harms=harms,
        ranges=tuple(_ranges(amounts, chosen)),
        acceptability=tuple(_acceptable(amounts, found, chosen.thresholds)),
    )


def _dominated(parts: Sequence[Part], row: int, options: Sequence[str]) -> dict[str, tuple[Dominance, ...]]:
    """Return the options that dominate each of the options, which must have an estimate of every outcome."""
    amounts = read_amounts(parts, row, options)
    signs = np.array([part.fit.sign for part in parts], dtype=float)[:, None]
    return dominated(options, signs * amounts.points, signs * amounts.draws)


def _line(amounts: Amounts, utility: Utility) -> _Line:
    level, factors = 0.0, np.zeros(len(amounts.parts))
    for name, weight in utility.outcomes.items():
        place = amounts.row(name)
        offset, factors[place] = _coefficient(amounts, place, weight)
        level += offset
    return _Line(level=level, factors=factors)


def _coefficient(amounts: Amounts, place: int, weight: Weight) -> tuple[float, float]:
    """Return an outcome's contribution: a constant, and a factor of its amount."""
    fit = amounts.parts[place].fit
    if weight.weight is not None and weight.scale is not None:
        worst, best = weight.scale
        return -weight.weight * worst / (best - worst), weight.weight / (best - worst)
    if weight.quality is not None:
        return 0.0, weight.quality * _days(fit) / _days(amounts.parts[0].fit)
    return 0.0, fit.sign * (weight.loss or 0.0)


def _days(fit: OutcomeFit) -> float:
    return DAYS_PER_UNIT[fit.unit or "days"]


def _unit(amounts: Amounts, utility: Utility) -> str:
    if utility.rule == "weighted":
        return ""
    return f"quality-adjusted {amounts.parts[0].fit.unit or 'days'}"


def _rule(amounts: Amounts, utility: Utility) -> str:
    """Describe the weights in words."""
    unit, parts = amounts.parts[0].fit.unit or "days", []
    for name, weight in utility.outcomes.items():
        fit = amounts.parts[amounts.row(name)].fit
        if weight.weight is not None and weight.scale is not None:
            parts.append(f"{shown(name)} {weight.weight:g} from {weight.scale[0]:g} (0) to {weight.scale[1]:g} (1)")
        elif weight.quality is not None:
            upto = f"{fit.restricted or 0.0:g} {fit.unit or 'days'}"
            parts.append(f"a unit of time of {shown(name)}, up to {upto}, counts {weight.quality:g}")
        else:
            what = f"each {fit.unit or 'one'} of {shown(name)}" if fit.is_amount else shown(name)
            parts.append(f"{what} {'takes away' if fit.sign < 0 else 'adds'} {weight.loss or 0.0:g} {unit}")
    return "; ".join(parts)


def _with_utility(
    base: Sequence[OptionTradeOff], found: Weighing, reference: str, costs: Mapping[str, CostEffect]
) -> Iterator[OptionTradeOff]:
    """Yield the options with their utility, and its difference from the reference if that has one."""
    lower, upper = interval_of(found.draws)
    best = probability_best(found.draws)
    against = found.options.index(reference) if reference in found.options else None
    low, high = (lower, upper) if against is None else interval_of(found.draws - found.draws[:, [against]])
    for one in base:
        place = found.options.index(one.option)
        whole = replace(
            one,
            utility=float(found.points[place]),
            lower=float(lower[place]),
            upper=float(upper[place]),
            probability_best=float(best[place]),
            cost=costs.get(one.option),
        )
        if against is not None and place != against:
            whole = replace(
                whole,
                difference=float(found.points[place] - found.points[against]),
                difference_lower=float(low[place]),
                difference_upper=float(high[place]),
            )
        yield whole


def _needed(
    parts: Sequence[Part], row: int, option: str, reference: str, covered: Mapping[str, Collection[str]]
) -> tuple[NumberNeeded, ...]:
    """Return the numbers needed of each probability outcome, at the last horizon of a time to an event."""
    found = []
    for part in parts:
        if option == reference or not {option, reference} <= set(covered[part.fit.name]):
            continue
        chances = [each for each in part.numbers.quantities if each.whole.measure in _CHANCES]
        gap = chances[-1].reported.difference(row, part.numbers.options.index(option)) if chances else None
        if gap is not None:
            one = number_needed(
                part.fit.name,
                gap.horizon,
                sign=part.fit.sign,
                estimate=gap.estimate,
                interval=(gap.lower, gap.upper),
            )
            found += [] if one is None else [one]
    return tuple(found)


_CHANCES = ("survival", "probability")


def _ranges(amounts: Amounts, utility: Utility) -> list[WinningRange]:
    """Return, for each weight, the range over which each option wins, by the best estimates."""
    rows = []
    for name, weight in utility.outcomes.items():
        kind: Literal["quality", "loss", "weight"]
        kind = "weight" if utility.rule == "weighted" else "quality" if weight.quality is not None else "loss"
        stated = float(getattr(weight, kind) or 0.0)
        high = max(amounts.parts[0].fit.restricted or 0.0, stated) if kind == "loss" else 1.0
        ends = [_at(amounts, utility, name, kind, value) for value in (0.0, high)]
        slope = (ends[1] - ends[0]) / high if high else np.zeros_like(ends[0])
        rows += [
            WinningRange(
                outcome=name, weight=kind, stated=stated, lower=start, upper=end, option=amounts.options[option]
            )
            for start, end, option in winners(ends[0], slope, 0.0, high)
        ]
    return rows


def _at(amounts: Amounts, utility: Utility, name: str, kind: str, value: float) -> Floats:
    """Return the utility of each option with one weight changed; weights that sum to 1 are rescaled."""
    changes: dict[str, Any] = {kind: value}
    changed = {name: replace(utility.outcomes[name], **changes)}
    if kind == "weight":
        others = {other: one for other, one in utility.outcomes.items() if other != name}
        total = sum(one.weight or 0.0 for one in others.values())
        for other, one in others.items():
            share = (one.weight or 0.0) / total if total > 0 else 1.0 / len(others)
            changed[other] = replace(one, weight=(1.0 - value) * share)
    line = _line(amounts, replace(utility, outcomes=dict(utility.outcomes) | changed))
    made: Floats = line.level + line.factors @ amounts.points
    return made


def _cost_row(amounts: Amounts) -> int | None:
    """Return the index of the cost outcome; None with several, of which none is the total."""
    places = [place for place, part in enumerate(amounts.parts) if part.fit.role == "cost"]
    return places[0] if len(places) == 1 else None


def _costs(amounts: Amounts, found: Weighing, reference: str) -> dict[str, CostEffect]:
    row = _cost_row(amounts)
    if row is None or reference not in found.options:
        return {}
    against = found.options.index(reference)
    cost, points = amounts.draws[:, row], amounts.points[row]
    return {
        name: cost_effect(
            cost[:, place] - cost[:, against],
            found.draws[:, place] - found.draws[:, against],
            float(points[place] - points[against]),
            float(found.points[place] - found.points[against]),
        )
        for place, name in enumerate(found.options)
        if place != against
    }


def _acceptable(amounts: Amounts, found: Weighing, thresholds: Sequence[float]) -> list[Acceptability]:
    row = _cost_row(amounts)
    if row is None:
        return []
    points = (amounts.points[row], found.points)
    return acceptability(found.options, amounts.draws[:, row], found.draws, points, thresholds)
