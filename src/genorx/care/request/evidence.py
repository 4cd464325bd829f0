"""Evidence for a request: guidance and public evidence on the option as Observations, and the report as a document."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from genorx._core.files import FileKind
from genorx.care.answer import PatientOptions, RankedOption
from genorx.errors import InputError
from genorx.interop.fhir_out.patient_part import PatientPart
from genorx.interop.fhir_out.pharmacogenes import add_safety_rows
from genorx.interop.fhir_out.resources import Json
from genorx.interop.fhir_out.tumour import add_evidence_rows

if TYPE_CHECKING:
    from genorx.pgx import PgxReport

#: Largest size of an attached report, in bytes.
MOST_BYTES = 10_000_000
_FILE = FileKind(name="report", error=InputError, code="report-file", absent="file-not-found")
#: Media types of a report, by the suffix of its name.
_TYPES = {
    ".html": "text/html", ".htm": "text/html", ".pdf": "application/pdf", ".txt": "text/plain",
    ".xml": "application/xml", ".json": "application/json", ".png": "image/png", ".jpg": "image/jpeg",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class ReportFile:
    """An attached report: its bytes and media type."""

    data: bytes
    content_type: str


def read_report(path: str | Path) -> ReportFile:
    """Read a report of at most 10 MB.

    Raises
    ------
    InputError
        ``report-large``; ``report-type`` for an unknown suffix; ``file-not-found``; ``report-file``.
    """
    name = Path(path)
    kind = _TYPES.get(name.suffix.lower())
    if kind is None:
        hint = f"use one of {', '.join(_TYPES)}"
        raise InputError("the suffix of the report's name is not known", file=name, hint=hint, code="report-type")
    with _FILE.open(name) as handle:
        data = handle.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        reason = f"the report has more than {MOST_BYTES // 1_000_000} MB"
        raise InputError(reason, file=name, hint="attach a shorter one", code="report-large")
    return ReportFile(data, kind)


def evidence_observations(
    answer: PatientOptions, option: RankedOption, patient: Json, report: PgxReport | None
) -> list[Json]:
    """Return guidance and evidence on an option as Observations of a Patient, with the genotypes behind them."""
    part = PatientPart(answer.patient_id, patient)
    add_safety_rows(part, [each.model_dump() for each in option.safety], report)
    add_evidence_rows(part, option.option, [each.model_dump() for each in option.evidence])
    return list(part.observations.values())
