"""Tab- or comma-separated text tables with comment lines and column names in any case."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path

from genorx.errors import TableError, VariantFileError, shown


class TextTable:
    """A table streamed from a file: a header, then rows as dictionaries of text.

    Lines that begin with ``##`` and single ``#`` comments before the header are left out; a header may itself begin
    with ``#``.  Rows with another number of cells than the header are an error, never cut or filled.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self._lines = _numbered(self.path)
        self.header, self._delimiter, self._line = self._read_header()
        self._known = {_fold(name): name for name in reversed(self.header)}

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
        names = [name.strip() for name in next(csv.reader([line.lstrip("#")], delimiter=delimiter))]
        return names, delimiter, number

    def has(self, *names: str) -> bool:
        """Tell whether one of the columns is there."""
        return any(_fold(name) in self._known for name in names)

    def need(self, *groups: tuple[str, ...]) -> None:
        """Refuse the table where of a group of names none is a column."""
        missing = [group[0] for group in groups if not self.has(*group)]
        if missing:
            reason = f"missing columns: {', '.join(missing)}"
            hint = f"columns are {', '.join(shown(name) for name in self.header[:12])}"
            raise TableError(reason, file=self.path, place=self._line, hint=hint, code="table-columns")

    def rows(self) -> Iterator[tuple[int, dict[str, str]]]:
        """Yield (line number, cells by column name)."""
        for number, line in self._lines:
            if not line or (line.startswith("#") and len(line.split(self._delimiter)) != len(self.header)):
                continue
            cells = line.split("\t") if self._delimiter == "\t" else next(csv.reader(io.StringIO(line)))
            if len(cells) != len(self.header):
                reason = f"{len(cells)} cells, the header has {len(self.header)}"
                raise TableError(reason, file=self.path, place=number, hint="the file may be cut off", code="table-row")
            yield number, dict(zip(self.header, cells, strict=True))

    def first(self, cells: dict[str, str], *names: str) -> str:
        """Return the first of some columns that is there and not empty, else empty text."""
        for name in names:
            column = self._known.get(_fold(name))
            if column is not None and cells[column].strip() not in ("", ".", "NA", "__UNKNOWN__"):
                return cells[column].strip()
        return ""

    def number(self, cells: dict[str, str], *names: str) -> int | None:
        """Return a whole number of the first column that has one, else None."""
        text = self.first(cells, *names)
        try:
            return int(float(text)) if text else None
        except ValueError:
            return None


def _fold(name: str) -> str:
    return name.strip().lstrip("#").casefold().replace(" ", "_")


def _numbered(path: Path) -> Iterator[tuple[int, str]]:
    from genorx.variants.files import line_pieces  # brings pandas: only when a file comes

    number = 0
    try:
        for piece in line_pieces(path):
            for line in piece.decode("utf-8-sig", errors="replace").split("\n")[: piece.count(b"\n") or None]:
                number += 1
                yield number, line.rstrip("\r")
    except VariantFileError as error:
        raise TableError(error.reason, file=path, place=error.place, hint=error.hint, code=error.code) from error
