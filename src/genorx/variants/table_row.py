"""A record of a table as a row that refers to its table."""

from __future__ import annotations

from typing import Any

from genorx.variants.record_checks import SITE_COLUMNS, Row


class TableRow(list[str]):
    """Nine columns of a record, and the text of its samples or a placeholder.

    Parameters
    ----------
    columns : list of str
        The first nine columns.
    cells : str
        The tenth column.
    table : SiteTable
        Table of the record.
    line : int
        Line of the record in the table.
    """

    __slots__ = ("_cells", "line", "table")

    def __init__(self, columns: Row, cells: str, table: Any, line: int) -> None:
        super().__init__(columns)
        self.append(cells)
        self._cells = cells
        self.table = table
        self.line = line

    @property
    def as_read(self) -> bool:
        """Return whether the sample columns are still those of the table: a check may have changed them."""
        return self[SITE_COLUMNS] is self._cells
