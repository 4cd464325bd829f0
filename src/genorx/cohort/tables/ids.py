"""Patient ids of a table: present, unique, not damaged by another program; near matches between tables.

An id is text and stays text: it is compared, shown escaped, and never becomes a path.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

import pandas as pd

from genorx.cohort.tables.columns import is_id_name, is_personal_name, name_form
from genorx.cohort.tables.numbers import is_number
from genorx.cohort.tables.raw import RawTable
from genorx.cohort.tables.table_faults import TableFaults
from genorx.errors import Finding, TableError, listed_columns, shown

_MOST_NAMED = 5
_NAMES: tuple[str, ...] = (
    *("patient_id", "patient", "pdid", "subject_id", "subject", "person_id", "participant_id", "sample_id", "id"),
    *("usubjid", "patient_no", "patient_nr", "patient_number", "pid", "mrn", "person", "participant", "case_id"),
)
_MANY = 10  # different texts; fewer may be anything


def id_column(columns: Iterable[str]) -> str | None:
    """Return the patient column by its name; None if no name fits, or several do equally well.

    >>> id_column(["age", "Patient ID"]), id_column(["age", "PharmGKB Subject ID"]), id_column(["age", "size"])
    ('Patient ID', 'PharmGKB Subject ID', None)
    """
    forms = {name_form(name): name for name in reversed(list(columns))}
    for name in _NAMES:
        if name in forms:
            return forms[name]
    others = [name for form, name in forms.items() if is_id_name(form)]
    return others[0] if len(others) == 1 else None


def find_id_column(raw: RawTable) -> str:
    """Return the patient column: by its name, otherwise the first column if its texts are unique.

    Numbers are not accepted as ids: ages that happen to differ are none.

    Raises
    ------
    TableError
        ``no-id-column``: no id is ever made up.
    """
    named = id_column(raw.columns)
    if named is not None:
        return named
    first = raw.columns[0]
    if _names_rows(raw.cells[first]) and not is_personal_name(name_form(first)):
        return first
    hint = "name it by --id COLUMN (patient_id= in Python), or add a column that numbers the patients; "
    hint += listed_columns(raw.columns)
    raise TableError("no column names the patient", file=raw.path, code="no-id-column", hint=hint)


def _names_rows(cells: pd.Series) -> bool:
    """Return whether ten rows or more all have different texts, none of them a number."""
    different = len(cells) >= _MANY and bool(cells.notna().all()) and cells.is_unique
    return different and not any(is_number(text) for text in cells)


def read_ids(raw: RawTable, column: str, faults: TableFaults) -> tuple[pd.Series, tuple[Finding, ...]]:
    """Return the patient id of each row, and findings on the ids.

    A missing id, and an id on more than one row, are faults.

    Raises
    ------
    TableError
        If there is no such column.
    """
    raw.require_column(column, what="patient id column")
    ids = raw.cells[column]
    for position in ids.index[ids.isna()]:
        faults.add("the patient id is missing", code="missing-id", row=int(raw.rows[position]), column=column)
    first: dict[str, int] = {}
    for position, patient in enumerate(ids):
        if pd.isna(patient):
            continue
        if patient in first:
            rule = f"patient {shown(patient)} is already in row {first[patient]}; a table has one row per patient"
            hint = "if the index is no patient id: frame.reset_index(drop=True)" if raw.labels else ""
            faults.add(rule, code="duplicate-patient", row=int(raw.rows[position]), column=column, hint=hint)
        first.setdefault(patient, int(raw.rows[position]))
    return ids.rename("patient_id"), _id_findings(list(first), raw, decimal=column in raw.floats)


def _id_findings(ids: list[str], raw: RawTable, *, decimal: bool) -> tuple[Finding, ...]:
    findings = []
    if ids and (decimal or all(re.fullmatch(r"\d+\.0", patient) for patient in ids)):
        message = 'patient ids have decimals ("1.0"): a program has read them as numbers, leading zeros may be lost'
        findings.append(Finding(code="id-as-decimal", severity="warning", message=message, place=raw.path.name))
    groups: dict[str, list[str]] = {}
    for patient in ids:
        groups.setdefault(id_form(patient), []).append(patient)
    for alike in groups.values():
        if len(alike) > 1:
            names = ", ".join(shown(patient) for patient in alike[:_MOST_NAMED])
            message = f"patient ids {names} differ only in case, spaces or leading zeros: they may be one patient"
            finding = Finding(
                code="near-duplicate-ids", severity="serious", message=message, patient_id=alike[1], place=raw.path.name
            )
            findings.append(finding)
    return tuple(findings)


def id_form(patient: str) -> str:
    """Return an id without the parts that programs alter: case, punctuation, leading zeros, a final ``.0``.

    >>> id_form("P-0012"), id_form("p12"), id_form("012"), id_form("12.0")
    ('p12', 'p12', '12', '12')
    """
    form = re.sub(r"(?<=\d)\.0+$", "", patient.strip().casefold())
    # a boundary between two numbers counts: 1-23 is not 12-3
    form = re.sub(r"(?<=\d)[\W_]+(?=\d)", "~", form)
    form = re.sub(r"[^\w~]|_", "", form)
    return re.sub(r"(?<!\d)0+(?=\d)", "", form)


def match_ids(first: Iterable[str], second: Iterable[str]) -> dict[str, str]:
    """Return ids of ``first`` that are absent from ``second``, with the one id there that may be the same patient.

    Only ids that differ in case, punctuation, leading zeros or a final ``.0`` are named; they are not merged.

    >>> match_ids(["001", "002", "7"], ["1", "2", "7"])
    {'001': '1', '002': '2'}
    """
    left, right = list(dict.fromkeys(first)), list(dict.fromkeys(second))
    here, there = set(left), set(right)
    forms: dict[str, list[str]] = {}
    for patient in right:
        if patient not in here:
            forms.setdefault(id_form(patient), []).append(patient)
    near = {patient: forms.get(id_form(patient), []) for patient in left if patient not in there}
    return {patient: found[0] for patient, found in near.items() if len(found) == 1}
