"""Clinical resources of FHIR R4 as rows: patients, conditions, medications, procedures, adverse events, risks.

Of a person only sex, birth date and death are read: names, addresses, telecom, photos and contacts are never kept.
"""

from __future__ import annotations

from typing import Any

from genorx.interop.fhir_in.elements import (
    Concept,
    Resource,
    age_years,
    concept,
    day,
    number,
    part,
    parts,
    quantity,
    text,
    yes_no,
)
from genorx.interop.reading.dates import first_day, last_day
from genorx.interop.reading.rows import OTHERS

#: System of the identifier of a patient in bundles of genorx.
OWN_PATIENT = "urn:genorx:patient"
_SEX = {"female": "female", "male": "male", "other": "other"}
Row = dict[str, Any]


def patient_id_of(resource: Resource) -> str | None:
    """Return the id of a Patient: that of genorx's own bundles, otherwise the resource's."""
    return next(iter(own_ids(resource)), None) or text(resource, "id")


def own_ids(resource: Resource) -> list[str]:
    """Return the ids in identifiers of genorx's own bundles."""
    listed = parts(resource, "identifier")
    return [str(each["value"]) for each in listed if each.get("system") == OWN_PATIENT and each.get("value")]


def patient(resource: Resource) -> Row:
    """Return the row of a Patient."""
    died = day(resource, "deceasedDateTime")
    return {
        "patient_id": patient_id_of(resource),
        "sex": _SEX.get(text(resource, "gender") or ""),
        "birth_date": day(resource, "birthDate"),
        "deceased": 1.0 if died else yes_no(resource, "deceasedBoolean"),
        "death_date": died,
    }


def coded(found: Concept) -> Row:
    """Return system, code and name of a concept, and its other codings."""
    return {"system": found.system, "code": found.code, "name": found.name, OTHERS: found.others}


def condition(resource: Resource) -> Row:
    """Return the row of a Condition."""
    verification = concept(resource, "verificationStatus")
    stages = parts(resource, "stage")
    stage = concept(stages[0], "summary") if stages else Concept()
    verified = verification.code or verification.text
    return {
        "kind": "disease",
        **coded(concept(resource, "code")),
        "excluded": float(verified == "refuted"),
        "status": (status := concept(resource, "clinicalStatus")).code or status.text,
        "verification": verified,
        "onset_date": day(resource, "onsetDateTime", "onsetPeriod.start", "recordedDate"),
        "onset_age_years": age_years(resource, "onsetAge"),
        "stage": stage.name or stage.code,
    }


_KINDS = {
    "MedicationRequest": ("request", ("authoredOn",), "", "dosageInstruction"),
    "MedicationStatement": (
        "statement", ("effectiveDateTime", "effectivePeriod.start"), "effectivePeriod.end", "dosage",
    ),
    "MedicationAdministration": (
        "administration", ("effectiveDateTime", "effectivePeriod.start"), "effectivePeriod.end", "dosage",
    ),
    "MedicationDispense": ("dispense", ("whenHandedOver",), "", "dosageInstruction"),
}  # fmt: skip


def medication(resource: Resource) -> Row:
    """Return the row of a MedicationRequest, -Statement, -Administration or -Dispense."""
    kind, starts, end, dosage = _KINDS[resource["resourceType"]]
    dose = _dose(resource, dosage)
    return {
        "kind": kind,
        **coded(concept(resource, "medicationCodeableConcept")),
        "status": text(resource, "status"),
        "start": day(resource, *starts),
        "end": day(resource, end) if end else None,
        **dose,
    }


def _dose(resource: Resource, dosage: str) -> Row:
    if resource["resourceType"] == "MedicationAdministration":
        found = quantity(part(part(resource, dosage), "dose"))
    else:
        rates = [rate for each in parts(resource, dosage) for rate in parts(each, "doseAndRate")]
        first = next((part(rate, "doseQuantity") for rate in rates if "doseQuantity" in rate), {})
        found = quantity(first)
    return {"dose": found.value, "dose_unit": found.unit}


def procedure(resource: Resource) -> Row:
    """Return the row of a Procedure."""
    return {
        **coded(concept(resource, "code")),
        "status": text(resource, "status"),
        "date": day(resource, "performedDateTime", "performedPeriod.start"),
    }


def adverse_event(resource: Resource) -> Row:
    """Return the row of an AdverseEvent; its grade is the CTCAE grade, otherwise its severity."""
    grades = [each for each in parts(resource, "extension") if str(each.get("url", "")).endswith("/ctcae-grade")]
    grade = concept(grades[0], "valueCodeableConcept") if grades else concept(resource, "severity")
    serious = concept(resource, "seriousness").code
    return {
        **coded(concept(resource, "event")),
        "grade": grade.code or grade.text,
        "serious": {"serious": 1.0, "non-serious": 0.0, "Serious": 1.0, "Non-serious": 0.0}.get(serious or ""),
        "date": day(resource, "date"),
    }


def risks(resource: Resource) -> list[Row]:
    """Return the rows of a RiskAssessment, one per prediction."""
    method = concept(resource, "method")
    made = []
    for each in parts(resource, "prediction"):
        outcome, qualitative = concept(each, "outcome"), concept(each, "qualitativeRisk")
        when = quantity(part(part(each, "whenRange"), "high"))
        row: Row = {
            "outcome": outcome.name or outcome.code,
            "probability": number(each, "probabilityDecimal"),
            "relative_risk": number(each, "relativeRisk"),
            "qualitative": qualitative.name or qualitative.code,
            "horizon": when.value,
            "horizon_unit": when.unit,
            "method": method.name or method.code,
        }
        made.append(row | _until(resource, each))
    return made


def _until(resource: Resource, prediction: Resource) -> Row:
    """Return the days to the end of a prediction's period, from its start or the day of the assessment."""
    end = day(prediction, "whenPeriod.end")
    start = day(prediction, "whenPeriod.start") or day(resource, "occurrenceDateTime", "occurrencePeriod.start")
    if end is None or start is None:
        return {}
    return {"horizon": float((last_day(end) - first_day(start)).days), "horizon_unit": "d"}


def medication_code(resource: Resource) -> Concept:
    """Return the code of a Medication."""
    return concept(resource, "code")
