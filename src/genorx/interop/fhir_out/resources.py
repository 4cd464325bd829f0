"""Builders of FHIR R4 resources: concepts, components, observations; ids derived from content.

Source: HL7 FHIR R4 4.0.1; Genomics Reporting implementation guide 3.0.0 (http://hl7.org/fhir/uv/genomics-reporting).
"""

from __future__ import annotations

import json
import math
import uuid
from collections.abc import Iterable, Mapping
from typing import Any, Final

from genorx.interop.fhir_in.clinical import OWN_PATIENT
from genorx.interop.fhir_in.elements import LOINC, UCUM
from genorx.interop.fhir_in.genomic import TBD

Json = dict[str, Any]
IG: Final = "http://hl7.org/fhir/uv/genomics-reporting"
#: The two categories of a genomic Observation.
LABORATORY: Final = ("http://terminology.hl7.org/CodeSystem/observation-category", "laboratory")
GENETICS: Final = ("http://terminology.hl7.org/CodeSystem/v2-0074", "GE")
_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "urn:genorx:fhir")
#: UCUM code of a unit of time.
TIMES: Final = {"days": "d", "weeks": "wk", "months": "mo", "years": "a"}


def profile(name: str) -> str:
    """Return the canonical URL of a profile or extension of the guide."""
    return f"{IG}/StructureDefinition/{name}"


def identified(resource: Mapping[str, Any], role: str = "") -> Json:
    """Return a resource whose id is the version 5 UUID of its content, and of its role in a bundle."""
    text = role + json.dumps(resource, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    kind = resource["resourceType"]
    rest = {name: value for name, value in resource.items() if name != "resourceType"}
    return {"resourceType": kind, "id": str(uuid.uuid5(_NAMESPACE, text)), **rest}


def filled(elements: Mapping[str, Any]) -> Json:
    """Return the non-empty elements: no None, empty text, list or object."""
    return {name: value for name, value in elements.items() if value is not None and value not in ("", [], {})}


def reference(resource: Mapping[str, Any]) -> Json:
    """Return a reference to a resource of the same bundle."""
    return {"reference": f"urn:uuid:{resource['id']}"}


def entry(resource: Mapping[str, Any]) -> Json:
    """Return a resource as an entry of a bundle."""
    return {"fullUrl": f"urn:uuid:{resource['id']}", "resource": resource}


def patient_by_identifier(patient_id: str | None) -> Json:
    """Return a reference to a patient outside the bundle."""
    if patient_id is None:
        return {"display": "patient not named"}
    return {"identifier": {"system": OWN_PATIENT, "value": patient_id}}


def coded(system: str, code: str, display: str | None = None) -> Json:
    """Return a CodeableConcept with one coding."""
    coding = {"system": system, "code": code} | ({"display": display} if display else {})
    return {"coding": [coding]}


def worded(text: str) -> Json:
    """Return a CodeableConcept with text only."""
    return {"text": text}


def component(code: str, display: str, value: Json, *, system: str = LOINC) -> Json:
    """Return a component; ``value`` is a CodeableConcept, or has the key ``value...`` of another type."""
    known = any(name.startswith("value") and name != "value" for name in value)
    return {"code": coded(system, code, display), **(value if known else {"valueCodeableConcept": value})}


def of_guide(code: str, display: str, value: Json) -> Json:
    """Return a component with a code of the guide."""
    return component(code, display, value, system=TBD)


def observation(
    name: str,
    code: Json,
    subject: Mapping[str, Any],
    components: Iterable[Json],
    **elements: Any,
) -> Json:
    """Return a genomic Observation of a profile, with an id; empty elements are omitted."""
    made = {
        "resourceType": "Observation",
        "meta": {"profile": [profile(name)]},
        "status": "final",
        "category": [coded(*LABORATORY), coded(*GENETICS)],
        "code": code,
        "subject": reference(subject),
        **{element: value for element, value in elements.items() if value},
    }
    listed = list(components)
    return identified(made | ({"component": listed} if listed else {}))


def rounded(value: float) -> float:
    """Return a number rounded to ten significant digits, as in the JSON of a ranking."""
    return float(f"{value:.10g}")


def is_number(value: float | None) -> bool:
    """Return whether a number is present and finite."""
    return value is not None and math.isfinite(value)


def quantity(value: float, unit: str = "") -> Json:
    """Return a Quantity; units of time have their UCUM code."""
    made: Json = {"value": rounded(value)}
    if unit in TIMES:
        return made | {"unit": unit, "system": UCUM, "code": TIMES[unit]}
    return made | ({"unit": unit} if unit else {})


def value_range(low: float, high: float, unit: str = "") -> Json:
    """Return a Range."""
    return {"low": quantity(low, unit), "high": quantity(high, unit)}
