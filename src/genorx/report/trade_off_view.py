"""Page section on benefit against harm: rows of options, and sentences on weights, dominance and cost."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from genorx.ranking.answer.answer import PatientAnswer
from genorx.ranking.trade_off.trade_off import CostEffect, NumberNeeded, OptionTradeOff, TradeOff, WinningRange
from genorx.report import wording

if TYPE_CHECKING:
    from genorx.ranking.ranking import Ranking

#: Utilities below this need more decimals.
_SMALL = 0.1
#: ... and from this on one is enough.
_LARGE = 10.0
_VERDICTS = {
    "more for more": "costs more and gives more",
    "less for less": "costs less and gives less",
    "better and cheaper": "is better and no dearer",
    "worse and dearer": "is no better and costs more",
}


@dataclass(frozen=True, kw_only=True)
class TradeOffView:
    """Rows (option, utility, difference, probability of being best, numbers needed) and sentences below them."""

    caption: str
    has_utility: bool
    rows: tuple[tuple[str, str, str, str, str], ...]
    sentences: tuple[str, ...]


def trade_off_view(answer: PatientAnswer, cost_unit: str = "") -> TradeOffView | None:
    """Return the section; None if there is nothing to weigh.  ``cost_unit`` is that of the outcome that is a cost."""
    found = answer.trade_off
    if found is None:
        return None
    units = {each.outcome: each.unit for option in answer.options for each in option.estimates if each.horizon}
    caption = "Numbers needed to treat or to harm, against the reference"
    if found.rule:
        caption = f"Utility{f' in {found.unit}' if found.unit else ''} by these weights: {found.rule}"
    return TradeOffView(
        caption=caption,
        has_utility=bool(found.rule),
        rows=tuple(
            _row(option, answer.reference, units, _digits(found.options)) for option in _best_first(found, answer)
        ),
        sentences=(*_dominance(found), *_ranges(found), *_costs(found, answer.reference, cost_unit)),
    )


def cost_unit(ranking: Ranking) -> str:
    """Return the unit of the one outcome that is a cost; empty if the ranking does not know it."""
    fits = () if ranking.asked is None else ranking.asked.question.fits
    units = [fit.unit for fit in fits if fit.role == "cost"]
    return units[0] if len(units) == 1 else ""


def _best_first(found: TradeOff, answer: PatientAnswer) -> list[OptionTradeOff]:
    """Return the options in the order of the result."""
    place = {option.option: number for number, option in enumerate(answer.options)}
    return sorted(found.options, key=lambda each: place[each.option])


def _row(
    option: OptionTradeOff, reference: str, units: Mapping[str, str], digits: int
) -> tuple[str, str, str, str, str]:
    same = option.option == reference
    gap = (option.difference, option.difference_lower, option.difference_upper)
    needed = [needed_text(each, units.get(each.outcome, "")) for each in option.number_needed]
    return (
        option.option,
        _interval((option.utility, option.lower, option.upper), digits, wording.number),
        "reference" if same else _interval(gap, digits, wording.signed),
        wording.chance_text(option.probability_best),
        "reference" if same else "; ".join(needed) or "–",
    )


def needed_text(needed: NumberNeeded, unit: str) -> str:
    """Return ``os at 3 years: 12 to benefit (8 to 30)``; through infinity ``12 to benefit (5 to ∞, or 30 to harm)``."""
    other = "harm" if needed.to == "benefit" else "benefit"
    at = "" if needed.horizon is None else f" at {wording.time_text(needed.horizon)} {unit}".rstrip()
    end = f"∞, or {_patients(needed.upper)} to {other}" if needed.through_infinity else _patients(needed.upper)
    middle = _patients(needed.estimate)
    return f"{needed.outcome}{at}: {middle} to {needed.to} ({_patients(needed.lower)} to {end})"


def _patients(number: float) -> str:
    return "∞" if number == float("inf") else wording.number(number, 0 if number >= 10 else 1)


def _digits(options: Sequence[OptionTradeOff]) -> int:
    """Return the decimals of utilities and their differences: leading ones of averted deaths are 0."""
    known = [each for option in options for each in (option.utility, option.lower, option.upper) if each is not None]
    largest = max(map(abs, known), default=0.0)
    return 1 if largest >= _LARGE else 2 if largest >= _SMALL else 4


def _interval(found: tuple[float | None, ...], digits: int, write: Callable[[float | None, int], str]) -> str:
    """Return ``12.5 (9.4 to 15.2)``, or the number alone without an interval.

    Where a number that is not 0 would be shown as 0 it has a decimal more: on which side of 0 it is must be read.
    """
    value, lower, upper = found
    if value is None:
        return "–"
    digits += any(each and not round(each, digits) for each in found)
    text = write(value, digits)
    return text if lower is None else f"{text} ({write(lower, digits)} to {write(upper, digits)})"


def _dominance(found: TradeOff) -> list[str]:
    return [
        f"{option.option} is worse than {each.by}, or no better, on every outcome by the best estimates; "
        f"on all of them together in {wording.chance_text(each.probability)} of draws."
        for option in found.options
        for each in option.dominated_by
    ]


def _ranges(found: TradeOff) -> list[str]:
    sentences = []
    for (outcome, weight, stated), group in groupby(
        found.ranges, key=lambda each: (each.outcome, each.weight, each.stated)
    ):
        rows = list(group)
        head = f"{_weight_name(weight, outcome)} (stated {wording.time_text(stated)})"
        if len(rows) == 1:
            sentences.append(f"{head}: {rows[0].option} has the largest utility over the whole range.")
        else:
            sentences.append(f"{head}: {'; '.join(_range(each) for each in rows)}.")
    return sentences


def _weight_name(weight: str, outcome: str) -> str:
    return {"quality": f"Worth of time of {outcome}", "loss": f"Time given up for {outcome}"}.get(
        weight, f"Weight of {outcome}"
    )


def _range(each: WinningRange) -> str:
    return f"{each.option} has the largest utility from {each.lower:.2g} to {each.upper:.2g}"


def _costs(found: TradeOff, reference: str, money: str) -> list[str]:
    units = (found.unit, money)
    stated = [_cost(option.option, option.cost, reference, units) for option in found.options if option.cost]
    for threshold, group in groupby(found.acceptability, key=lambda each: each.threshold):
        shares = ", ".join(f"{each.option} {wording.chance_text(each.probability)}" for each in group)
        price = f"{threshold:,.6g} {money}".rstrip()
        stated.append(f"Chance of the largest net benefit where a unit of utility may cost {price}: {shares}.")
    return stated


def _cost(name: str, cost: CostEffect, reference: str, units: tuple[str, str]) -> str:
    unit, money = units
    low, high = (wording.signed(each, 0) for each in (cost.cost_lower, cost.cost_upper))
    span = f"{wording.signed(cost.cost, 0)} ({low} to {high}) {money}".rstrip()
    said = f"{name} {_VERDICTS[cost.verdict]} than {reference}: cost difference {span}"
    if cost.ratio is None:
        return f"{said}."
    utility = f"utility ({unit})" if unit else "utility"
    price = f"{wording.number(cost.ratio, 0)} {money}".rstrip()
    return f"{said}, {price} for each unit of {utility}."
