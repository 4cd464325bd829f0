"""Faults of one table, gathered cell by cell and raised together."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path

from genorx.errors import TableError, shown

#: Faults that are repeated in the one line of an error; all are in ``TableError.failures``.
_TOLD = 5


def place_of(row: int | None, column: str | None) -> str | None:
    """Return the place of a cell as errors print it: ``row 12 column "age_years"``."""
    parts = [] if row is None else [f"row {row}"]
    if column is not None:
        parts.append(f'column "{shown(column)}"')
    return " ".join(parts) or None


@dataclass(frozen=True, slots=True, kw_only=True)
class TableFault:
    """A rule that a row, a column or a cell breaks; says no value that could be personal."""

    row: int | None
    column: str | None
    rule: str
    code: str


class TableFaults:
    """Faults in the order in which they were met; ``hint`` of the first goes into the error."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.faults: list[TableFault] = []
        self._hint: str | None = None

    def add(self, rule: str, *, code: str, row: int | None = None, column: str | None = None, hint: str = "") -> None:
        """Keep a fault."""
        if not self.faults:
            self._hint = hint or None
        self.faults.append(TableFault(row=row, column=column, rule=rule, code=code))

    def raise_if_any(self) -> None:
        """Raise all faults as one error, which says the first and names some of the others.

        Raises
        ------
        TableError
        """
        if not self.faults:
            return
        first, *others = self.faults
        reason = first.rule
        if others:
            told = "; ".join(f"{place_of(each.row, each.column) or 'table'}: {each.rule}" for each in others[:_TOLD])
            more = "" if len(others) <= _TOLD else f"; {len(others) - _TOLD} more"
            reason = f"{reason} [and {len(others)} more: {told}{more}]"
        place = place_of(first.row, first.column)
        faults = [asdict(fault) for fault in self.faults]
        raise TableError(reason, file=self.path, place=place, hint=self._hint, code=first.code, faults=faults)
