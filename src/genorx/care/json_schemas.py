"""JSON Schemas of plans, schedules, cards and calls; ``data_schemas/`` is written from this module.

Source: JSON Schema draft 2020-12; for cards, CDS Hooks 2.0 (https://cds-hooks.hl7.org/2.0/).
"""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from genorx._core.json_schema import DRAFT, NUMBER, TEXT, by_name, closed, finding, list_of, maybe, one_of, ref
from genorx.care.cards.check import INDICATORS, MOST_SUMMARY
from genorx.care.cards.hook_request import ORDER_KEYS
from genorx.care.regimen.regimen import HoldAction, When
from genorx.care.schedule.schedule import Visit

Schema = dict[str, Any]
_WHOLE: Schema = {"type": "integer"}
_COUNT: Schema = {"type": "integer", "minimum": 1}
_DAY: Schema = {"type": "string", "format": "date"}
_UUID: Schema = {"type": "string", "format": "uuid"}
_TEXTS = list_of(TEXT)
_FINDINGS = {"finding": finding()}


def care_schemas() -> dict[str, Schema]:
    """Return the schemas by the name of their file."""
    return {"plan": plan_schema(), "schedule": schedule_schema(), "cards": cards_schema(), "hook": hook_schema()}


def plan_schema() -> Schema:
    """Return the schema of ``genorx care plan``."""
    whole = closed(
        {
            "plan": _head(),
            "steps": list_of(ref("step")),
            "regimen": _regimen(),
            "findings": list_of(ref("finding")),
            "provenance": closed(
                {"date": _DAY, "genorx": TEXT, "regimens": TEXT, "ranking": maybe({"type": "object"})}
            ),
        }
    )
    parts = {"step": _step(), "check": _check(), "hold": _hold(), **_FINDINGS}
    return {**DRAFT, "title": "Plan of a course", **whole, "$defs": parts}


def schedule_schema() -> Schema:
    """Return the schema of ``genorx care schedule``."""
    identities = {"identities": list_of(ref("identity"))}
    whole = closed(
        {
            "plan": _head(identities),
            "calendar": _calendar(),
            "visits": list_of(ref("visit")),
            "findings": list_of(ref("finding")),
        }
    )
    parts = {"visit": _visit(), "identity": _identity(), **_FINDINGS}
    return {**DRAFT, "title": "Schedule of a course", **whole, "$defs": parts}


def _head(more: Schema | None = None) -> Schema:
    named = {"patient_id": maybe(TEXT), "option": maybe(TEXT), "regimen": TEXT, "start": _DAY, "author": maybe(TEXT)}
    label = {"option_label": TEXT}  # label of the option on pages, if the study has one
    return closed({"id": _UUID, **named, **label, **(more or {})}, optional=tuple(label))


def _step() -> Schema:
    kind = {"enum": ["treatment", "laboratory", "check", "hold"]}
    day = {"type": "integer", "minimum": 0, "description": "Day of the cycle; 0 is before day 1."}
    texts = {"name": TEXT, "code": maybe(TEXT), "system": maybe(TEXT), "reason": TEXT}
    source = {"source": {"type": "string", "minLength": 1}}
    return closed(
        {"patient_id": maybe(TEXT), "step": _COUNT, "kind": kind, "cycle": _COUNT, "day": day, **texts, **source}
    )


def _regimen() -> Schema:
    return closed(
        {
            "name": TEXT,
            "title": maybe(TEXT),
            "options": _TEXTS,
            "drugs": _TEXTS,
            "cycle_days": _COUNT,
            "days": list_of(_COUNT),
            "cycles": _COUNT,
            "window": {"type": "integer", "minimum": 0},
            "laboratory": _TEXTS,
            "source": TEXT,
            "check": list_of(ref("check")),
            "hold": list_of(ref("hold")),
        }
    )


def _check() -> Schema:
    texts = {"name": TEXT, "when": one_of(When), "reason": TEXT, "source": TEXT}
    return closed({**texts, "day": maybe(_COUNT), "code": maybe(TEXT), "system": maybe(TEXT)})


def _hold() -> Schema:
    limits = {"below": maybe(NUMBER), "above": maybe(NUMBER)}
    return closed({"measure": TEXT, "unit": TEXT, "action": one_of(HoldAction), "source": TEXT, **limits})


def _calendar() -> Schema:
    clock = {"type": "string", "pattern": r"^\d\d:\d\d$"}
    return closed(
        {
            "weekdays": list_of({"type": "integer", "minimum": 0, "maximum": 6}),
            "closed": list_of(_DAY),
            "timezone": maybe(TEXT),
            "visit_time": clock,
            "laboratory_time": clock,
            "minutes": _COUNT,
        }
    )


def _visit() -> Schema:
    known: Schema = {
        "cycle": _COUNT,
        "day": {"type": "integer", "minimum": 0, "description": "Day of the cycle; 0 is the laboratory visit."},
        "kind": {"enum": ["treatment", "laboratory"]},
        "date": _DAY,
        "planned": maybe(_DAY),
        "moved_days": _WHOLE,
    }
    optional = ("patient_id", "start", "end")
    return closed({name: known.get(name, maybe(TEXT) if name in optional else TEXT) for name in _names(Visit)})


def _identity() -> Schema:
    when = {"date": _DAY, "start": maybe(TEXT), "end": maybe(TEXT)}
    state = {"sequence": {"type": "integer", "minimum": 0}, "status": {"enum": ["tentative", "cancelled"]}}
    return closed(
        {"uid": _UUID, "kind": TEXT, "cycle": _COUNT, "day": _WHOLE, **when, **state},
        description="Identity of a visit in calendars; sequence counts changes of its day or time.",
    )


def _names(kind: type[Any]) -> list[str]:
    return [each.name for each in fields(kind)]


def cards_schema() -> Schema:
    """Return the schema of ``genorx care cards``."""
    action = closed({"type": {"enum": ["delete"]}, "description": TEXT, "resourceId": TEXT})
    suggestion = closed({"label": TEXT, "uuid": _UUID, "actions": list_of(action)})
    provenance = closed({"model": maybe(TEXT), "knowledge": maybe(by_name(TEXT)), "version": TEXT})
    card = closed(
        {
            "uuid": _UUID,
            "summary": {"type": "string", "minLength": 1, "maxLength": MOST_SUMMARY},
            "detail": TEXT,
            "indicator": {"enum": list(INDICATORS)},
            "source": closed({"label": TEXT, "url": TEXT}, optional=("url",)),
            "suggestions": list_of(suggestion),
            "selectionBehavior": {"enum": ["at-most-one"]},
            "overrideReasons": list_of(closed({"code": TEXT, "system": TEXT, "display": TEXT})),
            "extension": closed({"org.genorx.provenance": provenance}),
        },
        optional=("suggestions", "selectionBehavior", "overrideReasons"),
    )
    return {**DRAFT, "title": "Cards of CDS Hooks", **closed({"cards": list_of(card)})}


def hook_schema() -> Schema:
    """Return the schema of ``genorx care read-hook``."""
    named = ("hook", "hook_instance", "patient_id", "user", "encounter_id")
    order = closed({name: TEXT if name == "type" else maybe(TEXT) for name in ORDER_KEYS})
    lists = {"selections": _TEXTS, "orders": list_of(order), "prefetch": _TEXTS, "findings": list_of(ref("finding"))}
    whole = closed({name: maybe(TEXT) for name in named} | lists)
    return {**DRAFT, "title": "Call of a CDS Hooks service", **whole, "$defs": _FINDINGS}
