"""The JSON Schema of ``ranking.json``; ``data_schemas/ranking.schema.json`` is written from here.

Source: JSON Schema draft 2020-12; keys as described in docs/guide/ranking.md.
"""

from __future__ import annotations

from typing import Any

from genorx._core.advice import Advice
from genorx._core.json_schema import DRAFT, NUMBER, SHARE, TEXT, by_name, closed, finding, list_of, maybe, one_of, ref
from genorx.effects.decision import Verdict
from genorx.ranking.answer.answer import Axes, Measure, RestsOn
from genorx.ranking.trade_off.trade_off_schema import trade_off_schema

_DIGEST = {"type": "string", "pattern": "^([0-9a-f]{64})?$"}


def ranking_schema() -> dict[str, Any]:
    """Return the schema: an array with one object per patient."""
    return {
        **DRAFT,
        "title": "Ranking of treatment options",
        "description": "One object per patient; options best first. Empty evidence means not looked up; empty safety "
        "means that guidance was not looked up or not found, never that a drug is safe: the findings say which.",
        "type": "array",
        "items": ref("patient"),
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
            "interval": closed({name: maybe(NUMBER) for name in ("estimate", "lower", "upper")}),
            "finding": finding(),
            "trade_off": trade_off_schema(),
            "provenance": _provenance(),
            "what_if": what_if_schema(),
        },
    }


def what_if_schema() -> dict[str, Any]:
    """Return the schema of outcomes under a changed factor."""
    numbers = ("estimate", "lower", "upper", "changed", "changed_lower", "changed_upper")
    gaps = ("difference", "difference_lower", "difference_upper")
    row = closed(
        {
            "option": TEXT,
            "outcome": TEXT,
            "measure": one_of(Measure),
            "horizon": maybe(NUMBER),
            "unit": TEXT,
            **{name: maybe(NUMBER) for name in (*numbers, *gaps)},
            "probability_better": maybe(SHARE),
            "reason": TEXT,
        },
        description="Before the change, after it, and after minus before; null if there is no estimate.",
    )
    return closed(
        {
            "changes": by_name(TEXT),
            "kind": {"enum": ["prediction", "effect"]},
            "label": TEXT,
            "followed": list_of(TEXT),
            "kept": list_of(TEXT),
            "rows": list_of(row),
        },
        description="Present only if requested. A prediction is an association, not an effect.",
    )


def _patient() -> dict[str, Any]:
    comparison = closed(
        {
            "study": TEXT,
            "primary": TEXT,
            "horizon": maybe(NUMBER),
            "unit": TEXT,
            "notes": list_of(TEXT),
        },
        description="Quantity by which options are ordered, compared patients, and assumptions.",
    )
    return closed(
        {
            "patient_id": TEXT,
            "risk": maybe(SHARE),
            "reference": TEXT,
            "comparison": comparison,
            "advice_basis": maybe(ref("advice_basis")),
            "options": list_of(ref("option")),
            "trade_off": maybe(ref("trade_off")),
            "findings": list_of(ref("finding")),
            "provenance": ref("provenance"),
            "what_if": ref("what_if"),
            "labels": _labels(),
        },
        optional=("risk", "what_if", "labels"),
    )


def _labels() -> dict[str, Any]:
    return closed(
        {kind: by_name(TEXT) for kind in ("options", "outcomes", "features")},
        description="Labels of the study for names of this object, as on pages; absent if there are none.",
    )


def _basis() -> dict[str, Any]:
    by_option = by_name(ref("interval"))
    return closed(
        {
            "rests_on": one_of(RestsOn),
            "choosing": one_of(Verdict),
            "text": TEXT,
            "best_single": maybe(TEXT),
            "withheld": maybe(TEXT),
            "measure": maybe(one_of(Measure)),
            "unit": TEXT,
            "averages": by_option,
            "gain": maybe(ref("interval")),
            "slopes": by_option,
        },
        description="Basis of the advice, and whether choosing by patient was shown to help, compared with the best "
        "single option for all; averages are differences from the reference, gain and slopes are out of fold.",
    )


def _option() -> dict[str, Any]:
    outcomes = {
        "type": "object",
        "description": "By outcome, then by horizon (a number as text: survival, cost, or "
        "incidence of a cause under NAME:CAUSE), rmst, rmtl, median, probability, grade (of NAME:GRADE) or value.",
        "additionalProperties": {
            "type": "object",
            "patternProperties": {"^([0-9.e+-]+|rmst|rmtl|state_time|median|probability|grade|value)$": ref("outcome")},
            "additionalProperties": False,
        },
    }
    return closed(
        {
            "option": TEXT,
            "rank": maybe({"type": "integer", "minimum": 1}),
            "advice": one_of(Advice),
            "outcomes": outcomes,
            "difference": maybe(ref("difference")),
            "probability_best": maybe(SHARE),
            "evidence": list_of(ref("evidence")),
            "safety": list_of(ref("safety")),
            "safety_marks": list_of(ref("safety")),
            "support": maybe(ref("support")),
            "reasons": list_of(ref("reason")),
            "no_estimate_reason": maybe(TEXT),
            "axes": maybe(one_of(Axes)),
        }
    )


def _outcome() -> dict[str, Any]:
    numbers = {name: maybe(NUMBER) for name in ("estimate", "lower", "upper")}
    return closed(
        numbers | {"difference": ref("difference")},
        optional=("difference",),
        description="A 95 % interval; null where it is not reached.",
    )


def _difference() -> dict[str, Any]:
    return closed(
        {
            "outcome": TEXT,
            "measure": one_of(Measure),
            "horizon": maybe(NUMBER),
            "unit": TEXT,
            "estimate": NUMBER,
            "lower": maybe(NUMBER),
            "upper": maybe(NUMBER),
            "probability_better": maybe(SHARE),
        },
        description="The option minus the reference option; null where a published model has no interval.",
    )


def _support() -> dict[str, Any]:
    return closed(
        {
            "effective_n": {"type": "number", "minimum": 0},
            "patients": {"type": "integer", "minimum": 0},
            "propensity": maybe(SHARE),
        },
        description="Patients like this one under this option, patients in all, probability of the option.",
    )


def _reason() -> dict[str, Any]:
    return closed(
        {
            "feature": TEXT,
            "value": TEXT,
            "kind": {"enum": ["prognosis", "effect"]},
            "direction": {"enum": ["better", "worse"]},
            "size": NUMBER,
        },
        description="Size on the log hazard or log odds, against the cohort's mean.",
    )


def _texts(*names: str) -> dict[str, Any]:
    return closed(dict.fromkeys(names, TEXT))


def _provenance() -> dict[str, Any]:
    return closed(
        {
            "model": _DIGEST,
            "study": _DIGEST,
            "patients": _DIGEST,
            "knowledge": by_name(TEXT),
            "versions": by_name(TEXT),
            "seed": {"type": "integer"},
            "date": {"type": "string", "format": "date"},
        }
    )
