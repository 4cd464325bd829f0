"""A patient's part of a bundle: Patient, DiagnosticReport, and everything that the report references."""

from __future__ import annotations

from collections.abc import Iterable

from genorx.errors import Finding
from genorx.interop.fhir_in.clinical import OWN_PATIENT
from genorx.interop.fhir_in.elements import LOINC
from genorx.interop.fhir_out.resources import GENETICS, Json, coded, entry, identified, profile, reference


class PatientPart:
    """A patient's part of a bundle.

    Parameters
    ----------
    patient_id : str
        Id of the patient.
    patient : resource, optional
        The Patient resource; by default one with the id only.
    """

    def __init__(self, patient_id: str, patient: Json | None = None) -> None:
        own = {"resourceType": "Patient", "identifier": [{"system": OWN_PATIENT, "value": patient_id}]}
        self.patient_id = patient_id
        self.patient = identified(own) if patient is None else patient
        self.observations: dict[str, Json] = {}
        self.risks: dict[str, Json] = {}
        self.notes: dict[str, None] = {}
        self.releases: dict[str, None] = {}

    def add(self, resource: Json) -> Json:
        """Add an Observation, once; return it."""
        return self.observations.setdefault(resource["id"], resource)

    def tell(self, findings: Iterable[Finding]) -> None:
        """Add a note for each finding above the level of information."""
        for each in findings:
            if each.severity != "info" and each.patient_id in (None, self.patient_id):
                self.notes[each.message] = None

    def entries(self, day: str, subject: str) -> list[Json]:
        """Return the patient, the report, and the resources that it references."""
        report = self._report(day, subject)
        listed = [self.patient, report, *self.observations.values(), *self.risks.values()]
        return [entry(each) for each in listed]

    def _report(self, day: str, subject: str) -> Json:
        extensions = [
            {"url": profile("genomic-risk-assessment"), "valueReference": reference(each)}
            for each in self.risks.values()
        ]
        extensions += [
            {"url": profile("genomic-report-note"), "valueAnnotation": {"text": text}} for text in self.notes
        ]
        releases = "; ".join(self.releases) or "no knowledge was used"
        made: Json = {
            "resourceType": "DiagnosticReport",
            "meta": {"profile": [profile("genomic-report")]},
            "extension": extensions,
            "status": "final",
            "category": [coded(*GENETICS)],
            "code": coded(LOINC, "51969-4", "Genetic analysis report"),
            "subject": reference(self.patient),
            "effectiveDateTime": day,
            "result": [reference(each) for each in self.observations.values()],
            "conclusion": f"{subject}, as of knowledge release {releases}.",
        }
        return identified({name: value for name, value in made.items() if value})
