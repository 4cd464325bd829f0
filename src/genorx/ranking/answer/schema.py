"""The JSON Schema of ``ranking.json``; ``data_schemas/ranking.schema.json`` is written from here.

Source: JSON Schema draft 2020-12; keys are those of the project's contract, section 3.
"""

from __future__ import annotations

from typing import Any, get_args

from genorx.effects.decision import Advice, Verdict
from genorx.errors import Severity
from genorx.ranking.answer.answer import Axes, Measure, RestsOn
from genorx.ranking.trade_off.trade_off_schema import trade_off_schema

_TEXT = {"type": "string"}
_NUMBER = {"type": "number"}
_SHARE = {"type": "number", "minimum": 0, "maximum": 1}
_DIGEST = {"type": "string", "pattern": "^([0-9a-f]{64})?$"}


def ranking_schema() -> dict[str, Any]:
    """Return the schema: an array with one object a patient."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Ranking of treatment options",
        "description": "One object a patient; options best first. Empty evidence means not looked up; empty safety "
        "that guidance was not looked up or not found, never that a drug is safe: findings tell which.",
        "type": "array",
        "items": {"$ref": "#/$defs/patient"},
        "$defs": {
            "patient": _patient(),
            "option": _option(),
            "outcome": _outcome(),
            "difference": _difference(),
            "support": _support(),
            "reason": _reason(),
            "evidence": _texts("source", "id", "tier", "relation", "direction", "level", "therapy", "reason"),
            "safety": _texts("gene", "phenotype", "drug", "action", "strength", "source"),
            "advice_basis": _basis(),
            "interval": _object({name: _maybe(_NUMBER) for name in ("estimate", "lower", "upper")}),
            "finding": _finding(),
            "trade_off": trade_off_schema(),
            "provenance": _provenance(),
            "what_if": what_if_schema(),
        },
    }


def what_if_schema() -> dict[str, Any]:
    """Return the schema of outcomes under a changed factor."""
    numbers = ("estimate", "lower", "upper", "changed", "changed_lower", "changed_upper")
    gaps = ("difference", "difference_lower", "difference_upper")
    row = _object(
        {
            "option": _TEXT,
            "outcome": _TEXT,
            "measure": {"enum": list(get_args(Measure))},
            "horizon": _maybe(_NUMBER),
            "unit": _TEXT,
            **{name: _maybe(_NUMBER) for name in (*numbers, *gaps)},
            "probability_better": _maybe(_SHARE),
            "reason": _TEXT,
        },
        description="As it is, after the change, and after minus before; null where there is no estimate.",
    )
    return _object(
        {
            "changes": {"type": "object", "additionalProperties": _TEXT},
            "kind": {"enum": ["prediction", "effect"]},
            "label": _TEXT,
            "followed": {"type": "array", "items": _TEXT},
            "kept": {"type": "array", "items": _TEXT},
            "rows": {"type": "array", "items": row},
        },
        description="Present only where it was asked for. A prediction is an association, not an effect.",
    )


def _object(properties: dict[str, Any], *, optional: tuple[str, ...] = (), description: str = "") -> dict[str, Any]:
    required = [name for name in properties if name not in optional]
    made = {"type": "object", "properties": properties, "required": required, "additionalProperties": False}
    return {"description": description, **made} if description else made


def _maybe(schema: dict[str, Any]) -> dict[str, Any]:
    return {"anyOf": [schema, {"type": "null"}]}


def _list(name: str) -> dict[str, Any]:
    return {"type": "array", "items": {"$ref": f"#/$defs/{name}"}}


def _patient() -> dict[str, Any]:
    comparison = _object(
        {
            "study": _TEXT,
            "primary": _TEXT,
            "horizon": _maybe(_NUMBER),
            "unit": _TEXT,
            "notes": {"type": "array", "items": _TEXT},
        },
        description="By what options are ordered, who was compared, and what must hold.",
    )
    return _object(
        {
            "patient_id": _TEXT,
            "risk": _maybe(_SHARE),
            "reference": _TEXT,
            "comparison": comparison,
            "advice_basis": _maybe({"$ref": "#/$defs/advice_basis"}),
            "options": _list("option"),
            "trade_off": _maybe({"$ref": "#/$defs/trade_off"}),
            "findings": _list("finding"),
            "provenance": {"$ref": "#/$defs/provenance"},
            "what_if": {"$ref": "#/$defs/what_if"},
        },
        optional=("risk", "what_if"),
    )


def _basis() -> dict[str, Any]:
    by_option = {"type": "object", "additionalProperties": {"$ref": "#/$defs/interval"}}
    return _object(
        {
            "rests_on": {"enum": list(get_args(RestsOn))},
            "choosing": {"enum": list(get_args(Verdict))},
            "text": _TEXT,
            "best_single": _maybe(_TEXT),
            "withheld": _maybe(_TEXT),
            "measure": _maybe({"enum": list(get_args(Measure))}),
            "unit": _TEXT,
            "averages": by_option,
            "gain": _maybe({"$ref": "#/$defs/interval"}),
            "slopes": by_option,
        },
        description="What the advice rests on, and whether choosing by patient was shown to help against giving all "
        "the best single option; averages are differences against the reference, gain and slopes are out of fold.",
    )


def _option() -> dict[str, Any]:
    outcomes = {
        "type": "object",
        "description": "By outcome, then by horizon (a number as text: survival, cost, or "
        "incidence of a cause under NAME:CAUSE), rmst, rmtl, median, probability, grade (of NAME:GRADE) or value.",
        "additionalProperties": {
            "type": "object",
            "patternProperties": {
                "^([0-9.e+-]+|rmst|rmtl|median|probability|grade|value)$": {"$ref": "#/$defs/outcome"}
            },
            "additionalProperties": False,
        },
    }
    return _object(
        {
            "option": _TEXT,
            "rank": _maybe({"type": "integer", "minimum": 1}),
            "advice": {"enum": list(get_args(Advice))},
            "outcomes": outcomes,
            "difference": _maybe({"$ref": "#/$defs/difference"}),
            "probability_best": _maybe(_SHARE),
            "evidence": _list("evidence"),
            "safety": _list("safety"),
            "safety_marks": _list("safety"),
            "support": _maybe({"$ref": "#/$defs/support"}),
            "reasons": _list("reason"),
            "no_estimate_reason": _maybe(_TEXT),
            "axes": _maybe({"enum": list(get_args(Axes))}),
        }
    )


def _outcome() -> dict[str, Any]:
    numbers = {name: _maybe(_NUMBER) for name in ("estimate", "lower", "upper")}
    return _object(
        numbers | {"difference": {"$ref": "#/$defs/difference"}},
        optional=("difference",),
        description="A 95 % interval; null where it is not reached.",
    )


def _difference() -> dict[str, Any]:
    return _object(
        {
            "outcome": _TEXT,
            "measure": {"enum": list(get_args(Measure))},
            "horizon": _maybe(_NUMBER),
            "unit": _TEXT,
            "estimate": _NUMBER,
            "lower": _maybe(_NUMBER),
            "upper": _maybe(_NUMBER),
            "probability_better": _maybe(_SHARE),
        },
        description="The option minus the reference option; null where a published model has no interval.",
    )


def _support() -> dict[str, Any]:
    return _object(
        {
            "effective_n": {"type": "number", "minimum": 0},
            "patients": {"type": "integer", "minimum": 0},
            "propensity": _maybe(_SHARE),
        },
        description="Patients like this one under this option, patients in all, probability of the option.",
    )


def _reason() -> dict[str, Any]:
    return _object(
        {
            "feature": _TEXT,
            "value": _TEXT,
            "kind": {"enum": ["prognosis", "effect"]},
            "direction": {"enum": ["better", "worse"]},
            "size": _NUMBER,
        },
        description="Size on the log hazard or log odds, against the cohort's mean.",
    )


def _texts(*names: str) -> dict[str, Any]:
    return _object(dict.fromkeys(names, _TEXT))


def _finding() -> dict[str, Any]:
    return _object(
        {
            "code": {"type": "string", "pattern": "^[a-z0-9-]+$"},
            "severity": {"enum": list(get_args(Severity))},
            "patient_id": _maybe(_TEXT),
            "place": _maybe(_TEXT),
            "message": _TEXT,
        }
    )


def _provenance() -> dict[str, Any]:
    return _object(
        {
            "model": _DIGEST,
            "study": _DIGEST,
            "patients": _DIGEST,
            "knowledge": {"type": "object", "additionalProperties": _TEXT},
            "versions": {"type": "object", "additionalProperties": _TEXT},
            "seed": {"type": "integer"},
            "date": {"type": "string", "format": "date"},
        }
    )
