"""A folder of named tables, CSV or Parquet, read as text: the common part of records and facts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genorx._core.provenance import file_digest
from genorx.audit.claim_table import require_columns
from genorx.audit.days import Days, read_days
from genorx.cohort.tables.raw import RawTable, read_raw, text_of
from genorx.cohort.tables.table_faults import TableFaults
from genorx.errors import Finding, TableError

#: Name of a table of claims, which may be in the same folder as records and facts.
CLAIMS = "claims"
_ENDINGS = (".csv", ".tsv", ".parquet", ".csv.gz", ".tsv.gz")


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderTable:
    """A table of a folder: cells as text, and the faults found in them."""

    name: str
    raw: RawTable
    faults: TableFaults
    sha256: str

    def texts(self, column: str) -> pd.Series[Any]:
        """Return a column as text, empty where a cell is; all empty if the column is absent."""
        cells = self.raw.cells
        if column not in cells:
            return pd.Series(np.full(len(cells), "", dtype=object))
        return cells[column].astype(object).fillna("")

    def days(self, column: str, *, code: str) -> Days:
        """Return a column as days; an invalid text is recorded as a fault with this code."""
        days, wrong = read_days(self.texts(column))
        self.refuse(wrong, column, "the text is not a date, or no such date exists", code=code)
        return days

    def refuse(self, wrong: NDArray[np.bool_], column: str, rule: str, *, code: str) -> None:
        """Record a fault for each row where ``wrong`` is true."""
        for position in np.flatnonzero(wrong):
            self.faults.add(rule, code=code, row=int(self.raw.rows[position]), column=column)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Findings of reading the file."""
        return self.raw.findings


def read_folder(
    folder: Path, requested: Iterable[str], *, others: Iterable[str]
) -> tuple[dict[str, FolderTable], tuple[Finding, ...]]:
    """Read the tables of a folder by name, with a finding on files of unknown name.

    Parameters
    ----------
    folder : Path
    requested : iterable of str
        Names of the tables: those of their files without suffix.
    others : iterable of str
        Names of tables that may be in the same folder and are read elsewhere.

    Raises
    ------
    TableError
        ``no-file`` if there is no such folder; ``table-twice`` for a table in two files; and as ``read_raw``.
    """
    if not folder.is_dir():
        raise TableError("there is no such folder", file=folder, hint="name the folder of the tables", code="no-file")
    names, passed = set(requested), set(others)
    paths: dict[str, Path] = {}
    unknown: list[str] = []
    for path in sorted(each for each in folder.iterdir() if each.is_file() and not each.name.startswith(".")):
        ending = next((end for end in reversed(_ENDINGS) if path.name.lower().endswith(end)), None)
        name = path.name[: -len(ending)].lower() if ending else ""
        if name not in names:
            unknown += [path.name] if ending and name not in passed else []
        elif name in paths:
            reason = f"the table {name} is in two files, {paths[name].name} and {path.name}"
            raise TableError(reason, file=folder, hint="remove one of them", code="table-twice")
        else:
            paths[name] = path
    message = f"{len(unknown)} tables of the folder have unknown names and were not read"
    finding = Finding(code="table-not-read", severity="info", message=message, place=folder.name)
    return {name: _read(name, path) for name, path in paths.items()}, (finding,) if unknown else ()


def _read(name: str, path: Path) -> FolderTable:
    raw = read_raw(path)
    return FolderTable(name=name, raw=raw, faults=raw.new_faults(), sha256=file_digest(path))


def table_of_rows(name: str, file: str, rows: Sequence[Mapping[str, str]], sha256: str) -> FolderTable:
    """Return in-memory rows of text as a table of a folder; the first is row 1."""
    cells = pd.DataFrame({column: text_of([row[column] for row in rows]) for column in rows[0]})
    raw = RawTable(path=Path(file), columns=tuple(rows[0]), cells=cells, rows=np.arange(1, len(rows) + 1))
    return FolderTable(name=name, raw=raw, faults=raw.new_faults(), sha256=sha256)


def need(table: FolderTable, columns: Iterable[str]) -> None:
    """Raise an error if a column is missing.

    Raises
    ------
    TableError
        ``column-missing``.
    """
    require_columns(table.raw.columns, columns, file=str(table.raw.path))
