"""The JSON Schema of a card; ``data_schemas/published_card.schema.json`` is written from here.

Source: JSON Schema draft 2020-12; the fields follow TRIPOD, items 4 to 16 (Collins GS et al. 2015).
"""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from genorx._core.json_schema import (
    DRAFT,
    FLAG,
    NUMBER,
    SHARE,
    TEXT,
    by_name,
    closed,
    described,
    list_of,
    maybe,
    one_of,
    ref,
)
from genorx.published.cards.card import Card, InputColumn, Kind, UnitGuard

_TEXT = {"type": "string", "minLength": 1}
_PAIR = {"type": "array", "items": NUMBER, "minItems": 2, "maxItems": 2}
_TEXTS = list_of(_TEXT)
_UNKNOWN = ["no-estimate", "source-value", "scenarios", "option", "outcome", "variant", "not-checked"]


def card_schema() -> dict[str, Any]:
    """Return the schema of one card."""
    made = closed(_card_fields())
    return {
        **DRAFT,
        "title": "Card of a published model",
        "description": "Population, inputs, outputs and validation of a published model.",
        **made,
        "$defs": {"input": _input(), "guard": _guard()},
    }


def _card_fields() -> dict[str, Any]:
    rows = {"type": "array", "items": ref("input"), "minItems": 1}
    made = {
        "id": {"type": "string", "pattern": "^[a-z0-9-]+@[0-9a-z.-]+$"},
        "family": _TEXT,
        "version": _TEXT,
        "released": _TEXT,
        "title": _TEXT,
        "question": described("TRIPOD 3: question answered by the model", _TEXT),
        "status": {"enum": ["published", "code only"]},
        "population": described("TRIPOD 4, 5, 8, 13: population, place, years, n, setting, exclusions", _population()),
        "outcome": described("TRIPOD 6: each output and its meaning", _named(_TEXT)),
        "time_unit": TEXT,
        "horizons": {"type": "array", "items": {"type": "number", "exclusiveMinimum": 0}},
        "inputs": described("TRIPOD 7, 9: predictors, units, ranges, and handling of unknown values", rows),
        "options": described("Treatments with effect and origin", list_of(_option())),
        "formula": described("TRIPOD 10, 11, 15: derivation of numbers and groups", _formula()),
        "coefficients": described("TRIPOD 15: SHA-256 of the table", {"type": "string", "pattern": "^[0-9a-f]{64}$"}),
        "verified": closed({"values": _TEXT, "against": _TEXT}),
        "validation": described("TRIPOD 12, 14, 16: performance in other populations", list_of(_validation())),
        "limits": described("TRIPOD 18: limitations", _TEXTS),
        "licence": closed({"numbers": _TEXT, "code": _TEXT}),
        "doi": {"type": "array", "items": {"type": "string", "pattern": "^10\\."}, "minItems": 1},
        "not_for": {**_TEXTS, "minItems": 1},
        "threshold": maybe(described("A published risk threshold for action", _threshold())),
        "contains": list_of(_contained()),
        "superseded_by": maybe(_TEXT),
    }
    return {each.name: made[each.name] for each in fields(Card)}


def _named(schema: dict[str, Any]) -> dict[str, Any]:
    return {**by_name(schema), "minProperties": 1}


def _population() -> dict[str, Any]:
    made: dict[str, Any] = dict.fromkeys(("who", "where", "setting", "exclusions"), _TEXT)
    return closed(made | {"years": _TEXT, "n": {"type": "integer", "minimum": 1}}, optional=("years", "n"))


def _formula() -> dict[str, Any]:
    kinds = ["two causes, yearly", "cox", "logistic", "points", "dose"]
    return closed({"kind": {"enum": kinds}, "text": _TEXT})


def _option() -> dict[str, Any]:
    texts: dict[str, Any] = dict.fromkeys(("name", "what", "scale", "origin", "applies"), _TEXT)
    return closed(texts | {"log_effect": NUMBER})


def _validation() -> dict[str, Any]:
    made: dict[str, Any] = {
        "where": _TEXT,
        "n": {"type": "integer", "minimum": 1},
        "c": SHARE,
    }
    made |= {"slope": NUMBER, "oe": {"type": "number", "minimum": 0}, "doi": _TEXT, "note": _TEXT}
    return closed(made, optional=("n", "c", "slope", "oe", "doi", "note"))


def _threshold() -> dict[str, Any]:
    share = {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1}
    return closed({"value": share, "what": _TEXT, "doi": _TEXT})


def _contained() -> dict[str, Any]:
    return closed({"treatment": _TEXT, "how": _TEXT, "column": _TEXT}, optional=("column",))


def _input() -> dict[str, Any]:
    made = {
        "name": _TEXT,
        "meaning": _TEXT,
        "kind": one_of(Kind),
        "unit": TEXT,
        "also": described("other names of the column", _TEXTS),
        "range": described("of derivation", maybe(_PAIR)),
        "hard": described("outside: no estimate", maybe(_PAIR)),
        "possible": described("outside: the table is wrong", maybe(_PAIR)),
        "codes": list_of({"type": "integer"}),
        "unknown_codes": list_of({"type": "integer"}),
        "levels": _TEXTS,
        "refused": by_name(_TEXT),
        "other_levels": {"enum": ["error", "refuse"]},
        "required": FLAG,
        "unknown": {"enum": _UNKNOWN},
        "unknown_value": maybe(NUMBER),
        "guards": list_of(ref("guard")),
        "hint": TEXT,
    }
    return closed({each.name: made[each.name] for each in fields(InputColumn)})


def _guard() -> dict[str, Any]:
    made = {
        "unit": _TEXT,
        "factor": {"type": "number", "exclusiveMinimum": 0},
        "above": maybe(NUMBER),
        "below": maybe(NUMBER),
        "alone": FLAG,
    }
    return closed({each.name: made[each.name] for each in fields(UnitGuard)})
