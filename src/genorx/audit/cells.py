"""Cells of a large delimited file, encoded by distinct text so that each text is parsed once.

Tables of patients, whose cells are typed and audited one by one, are read by ``cohort.tables``.
"""

from __future__ import annotations

import csv
import io
import re
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genorx._core.limits import check
from genorx.cohort.tables.decode import decode
from genorx.cohort.tables.table_faults import TableFaults
from genorx.errors import TableError

_PIECE = 1 << 23  # bytes whose rows are counted at a time
_WIDTH = re.compile(r"Expected (\d+) fields in line (\d+), saw (\d+)")


@dataclass(frozen=True, slots=True)
class Cells:
    """A column in coded form: the code of each row, and the distinct texts, trimmed."""

    codes: NDArray[np.int64]
    texts: list[str]

    def text(self, clean: Callable[[str], str] | None = None) -> NDArray[np.object_]:
        """Return the text of each row, shape (n_rows,), each distinct one cleaned once."""
        texts = self.texts if clean is None else [clean(text) for text in self.texts]
        return np.array([*texts, ""], dtype=object)[self.codes]

    def values(self, read: Callable[[str], Any], missing: Any, kind: Any) -> tuple[Any, NDArray[np.bool_]]:
        """Return the parsed value of each row, ``missing`` if empty, and a mask of the rows that ``read`` rejects."""
        found = [missing if not text else read(text) for text in self.texts]
        wrong = np.array([*(value is None for value in found), False], dtype=bool)
        values = np.array([*(missing if value is None else value for value in found), missing], dtype=kind)
        return values[self.codes], wrong[self.codes]


@dataclass(frozen=True, kw_only=True)
class DelimitedCells:
    """The requested columns of a delimited file.

    Attributes
    ----------
    path : Path
    columns : mapping of str to Cells
    length : int
    unknown : tuple of str
        Columns of the file that were not requested.
    data : bytes
    separator : str
    plain : bool
        Whether quotes are ordinary characters.
    faults : TableFaults
    """

    path: Path
    columns: dict[str, Cells]
    length: int
    unknown: tuple[str, ...]
    data: bytes
    separator: str
    plain: bool
    faults: TableFaults

    def refuse(self, wrong: NDArray[np.bool_], column: str, rule: str, *, code: str) -> None:
        """Record a fault for each row where ``wrong`` is true."""
        positions = np.flatnonzero(wrong)
        if positions.size:
            rows = _rows_of(self.data, self.separator, plain=self.plain)
            for position in positions:
                self.faults.add(rule, code=code, row=rows[position], column=column)


def read_cells(
    data: bytes, path: Path, *, separator: str, requested: Sequence[str], code: str, plain: bool = False
) -> DelimitedCells:
    """Return columns of a delimited file with a header line.

    Parameters
    ----------
    data : bytes
        Content of the file: text in UTF-8, or with a byte-order mark.
    path : Path
        Path of the file, for errors.
    separator : str
    requested : sequence of str
        Names of columns; upper and lower case are not distinguished.
    code : str
        Code of errors of rows that cannot be parsed.
    plain : bool
        Whether quotes are ordinary characters.

    Raises
    ------
    TableError
        If it is not text, a column occurs twice, or a row is shorter or longer than the header.
    LimitError
    """
    text, encoding, _ = decode(data, path)
    data = text.encode() if encoding != "utf-8" else data
    if "\r" in text and "\n" not in text:  # line ends of an old Mac
        text, data = text.replace("\r", "\n"), data.replace(b"\r", b"\n")
    check("rows", data.count(b"\n"), file=path)
    header = _header(text, separator, path, code)
    del text
    check("cells", data.count(separator.encode()), file=path)
    places = {name: header.index(name) for name in requested if name in header}
    _check_widths(data, separator, len(header), path=path, code=code, plain=plain)
    chosen = sorted(places.values())
    frame = _parsed(data, separator, chosen, path=path, code=code, plain=plain)
    frame.columns = pd.Index(chosen)
    columns = {name: _cells(frame[place]) for name, place in places.items()}
    unknown = tuple(name for name in header if name not in places)
    return DelimitedCells(
        path=path,
        columns=columns,
        length=len(frame),
        unknown=unknown,
        data=data,
        separator=separator,
        plain=plain,
        faults=TableFaults(path),
    )


