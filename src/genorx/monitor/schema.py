"""The JSON Schema of ``R.json``, the report of one look; ``data_schemas/monitor.schema.json`` is written from here.

Source: JSON Schema draft 2020-12; the keys are those of ``LookReport.to_dict``.
"""

from __future__ import annotations

from typing import Any

from genorx._core.json_schema import (
    DRAFT,
    NUMBER,
    SHARE,
    TEXT,
    Schema,
    by_name,
    closed,
    described,
    finding,
    list_of,
    maybe,
    one_of,
    ref,
)
from genorx.monitor.checks import Severity
from genorx.monitor.update import ACTIONS

_COUNT: Schema = {"type": "integer", "minimum": 0}
_POSITIVE: Schema = {"type": "number", "exclusiveMinimum": 0}
_DIGEST: Schema = {"type": "string", "pattern": "^([0-9a-f]{64})?$"}


def monitor_schema() -> dict[str, Any]:
    """Return the schema: one object, the report of a look."""
    made = closed(
        {
            "action": {"enum": list(ACTIONS)},
            "reasons": list_of(TEXT),
            "as_of": described("Time of the snapshot, in the unit of the tables.", NUMBER),
            "look": {"type": "integer", "minimum": 1},
            "checks": list_of(ref("check")),
            "update": maybe(ref("update")),
            "calibration": list_of(ref("calibration")),
            "plan": ref("plan"),
            "findings": list_of(finding()),
            "provenance": ref("provenance"),
        }
    )
    parts = {"check": _check(), "update": _update(), "part_update": _part_update()}
    parts |= {"calibration": _calibration(), "plan": _plan(), "provenance": _provenance()}
    stated = "Result of one look at new data of a frozen model, which itself is never changed."
    return {**DRAFT, "title": "Report of a look at new data", "description": stated, **made, "$defs": parts}


def _check() -> Schema:
    return closed(
        {
            "check": TEXT,
            "place": described("Column, site, part, arm or subgroup; empty for all.", TEXT),
            "statistic": maybe(NUMBER),
            "p": described("P-value; null if a rule decides without a test.", maybe(SHARE)),
            "alpha": described("Threshold of p; null for a description.", maybe(SHARE)),
            "severity": one_of(Severity),
        }
    )


def _changes() -> Schema:
    """Return the keys of the change of one part."""
    interval = {"type": "array", "items": NUMBER, "minItems": 2, "maxItems": 2}
    return {
        "part": described("Part of the outcome: empty, or the competing cause.", TEXT),
        "intercept": described("Log ratio of the new hazard (or odds) to the old.", NUMBER),
        "slope": described("Slope of the frozen model's linear predictor; 1 is no change.", NUMBER),
        "coefficients": by_name(NUMBER, "Coefficients added by a refit, per unit of a column or for a level."),
        "intervals": by_name(interval, "95 % intervals."),
        "arrived_after": described("Arrival after which patients inform the change; null: all.", maybe(NUMBER)),
    }


def _part_update() -> Schema:
    return closed(_changes())


def _update() -> Schema:
    made = {**_changes(), "parts": list_of(ref("part_update"))}
    return closed(made, optional=("parts",), description="With several parts that of the first; ``parts`` has all.")


def _calibration() -> Schema:
    return closed(
        {
            "part": TEXT,
            "group": described("all, site, arm, or the name of a declared subgroup.", TEXT),
            "level": TEXT,
            "patients": _COUNT,
            "events": _COUNT,
            **dict.fromkeys(("expected", "ratio", "lower", "upper"), NUMBER),
        },
        description="Observed over expected events in the window, with the exact 95 % interval.",
    )


def _plan() -> Schema:
    times = dict.fromkeys(("grace", "window", "quarter"), _POSITIVE)
    return closed({"looks": {"type": "integer", "minimum": 1}, "alpha": SHARE, **times})


def _provenance() -> Schema:
    digests = dict.fromkeys(("base", "snapshot", "specification", "model", "policy"), _DIGEST)
    counts = {"patients": _COUNT, "events": _COUNT}
    return closed({**digests, **counts, "versions": by_name(TEXT), "date": TEXT})
