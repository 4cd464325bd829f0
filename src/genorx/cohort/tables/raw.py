"""A table as stored in its file: header and text cells, each with its row, before interpretation.

CSV, TSV and Parquet, gzipped or not; a data frame is ``cohort.tables.frames``.  Types, units and missing codes are
``cohort.tables.columns``.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genorx._core.nearest import did_you_mean
from genorx._core.short_repr import short
from genorx.cohort.tables.decode import decode, find_separator, read_bytes, read_records, without_preamble
from genorx.cohort.tables.numbers import (
    Decimal,
    MissingCodes,
    comma_kind,
    is_number,
    number_hint,
    read_numbers,
    why_no_number,
)
from genorx.cohort.tables.table_faults import TableFaults, place_of
from genorx.errors import Finding, TableError, listed_columns, look_like_names, shown

TEXT = pd.StringDtype("python")  # nullable text, the same in every version of pandas, with or without pyarrow


@short
@dataclass(frozen=True, kw_only=True)
class RawTable:
    """Cells of a table as text.

    Attributes
    ----------
    path : Path
    columns : tuple of str
        Names in the header, trimmed.
    cells : DataFrame of text, shape (n_rows, n_columns), index 0..n_rows-1
        Trimmed; an empty cell is ``<NA>``.
    rows : array of int, shape (n_rows,)
        Row in the file, as counted by a spreadsheet: the header of a CSV file is row 1.  In Parquet and in a data frame
        the first row is 1.
    encoding : str
    separator : str or None
        None for Parquet.
    decimal : {".", ","}
        Decimal separator: a comma if a column of numbers has unambiguous decimal commas and none has a point.
    findings : tuple of Finding
    floats : frozenset of str
        Columns of floating-point numbers in a typed table; their whole numbers are written without a point.
    categories : mapping of str to tuple of str
        Categorical columns of a typed table, and their levels in its order.
    ordered : frozenset of str
        Categorical columns with ordered levels, from lowest to highest.
    labels : tuple of str
        Label of each row of a data frame whose index names the patients; otherwise empty.
    """

    path: Path
    columns: tuple[str, ...]
    cells: pd.DataFrame
    rows: NDArray[np.int64]
    encoding: str = "utf-8"
    separator: str | None = None
    decimal: Decimal = "."
    findings: tuple[Finding, ...] = ()
    floats: frozenset[str] = frozenset()
    categories: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    ordered: frozenset[str] = frozenset()
    labels: tuple[str, ...] = ()

    def new_faults(self) -> TableFaults:
        """Return a new collection for faults of this table."""
        return TableFaults(self.path, labels=dict(zip(self.rows.tolist(), self.labels, strict=False)))

    def place(self, position: int | None = None, column: str | None = None) -> str | None:
        """Return the place of the row at ``position`` (0-based in ``cells``) for errors."""
        return place_of(None if position is None else int(self.rows[position]), column)

    def require_column(self, column: str, *, what: str = "column") -> None:
        """Raise an error if the column is absent, listing the columns that exist.

        Raises
        ------
        TableError
        """
        if column in self.columns:
            return
        hint = f"{did_you_mean(column, self.columns)} {listed_columns(self.columns)}".strip()
        code = "no-id-column" if what == "patient id column" else "no-column"
        raise TableError(f"there is no {what} {shown(column)!r}", file=self.path, hint=hint, code=code)

    def text(self, column: str, *, missing: Iterable[float | str] = ()) -> pd.Series:
        """Return a column's text, with the usual missing words and the codes of ``missing`` as ``<NA>``.

        Raises
        ------
        TableError
            If there is no such column.
        """
        self.require_column(column)
        codes = MissingCodes(missing)
        found = [text for text in self.known(column) if text in codes]
        cells = self.cells[column]
        return cells.mask(cells.isin(found)) if found else cells

    def known(self, column: str) -> list[str]:
        """Return the distinct texts of a column, in the order of the file."""
        return list(dict.fromkeys(self.cells[column].dropna().to_numpy(dtype=object).tolist()))


def read_raw(path: str | Path) -> RawTable:
    """Return a table's cells as text.

    Parameters
    ----------
    path : path
        CSV (comma, semicolon, tab or bar), TSV or Parquet; gzipped or not.

    Raises
    ------
    TableError
        If the file is no table: absent, empty, wrong encoding, unclosed quotes, NUL characters, duplicate or too many
        columns, a row that is longer or shorter than the header.
    LimitError
        If it has more rows, cells or bytes than the limit.
    MissingExtraError
        If it is Parquet and pyarrow is not installed.
    """
    path = Path(path)
    data = read_bytes(path)
    if data[:4] == PARQUET:
        from genorx.cohort.tables.raw_parquet import read_parquet  # makes tables of this kind

        return read_parquet(path)
    text = TextTable.of(data, path)
    del data  # a large table has enough copies in memory
    rows, records = [], []
    for row, record in text.records():
        rows.append(row)
        records.append(record)
    raw = text.raw(rows, records)
    return with_decimal(raw) if any("," in cell for record in records for cell in record) else raw


PARQUET = b"PAR1"


@dataclass(frozen=True, kw_only=True)
class TextTable:
    """A decoded table of text, whose records can be read in batches, after ``preamble`` comment lines."""

    path: Path
    text: str = field(repr=False)
    encoding: str
    separator: str
    findings: tuple[Finding, ...]
    preamble: int = 0

    @classmethod
    def of(cls, data: bytes, path: Path) -> TextTable:
        """Decode the bytes of a CSV or TSV, and detect its separator.

        Raises
        ------
        TableError
        """
        if data[:4] == b"PK\x03\x04":
            hint = "save the sheet as CSV UTF-8"
            raise TableError("the file is a spreadsheet or zip archive", file=path, code="not-a-table", hint=hint)
        text, encoding, findings = decode(data, path)
        text, preamble = without_preamble(text)
        separator = find_separator(text, path)
        return cls(path=path, text=text, encoding=encoding, separator=separator, findings=findings, preamble=preamble)

    def records(self) -> Iterator[tuple[int, list[str]]]:
        """Yield each record with its row, the header first, cells trimmed."""
        for row, record in read_records(self.text, self.separator, self.path):
            yield row + self.preamble, [cell.strip() for cell in record]

    def raw(self, rows: list[int], records: list[list[str]]) -> RawTable:
        """Return records, the header first, as a table.

        Raises
        ------
        TableError
            Duplicate columns, rows of another width, no rows.
        """
        faults = TableFaults(self.path)
        header, body, places, more = _shape(records, rows, faults)
        faults.raise_if_any()
        raw = RawTable(
            path=self.path,
            columns=header,
            cells=_frame(header, body),
            rows=np.asarray(places, dtype=np.int64),
            encoding=self.encoding,
            separator=self.separator,
            findings=(*self.findings, *more),
        )
        return without_unnamed(raw)


def _width_cure(records: list[list[str]]) -> str:
    """Return the hint on rows of another width than the first line."""
    widths = Counter(len(record) for record in records if any(record))
    usual, times = widths.most_common(1)[0] if widths else (0, 0)
    if len(records[0]) < usual and times > len(records) / 2:
        return "the first line must hold the names of the columns: remove the lines before it"
    if len(records[-1]) < len(records[0]) == usual and times == sum(widths.values()) - 1:
        return "it is the last row: the file may be truncated, copy it again"
    return "a cell that holds the separator must be quoted"


def _shape(
    records: list[list[str]], rows: list[int], faults: TableFaults
) -> tuple[tuple[str, ...], list[list[str]], list[int], tuple[Finding, ...]]:
    """Return header, body, rows and findings; a row whose width differs from the header is a fault."""
    header, body, places = tuple(records[0]), [], []
    doubled = [name for name, times in Counter(name for name in header if name).items() if times > 1]
    if doubled and not look_like_names(header):
        hint = "the first line holds the names of the columns"
        faults.add("the first line looks like data", code="doubled-column", row=rows[0], hint=hint)
        doubled = []
    for name in doubled:
        faults.add("two columns have this name", code="doubled-column", row=rows[0], column=name)
    blank = trailing = 0
    width, cure = len(header), _width_cure(records)
    for row, record in zip(rows[1:], records[1:], strict=True):
        if not any(record):
            blank += 1
        elif len(record) > width and not any(record[width:]):
            trailing += 1
            body.append(record[:width])
            places.append(row)
        elif len(record) != len(header):
            rule = f"the row has {len(record)} cells, the header {len(header)}"
            faults.add(rule, code="row-length", row=row, hint=cure)
        else:
            body.append(record)
            places.append(row)
    if not body and not faults.faults:
        faults.add("the table has a header and no rows", code="empty-table")
    stated = {
        "blank-row": f"{blank} rows were skipped: they have no value" if blank else "",
        "trailing-separator": f"{trailing} rows have separators at the end without a cell after them"
        if trailing
        else "",
    }
    findings = [
        Finding(code=code, severity="info", message=message, place=faults.path.name)
        for code, message in stated.items()
        if message
    ]
    return header, body, places, tuple(findings)


def _frame(header: tuple[str, ...], records: list[list[str]]) -> pd.DataFrame:
    columns = [pd.Series([cell or None for cell in cells], dtype=TEXT) for cells in zip(*records, strict=True)]
    frame = pd.concat(columns, axis=1)
    frame.columns = pd.Index(list(header))
    return frame


def without_unnamed(raw: RawTable) -> RawTable:
    """Drop columns without a name, with a finding: nothing can refer to them."""
    named = [place for place, name in enumerate(raw.columns) if name]
    if len(named) == len(raw.columns):
        return raw
    unnamed = [place + 1 for place, name in enumerate(raw.columns) if not name]
    message = f"columns without a name were left out: position {', '.join(map(str, unnamed))}"
    finding = Finding(code="unnamed-column", severity="warning", message=message, place=raw.path.name)
    columns = tuple(raw.columns[place] for place in named)
    return replace(raw, columns=columns, cells=raw.cells.iloc[:, named], findings=(*raw.findings, finding))


def with_decimal(raw: RawTable) -> RawTable:
    """Return the table with its decimal sign detected; report a decimal comma."""
    commas = points = False
    for column in raw.columns:
        values = [text for text in raw.known(column) if text not in MissingCodes()]
        kinds = [comma_kind(text) for text in values]
        if values and all(kind or is_number(text) for kind, text in zip(kinds, values, strict=True)):
            commas |= "decimal" in kinds
            points |= any("." in text for text in values)
    if not commas or points:
        return raw
    message = "numbers have decimal commas and were read as such"
    finding = Finding(code="decimal-comma", severity="warning", message=message, place=raw.path.name)
    return replace(raw, decimal=",", findings=(*raw.findings, finding))


def check_names(names: list[str], n_rows: int, faults: TableFaults) -> None:
    """Record the faults of the columns' names, and of a table without rows."""
    for name, times in Counter(name for name in names if name).items():
        if times > 1:
            faults.add("two columns have this name", code="doubled-column", column=name)
    if not n_rows or not names:
        faults.add("the table has no rows", code="empty-table")


