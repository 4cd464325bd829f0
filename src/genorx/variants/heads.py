"""Columns before the samples of the records of a block: rows, or lines of tables that can be converted to rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Protocol, TypeGuard, TypeVar

import numpy as np
from numpy.typing import NDArray

from genorx.variants.allele import is_reference_only, number_of_alts
from genorx.variants.cells import UnreadCellsError
from genorx.variants.line_batch import Distinct, Places
from genorx.variants.record_checks import Row
from genorx.variants.site import LateText, Sites
from genorx.variants.table_row import TableRow


class SiteTable(Protocol):
    """Consecutive records, as arrays."""

    @property
    def filters(self) -> Distinct:
        """FILTER."""
        ...

    @property
    def alts(self) -> Places:
        """Number of alternate alleles of each record."""
        ...

    @property
    def plain(self) -> NDArray[np.bool_]:
        """Records with a REF of bases and one ALT of bases."""
        ...

    def row(self, line: int) -> TableRow:
        """Return a record as a row for a check."""
        ...

    def rows(self, lines: Places) -> list[Row]:
        """Return the columns before the samples of some records."""
        ...

    def sites(self, lines: Places) -> LateText:
        """Return the first eight columns of some records, in compact form."""
        ...

    def let_go(self) -> None:
        """Release the samples."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class TableLines:
    """Some records of a table, by line."""

    table: SiteTable
    lines: Places

    def __len__(self) -> int:
        return len(self.lines)


Part = list[Row] | TableLines
_Value = TypeVar("_Value", bound=np.generic)


@dataclass(frozen=True, slots=True, eq=False)
class Heads:
    """A sequence of rows and parts of tables.

    Attributes
    ----------
    parts : tuple of list of Row, or of TableLines
    """

    parts: tuple[Part, ...]

    def __len__(self) -> int:
        return sum(map(len, self.parts))

    def rows(self) -> list[Row]:
        """Return the nine columns before the samples of each record."""
        rows: list[Row] = []
        for part in self.parts:
            rows.extend(part if isinstance(part, list) else part.table.rows(part.lines))
        return rows

    def accepted(self, accepts: Callable[[str], bool]) -> NDArray[np.bool_]:
        """Return a mask of records with an accepted FILTER."""
        return _joined([
            np.array([accepts(row[6]) for row in part], dtype=np.bool_) if isinstance(part, list)
            else _by_text(part.table.filters, part.lines, accepts)
            for part in self.parts
        ], np.bool_)  # fmt: skip

    def without_alt(self) -> NDArray[np.bool_]:
        """Return a mask of records without alternate alleles."""
        return _joined([
            np.array([row[4] == "." for row in part], dtype=np.bool_) if isinstance(part, list)
            else part.table.alts[part.lines] == 0
            for part in self.parts
        ], np.bool_)  # fmt: skip

    def reference_only(self) -> NDArray[np.bool_]:
        """Return a mask of records that state the reference alone."""
        return _joined([_states_reference(part) for part in self.parts], np.bool_)

    def alts(self) -> Places:
        """Return the number of alternate alleles of each record."""
        return _joined([
            np.array([number_of_alts(row[4]) for row in part], dtype=np.int64) if isinstance(part, list)
            else part.table.alts[part.lines]
            for part in self.parts
        ], np.int64)  # fmt: skip

    def among(self, lines: Places) -> Heads:
        """Return some records, by number and in order."""
        firsts = np.cumsum([0, *map(len, self.parts)])
        bounds = np.searchsorted(lines, firsts)
        parts: list[Part] = []
        for part, first, start, stop in zip(self.parts, firsts, bounds, bounds[1:], strict=False):
            here = lines[start:stop] - first
            if not len(here):
                continue
            if isinstance(part, list):
                parts.append([part[line] for line in here.tolist()])
            else:
                parts.append(TableLines(part.table, part.lines[here]))
        return Heads(tuple(parts))

    def sites(self, filters: frozenset[str] | None) -> Sites:
        """Return the columns before the samples, in compact form; ``filters`` are accepted, None accepts all."""
        texts: list[str | LateText] = []
        held: list[Row] = []
        for part in self.parts:
            if isinstance(part, list):
                held.extend(part)
                continue
            texts.extend(Sites.of(held, filters).texts)
            held = []
            texts.append(part.table.sites(part.lines))
        return Sites((*texts, *Sites.of(held, filters).texts), filters)

    def tables(self) -> list[SiteTable]:
        """Return the tables of these records."""
        return [part.table for part in self.parts if isinstance(part, TableLines)]


