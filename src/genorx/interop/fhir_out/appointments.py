"""Visits as a FHIR Bundle of proposed Appointments, which the hospital books.

Source: HL7 FHIR R4 4.0.1, Appointment (https://hl7.org/fhir/R4/appointment.html).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from genorx.interop.fhir_out.resources import Json, entry, identified, patient_by_identifier

VISIT = "urn:genorx:visit"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposedVisit:
    """A proposed visit: name, description, start and end (instants with offset)."""

    uid: str
    description: str
    start: str
    end: str
    minutes: int


def appointment_bundle(visits: Iterable[ProposedVisit], patient_id: str | None) -> Json:
    """Return visits of a patient as a Bundle; the patient is referenced by identifier only."""
    entries = [entry(_appointment(each, patient_id)) for each in visits]
    return {"resourceType": "Bundle", "type": "collection", "entry": entries}


def _appointment(visit: ProposedVisit, patient_id: str | None) -> Json:
    return identified(
        {
            "resourceType": "Appointment",
            "identifier": [{"system": VISIT, "value": visit.uid}],
            "status": "proposed",
            "description": visit.description,
            "start": visit.start,
            "end": visit.end,
            "minutesDuration": visit.minutes,
            "participant": [{"actor": patient_by_identifier(patient_id), "status": "needs-action"}],
        }
    )