def text_of(values: Iterable[object]) -> pd.Series:
    """Convert values to text: booleans as 0 or 1, whole floats without point, midnight as date, NaN as missing."""
    given: list[Any] = list(values)
    kinds = set(map(type, given)) - {type(None)}
    if kinds == {str}:
        texts: list[str | None] = [None if value is None else str(value).strip() or None for value in given]
    elif kinds == {float}:
        texts = [None if value is None or math.isnan(value) else _written(value) for value in given]
    else:
        texts = [_cell(value) for value in given]
    return pd.Series(texts, dtype=TEXT)


def _written(value: float) -> str:
    return str(int(value)) if value.is_integer() else str(value)


def _cell(value: object) -> str | None:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return None
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, float) and value.is_integer():
        return _written(value)
    if isinstance(value, datetime) and value.time() == time() and value.tzinfo is None:
        return value.date().isoformat()
    return str(value).strip() or None


def parse_numbers(raw: RawTable, column: str) -> pd.Series:
    """Return a column as numbers.

    Returns
    -------
    Series of Float64, index as ``raw.cells``

    Raises
    ------
    TableError
        If there is no such column, or cells are no finite numbers; all such cells are listed, with row and column.
    """
    texts, faults = raw.text(column), raw.new_faults()
    values = read_numbers(list(dict.fromkeys(texts.dropna().to_numpy(dtype=object).tolist())), raw.decimal)
    if bad := {text: why_no_number(text) for text, value in values.items() if value is None}:
        for position in np.flatnonzero(texts.isin(list(bad))):
            code, rule = bad[texts.iloc[position]]
            faults.add(rule, code=code, row=int(raw.rows[position]), column=column, hint=number_hint(code))
    faults.raise_if_any()
    numbers = [values.get(text) for text in texts.to_numpy(dtype=object)]
    return pd.Series(numbers, index=texts.index, dtype="Float64", name=column)
