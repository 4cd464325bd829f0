"""FHIR resources and files for tests, made in a line each."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

LOINC = "http://loinc.org"
UCUM = "http://unitsofmeasure.org"


def observation(name: str = "o1", code: str = "2160-0", *, patient: str = "p1", day: str = "2024-01-02", **more: Any):
    """Return an Observation of a LOINC code."""
    return {
        "resourceType": "Observation", "id": name, "status": "final",
        "code": {"coding": [{"system": LOINC, "code": code}]}, "subject": {"reference": f"Patient/{patient}"},
        "effectiveDateTime": day, **more,
    }  # fmt: skip


def amount(value: float, unit: str, **more: Any) -> dict[str, Any]:
    """Return a valueQuantity in a UCUM unit."""
    return {"valueQuantity": {"value": value, "unit": unit, "system": UCUM, "code": unit, **more}}


def patient(name: str = "p1", **more: Any) -> dict[str, Any]:
    return {"resourceType": "Patient", "id": name, "gender": "female", "birthDate": "1970-03-01", **more}


def component(code: str, **value: Any) -> dict[str, Any]:
    return {"code": {"coding": [{"system": LOINC, "code": code}]}, **value}


def coded(code: str, system: str = LOINC) -> dict[str, Any]:
    return {"valueCodeableConcept": {"coding": [{"system": system, "code": code}]}}


def variant(*components: dict[str, Any], present: str = "LA9633-4") -> dict[str, Any]:
    return observation("v1", "69548-6", component=list(components), **coded(present))


def bundle(*resources: dict[str, Any]) -> dict[str, Any]:
    return {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": each} for each in resources]}


def write(folder: Path, content: Any, name: str = "f.json") -> Path:
    path = folder / name
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return path


def codes(tables: Any) -> set[str]:
    """Return the codes of the findings."""
    return {each.code for each in tables.findings}
