"""The JSON Schema of a card; ``data_schemas/published_card.schema.json`` is written from here.

Source: JSON Schema draft 2020-12; the fields follow TRIPOD, items 4 to 16 (Collins GS et al. 2015).
"""

from __future__ import annotations

from dataclasses import fields
from typing import Any, get_args

from genorx.published.cards.card import Card, InputColumn, Kind, UnitGuard

_TEXT = {"type": "string", "minLength": 1}
_ANY_TEXT = {"type": "string"}
_NUMBER = {"type": "number"}
_PAIR = {"type": "array", "items": _NUMBER, "minItems": 2, "maxItems": 2}
_TEXTS = {"type": "array", "items": _TEXT}
_UNKNOWN = ["no-estimate", "source-value", "scenarios", "option", "outcome", "variant", "not-checked"]


def card_schema() -> dict[str, Any]:
    """Return the schema of one card."""
    made = _object(_card_fields(), optional=())
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Card of a published model",
        "description": "For whom a published model holds, what goes in and comes out, and how it was checked.",
        **made,
        "$defs": {"input": _input(), "guard": _guard()},
    }


def _object(properties: dict[str, Any], *, optional: tuple[str, ...]) -> dict[str, Any]:
    required = [name for name in properties if name not in optional]
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def _maybe(schema: dict[str, Any]) -> dict[str, Any]:
    return {"anyOf": [schema, {"type": "null"}]}


def _said(text: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"description": text, **schema}


def _card_fields() -> dict[str, Any]:
    rows = {"type": "array", "items": {"$ref": "#/$defs/input"}, "minItems": 1}
    made = {
        "id": {"type": "string", "pattern": "^[a-z0-9-]+@[0-9a-z.-]+$"},
        "family": _TEXT,
        "version": _TEXT,
        "released": _TEXT,
        "title": _TEXT,
        "question": _said("TRIPOD 3: what is asked of the model", _TEXT),
        "status": {"enum": ["published", "code only"]},
        "population": _said("TRIPOD 4, 5, 8, 13: who, where, years, n, setting, exclusions", _population()),
        "outcome": _said("TRIPOD 6: each output and what it is of", _named(_TEXT)),
        "time_unit": _ANY_TEXT,
        "horizons": {"type": "array", "items": {"type": "number", "exclusiveMinimum": 0}},
        "inputs": _said("TRIPOD 7, 9: predictors, units, ranges, and what unknown does", rows),
        "options": _said("Treatments with effect and origin", {"type": "array", "items": _option()}),
        "formula": _said("TRIPOD 10, 11, 15: how numbers and groups come about", _formula()),
        "coefficients": _said("TRIPOD 15: SHA-256 of the table", {"type": "string", "pattern": "^[0-9a-f]{64}$"}),
        "verified": _object({"values": _TEXT, "against": _TEXT}, optional=()),
        "validation": _said("TRIPOD 12, 14, 16: how it did elsewhere", {"type": "array", "items": _validation()}),
        "limits": _said("TRIPOD 18: what it cannot say", _TEXTS),
        "licence": _object({"numbers": _TEXT, "code": _TEXT}, optional=()),
        "doi": {"type": "array", "items": {"type": "string", "pattern": "^10\\."}, "minItems": 1},
        "not_for": {**_TEXTS, "minItems": 1},
        "threshold": _maybe(_said("A risk from which on others act", _threshold())),
        "contains": {"type": "array", "items": _contained()},
        "superseded_by": _maybe(_TEXT),
    }
    return {each.name: made[each.name] for each in fields(Card)}


def _named(schema: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "additionalProperties": schema, "minProperties": 1}


def _population() -> dict[str, Any]:
    made: dict[str, Any] = dict.fromkeys(("who", "where", "setting", "exclusions"), _TEXT)
    return _object(made | {"years": _TEXT, "n": {"type": "integer", "minimum": 1}}, optional=("years", "n"))


def _formula() -> dict[str, Any]:
    kinds = ["two causes, yearly", "cox", "logistic", "points", "dose"]
    return _object({"kind": {"enum": kinds}, "text": _TEXT}, optional=())


def _option() -> dict[str, Any]:
    texts: dict[str, Any] = dict.fromkeys(("name", "what", "scale", "origin", "applies"), _TEXT)
    return _object(texts | {"log_effect": _NUMBER}, optional=())


def _validation() -> dict[str, Any]:
    made: dict[str, Any] = {
        "where": _TEXT,
        "n": {"type": "integer", "minimum": 1},
        "c": {"type": "number", "minimum": 0, "maximum": 1},
    }
    made |= {"slope": _NUMBER, "oe": {"type": "number", "minimum": 0}, "doi": _TEXT, "note": _TEXT}
    return _object(made, optional=("n", "c", "slope", "oe", "doi", "note"))


def _threshold() -> dict[str, Any]:
    share = {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1}
    return _object({"value": share, "what": _TEXT, "doi": _TEXT}, optional=())


def _contained() -> dict[str, Any]:
    return _object({"treatment": _TEXT, "how": _TEXT, "column": _TEXT}, optional=("column",))


def _input() -> dict[str, Any]:
    made = {
        "name": _TEXT,
        "meaning": _TEXT,
        "kind": {"enum": list(get_args(Kind))},
        "unit": _ANY_TEXT,
        "also": _said("other names of the column", _TEXTS),
        "range": _said("of derivation", _maybe(_PAIR)),
        "hard": _said("outside: no estimate", _maybe(_PAIR)),
        "possible": _said("outside: the table is wrong", _maybe(_PAIR)),
        "codes": {"type": "array", "items": {"type": "integer"}},
        "unknown_codes": {"type": "array", "items": {"type": "integer"}},
        "levels": _TEXTS,
        "refused": {"type": "object", "additionalProperties": _TEXT},
        "other_levels": {"enum": ["error", "refuse"]},
        "required": {"type": "boolean"},
        "unknown": {"enum": _UNKNOWN},
        "unknown_value": _maybe(_NUMBER),
        "guards": {"type": "array", "items": {"$ref": "#/$defs/guard"}},
        "hint": _ANY_TEXT,
    }
    return _object({each.name: made[each.name] for each in fields(InputColumn)}, optional=())


def _guard() -> dict[str, Any]:
    made = {
        "unit": _TEXT,
        "factor": {"type": "number", "exclusiveMinimum": 0},
        "above": _maybe(_NUMBER),
        "below": _maybe(_NUMBER),
        "alone": {"type": "boolean"},
    }
    return _object({each.name: made[each.name] for each in fields(UnitGuard)}, optional=())
