"""Non-genomic Observations of FHIR R4 as rows: one each, or one per component with a value."""

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
#: Types of values that are not stored in a column.
_NOT_READ = ("valueRange", "valueRatio", "valueSampledData", "valueTime", "valuePeriod")


def measurement_rows(resource: Resource) -> tuple[list[Row], list[str]]:
    """Return the rows of an Observation, and the codes of their findings."""
    shared: Row = {"status": text(resource, "status"), "date": day(resource, *_WHEN)}
    own, stated = _value(resource)
    components = parts(resource, "component")
    if own or not components:
        stated += ["component-not-read"] * len(components)
        return [{**coded(concept(resource, "code")), **own, **_absent(resource, stated), **shared}], stated
    rows = []
    for each in components:
        value, codes = _value(each)
        absent = _absent(each, codes)
        stated += codes
        if value:
            rows.append({**coded(concept(each, "code")), **value, **absent, **shared})
    if not rows:
        rows = [{**coded(concept(resource, "code")), **_absent(resource, stated), **shared}]
    return rows, stated


def _absent(of: Resource, stated: list[str]) -> Row:
    if "dataAbsentReason" not in of:
        return {}
    reason = concept(of, "dataAbsentReason")
    stated.append("value-absent")
    return {"absent_reason": reason.code or reason.name}


def _value(of: Resource) -> tuple[Row, list[str]]:
    """Return the columns of a value, none if there is no value, and codes of findings."""
    stated = ["value-not-read" for name in _NOT_READ if name in of]
    if "valueQuantity" in of:
        return _quantity(of, stated)
    if "valueCodeableConcept" in of:
        found = concept(of, "valueCodeableConcept")
        return {"value_system": found.system, "value_code": found.code, "value_text": found.name}, stated
    if "valueInteger" in of:
        return {"value": number(of, "valueInteger")}, stated
    if "valueBoolean" in of:
        return {"value": yes_no(of, "valueBoolean")}, stated
    if "valueString" in of:
        return {"value_text": text(of, "valueString")}, stated
    if "valueDateTime" in of:
        return {"value_text": day_of(text(of, "valueDateTime") or "")}, stated
    return {}, stated


def _quantity(of: Resource, stated: list[str]) -> tuple[Row, list[str]]:
    found = quantity(part(of, "valueQuantity"))
    row: dict[str, Any] = {"value": found.value, "unit": found.unit, "comparator": found.comparator}
    if found.contradicts:
        stated.append("unit-contradiction")
        row["value"] = None
    return row, stated
