"""Columns for a design from any table of the study: treatments, time zero, strata."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from genorx.cohort.design.options import TreatmentRows
from genorx.cohort.faults import Faults
from genorx.cohort.outcome import Outcome
from genorx.cohort.outcome_units import check_unit_name
from genorx.cohort.patient_rows import PatientRows, patient_rows
from genorx.cohort.tables.by_name import Tables
from genorx.cohort.tables.raw import parse_numbers
from genorx.errors import Finding, StudyError, shown

if TYPE_CHECKING:
    from genorx.cohort.study_file.sections import StudyFile, TreatmentSection

_MISSING = "(missing)"


def treatment_rows(section: TreatmentSection, rows: PatientRows) -> TreatmentRows:
    """Return the treatment table with the start day of each row, if the study names its column.

    Raises
    ------
    TableError
        If the column is absent or not numeric.
    StudyError
        ``unit-contradiction`` if its name has another unit than days.
    """
    if section.start is not None:
        check_unit_name(section.start, "days", rows.file)
    cells = pd.DataFrame({column: rows.raw.text(column) for column in rows.raw.columns})
    start = None if section.start is None else parse_numbers(rows.raw, section.start)
    places = tuple(rows.raw.rows.tolist())
    return TreatmentRows(file=rows.file, name=rows.name, cells=cells, patient=rows.patient, start=start, rows=places)


def clock_of(section: TreatmentSection, primary: Outcome, outcomes: Iterable[Outcome], study: Path) -> Outcome:
    """Return the survival outcome that determines who is alive and followed: the primary one, otherwise the first.

    Raises
    ------
    StudyError
        ``landmark-without-survival``
    """
    found = [outcome for outcome in (primary, *outcomes) if outcome.timed]
    if found:
        return found[0]
    if section.design != "baseline":
        raise StudyError(
            f"a {section.design} design needs a survival outcome",
            file=study,
            hint="it shows who was alive and followed at the landmark",
            code="landmark-without-survival",
        )
    return primary


@dataclass(frozen=True, kw_only=True)
class DesignColumns:
    """Columns by patient, from feature tables (read again as text) and from ``rows``: outcomes and treatments."""

    study: StudyFile
    path: Path
    tables: Tables
    rows: Mapping[str, PatientRows]

    def time_zero(self, section: TreatmentSection) -> pd.Series | None:
        """Return the days from the study's origin to time zero; None where the two are the same.

        Raises
        ------
        StudyError
            If no outcome table has the column, or its name has another unit than days (``unit-contradiction``).
        """
        if section.time_zero is None:
            return None
        tables = list(dict.fromkeys(outcome.table for outcome in self.study.outcomes.values()))
        for table in tables:
            if table in self.rows and section.time_zero in self.rows[table].raw.columns:
                check_unit_name(section.time_zero, "days", self.rows[table].file)
                return self.rows[table].numbers(section.time_zero).astype(float)
        raise StudyError(
            f'no outcome table has the column "{shown(section.time_zero)}" of time_zero',
            file=self.path,
            hint=f"tables looked at: {', '.join(map(shown, tables))}",
            code="no-such-column",
        )

    def strata(self, columns: Sequence[str], patients: pd.Index) -> tuple[pd.Series, list[Finding]]:
        """Return the stratum of each patient, and a finding on unknown strata, which form a level of their own."""
        levels, findings = [], []
        for column in columns:
            level = self.by_patient(column).reindex(patients)
            if unknown := int(level.isna().sum()):
                message = f'{unknown} patients have no "{shown(column)}" and form a stratum of their own'
                findings.append(Finding(code="missing-stratum", severity="warning", message=message))
            levels.append([_MISSING if pd.isna(each) else str(each) for each in level])
        labels = [" / ".join(each) for each in zip(*levels, strict=True)] if levels else ["(all)"] * len(patients)
        return pd.Series(labels, index=patients, name="stratum", dtype=str), findings

    def by_patient(self, column: str) -> pd.Series:
        """Return a column of any table as text by patient, whether it is a feature or not.

        Raises
        ------
        StudyError
            If no table has it, or two have it with different content (``stratum-ambiguous``).
        """
        found = list(self._levels(column))
        if not found:
            raise StudyError(f'no table has the column "{shown(column)}"', file=self.path, code="no-such-column")
        first = found[0]
        for other in found[1:]:
            both = first.dropna().index.intersection(other.dropna().index)
            if (first.loc[both] != other.loc[both]).any():
                reason = f'column "{shown(column)}" of the strata is in several tables with different content'
                raise StudyError(reason, file=self.path, code="stratum-ambiguous")
        return first

    def _levels(self, column: str) -> Iterator[pd.Series]:
        """Yield a column by patient from each table that has it with one value per patient."""
        known = Faults()  # a table that cannot be read is reported where it is read itself
        for table in dict.fromkeys([*(each.path for each in self.study.tables), *self.rows]):
            with known.catch():
                rows = self.rows.get(table) or patient_rows(
                    self.tables.read(table), self.study.study.patient_id, unique=True
                )
                if column not in rows.raw.columns:
                    continue
                cells = pd.Series(rows.raw.text(column).array, index=rows.patient).groupby(level=0, sort=False)
                if (cells.nunique() <= 1).all():
                    yield cells.first()
