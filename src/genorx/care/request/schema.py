"""JSON Schemas of requests and answers as read, and of missing elements; ``data_schemas/`` is written from here."""

from __future__ import annotations

from typing import get_args

from genorx._core.json_schema import DRAFT, FLAG, NUMBER, TEXT, Schema, closed, finding, list_of, maybe, ref
from genorx.care.request.missing import Level
from genorx.care.request.payer_response import DECISIONS

_WHOLE: Schema = {"type": "integer", "minimum": 0}
_TEXTS = list_of(TEXT)
_NOT_DECIDED = ("unknown", "none")


def request_schemas() -> dict[str, Schema]:
    """Return the schemas by name: ``payer_request``, ``payer_response``, ``request_missing``."""
    return {
        "payer_request": _request(),
        "payer_response": _response(),
        "request_missing": _missing(),
    }


def _shared(kind: str) -> Schema:
    return {"kind": {"const": kind}, "use": maybe(TEXT)}


def _request() -> Schema:
    item = closed(
        {
            "sequence": maybe(_WHOLE),
            "services": _TEXTS,
            "quantity": maybe(NUMBER),
            "diagnosis": list_of(_WHOLE),
            "information": list_of(_WHOLE),
        }
    )
    keys = {
        **_shared("Claim"),
        "status": maybe(TEXT),
        "created": maybe(TEXT),
        "resources": _TEXTS,
        "diagnoses": list_of(_TEXTS),
        "related": _WHOLE,
        "supporting": _WHOLE,
        "items": list_of(item),
        "findings": list_of(ref("finding")),
    }
    purpose = "Output of genorx care read-request."
    return {**DRAFT, "title": "Prior authorisation request", **closed(keys, description=purpose), **_findings()}


def _response() -> Schema:
    span = {"type": "array", "items": maybe(TEXT), "minItems": 2, "maxItems": 2}
    item = closed(
        {
            "sequence": maybe(_WHOLE),
            "review": _TEXTS,
            "decision": {"enum": [*DECISIONS.values(), *_NOT_DECIDED]},
            "reasons": _TEXTS,
            "number": maybe(TEXT),
            "issued": maybe(TEXT),
            "period": maybe(span),
            "added": FLAG,
        }
    )
    keys = {
        **_shared("ClaimResponse"),
        "outcome": maybe(TEXT),
        "decision": {"enum": [*DECISIONS.values(), *_NOT_DECIDED, "error"]},
        "preauth": maybe(TEXT),
        "trace": _TEXTS,
        "created": maybe(TEXT),
        "resources": _TEXTS,
        "items": list_of(item),
        "errors": list_of(_TEXTS),
        "notes": _TEXTS,
        "asks": _WHOLE,
        "findings": list_of(ref("finding")),
    }
    purpose = "Output of genorx care read-response."
    return {
        **DRAFT,
        "title": "Answer to a prior authorisation request",
        **closed(keys, description=purpose),
        **_findings(),
    }


def _missing() -> Schema:
    row = {
        "resource": TEXT,
        "path": TEXT,
        "level": {"enum": list(get_args(Level))},
        "item": maybe(_WHOLE),
        "words": TEXT,
    }
    purpose = "Output of genorx care authorize --missing: one row per path, mandatory ones first."
    return {**DRAFT, "title": "Missing elements of a request", "description": purpose, **list_of(closed(row))}


def _findings() -> Schema:
    return {"$defs": {"finding": finding()}}
