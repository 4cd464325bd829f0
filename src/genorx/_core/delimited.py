"""Small delimited tables as rows of text: lists of files, dates, frequencies, tables of other programs.

Tables of patients, whose cells are typed and audited, are ``cohort.tables``.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from genorx._core.files import FileKind
from genorx._core.limits import check
from genorx.errors import TableError, listed_columns, shown

#: Kind of file of a table.
TABLE_FILE = FileKind(name="table", error=TableError, code="file-unreadable", absent="file-absent")
_DELIMITERS = ",;\t"


@dataclass(frozen=True, slots=True, kw_only=True)
class DelimitedTable:
    """Columns of a table and its rows as text.

    Attributes
    ----------
    path : Path
        Path of the file.
    columns : tuple of str
        Names of the columns.
    rows : tuple of dict of str to str
        Cells by column.
    lines : tuple of int
        Line of each row in the file.
    """

    path: Path
    columns: tuple[str, ...]
    rows: tuple[dict[str, str], ...]
    lines: tuple[int, ...]

    def require(self, names: Iterable[str]) -> None:
        """Raise an error if the table lacks a column.

        Raises
        ------
        TableError
            ``no-such-column`` if a column is absent.
        """
        for name in names:
            if name not in self.columns:
                hint = listed_columns(self.columns)
                raise TableError(f'no column "{shown(name)}"', file=self.path, hint=hint, code="no-such-column")


def read_delimited(
    path: str | Path, kind: FileKind = TABLE_FILE, *, code: str = "table", twice: str = "duplicate-column"
) -> DelimitedTable:
    """Read a table with a header line, separated by comma, semicolon or tab.

    Parameters
    ----------
    path : path
        Path of the file.
    kind : FileKind
        Kind of file, with the class of its errors.
    code, twice : str
        Codes of errors in rows, and of a duplicate column; ``"table"`` and ``"duplicate-column"`` by default.

    Raises
    ------
    InputError
        Error of the kind's class, if the file is absent or empty, has a duplicate column, or a line has another number
        of cells than the first.
    """
    text = kind.read_text(path)
    first = text.partition("\n")[0]
    delimiter = max(_DELIMITERS, key=first.count)
    reader = csv.reader(text.splitlines(), delimiter=delimiter, strict=True)
    try:
        header = [name.strip() for name in next(reader, [])]
        found = [(reader.line_num, row) for row in reader if any(cell.strip() for cell in row)]
    except csv.Error as error:
        raise kind.error("a quoted cell is not closed", file=path, place=reader.line_num, code=code) from error
    if not any(header):
        raise kind.error("the table is empty", file=path, code=code)
    check("rows", len(found), file=path)
    check("cells", len(found) * len(header), file=path)
    double = next((name for name in header if header.count(name) > 1), None)
    if double is not None:
        raise kind.error(f'two columns are named "{shown(double)}"', file=path, place=1, code=twice)
    for line, row in found:
        if len(row) != len(header):
            reason = f"the line has {len(row)} cells, the first has {len(header)}"
            raise kind.error(reason, file=path, place=line, code=code)
    rows = tuple(dict(zip(header, (cell.strip() for cell in row), strict=True)) for _, row in found)
    return DelimitedTable(path=Path(path), columns=tuple(header), rows=rows, lines=tuple(line for line, _ in found))
