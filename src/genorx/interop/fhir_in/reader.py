"""FHIR R4 files as record tables, one resource at a time; references are resolved at the end."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from genorx._core.progress import track
from genorx.errors import Finding, InputError, Severity
from genorx.interop.fhir_in import clinical
from genorx.interop.fhir_in.elements import Concept, Resource, ShapeError, last_part, part
from genorx.interop.fhir_in.genomic import genomic_kind, genotype, implication, variant
from genorx.interop.fhir_in.left_out import left_out
from genorx.interop.fhir_in.observations import measurement_rows
from genorx.interop.fhir_in.resource_types import FOREIGN, NO_PATIENT
from genorx.interop.fhir_in.sameness import Seen
from genorx.interop.fhir_in.walk import check_dates, resources_of
from genorx.interop.reading.index_days import Index, index_days
from genorx.interop.reading.json_files import Document, documents, json_paths
from genorx.interop.reading.notes import Notes
from genorx.interop.reading.record_tables import RecordTables, made_tables, with_ages
from genorx.interop.reading.rows import OTHERS, Rename, Rows
from genorx.variants import normal_assembly

#: Messages of findings on the rows.
_MESSAGES: dict[str, tuple[Severity, str]] = {
    "value-absent": ("warning", "{n} values are absent, with a reason: missing, not zero"),
    "value-not-read": ("warning", "{n} values are of a type without a column (range, ratio, period)"),
    "component-not-read": ("info", "{n} components of observations with their own value are not rows"),
    "unit-contradiction": ("serious", "{n} values have a unit and a code that contradict each other, and are missing"),
    "variant-not-present": ("warning", "{n} variants are absent, not called or not stated: no patient has them"),
    "coordinate-system-not-told": (
        "serious",
        "{n} variants have a range without coordinate system, and no place by it",
    ),
    "variant-contradiction": ("serious", "{n} variants have two positions that disagree, and none is used"),
}
_SIMPLE: dict[str, tuple[str, Callable[[Resource], dict[str, Any]]]] = {
    "Condition": ("conditions", clinical.condition),
    "MedicationRequest": ("medications", clinical.medication),
    "MedicationStatement": ("medications", clinical.medication),
    "MedicationAdministration": ("medications", clinical.medication),
    "MedicationDispense": ("medications", clinical.medication),
    "Procedure": ("procedures", clinical.procedure),
    "AdverseEvent": ("events", clinical.adverse_event),
}
_READ = {*_SIMPLE, "Patient", "Observation", "RiskAssessment", "Medication"}
_REFERENCED = "\0"  # prefix of the reference of a medication, until all medications are known


def read_fhir(
    path: str | Path | Iterable[str | Path], *, assembly: str | None = None, index: Index | None = None
) -> RecordTables:
    """Read FHIR R4: resources, Bundles, Parameters or NDJSON, including Genomics Reporting and mCODE.

    Parameters
    ----------
    path : path, or list of paths
        File, folder (its .json and .ndjson files), or list; references are resolved across all of them.
    assembly : {"GRCh37", "GRCh38"}, optional
        Expected assembly of every variant; a variant on another one is an error.
    index : date, mapping of patient id to date, or path of a CSV, optional
        Day on which ``patients.age_years`` is computed.

    Returns
    -------
    RecordTables
        Record tables; of a person only id, sex, birth date (in memory only) and death are kept.

    Raises
    ------
    InputError
        ``json``, ``json-key-twice``, ``json-number``, ``json-depth``, ``not-json``, ``too-large`` if a file cannot be
        parsed; ``fhir``, ``not-r4``, ``date``, ``resource-twice``, ``assembly`` if its content is invalid.

    Examples
    --------
    >>> tables = read_fhir("bundle.json")  # doctest: +SKIP
    >>> tables.measurements[["code", "value", "unit"]]  # doctest: +SKIP
    """
    paths = json_paths(path)
    reader = _Reader(None if assembly is None else normal_assembly(assembly))
    for each in track(paths, "reading FHIR", len(paths)):
        for document in documents(each):
            reader.take(document)
    return reader.tables(paths, index)


class _Reader:
    """Reads documents; collects rows, patient identities, and findings."""

    def __init__(self, assembly: str | None) -> None:
        self.assembly = assembly
        self.rows, self.notes, self.seen = Rows(), Notes(), Seen()
        self.patients: dict[str, str | None] = {}
        self.medications: dict[str, Concept] = {}
        self.referenced: dict[str, array[int]] = {}  # resources that refer to a Medication
        self.not_read: Counter[str] = Counter()
        self.read = 0
        self.number = 0

    def take(self, document: Document) -> None:
        for resource, path, url in resources_of(document):
            try:
                self._resource(resource, document, path, url)
            except ShapeError as error:
                place = document.place(f"{path}.{error.path}".removeprefix("."))
                raise InputError(error.reason, file=document.file, place=place, code=error.code) from error

    def _resource(self, resource: Resource, document: Document, path: str, url: str | None) -> None:
        kind = str(resource["resourceType"])
        self._check_release(kind, resource, document, path)
        if kind not in _READ:
            self.not_read[kind] += 1
            return
        check_dates(resource, document, path)
        self.number = self.seen.add(resource, document, path)
        self.read += 1
        if (reason := left_out(resource)) is not None:
            self.notes.add(*reason, place=document.place(path), resource=self.number)
            return
        self.place = document.place(path)
        self.source = f"{document.file.name}#{kind}/{resource.get('id') or ''}".removesuffix("/")
        if kind in ("Patient", "Medication"):
            self._party(kind, resource, url)
        elif kind == "Observation":
            self._observation(resource, document)
        elif kind == "RiskAssessment":
            self._add("risks", resource, *clinical.risks(resource))
        else:
            table, build = _SIMPLE[kind]
            row = build(resource)
            if table == "medications" and row["code"] is None and row["name"] is None:
                self._link_medication(row, resource)
            self._add(table, resource, row)

    def _check_release(self, kind: str, resource: Resource, document: Document, path: str) -> None:
        foreign = sorted(FOREIGN.get(kind, frozenset()) & set(resource))
        if not foreign:
            return
        reason = f"{kind}.{foreign[0]} is not an element of R4, but of another release"
        if kind in _READ:
            hint = "request FHIR R4 (4.0.1)"
            raise InputError(reason, file=document.file, place=document.place(path), hint=hint, code="not-r4")
        self.notes.add("not-r4", "warning", reason, place=document.place(path))

    def _party(self, kind: str, resource: Resource, url: str | None) -> None:
        names = [each for each in (url, f"{kind}/{resource['id']}" if resource.get("id") else None) if each]
        if kind == "Medication":
            self.medications |= dict.fromkeys(names, clinical.medication_code(resource))
            return
        row = clinical.patient(resource)
        if row["patient_id"] is None and url is not None:
            row["patient_id"] = last_part(url)
        names += [_own(each) for each in clinical.own_ids(resource)]
        self.patients |= dict.fromkeys(names, row["patient_id"])
        self.rows.add("patients", row, self.number)

    def _observation(self, resource: Resource, document: Document) -> None:
        kind = genomic_kind(resource)
        if kind is None:
            rows, stated = measurement_rows(resource)
            self._add("measurements", resource, *rows)
        elif kind == "variant":
            row, stated = variant(resource)
            self._check_assembly(row, document)
            self._add("variants", resource, row)
        elif kind in ("genotype", "haplotype"):
            stated = []
            self._add("genotypes", resource, genotype(resource, kind))
        elif kind == "sequence-phase relationship":
            self.not_read[kind] += 1
            return
        else:
            stated = []
            self._add("implications", resource, implication(resource, kind))
        for code in stated:
            severity, text = _MESSAGES[code]
            self.notes.add(code, severity, text, place=self.place, resource=self.number)

    def _check_assembly(self, row: dict[str, Any], document: Document) -> None:
        if self.assembly is not None and row["assembly"] not in (None, self.assembly):
            reason = f"a variant is on {row['assembly']}, but {self.assembly} is requested"
            hint = f"give assembly {row['assembly']}, or lift it over"
            raise InputError(reason, file=document.file, place=self.place, hint=hint, code="assembly")

    def _link_medication(self, row: dict[str, Any], resource: Resource) -> None:
        reference = part(resource, "medicationReference").get("reference")
        if not isinstance(reference, str):
            return
        inside = next((each for each in resource.get("contained") or [] if f"#{each.get('id')}" == reference), None)
        if inside is not None:
            row |= clinical.coded(clinical.medication_code(inside))
        else:
            self.referenced.setdefault(reference, array("q")).append(self.number)
            row["code"] = f"{_REFERENCED}{reference}"
            row["system"] = row["name"] = row[OTHERS] = row["code"]

    def _add(self, table: str, resource: Resource, *rows: dict[str, Any]) -> None:
        whose = _subject(resource)
        if whose is None:
            text = "{n} resources have no subject: their rows belong to no patient"
            self.notes.add("no-subject", "serious", text, place=self.place, resource=self.number)
        for row in rows:
            row["patient_id"], row["source"] = whose, self.source
            self.rows.add(table, row, self.number)

    def tables(self, paths: list[Path], index: Index | None) -> RecordTables:
        drop = self.seen.repeated()
        self._note_lost_medications()
        self.seen = Seen()  # a large file has a million of them
        findings = [*self.notes.findings(drop), *self._of_subjects(drop), *self._not_read()]
        rename: dict[tuple[str, str], Rename] = {(table, "patient_id"): self._patient for table in _TABLES}
        for column in ("system", "code", "name", OTHERS):
            rename["medications", column] = _Medicine(self.medications, column)
        frames = self.rows.frames(drop=drop, rename=rename)
        days = index_days(index, frames["patients"]["patient_id"].dropna())
        frames["patients"]["age_years"] = with_ages(frames["patients"], days)
        provenance = {"format": "fhir", "files": [path.name for path in paths]}
        return made_tables(frames, findings, provenance, other_codes=self.rows.others)

    def _note_lost_medications(self) -> None:
        text = "{n} records refer to medications that are not in the file: their codes are missing"
        for reference, resources in self.referenced.items():
            if reference not in self.medications:
                for number in resources:
                    self.notes.add("medication-not-in-file", "warning", text, resource=number)

    def _patient(self, reference: str) -> str | None:
        own = reference.removeprefix(_own(""))
        return self.patients.get(reference) or (last_part(reference) if own == reference else own)

    def _of_subjects(self, drop: NDArray[np.int64]) -> list[Finding]:
        lost: Counter[str] = Counter()
        joined: Counter[str] = Counter()
        known = set(self.patients.values())
        for table in _TABLES:
            for reference, number in self.rows.patients_of(table, drop).items():
                if reference not in self.patients:
                    (joined if self._patient(reference) in known else lost)[reference] += number
        texts = {
            f"{lost.total():,} rows are of {len(lost):,} subjects that are not in the file": lost,
            f"{joined.total():,} rows are joined by id alone: the file has no patient at the subject's address": joined,
        }
        return [
            Finding(code="subject-not-in-file", severity="warning", message=text)
            for text, counts in texts.items()
            if counts
        ]

    def _not_read(self) -> list[Finding]:
        made = []
        if self.not_read:
            counts = ", ".join(f"{kind} {number:,}" for kind, number in sorted(self.not_read.items()))
            text = f"resources of types that are not read: {counts}"
            made.append(Finding(code="resource-not-read", severity="info", message=text))
        if not self.read:
            made.append(Finding(code="nothing-read", severity="warning", message="the files have no content to read"))
        return made


_TABLES = ("measurements", "conditions", "medications", "procedures", "events", "variants", "genotypes",
           "implications", "risks")  # fmt: skip


class _Medicine:
    """References to a Medication in a column of the table; missing if it is not in the file."""

    def __init__(self, known: dict[str, Concept], column: str) -> None:
        self.known, self.column = known, column

    def __call__(self, text: str) -> str | None:
        if not text.startswith(_REFERENCED):
            return text
        reference = text.removeprefix(_REFERENCED)
        found = self.known.get(reference, Concept())
        value: str | None = getattr(found, self.column)
        return value


def _subject(resource: Resource) -> str | None:
    """Return the reference of the subject of a resource; None if it cannot be a patient."""
    found = part(resource, "subject")
    reference = found.get("reference")
    if isinstance(reference, str) and reference:
        named = reference.partition("/_history/")[0]
        kind = named.rpartition("/")[0].rpartition("/")[2]
        return None if kind in NO_PATIENT or found.get("type") in NO_PATIENT else named
    return next((_own(each) for each in clinical.own_ids({"identifier": [part(found, "identifier")]})), None)


def _own(patient_id: str) -> str:
    """Return the patient reference by the identifier of genorx's own bundles, whose ids may look like any address."""
    return f"{clinical.OWN_PATIENT}|{patient_id}"
