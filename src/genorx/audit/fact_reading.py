"""Reading tables of facts from a folder: cells are parsed, periods checked, faults reported with their row."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from genorx._core.words import boolean_of
from genorx.audit.cell_columns import whole_text
from genorx.audit.days import FIRST_DAY, LAST_DAY, NO_DAY, Days, iso
from genorx.audit.exact import NOT_KNOWN, exact_thousandths
from genorx.audit.fact_tables import FACT_TABLES, PERIOD, FactKind, FactTable
from genorx.audit.record_tables import RECORD_TABLES
from genorx.audit.table_folder import CLAIMS, FolderTable, need, read_folder
from genorx.cohort.recorded_sex import sex_of
from genorx.cohort.tables.raw import TEXT
from genorx.errors import Finding

_PER = {"": "day", "day": "day", "line": "line"}


@dataclass(frozen=True, slots=True, kw_only=True)
class FactSource:
    """Source of a table of facts: name, file, rows, SHA-256, and the first and last day in it."""

    table: str
    file: str
    rows: int
    sha256: str
    valid_from: str = ""
    valid_to: str = ""


Tables = dict[str, pd.DataFrame]


def read_fact_folder(folder: Path) -> tuple[Tables, tuple[FactSource, ...], tuple[Finding, ...]]:
    """Read the tables of facts of a folder, with their sources and findings.

    Raises
    ------
    TableError
        ``column-missing``, ``facts-format``, ``facts-overlap``, and as ``read_folder``.
    """
    found, findings = read_folder(folder, FACT_TABLES, others=(*RECORD_TABLES, CLAIMS))
    tables = {name: typed_facts(table, FACT_TABLES[name]) for name, table in found.items()}
    sources = tuple(source_of(name, tables[name], table) for name, table in found.items())
    return tables, sources, (*findings, *(each for table in found.values() for each in table.findings))


def typed_facts(table: FolderTable, kind: FactTable) -> pd.DataFrame:
    """Return a table of facts with parsed cells.

    Raises
    ------
    TableError
        ``column-missing``, ``facts-format``, ``facts-overlap``.
    """
    need(table, [name for name in kind.columns if name not in kind.optional])
    made = {name: _column(table, name, how) for name, how in kind.columns.items()}
    for name in kind.key:
        table.refuse((table.texts(name) == "").to_numpy(bool) & (name != "per"), name, "empty", code="facts-format")
    first = _open_ended(table.days("valid_from", code="facts-format"), FIRST_DAY)
    last = _open_ended(table.days("valid_to", code="facts-format"), LAST_DAY)
    table.refuse(first > last, "valid_to", "valid_to is before valid_from", code="facts-format")
    table.faults.raise_if_any()
    frame = pd.DataFrame({**made, "valid_from": first, "valid_to": last, "file": table.raw.path.name})
    frame["row"] = table.raw.rows
    _refuse_overlaps(table, frame, kind)
    return frame


def _open_ended(days: Days, end: int) -> Days:
    return np.where(days == NO_DAY, end, days).astype(np.int32)


def _column(table: FolderTable, name: str, kind: FactKind) -> Any:
    if kind == "day":
        return table.days(name, code="facts-format")
    texts = [str(text).strip() for text in table.texts(name)]
    read = _READERS[kind]
    values = [read(text) for text in texts]
    wrong = np.array([value is None for value in values], dtype=bool)
    table.refuse(wrong, name, _RULES.get(kind, "empty"), code="facts-format")
    if kind in ("quantity", "most", "flag"):
        filled = [NOT_KNOWN if value is None else value for value in values]
        return np.array(filled, dtype=bool if kind == "flag" else np.int64)
    if kind == "sizes":
        column = np.empty(len(values), dtype=object)
        column[:] = [value or () for value in values]
        return column
    return pd.array(np.array([value or "" for value in values], dtype=object), dtype=TEXT)


def _quantity(text: str) -> int | None:
    value = exact_thousandths(text)
    return value or None


def _flag(text: str) -> bool | None:
    truth = boolean_of(text)
    return None if truth is None else bool(truth)


def _sizes(text: str) -> tuple[int, ...] | None:
    """Return the vial sizes, smallest first; an empty cell has none."""
    values = [exact_thousandths(part) for part in text.split()]
    sizes = {value for value in values if value}
    return tuple(sorted(sizes)) if all(values) else None


_READERS: dict[FactKind, Any] = {
    "text": lambda text: text,
    "folded": lambda text: text.casefold(),
    "provider": whole_text,
    "quantity": _quantity,
    "most": exact_thousandths,
    "sizes": _sizes,
    "flag": _flag,
    "sex": sex_of,
    "per": lambda text: _PER.get(text.casefold()),
}
_RULES: dict[FactKind, str] = {
    "quantity": "the cell is not a number above 0 with at most three decimals",
    "most": "the cell is not a number of 0 or more with at most three decimals",
    "sizes": "the cell does not hold numbers above 0 with at most three decimals, separated by blanks",
    "flag": "the cell is neither true nor false",
    "sex": "the cell is neither female nor male",
    "per": "the cell is neither day nor line",
}


def _refuse_overlaps(table: FolderTable, frame: pd.DataFrame, kind: FactTable) -> None:
    ordered = frame.sort_values([*kind.key, "valid_from", "row"], kind="stable")
    same = np.ones(len(ordered) - 1, dtype=bool)
    for name in kind.key:
        values = ordered[name].to_numpy()
        same &= values[1:] == values[:-1]
    same &= ordered["valid_from"].to_numpy()[1:] <= ordered["valid_to"].to_numpy()[:-1]
    rows = ordered["row"].to_numpy()
    for position in np.flatnonzero(same):
        rule = f"the period overlaps that of row {rows[position]}, of the same {' and '.join(kind.key)}"
        hint = f"separate the periods by {' and '.join(PERIOD)}, or remove one row"
        table.faults.add(rule, code="facts-overlap", row=int(rows[position + 1]), hint=hint)
    table.faults.raise_if_any()


def source_of(name: str, frame: pd.DataFrame, table: FolderTable) -> FactSource:
    """Return the source of a table."""
    days = [frame["valid_from"].min(), frame["valid_to"].max()]
    first, last = ("" if day in (FIRST_DAY, LAST_DAY) else iso(int(day)) for day in days)
    file = table.raw.path.name
    return FactSource(table=name, file=file, rows=len(frame), sha256=table.sha256, valid_from=first, valid_to=last)
