"""Orders as FHIR R4 resources: medications and services that are asked for.

Source: HL7 FHIR R4 4.0.1, MedicationRequest and ServiceRequest.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from genorx.interop.fhir_out.resources import Json, filled, identified, reference


def medication_request(
    medication: Json,
    subject: Mapping[str, Any],
    *,
    status: str,
    intent: str,
    profile: str | None = None,
    role: str = "",
    **elements: Any,
) -> Json:
    """Return a MedicationRequest; ``role`` tells two orders of the same content apart."""
    made = {"status": status, "intent": intent, "medicationCodeableConcept": medication, "subject": reference(subject)}
    return _order("MedicationRequest", made | filled(elements), profile, role)


def service_request(
    code: Json,
    subject: Mapping[str, Any],
    *,
    status: str,
    intent: str,
    profile: str | None = None,
    role: str = "",
    **elements: Any,
) -> Json:
    """Return a ServiceRequest; ``role`` tells two orders of the same content apart."""
    made = {"status": status, "intent": intent, "code": code, "subject": reference(subject)}
    return _order("ServiceRequest", made | filled(elements), profile, role)


def _order(kind: str, elements: Json, profile: str | None, role: str) -> Json:
    meta = {"meta": {"profile": [profile]}} if profile else {}
    return identified({"resourceType": kind, **meta, **elements}, role)
