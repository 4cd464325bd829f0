"""Outcomes that are a value: yes or no, an amount, a count, a grade.

Unknown is not "no" and not 0: a patient without value is absent from the outcome, and counted.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from genorx.cohort.cohort import Outcome
from genorx.cohort.far_values import named_far, reads_as_dose
from genorx.cohort.outcome_units import check_unit_name
from genorx.cohort.patient_rows import PatientRows
from genorx.cohort.study_file.better import better_of
from genorx.cohort.study_file.rules import at_least_of, levels_of
from genorx.cohort.tables.levels import boolean_of, plain_level
from genorx.errors import Finding, TableError, cell_told, shown

if TYPE_CHECKING:
    from genorx.cohort.study_file.sections import OutcomeSection


@dataclass(frozen=True, kw_only=True)
class ReadOutcome:
    """An outcome, the patients of its table in whom it cannot be used by reason, and what must be known about it."""

    outcome: Outcome
    lost: dict[str, pd.Index]
    findings: tuple[Finding, ...]


def read_value(name: str, section: OutcomeSection, rows: PatientRows) -> ReadOutcome:
    """Return one outcome that is a value.

    Raises
    ------
    TableError
        ``value-coding`` for a cell that is not yes or no, ``negative-count`` and ``not-a-count`` for a count,
        ``unknown-grade`` for a grade that is none of the levels; any other kind of cell that is not a number.
    StudyError
        ``unit-contradiction`` if the column names another unit than the study.
    """
    if section.unit:
        check_unit_name(str(section.value), section.unit, rows.file)
    value = _READERS[section.kind](rows, str(section.value), section)
    known = value.notna()
    ordinal = section.kind == "ordinal"
    outcome = Outcome(
        name=name,
        kind=section.kind,
        frame=pd.DataFrame({"value": value[known].astype(float)}),
        unit=section.unit or "",
        better=better_of(section),
        role=section.role,
        levels=levels_of(section) if ordinal else (),
        at_least=at_least_of(section) if ordinal else None,
    )
    lost = {"value not known": value.index[~known.to_numpy(dtype=bool)]}
    findings = [*_one_value(outcome, rows.name), *_far_off(outcome, rows, str(section.value))]
    return ReadOutcome(outcome=outcome, lost=lost, findings=tuple(findings))


def _one_value(outcome: Outcome, file: str) -> Iterator[Finding]:
    told = outcome.happened if outcome.kind in ("binary", "ordinal") else outcome.frame["value"]
    if told.nunique() < 2:
        known = "has one value only" if len(told) else "is not known of anybody"
        message = f'"{shown(outcome.name)}" {known}: nothing can be fitted'
        yield Finding(code="no-events", severity="serious", message=message, place=file)


def _far_off(outcome: Outcome, rows: PatientRows, column: str) -> Iterator[Finding]:
    """Name amounts that lie far beyond all others, and doses that are none; all of them stay in the outcome."""
    if outcome.kind != "continuous":
        return
    value, patients = outcome.frame["value"].to_numpy(float), outcome.frame.index
    dose = reads_as_dose(outcome.unit, outcome.name, column)
    none = np.flatnonzero(dose & (value <= 0)).tolist()
    if none:
        message = (
            f'{len(none)} patients have a dose of 0 or less in "{shown(outcome.name)}", the first '
            f"{value[none[0]]:g}: who does not take the drug has no dose, leave it empty"
        )
        place = f'{rows.name}: row {rows.row_of(str(patients[none[0]]))} column "{shown(column)}"'
        yield Finding(code="dose-not-positive", severity="serious", message=message, place=place)
    for far in named_far(value, dose=dose):
        if far in none:
            continue
        amount = f"{value[far]:g} {outcome.unit}".strip()
        message = f'{amount} of "{shown(outcome.name)}" lies far beyond all others, and stays in: check it'
        place = f'{rows.name}: row {rows.row_of(str(patients[far]))} column "{shown(column)}"'
        who = str(patients[far])
        yield Finding(code="outcome-outlier", severity="serious", message=message, patient_id=who, place=place)


def yes_no(rows: PatientRows, column: str, *, code: str) -> pd.Series:
    """Return 1.0, 0.0 and missing of a column of 0/1, yes/no or true/false.

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
        raise _strange(rows, column, strange, what="is neither 0 nor 1", hint=hint, code=code)
    return value


def _answer(rows: PatientRows, column: str, _: OutcomeSection) -> pd.Series:
    return yes_no(rows, column, code="value-coding")


def _amount(rows: PatientRows, column: str, _: OutcomeSection) -> pd.Series:
    return rows.numbers(column).astype(float)


def _count(rows: PatientRows, column: str, _: OutcomeSection) -> pd.Series:
    value = _amount(rows, column, _)
    hint = "a count is 0, 1, 2, ...; empty where it is not known"
    if (negative := value[value < 0]).size:
        raise _strange(rows, column, negative, what="is below 0", hint=hint, code="negative-count")
    if (broken := value[value.notna() & (value != value.round())]).size:
        hint = 'a rate or an amount is kind = "continuous"'
        raise _strange(rows, column, broken, what="is not a whole number", hint=hint, code="not-a-count")
    return value


def _grade(rows: PatientRows, column: str, section: OutcomeSection) -> pd.Series:
    cells, levels = rows.text(column), levels_of(section)
    places = {plain_level(level): float(place) for place, level in enumerate(levels)}
    read = [np.nan if pd.isna(cell) else places.get(plain_level(str(cell)), np.nan) for cell in cells]
    value = pd.Series(read, index=cells.index, dtype=float)
    strange = cells[cells.notna() & value.isna()]
    if len(strange):
        hint = f"grades, lowest first: {', '.join(map(shown, levels))}"
        raise _strange(rows, column, strange, what="is no grade", hint=hint, code="unknown-grade")
    return value


_READERS = {"binary": _answer, "continuous": _amount, "count": _count, "ordinal": _grade}


def _strange(rows: PatientRows, column: str, cells: pd.Series, *, what: str, hint: str, code: str) -> TableError:
    return TableError(
        f"{cell_told(cells.iloc[0])} in the first of {len(cells)} cells {what}",
        file=rows.file,
        place=f'row {rows.row_of(str(cells.index[0]))} column "{shown(column)}"',
        hint=hint,
        code=code,
    )