def _header(text: str, separator: str, path: Path, code: str) -> list[str]:
    first = text.lstrip().partition("\n")[0].rstrip("\r")
    try:
        header = [name.strip().casefold() for name in next(csv.reader([first], delimiter=separator), [])]
    except csv.Error as error:
        raise TableError("the names of the columns cannot be read", file=path, place="row 1", code=code) from error
    double = next((name for name in header if name and header.count(name) > 1), None)
    if double is not None:
        raise TableError("two columns have this name", file=path, place=f'column "{double}"', code="doubled-column")
    if not text.lstrip().partition("\n")[2].strip():
        raise TableError("the file has a header and no lines", file=path, code=code)
    return header


def _check_widths(data: bytes, separator: str, width: int, *, path: Path, code: str, plain: bool) -> None:
    """Raise an error for a row whose width differs from the header's; the parser would pad or cut it unnoticed."""
    widths = _quoted_widths(data, separator, path, code) if b'"' in data and not plain else _widths(data, separator)
    for row, cells in widths:
        if cells != width:
            hint = "a cell that holds the separator must be quoted"
            reason = f"the row has {cells} cells, the header {width}"
            raise TableError(reason, file=path, place=f"row {row}", hint=hint, code=code)


def _quoted_widths(data: bytes, separator: str, path: Path, code: str) -> Iterator[tuple[int, int]]:
    reader = csv.reader(io.TextIOWrapper(io.BytesIO(data), "utf-8", newline=""), delimiter=separator, strict=True)
    try:
        yield from ((row, len(record)) for row, record in enumerate(reader, start=1) if record)
    except csv.Error as error:
        reason = "cells cannot be separated: is a quote open?"
        raise TableError(reason, file=path, place=f"line {reader.line_num}", code=code) from error


def _widths(data: bytes, separator: str) -> Iterator[tuple[int, int]]:
    """Yield the first row of each width, read in blocks of the file; blank lines are skipped."""
    row, start = 1, 0
    while start < len(data):
        stop = data.find(b"\n", start + _PIECE) + 1 or len(data)
        piece = np.frombuffer(data, dtype=np.uint8, count=stop - start, offset=start)
        ends = np.flatnonzero(piece == ord("\n"))
        ends = ends if data[stop - 1] == ord("\n") else np.append(ends, stop - start)
        cells = np.diff(np.searchsorted(np.flatnonzero(piece == ord(separator)), ends), prepend=0) + 1
        blank = np.diff(ends, prepend=-1) <= 1 + (piece[np.maximum(ends - 1, 0)] == ord("\r"))
        rows = row + np.flatnonzero(~blank)
        different, first = np.unique(cells[~blank], return_index=True)
        yield from sorted(zip(rows[first].tolist(), different.tolist(), strict=True))
        row, start = row + len(ends), stop


def _parsed(data: bytes, separator: str, places: list[int], *, path: Path, code: str, plain: bool) -> pd.DataFrame:
    with warnings.catch_warnings():
        warnings.simplefilter("error", pd.errors.ParserWarning)
        try:
            return pd.read_csv(
                io.BytesIO(data.lstrip()),
                sep=separator,
                usecols=places,
                index_col=False,
                dtype=object,  # as categories, pandas 3 would convert "0007" to a number
                keep_default_na=False,
                quoting=csv.QUOTE_NONE if plain else csv.QUOTE_MINIMAL,
                low_memory=True,
                encoding="utf-8",
            )
        except (pd.errors.ParserError, pd.errors.ParserWarning, pd.errors.EmptyDataError) as error:
            raise _unparsed(str(error), path, code) from error


def _unparsed(message: str, path: Path, code: str) -> TableError:
    found = _WIDTH.search(message)
    if found is not None:
        reason = f"the row has {found[3]} cells, the header {found[1]}"
        hint = "a cell that holds the separator must be quoted"
        return TableError(reason, file=path, place=f"row {found[2]}", hint=hint, code=code)
    reason = "the rows are longer than the header" if "header" in message else "cells cannot be separated"
    return TableError(reason, file=path, hint="is a quote open, or the header truncated?", code=code)


def _cells(column: pd.Series[Any]) -> Cells:
    codes, texts = pd.factorize(column.to_numpy(dtype=object), sort=True)
    return Cells(codes.astype(np.int64), [str(text).strip() for text in texts])


def _rows_of(data: bytes, separator: str, *, plain: bool) -> list[int]:
    """Return the row number of each record as a spreadsheet counts: the header is row 1, blank lines count."""
    text = io.StringIO(data.decode(), newline="")
    quoting: Literal[0, 3] = csv.QUOTE_NONE if plain else csv.QUOTE_MINIMAL
    records = csv.reader(text, delimiter=separator, quoting=quoting)
    return [row for row, record in enumerate(records, start=1) if record][1:]