def _states_reference(part: Part) -> NDArray[np.bool_]:
    if isinstance(part, list):
        return np.array([is_reference_only(row[4]) for row in part], dtype=np.bool_)
    found: NDArray[np.bool_] = part.table.alts[part.lines] == 0
    for place in np.flatnonzero(~part.table.plain[part.lines] & (part.table.alts[part.lines] == 1)).tolist():
        found[place] = is_reference_only(part.table.row(int(part.lines[place]))[4])
    return found


def _joined(values: list[NDArray[_Value]], kind: type[_Value]) -> NDArray[_Value]:
    return values[0] if len(values) == 1 else np.concatenate([np.zeros(0, dtype=kind), *values])


def _by_text(found: Distinct, lines: Places, accepts: Callable[[str], bool]) -> NDArray[np.bool_]:
    return np.array([accepts(text) for text in found.texts], dtype=np.bool_)[found.codes[lines]]


def whole_tables(rows: Sequence[Row], table: SiteTable | None = None, lines: Places | None = None) -> Heads:
    """Return ``heads_in_order`` of records without text, all as lines of tables.

    Raises
    ------
    UnreadCellsError
        If a row is no longer of a table, since records were merged, for which their text is needed.
    """
    first = _first_of(rows, table)
    parts = [*_stretches(rows[:first]), *heads_in_order(rows[first:], table, lines).parts]
    if any(isinstance(part, list) for part in parts):
        raise UnreadCellsError
    return Heads(tuple(parts))


def heads_in_order(rows: Sequence[Row], table: SiteTable | None = None, lines: Places | None = None) -> Heads:
    """Return checked rows and simple lines of the last row's table, in file order.

    Parameters
    ----------
    rows : sequence of Row
        Rows; those of the table after all others.
    table : SiteTable, optional
        Table of the simple lines.
    lines : array of int, optional
        Simple lines of the table.
    """
    first = _first_of(rows, table)
    parts: list[Part] = [list(rows[:first])] if first else []
    if table is not None and lines is not None and len(lines) + len(rows) > first:
        parts.append(_of_table([row for row in rows[first:] if isinstance(row, TableRow)], table, lines))
    return Heads(tuple(parts))


def _first_of(rows: Sequence[Row], table: SiteTable | None) -> int:
    """Return the index of the first row from a table, since those come last."""
    first = len(rows)
    while first and isinstance(row := rows[first - 1], TableRow) and row.table is table:
        first -= 1
    return first


def _stretches(rows: Sequence[Row]) -> list[Part]:
    """Return rows as lines of their tables if they are unchanged."""
    parts: list[Part] = []
    for number, alike in groupby(rows, lambda row: id(row.table) if _as_read(row) else 0):
        found = list(alike)
        lines = [row.line for row in found if isinstance(row, TableRow)]
        if number and (np.diff(lines) > 0).all():
            parts.append(TableLines(found[0].table, np.array(lines, dtype=np.int64)))  # type: ignore[attr-defined]
        else:
            parts.append(found)
    return parts


def _as_read(row: Row) -> TypeGuard[TableRow]:
    return isinstance(row, TableRow) and row.as_read


def _of_table(rows: list[TableRow], table: SiteTable, lines: Places) -> Part:
    """Return rows and lines of one table; all as rows if one was changed, or merged with another."""
    numbers = np.array([row.line for row in rows], dtype=np.int64)
    if all(row.as_read for row in rows) and (np.diff(numbers) > 0).all():
        return TableLines(table, np.sort(np.concatenate([lines, numbers])))
    places = np.maximum.accumulate(numbers).tolist()  # of two records of a site the latter may represent both
    known = [(line, table.row(line)) for line in lines.tolist()]
    return [row for _, row in sorted([*zip(places, rows, strict=True), *known], key=lambda found: found[0])]
