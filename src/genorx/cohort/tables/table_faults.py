"""Faults of one table, collected cell by cell and raised together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from genorx.errors import TableError, shown

#: Faults listed in the line of an error; all are in ``TableError.failures``.
_MOST_NAMED = 5
#: Faults that are stored; for a file in which every row is wrong they would take more memory than its cells.
_KEPT = 10_000


def place_of(row: int | None, column: str | None, label: str | None = None) -> str | None:
    """Return the place of a cell for errors: ``row 12 column "age_years"``, for a frame with its index.

    >>> place_of(12, "age_years"), place_of(12, "age_years", "P011")
    ('row 12 column "age_years"', 'row 12 column "age_years" (index P011)')
    """
    parts = [] if row is None else [f"row {row}"]
    if column is not None:
        parts.append(f'column "{shown(column)}"')
    if row is not None and label is not None:
        parts.append(f"(index {shown(label)})")
    return " ".join(parts) or None


@dataclass(frozen=True, slots=True, kw_only=True)
class TableFault:
    """A rule violated by a row, column or cell; contains no value that could be personal."""

    row: int | None
    column: str | None
    rule: str
    code: str


class TableFaults:
    """Faults in order of detection, the first 10,000 stored, all counted; ``hint`` is that of the first.

    ``labels`` are the index labels of a data frame by row, if they name the patients.
    """

    def __init__(self, path: Path, *, labels: Mapping[int, str] | None = None) -> None:
        self.path = path
        self.labels = labels or {}
        self.faults: list[TableFault] = []
        self.count = 0
        self._hint: str | None = None

    def add(self, rule: str, *, code: str, row: int | None = None, column: str | None = None, hint: str = "") -> None:
        """Store or count a fault."""
        self.count += 1
        if not self.faults:
            self._hint = hint or None
        if self.count > _KEPT:
            return
        self.faults.append(TableFault(row=row, column=column, rule=rule, code=code))

    def raise_if_any(self) -> None:
        """Raise all faults as one error, which describes the first and lists some of the others.

        Raises
        ------
        TableError
        """
        if not self.faults:
            return
        first, *others = self.faults
        reason = first.rule
        if others:
            stated = "; ".join(f"{self._place(each) or 'table'}: {each.rule}" for each in others[:_MOST_NAMED])
            left = self.count - 1
            more = "" if left <= _MOST_NAMED else f"; {left - _MOST_NAMED} more"
            reason = f"{reason} [and {left} more: {stated}{more}]"
        faults = [asdict(fault) for fault in self.faults]
        place = self._place(first)
        raise TableError(reason, file=self.path, place=place, hint=self._hint, code=first.code, faults=faults)

    def _place(self, fault: TableFault) -> str | None:
        label = None if fault.row is None else self.labels.get(fault.row)
        return place_of(fault.row, fault.column, label)
