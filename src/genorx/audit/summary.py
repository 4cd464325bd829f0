"""Summary of an audit as plain values: lines by state, amounts by rule, lines not assessed."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from genorx._core.json_schema import DRAFT, NUMBER, TEXT, Schema, by_name, closed, list_of
from genorx._core.provenance import today, versions
from genorx.audit.days import iso
from genorx.audit.exact import NOT_KNOWN
from genorx.audit.judgement import Judgement
from genorx.audit.versions import CANCELLED, IS_VOID, LIVE, REPLACED, VOIDED

if TYPE_CHECKING:
    from genorx.audit.auditor import Auditor

SCHEMA_VERSION = "1.0"


def at_stake(judgement: Judgement) -> int:
    """Return the cents at stake: each line once, with its largest amount."""
    if not len(judgement.at):
        return 0
    largest = pd.Series(judgement.cents).groupby(judgement.at).max()
    return int(largest[largest != NOT_KNOWN].sum())


def by_rule(judgement: Judgement) -> dict[str, dict[str, Any]]:
    """Return the number of lines and the amount of each rule with findings."""
    rules, cents = judgement.found["rule"], pd.Series(judgement.cents)
    known = cents.where(cents != NOT_KNOWN, 0)
    grouped = known.groupby(rules.to_numpy(dtype=object), sort=True)
    return {
        str(rule): {"lines": int(lines), "amount": int(amount) / 100}
        for rule, lines, amount in zip(grouped.size().index, grouped.size(), grouped.sum(), strict=True)
    }


def summary(auditor: Auditor, **provenance: Any) -> dict[str, Any]:
    """Return the content of ``--info``."""
    case, judgement = auditor.case_, auditor.judgement_
    return {
        "schema_version": SCHEMA_VERSION,
        "lines": len(case.claims),
        "live": case.versions.count(LIVE),
        "replaced": case.versions.count(REPLACED),
        "voided": case.versions.count(VOIDED, IS_VOID, CANCELLED),
        "duplicates": int(np.count_nonzero(case.repeats >= 0)),
        "not_assessed": {code: gap.to_dict() for code, gap in judgement.not_assessed.items()},
        "at_stake": at_stake(judgement) / 100,
        "by_rule": by_rule(judgement),
        "segments_unread": dict(case.claims.attrs.get("segments_unread", {})),
        "findings": [finding.to_dict() for finding in auditor.findings_],
        "provenance": {
            "date": today(),
            "versions": versions(),
            "rules": [rule.number for rule in auditor.rules_],
            "tolerance_days": auditor.tolerance_days,
            "as_of": iso(auditor.as_of_),
            "records": [asdict(source) for source in case.records.sources],
            "facts": [asdict(source) for source in case.facts.sources],
            **provenance,
        },
    }


def summary_schema() -> Schema:
    """Return the JSON Schema of the content of ``--info``."""
    count: Schema = {"type": "integer", "minimum": 0}
    finding = {name: {"type": ["string", "null"]} for name in ("patient_id", "place")}
    finding = {"code": TEXT, "severity": TEXT, **finding, "message": TEXT}
    lines = ("lines", "live", "replaced", "voided", "duplicates")
    properties: Schema = {
        "schema_version": {"const": SCHEMA_VERSION},
        **dict.fromkeys(lines, count),
        "not_assessed": by_name(closed({"lines": count, "why": TEXT}), "by rule"),
        "at_stake": NUMBER,
        "by_rule": by_name(closed({"lines": count, "amount": NUMBER}), "rules that found something"),
        "segments_unread": by_name(count, "X12 segments that were not read"),
        "findings": list_of(closed(finding)),
        "provenance": {"type": "object"},
    }
    return {**DRAFT, "title": "Audit of claims against records", **closed(properties)}
