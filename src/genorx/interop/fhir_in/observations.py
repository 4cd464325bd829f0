"""Observations of FHIR R4 that are no genomic results, as rows: one, or one a component that has a value."""

from __future__ import annotations

from typing import Any

from genorx.interop.fhir_in.clinical import Row, coded
from genorx.interop.fhir_in.elements import (
    Resource,
    concept,
    day,
    number,
    part,
    parts,
    quantity,
    text,
    yes_no,
)
from genorx.interop.reading.dates import day_of

_WHEN = ("effectiveDateTime", "effectivePeriod.start", "effectiveInstant", "issued")
#: Types of value that no column holds.
_NOT_READ = ("valueRange", "valueRatio", "valueSampledData", "valueTime", "valuePeriod")


def measurement_rows(resource: Resource) -> tuple[list[Row], list[str]]:
    """Return the rows of an Observation, and the codes of findings that they give."""
    shared: Row = {"status": text(resource, "status"), "date": day(resource, *_WHEN)}
    own, told = _value(resource)
    components = parts(resource, "component")
    if own or not components:
        told += ["component-not-read"] * len(components)
        return [{**coded(concept(resource, "code")), **own, **_absent(resource, told), **shared}], told
    rows = []
    for each in components:
        value, noticed = _value(each)
        absent = _absent(each, noticed)
        told += noticed
        if value:
            rows.append({**coded(concept(each, "code")), **value, **absent, **shared})
    if not rows:
        rows = [{**coded(concept(resource, "code")), **_absent(resource, told), **shared}]
    return rows, told


def _absent(of: Resource, told: list[str]) -> Row:
    if "dataAbsentReason" not in of:
        return {}
    reason = concept(of, "dataAbsentReason")
    told.append("value-absent")
    return {"absent_reason": reason.code or reason.name}


def _value(of: Resource) -> tuple[Row, list[str]]:
    """Return the columns that a value fills, none where there is no value, and codes of findings."""
    told = ["value-not-read" for name in _NOT_READ if name in of]
    if "valueQuantity" in of:
        return _quantity(of, told)
    if "valueCodeableConcept" in of:
        found = concept(of, "valueCodeableConcept")
        return {"value_system": found.system, "value_code": found.code, "value_text": found.name}, told
    if "valueInteger" in of:
        return {"value": number(of, "valueInteger")}, told
    if "valueBoolean" in of:
        return {"value": yes_no(of, "valueBoolean")}, told
    if "valueString" in of:
        return {"value_text": text(of, "valueString")}, told
    if "valueDateTime" in of:
        return {"value_text": day_of(text(of, "valueDateTime") or "")}, told
    return {}, told


def _quantity(of: Resource, told: list[str]) -> tuple[Row, list[str]]:
    found = quantity(part(of, "valueQuantity"))
    row: dict[str, Any] = {"value": found.value, "unit": found.unit, "comparator": found.comparator}
    if found.contradicts:
        told.append("unit-contradiction")
        row["value"] = None
    return row, told
