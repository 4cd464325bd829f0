"""From a study to its cohort, step by step; each step goes on with what the one before could give.

``Study.load`` raises the faults at the end of a step, ``Study.audit`` shows them all.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from genorx.cohort.cohort import Outcome
from genorx.cohort.design import Design
from genorx.cohort.faults import Faults
from genorx.cohort.join import Joined, Source, absent_patients, check_common, join_sources, near_ids
from genorx.cohort.leakage import leaking_features
from genorx.cohort.options import TreatmentRows
from genorx.cohort.outcome import ReadOutcome, limited_to, read_outcome
from genorx.cohort.patient_rows import PatientRows, read_patient_rows
from genorx.cohort.raw import parse_numbers
from genorx.cohort.sources import read_sources
from genorx.cohort.study_file import StudyFile, TreatmentSection
from genorx.cohort.study_rules import primary_of
from genorx.cohort.treatment import build_design
from genorx.errors import Finding, StudyError, SupportError, shown
from genorx.features.spec import FeatureSpec

_SOME = 5
_MISSING = "(missing)"


@dataclass(kw_only=True)
class Assembly:
    """What was read of a study so far, and the faults met on the way."""

    study: StudyFile
    path: Path
    faults: Faults
    sources: list[Source] = field(default_factory=list)
    assembly: str | None = None
    joined: Joined | None = None
    rows: dict[str, PatientRows] = field(default_factory=dict)
    reads: dict[str, ReadOutcome] = field(default_factory=dict)
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    design: Design | None = None
    flow: list[dict[str, object]] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    left_out: dict[str, Finding] = field(default_factory=dict)

    @property
    def folder(self) -> Path:
        """Folder that paths of the study are relative to."""
        return self.path.parent

    @property
    def primary(self) -> str | None:
        """Name of the outcome that decides who is in the cohort: the primary one, else the first."""
        return primary_of(self.study) or next(iter(self.study.outcomes), None)

    def read(self, *, outcomes: bool, schema: Sequence[FeatureSpec] | None) -> None:
        """Read feature tables, variant files and, where wanted, tables of outcomes and treatments."""
        self.sources, self.assembly = read_sources(
            self.study, self.folder, self.path, faults=self.faults, schema=schema
        )
        if outcomes:
            self._read_outcomes()
            if self.study.treatment is not None:
                with self.faults.catch():
                    self._rows_of(self.study.treatment.table, unique=False)
        patients = {source.name: source.frame.index for source in self.sources}
        patients |= {name: rows.patients for name, rows in self.rows.items()}
        with self.faults.catch():
            check_common(patients)
            self.findings += near_ids(patients)

    def _read_outcomes(self) -> None:
        for name, section in self.study.outcomes.items():
            horizon = self.study.ranking.horizon if name == primary_of(self.study) else None
            with self.faults.catch():
                rows = self._rows_of(section.table, unique=True)
                self.reads[name] = read_outcome(name, section, rows, horizon=horizon)

    def _rows_of(self, table: str, *, unique: bool) -> PatientRows:
        if table not in self.rows:
            patient_id = self.study.study.patient_id
            self.rows[table] = read_patient_rows(self.folder / table, patient_id, unique=unique)
        return self.rows[table]

    def join(self, *, schema: Sequence[FeatureSpec] | None) -> None:
        """Join the features, limit the patients to those whose primary outcome is known, and look for leaks."""
        if not self.sources:
            return
        with self.faults.catch():
            joined = join_sources(self.sources, schema=schema)
            patients = self._patients_in_cohort(joined.features.index)
            self.outcomes = {name: limited_to(read.outcome, patients) for name, read in self.reads.items()}
            features = joined.features.loc[patients]
            if schema is None:
                self.left_out = leaking_features(features, joined.specs, self.outcomes.values())
            specs = tuple(spec for spec in joined.specs if spec.name not in self.left_out)
            if not specs:
                raise StudyError("no column is left that can be a feature", file=self.path, code="no-features")
            features = features[[spec.name for spec in specs]]
            self.joined = Joined(features=features, specs=specs, findings=joined.findings)
            self.findings += [*joined.findings, *absent_patients(self.sources, patients), *self.left_out.values()]

    def _patients_in_cohort(self, patients: pd.Index) -> pd.Index:
        self._step("in a feature table or variant file", len(patients), 0, "")
        primary = self.primary
        if primary is None or primary not in self.reads:
            return patients
        read = self.reads[primary]
        table = self.rows[self.study.outcomes[primary].table].patients
        self._name_without_features(table[~table.isin(patients)], self.study.outcomes[primary].table)
        reasons = {f"no row in {self.study.outcomes[primary].table}": patients[~patients.isin(table)], **read.lost}
        for reason, lost in reasons.items():
            here = patients.isin(lost)
            if here.any():
                patients = patients[~here]
                self._step(f"{primary} known", len(patients), int(here.sum()), reason)
        if not len(patients):
            raise SupportError(f'no patient with features has a known "{shown(primary)}"', file=self.path)
        return patients

    def _name_without_features(self, patients: pd.Index, table: str) -> None:
        if not len(patients):
            return
        self._step("row of outcome without features", 0, len(patients), f"only in {table}")
        some = ", ".join(shown(patient) for patient in patients[:_SOME]) + (", ..." if len(patients) > _SOME else "")
        message = f"{len(patients)} patients with an outcome have no row in any feature table: {some}"
        self.findings.append(Finding(code="no-features-of-patient", severity="warning", message=message, place=table))

    def _step(self, step: str, patients: int, lost: int, reason: str) -> None:
        self.flow.append({"step": step, "patients": patients, "lost": lost, "reason": reason})

    def compare(self) -> None:
        """Make the treatment design, where the study has a treatment and an outcome to compare options by."""
        section = self.study.treatment
        if section is None or self.joined is None:
            return
        if not self.study.outcomes:
            message = "the study names a treatment and no outcome: one prognosis for each patient"
            self.findings.append(Finding(code="treatment-not-used", severity="info", message=message))
            return
        if self.primary not in self.outcomes or section.table not in self.rows:
            return  # its fault is known
        with self.faults.catch():
            patients = self.joined.features.index
            self.design, findings = build_design(
                section,
                rows=self._treatment_rows(section),
                patients=patients,
                primary=self.outcomes[str(self.primary)],
                clock=self._clock(section),
                time_zero=self._time_zero(section),
                strata=self._strata(section, patients),
            )
            self.findings += findings

    def _treatment_rows(self, section: TreatmentSection) -> TreatmentRows:
        rows = self.rows[section.table]
        cells = pd.DataFrame({column: rows.raw.text(column) for column in rows.raw.columns})
        start = None if section.start is None else parse_numbers(rows.raw, section.start)
        return TreatmentRows(file=rows.file, name=rows.name, cells=cells, patient=rows.patient, start=start)

    def _clock(self, section: TreatmentSection) -> Outcome:
        """Return the survival outcome that says who is alive and followed: the primary one, else the first."""
        primary = self.outcomes[str(self.primary)]
        found = [outcome for outcome in (primary, *self.outcomes.values()) if outcome.kind == "survival"]
        if found:
            return found[0]
        if section.design == "landmark":
            raise StudyError(
                "a landmark design needs a survival outcome",
                file=self.path,
                hint="without it nobody knows who was alive at the landmark",
                code="landmark-without-survival",
            )
        return primary

    def _time_zero(self, section: TreatmentSection) -> pd.Series | None:
        if section.time_zero is None:
            return None
        tables = list(dict.fromkeys(outcome.table for outcome in self.study.outcomes.values()))
        for table in tables:
            if table in self.rows and section.time_zero in self.rows[table].raw.columns:
                return self.rows[table].numbers(section.time_zero).astype(float)
        raise StudyError(
            f'no outcome table has the column "{shown(section.time_zero)}" of time_zero',
            file=self.path,
            hint=f"tables looked at: {', '.join(map(shown, tables))}",
            code="no-such-column",
        )

    def _strata(self, section: TreatmentSection, patients: pd.Index) -> pd.Series:
        """Return the stratum of each patient; what is not known is a level of its own."""
        levels = []
        for column in section.strata:
            level = self.by_patient(column).reindex(patients)
            if level.isna().any():
                message = (
                    f'{int(level.isna().sum())} patients have no "{shown(column)}" and form a stratum of their own'
                )
                self.findings.append(Finding(code="missing-stratum", severity="warning", message=message))
            levels.append([_MISSING if pd.isna(each) else str(each) for each in level])
        labels = [" / ".join(each) for each in zip(*levels, strict=True)] if levels else ["(all)"] * len(patients)
        return pd.Series(labels, index=patients, name="stratum", dtype=str)

    def by_patient(self, column: str) -> pd.Series:
        """Return a column of any table as text by patient, whether it is a feature or not.

        Raises
        ------
        StudyError
            If no table has it, or two have it with different content (``stratum-ambiguous``).
        """
        found = [level for level in self._levels(column) if level is not None]
        if not found:
            raise StudyError(f'no table has the column "{shown(column)}"', file=self.path, code="no-such-column")
        first = found[0]
        for other in found[1:]:
            both = first.dropna().index.intersection(other.dropna().index)
            if (first.loc[both] != other.loc[both]).any():
                reason = f'column "{shown(column)}" of the strata is in several tables with different content'
                raise StudyError(reason, file=self.path, code="stratum-ambiguous")
        return first

    def _levels(self, column: str) -> Iterator[pd.Series | None]:
        """Yield a column by patient from each table that has it with one value a patient."""
        for table in dict.fromkeys([*(each.path for each in self.study.tables), *self.rows]):
            with self.faults.catch():
                rows = self._rows_of(table, unique=True)
                if column in rows.raw.columns:
                    cells = pd.Series(rows.raw.text(column).array, index=rows.patient).groupby(level=0, sort=False)
                    yield cells.first() if (cells.nunique() <= 1).all() else None
