"""Tab- or comma-separated text tables with comment lines and column names in any case."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from pathlib import Path

from genorx._core.limits import check
from genorx._core.numerals import decimal_number
from genorx.errors import TableError, VariantFileError, listed_columns


class TextTable:
    r"""A table streamed from a file: a header, then rows as dictionaries of text.

    Lines that begin with ``##`` and single ``#`` comments before the header are left out; a header may itself begin
    with ``#``.  A row whose number of cells differs from the header is an error, never cut or filled.  Lines end in LF,
    CR LF or CR; bytes that are not UTF-8 become ``\xe9``, so that two names that differ in them stay distinct.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self._lines = text_lines(self.path)
        self.header, self._delimiter, self._line = self._read_header()
        self._known = {folded(name): name for name in reversed(self.header)}

    def _read_header(self) -> tuple[list[str], str, int]:
        previous: tuple[int, str] | None = None
        for number, line in self._lines:
            if not line.strip() or line.startswith("##"):
                continue
            if line.startswith("#") and "\t" not in line and "," not in line:
                continue
            previous = (number, line)
            break
        if previous is None:
            raise TableError("the file has no header line", file=self.path, code="table-empty")
        number, line = previous
        delimiter = "\t" if "\t" in line else "," if "," in line else "\t"
        names = [name.strip() for name in _cut(line.lstrip("#"), delimiter, self.path, number, quoted=True)]
        return names, delimiter, number

    def has(self, *names: str) -> bool:
        """Return whether one of the columns is present."""
        return any(folded(name) in self._known for name in names)

    def need(self, *groups: tuple[str, ...]) -> None:
        """Raise an error if a group of names has no column in the table."""
        missing = [group[0] for group in groups if not self.has(*group)]
        if missing:
            reason = f"missing columns: {', '.join(missing)}"
            hint = listed_columns(self.header, 12)
            raise TableError(reason, file=self.path, place=self._line, hint=hint, code="table-columns")

    def rows(self) -> Iterator[tuple[int, dict[str, str]]]:
        """Yield (line number, cells by column name)."""
        for number, line in self._lines:
            if not line or (line.startswith("#") and len(line.split(self._delimiter)) != len(self.header)):
                continue
            cells = _cut(line, self._delimiter, self.path, number, quoted=self._delimiter != "\t")
            if len(cells) != len(self.header):
                reason = f"{len(cells)} cells, the header has {len(self.header)}"
                raise TableError(reason, file=self.path, place=number, hint="the file may be cut off", code="table-row")
            yield number, dict(zip(self.header, cells, strict=True))

    def first(self, cells: dict[str, str], *names: str) -> str:
        """Return the cell of the first of some columns that is present and not empty, otherwise empty text."""
        for name in names:
            column = self._known.get(folded(name))
            if column is not None and (text := self.cell(cells, column)):
                return text
        return ""

    def cell(self, cells: dict[str, str], column: str) -> str:
        """Return the text of the column with exactly this name; empty for a missing code."""
        text = cells[column].strip()
        return "" if text in (".", "NA", "__UNKNOWN__") else text

    def number(self, cells: dict[str, str], *names: str) -> int | None:
        """Return the integer of the first column that has one, otherwise None."""
        text = self.first(cells, *names)
        number = decimal_number(text)
        return None if number is None else int(number)


def _cut(line: str, delimiter: str, path: Path, number: int, *, quoted: bool) -> list[str]:
    if not quoted:
        return line.split(delimiter)
    try:
        return next(csv.reader([line], delimiter=delimiter))
    except csv.Error as error:
        raise TableError(f"the line is not a valid row: {error}", file=path, place=number, code="table-row") from error


def folded(name: str) -> str:
    """Return a column's name normalised for comparison: without case, blanks or a leading ``#``."""
    return name.strip().lstrip("#").casefold().replace(" ", "_")


_FLOOR = 1 << 18  # bytes; each line becomes a fact of some kilobytes
_LINE_END = re.compile("\r\n|\n|\r")


def text_lines(path: str | Path) -> Iterator[tuple[int, str]]:
    """Yield (number, line) of a text file, plain or compressed, with any line ends."""
    from genorx.variants.files import line_pieces  # imports pandas: only when a file comes

    number = 0
    try:
        for piece in line_pieces(path, floor=_FLOOR):
            check("rows", number, file=path)
            if b"\0" in piece:
                reason = "the file holds zero bytes: it is not text, or in UTF-16"
                raise TableError(reason, file=path, hint="save it as text in UTF-8", code="table-encoding")
            lines = _LINE_END.split(piece.decode("utf-8-sig", errors="backslashreplace"))
            for line in lines if lines[-1] else lines[:-1]:
                number += 1
                yield number, line
    except VariantFileError as error:
        raise TableError(error.reason, file=path, place=error.place, hint=error.hint, code=error.code) from error
