"""Builder of the claims table: lines are added one at a time while a file is read; each text is stored once."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from genorx._core.limits import check
from genorx.audit.claim_table import COLUMNS, claims_frame
from genorx.audit.exact import MOST
from genorx.errors import TableError

_GIVEN = tuple(column for column in COLUMNS if column.name != "file")
_EMPTY: dict[str, Any] = {"integer": 0, "number": math.nan, "money": math.nan}
_CHECKED = 1 << 16  # lines that are stored as rows before they are moved to columns


class ClaimLines:
    """Lines of one file, added row by row and stored by column.

    Parameters
    ----------
    path : Path
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._columns: dict[str, list[Any]] = {column.name: [] for column in _GIVEN}
        self._rows: list[Mapping[str, Any]] = []
        self._held: dict[str, str] = {}

    def add(self, **values: Any) -> None:
        """Add a line; an absent or None value is not known."""
        self._rows.append(values)
        if len(self._rows) >= _CHECKED:
            self._settle()

    def table(self) -> pd.DataFrame:
        """Return the lines as a table of claims, and clear them."""
        self._settle()
        length = len(self._columns["line"])
        made = claims_frame({**self._columns, "file": self.path.name}, length)
        self._columns.clear()
        self._held.clear()
        return made

    def _settle(self) -> None:
        hold = self._held.setdefault
        for column in _GIVEN:
            empty = _EMPTY.get(column.kind, "")
            values = (row.get(column.name) for row in self._rows)
            known = [empty if value is None else value for value in values]
            self._columns[column.name] += [hold(each, each) for each in known] if empty == "" else known
        self._rows.clear()
        check("rows", len(self._columns["line"]), file=self.path)


def quantity(value: float | None, path: Path, place: Callable[[], str], *, code: str) -> float:
    """Parse the quantity or amount of a line.

    Raises
    ------
    TableError
        With this code, if it is not a number, below 0, or above the limit of a line.
    """
    if value is not None and 0 <= value <= MOST:
        return value
    what = "units" if code == "claim-units" else "charge"
    reason = f"the {what} are not a number" if value is None else f"{what} {value:g} are below 0"
    reason = f"{what} are above {MOST:,}" if value is not None and value > MOST else reason
    raise TableError(reason, file=path, place=place(), code=code)
