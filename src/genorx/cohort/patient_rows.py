"""A table of outcomes, treatments or strata by patient: cells as text or numbers, each with its row.

Feature tables are ``cohort.tables.table``.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from genorx.cohort.tables.ids import read_ids
from genorx.cohort.tables.raw import RawTable, parse_numbers
from genorx.errors import Finding


@dataclass(frozen=True, kw_only=True)
class PatientRows:
    """A table whose rows belong to patients.

    Attributes
    ----------
    raw : RawTable
    patient : Series of str, index as the cells of ``raw``
    findings : tuple of Finding
        Findings about the file and its ids.
    """

    raw: RawTable
    patient: pd.Series
    findings: tuple[Finding, ...] = ()

    @property
    def file(self) -> str:
        """Path of the table, for errors."""
        return str(self.raw.path)

    @property
    def name(self) -> str:
        """Name of the table, for findings."""
        return self.raw.path.name

    @cached_property
    def patients(self) -> pd.Index:
        """Distinct patients of the table, in the order of the file."""
        patients: pd.Index[str] = pd.Index(self.patient.drop_duplicates(), dtype=str, name="patient_id")
        return patients

    def row_of(self, patient: str) -> int:
        """Return the row of a patient's first occurrence in the file."""
        return int(self.raw.rows[int((self.patient == patient).to_numpy().argmax())])

    def text(self, column: str) -> pd.Series:
        """Return a column as text by patient; the table has one row per patient.

        Raises
        ------
        TableError
            If there is no such column.
        """
        return self._by_patient(self.raw.text(column))

    def numbers(self, column: str) -> pd.Series:
        """Return a column as ``Float64`` by patient; the table has one row per patient.

        Raises
        ------
        TableError
            If there is no such column, or a cell is not a number.
        """
        return self._by_patient(parse_numbers(self.raw, column))

    def _by_patient(self, cells: pd.Series) -> pd.Series:
        return pd.Series(cells.array, index=pd.Index(self.patient, dtype=str, name="patient_id"), name=cells.name)


def patient_rows(raw: RawTable, patient_id: str, *, unique: bool) -> PatientRows:
    """Return a table whose rows belong to patients.

    Parameters
    ----------
    raw : RawTable
    patient_id : str
        Column that names the patient.
    unique : bool
        Whether a patient with several rows is an error.

    Raises
    ------
    TableError
        If the column is absent, a row names no patient (``missing-id``), or a patient has several rows although
        ``unique`` (``duplicate-patient``).
    """
    raw.require_column(patient_id, what="patient id column")
    faults = raw.new_faults()
    if unique:
        patient, findings = read_ids(raw, patient_id, faults)
    else:
        patient, findings = raw.cells[patient_id], ()
        for position in patient.index[patient.isna()]:
            faults.add("the patient id is missing", code="missing-id", row=int(raw.rows[position]), column=patient_id)
    faults.raise_if_any()
    return PatientRows(raw=raw, patient=patient, findings=(*raw.findings, *findings))
