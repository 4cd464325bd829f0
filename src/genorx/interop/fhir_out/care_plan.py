"""A course of treatment as a FHIR Bundle: a proposed CarePlan, then its service requests.

Source: HL7 FHIR R4 4.0.1, CarePlan and ServiceRequest (https://hl7.org/fhir/R4/careplan.html).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from genorx.interop.fhir_out.orders import service_request
from genorx.interop.fhir_out.resources import Json, entry, identified, patient_by_identifier, reference

PLAN = "urn:genorx:plan"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedStep:
    """A step of a course: its name, its name with cycle and day, code, reason and source.

    ``request`` is False for a rule of the plan, such as a value at which a dose is held.
    """

    name: str
    words: str
    code: str | None
    system: str | None
    reason: str
    source: str
    request: bool


def care_plan_bundle(
    steps: Iterable[PlannedStep], *, title: str, plan_id: str, start: str, patient_id: str | None
) -> Json:
    """Return a course as a Bundle: the CarePlan first, then a ServiceRequest for each step that requires action."""
    listed = list(steps)
    subject = patient_by_identifier(patient_id)
    requests = [_request(each, number, subject) for number, each in enumerate(listed, start=1) if each.request]
    notes = [{"text": f"{each.words}: {each.reason} ({each.source})"} for each in listed if not each.request]
    plan: Json = {
        "resourceType": "CarePlan",
        "identifier": [{"system": PLAN, "value": plan_id}],
        "status": "draft",
        "intent": "proposal",
        "title": title,
        "subject": subject,
        "period": {"start": start},
        "activity": [{"reference": reference(each)} for each in requests],
        "note": notes,
    }
    whole = identified({name: value for name, value in plan.items() if value})
    return {"resourceType": "Bundle", "type": "collection", "entry": [entry(each) for each in (whole, *requests)]}


def _request(step: PlannedStep, number: int, subject: Json) -> Json:
    code: Json = {"text": step.name}
    if step.code and step.system:
        code = {"coding": [{"system": step.system, "code": step.code}], **code}
    return service_request(
        code,
        subject,
        status="draft",
        intent="proposal",
        identifier=[{"system": f"{PLAN}:step", "value": str(number)}],
        occurrenceTiming={"code": {"text": step.words}},
        reasonCode=[{"text": step.reason}],
        note=[{"text": f"source: {step.source}"}],
    )
