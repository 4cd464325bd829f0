"""Outcomes with one value per patient.

Unknown is not "no" and not 0: a patient without value is absent from the outcome, and counted.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from genorx._core.words import boolean_of, plain_level
from genorx.cohort.kinds.base import DataKind, Reading
from genorx.cohort.outcome_units import check_unit_name
from genorx.errors import Finding, TableError, cell_description, shown

if TYPE_CHECKING:
    from genorx.cohort.patient_rows import PatientRows
    from genorx.cohort.study_file.sections import OutcomeSection


class ValuedData(DataKind):
    """Column ``value`` (float)."""

    def read(self, name: str, section: OutcomeSection, rows: PatientRows, *, horizon: float | None) -> Reading:  # noqa: ARG002
        """Return the values; see ``DataKind.read``."""
        if section.unit:
            check_unit_name(str(section.value), section.unit, rows.file)
        value = self.values(str(section.value), section, rows)
        known = value[value.notna()].astype(float)
        lost = {"value not known": value.index[value.isna().to_numpy(dtype=bool)]}
        findings = (
            *_one_value(name, self.reported(known, section), rows.name),
            *self.doubts(name, section, known, rows),
        )
        frame = pd.DataFrame({"value": known})
        return Reading(frame=frame, lost=lost, findings=findings, fields=self.fields(section))

    @abstractmethod
    def values(self, column: str, section: OutcomeSection, rows: PatientRows) -> pd.Series[float]:
        """Return the value of each patient, missing if not known."""

    def reported(self, value: pd.Series[float], section: OutcomeSection) -> pd.Series[Any]:  # noqa: ARG002
        """Return the reported form of the values."""
        return value

    def doubts(
        self,
        name: str,  # noqa: ARG002
        section: OutcomeSection,  # noqa: ARG002
        value: pd.Series[float],  # noqa: ARG002
        rows: PatientRows,  # noqa: ARG002
    ) -> Iterator[Finding]:
        """Yield findings about implausible values."""
        yield from ()

    def fields(self, section: OutcomeSection) -> dict[str, Any]:  # noqa: ARG002 (grades need it)
        """Return fields of ``Outcome`` specific to this kind."""
        return {}


def _one_value(name: str, value: pd.Series[Any], file: str) -> Iterator[Finding]:
    if value.nunique() < 2:
        known = "has one value only" if len(value) else "is not known for any patient"
        message = f'"{shown(name)}" {known}: nothing can be fitted'
        yield Finding(code="no-events", severity="serious", message=message, place=file)


def yes_no(rows: PatientRows, column: str, *, code: str) -> pd.Series[float]:
    """Convert a column of 0/1, yes/no or true/false to 1.0, 0.0 and missing.

    Raises
    ------
    TableError
        For any other value; 1/2 coding is named as such.
    """
    cells = rows.text(column)
    read = [None if pd.isna(cell) else boolean_of(str(cell)) for cell in cells]
    value = pd.Series([np.nan if each is None else float(each) for each in read], index=cells.index, dtype=float)
    strange = cells[cells.notna() & value.isna()]
    if len(strange):
        hint = "1 is the event, 0 its absence; empty where it is not known"
        if {plain_level(str(cell)) for cell in cells.dropna()} <= {"1", "2"}:
            hint = f'it is coded 1/2: make it 0/1 (subtract 1 where 2 is the event) before "{shown(column)}" is used'
        raise strange_value(rows, column, strange, what="is neither 0 nor 1", hint=hint, code=code)
    return value


def strange_value(
    rows: PatientRows, column: str, cells: pd.Series[Any], *, what: str, hint: str, code: str
) -> TableError:
    """Return the error for cells that are no possible value of the outcome."""
    return TableError(
        f"{cell_description(cells.iloc[0])} in the first of {len(cells)} cells {what}",
        file=rows.file,
        place=f'row {rows.row_of(str(cells.index[0]))} column "{shown(column)}"',
        hint=hint,
        code=code,
    )
