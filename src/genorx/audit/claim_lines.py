"""Lines of claims while a file is read, one at a time, and the table that they become; each text is held once."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from genorx._core.limits import check
from genorx.audit.claim_table import COLUMNS, claims_frame
from genorx.audit.exact import MOST
from genorx.errors import TableError

_GIVEN = tuple(column for column in COLUMNS if column.name != "file")
_EMPTY: dict[str, Any] = {"integer": 0, "number": math.nan, "money": math.nan}
_CHECKED = 1 << 16  # lines between two looks at the limits


class ClaimLines:
    """Lines of one file, gathered column by column.

    Parameters
    ----------
    path : Path
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._columns: dict[str, list[Any]] = {column.name: [] for column in _GIVEN}
        self._empty = {column.name: _EMPTY.get(column.kind, "") for column in _GIVEN}
        self._held: dict[str, str] = {}

    def __len__(self) -> int:
        return len(self._columns["line"])

    def add(self, **values: Any) -> None:
        """Add a line; what is not given, or is None, is not known."""
        hold = self._held.setdefault
        for name, column in self._columns.items():
            value = values.get(name)
            if value is None:
                value = self._empty[name]
            column.append(hold(value, value) if type(value) is str else value)
        if not len(self) % _CHECKED:
            check("rows", len(self), file=self.path)

    def table(self) -> pd.DataFrame:
        """Return the lines as a table of claims, and forget them."""
        columns: Mapping[str, Any] = {name: self._columns[name] for name in self._columns}
        made = claims_frame({**columns, "file": self.path.name}, len(self))
        self._held.clear()
        return made


def quantity(value: float | None, place: str, path: Path, *, code: str) -> float:
    """Return a quantity or amount of a line that can be one.

    Raises
    ------
    TableError
        With the code where it is no number, below 0, or above what any line can have.
    """
    if value is not None and 0 <= value <= MOST:
        return value
    what = "units" if code == "claim-units" else "charge"
    reason = f"the {what} are no number" if value is None else f"{what} {value:g} are below 0"
    reason = f"{what} are above {MOST:,}" if value is not None and value > MOST else reason
    raise TableError(reason, file=path, place=place, code=code)
