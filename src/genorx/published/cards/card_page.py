"""A card as text, for ``print(model.card)``, ``genorx published card`` and the documentation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from genorx._core.unit_words import unit_in_words
from genorx._visible import visible

if TYPE_CHECKING:
    from genorx.published.cards.card import Card, InputColumn

_UNKNOWN = {
    "no-estimate": "no estimate",
    "scenarios": "best, mean and worst",
    "option": "no estimate of the options that need it",
    "outcome": "no estimate of the outcomes that need it",
    "variant": "another variant, or the source's weight for unknown",
    "not-checked": "not checked",
}


def card_text(card: Card) -> str:
    """Return the card in Markdown."""
    return visible("\n".join(_lines(card))) + "\n"


def _lines(card: Card) -> Iterator[str]:
    yield f"# {card.title} {card.version}"
    yield ""
    yield f"{card.question}"
    yield ""
    yield f"`{card.id}`, released {card.released}, {card.status}. Coefficients: SHA-256 `{card.coefficients[:16]}…`"
    if card.superseded_by:
        yield ""
        yield f"Superseded by `{card.superseded_by}`."
    yield from _section("Not for", [f"- {each}" for each in card.not_for])
    yield from _section("For whom", [f"- {key}: {value}" for key, value in card.population.items()])
    yield from _section("Inputs", _inputs(card))
    yield from _section("Outputs", [f"- `{name}`: {text}" for name, text in card.outcome.items()] + _horizons(card))
    yield from _section("Threshold", _threshold(card))
    yield from _section("Options", [_option(each) for each in card.options])
    yield from _section("Formula", [f"{card.formula['kind']}: {card.formula['text']}."])
    yield from _section("Checked", [f"{card.verified['values']}, against {card.verified['against']}."])
    yield from _section("Validation", [_validation(each) for each in card.validation] or ["- none known to us"])
    yield from _section("Limits", [f"- {each}" for each in card.limits])
    contained = [f"- {each['treatment']}: {each['how']}" for each in card.contains]
    yield from _section("Treatments that the prediction counts already", contained)
    yield from _section("Terms", [f"- {key}: {value}" for key, value in card.licence.items()])
    yield from _section("Source", [f"- https://doi.org/{each}" for each in card.doi])


def _section(title: str, lines: list[str]) -> Iterator[str]:
    if lines:
        yield ""
        yield f"## {title}"
        yield ""
        yield from lines


def _horizons(card: Card) -> list[str]:
    return [f"- horizons: {', '.join(f'{each:g}' for each in card.horizons)} {card.time_unit}"] if card.horizons else []


def _threshold(card: Card) -> list[str]:
    if card.threshold is None:
        return []
    each = card.threshold
    return [f"{each['value']:g}: {each['what']} (https://doi.org/{each['doi']})."]


def _inputs(card: Card) -> list[str]:
    head = ["| name | meaning | unit | values | required | if unknown |", "| --- | --- | --- | --- | --- | --- |"]
    return head + [
        f"| `{each.name}` | {each.meaning} | {unit_in_words(each.unit).replace('|', '/')} | {_values(each)} | "
        f"{'yes' if each.required else 'no'} | {_unknown(each)} |"
        for each in card.inputs
    ]


def _values(each: InputColumn) -> str:
    if each.kind == "category":
        return ", ".join(each.levels)
    if each.codes:
        return ", ".join(str(code) for code in each.codes)
    parts = [] if each.range is None else [f"{each.range[0]:g} to {each.range[1]:g}"]
    if each.hard is not None and each.hard != each.range:
        parts.append(f"not accepted outside of {each.hard[0]:g} to {each.hard[1]:g}")
    return "; ".join(parts)


def _unknown(each: InputColumn) -> str:
    if each.unknown == "source-value":
        return "no effect" if each.unknown_value is None else f"{each.unknown_value:g} is used"
    return _UNKNOWN[each.unknown]


def _option(each: Mapping[str, Any]) -> str:
    return (
        f"- `{each['name']}`: {each['what']}; {each['scale']} {each['log_effect']:.4g} ({each['origin']}); "
        f"applies: {each['applies']}"
    )


def _validation(each: Mapping[str, Any]) -> str:
    names = {"n": "n", "c": "C", "slope": "slope", "oe": "O/E"}
    numbers = [f"{label} {each[key]:,}" for key, label in names.items() if key in each]
    parts = [*numbers, *([each["note"]] if "note" in each else [])]
    source = f" (https://doi.org/{each['doi']})" if "doi" in each else ""
    return f"- {each['where']}: {'; '.join(parts)}{source}"
