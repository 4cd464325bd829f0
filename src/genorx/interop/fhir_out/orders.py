"""Orders as FHIR R4 resources: requested medications and services.

Source: HL7 FHIR R4 4.0.1, MedicationRequest and ServiceRequest.
"""

from __future__ import annotations

from typing import Any

from genorx.interop.fhir_out.resources import Json, filled, identified


def medication_request(
    medication: Json,
    subject: Json,
    *,
    status: str,
    intent: str,
    profile: str | None = None,
    role: str = "",
    **elements: Any,
) -> Json:
    """Return a MedicationRequest for a subject, a reference; ``role`` distinguishes orders of the same content."""
    made = {"status": status, "intent": intent, "medicationCodeableConcept": medication, "subject": subject}
    return _order("MedicationRequest", made | filled(elements), profile, role)


def service_request(
    code: Json,
    subject: Json,
    *,
    status: str,
    intent: str,
    profile: str | None = None,
    role: str = "",
    **elements: Any,
) -> Json:
    """Return a ServiceRequest for a subject, a reference; ``role`` distinguishes orders of the same content."""
    made = {"status": status, "intent": intent, "code": code, "subject": subject}
    return _order("ServiceRequest", made | filled(elements), profile, role)


def _order(kind: str, elements: Json, profile: str | None, role: str) -> Json:
    meta = {"meta": {"profile": [profile]}} if profile else {}
    return identified({"resourceType": kind, **meta, **elements}, role)
