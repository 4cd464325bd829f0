"""Bundles of results: for each patient the report and all resources that it references."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from genorx._core.provenance import today
from genorx.errors import UsageError
from genorx.interop.fhir_out.patient_part import PatientPart
from genorx.interop.fhir_out.pharmacogenes import add_pharmacogenes
from genorx.interop.fhir_out.resources import Json
from genorx.interop.fhir_out.risks import risk_assessment
from genorx.interop.fhir_out.tumour import add_evidence_rows, add_hits

if TYPE_CHECKING:
    from genorx.oncology import Hits
    from genorx.pgx import PgxReport
    from genorx.ranking import Ranking
    from genorx.ranking.answer.answer import PatientAnswer

#: Name of a tumour without a patient.
NAMELESS = "tumour"


def _bundle(parts: Iterable[PatientPart], day: str, subject: str) -> Json:
    entries = [entry for part in parts for entry in part.entries(day, subject)]
    return {"resourceType": "Bundle", "type": "collection", "entry": entries}


def pgx_bundle(reports: Iterable[PgxReport]) -> Json:
    """Return the pharmacogenes of people as one Bundle."""
    parts = []
    for report in reports:
        part = PatientPart(report.sample)
        add_pharmacogenes(part, report)
        parts.append(part)
    return _bundle(parts, today(), "Pharmacogenes and the guidance that applies to them")


def hits_bundle(tumours: Iterable[tuple[str | None, Hits]]) -> Json:
    """Return the evidence on tumours as one Bundle; an unnamed tumour gets the patient id ``tumour``."""
    parts = []
    for patient_id, hits in tumours:
        own = hits.reading.sample if hits.reading is not None else None
        part = PatientPart(patient_id or own or NAMELESS)
        add_hits(part, hits)
        parts.append(part)
    return _bundle(parts, today(), "Therapies named by public evidence on a tumour's alterations")


def ranking_bundle(
    ranking: Ranking,
    patient_id: str | None = None,
    *,
    hits: Mapping[str, Hits] | Hits | None = None,
    pgx: Iterable[PgxReport] | None = None,
) -> Json:
    """Return a ranking as one Bundle, with tumour evidence and pharmacogenes if given.

    Raises
    ------
    UsageError
        ``no-such-patient``; ``hits-of-one`` if hits of one tumour are given for several patients.
    """
    answers = ranking.answers if patient_id is None else (ranking[patient_id],)
    known = _by_patient(hits, ranking, answers)
    reports = {report.sample: report for report in pgx or ()}
    parts = [_ranked(ranking, answer, known, reports) for answer in answers]
    subject = f"Treatment options ranked by the model of {ranking.name or 'a study'}"
    return _bundle(parts, str(ranking.provenance.get("date") or today()), subject)


def _by_patient(
    hits: Mapping[str, Hits] | Hits | None, ranking: Ranking, answers: tuple[PatientAnswer, ...]
) -> Mapping[str, Hits]:
    if hits is None:
        return {}
    if isinstance(hits, Mapping):
        for name in hits:
            ranking[name]  # raises an error for a tumour of a patient who is not in the ranking
        return hits
    if len(answers) != 1:
        hint = "give a mapping of patient id to hits"
        raise UsageError("the hits are of one tumour, the ranking of several patients", hint=hint, code="hits-of-one")
    return {answers[0].patient_id: hits}


def _ranked(
    ranking: Ranking, answer: PatientAnswer, hits: Mapping[str, Hits], reports: Mapping[str, PgxReport]
) -> PatientPart:
    part = PatientPart(answer.patient_id)
    part.tell((*answer.findings, *ranking.findings))
    for source, release in dict(ranking.provenance.get("knowledge") or {}).items():
        part.releases[f"{source} {release}"] = None
    for option in answer.options:
        made = risk_assessment(part.patient, option, ranking)
        part.risks[made["id"]] = made
    if answer.patient_id in hits:
        add_hits(part, hits[answer.patient_id])
    else:
        for option in answer.options:
            add_evidence_rows(part, option.option, option.evidence)
    if answer.patient_id in reports:
        add_pharmacogenes(part, reports[answer.patient_id])
    return part
