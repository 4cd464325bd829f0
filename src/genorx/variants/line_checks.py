"""The checks of ``record_checks`` for a batch of lines; lines that need closer inspection are returned as rows."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from genorx.variants.calls import is_right_format
from genorx.variants.header import MOST_DIGITS
from genorx.variants.line_batch import Distinct, LineBatch, Places
from genorx.variants.record_checks import IS_BASE, Row, RowChecker, is_right_alt, is_right_filter

_FILTER, _FORMAT = 6, 8  # columns
_PLAIN = re.compile(rb"[ACGTNacgtn]+\t[ACGTNacgtn]+")


class HeadTable(Protocol):
    """The columns before the samples of some records."""

    @property
    def filters(self) -> Distinct:
        """FILTER."""
        ...

    @property
    def plain(self) -> NDArray[np.bool_]:
        """Records with a REF of bases and one ALT of bases."""
        ...

    def __len__(self) -> int: ...

    def contigs(self) -> list[tuple[str, int, int]]:
        """Ranges of records on one contig: its name, first record, end of the range."""
        ...

    def row(self, line: int) -> Row:
        """Return a record as a row."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class CheckedHeads:
    """Checked records: simple ones by line, all others as rows.

    Attributes
    ----------
    lines : array of int64
        Lines with one ALT of bases, alone at their position.
    contigs : list of (contig, first line, line after the last)
        Ranges of lines on one contig.
    positions : array of int64, one per line of the table
        Positions, 1-based.
    rows : list of Row
        All other records, the same site in one row.
    """

    lines: Places
    contigs: list[tuple[str, int, int]]
    positions: Places
    rows: list[Row]


@dataclass(frozen=True, slots=True, eq=False)
class CheckedLines(CheckedHeads):
    """Checked lines of text; ``table`` has their fields."""

    table: LineBatch

    def rows_with(self, lines: Places) -> list[Row]:
        """Return the rows, and some simple lines as rows, in the order of the file if that is sorted."""
        if not len(lines):
            return self.rows
        rank = {contig: number for number, (contig, _, _) in enumerate(self.contigs)}
        rows = self.rows + [self.table.row(line) for line in lines.tolist()]
        return sorted(rows, key=lambda row: (rank.get(row[0], -1), int(row[1])))


def check_lines(table: LineBatch, first_line: int, checker: RowChecker) -> CheckedLines | None:
    """Check a table; None, with nothing changed, if it has a fault, which ``checker.take`` will report."""
    positions = table.numbers(1, MOST_DIGITS)
    if positions is None:
        return None
    forms = table.column(_FORMAT).texts if table.width > _FORMAT else []
    heads = check_heads(LineHeads(table), positions, forms, first_line, checker)
    if heads is None:
        return None
    return CheckedLines(heads.lines, heads.contigs, heads.positions, heads.rows, table)


def check_heads(
    table: HeadTable, positions: Places, forms: list[str], first_line: int, checker: RowChecker, *, silent: bool = False
) -> CheckedHeads | None:
    """Check records; ``forms`` are their distinct FORMAT values.

    None, with nothing changed, for records with a fault, which ``checker`` names when it takes them as rows; with
    ``silent`` also if a check of single records would record a finding, which depends on their order.
    """
    contigs = table.contigs()
    if checker.empty_line or checker.holds(contigs[0][0], int(positions[0])) or _faulty(contigs, positions, checker):
        return None
    if not all(is_right_format(text) for text in forms):
        return None
    before = _before(contigs, positions, checker)
    plain = table.plain
    twin = positions == before
    beside = twin | np.append(twin[1:], False)
    last = int(np.flatnonzero(~twin)[-1])
    beside[last:] = True  # the next table may continue the last position
    others = np.flatnonzero(~plain | beside)
    rows = [table.row(line) for line in others.tolist()]
    if silent and ((positions < before).any() or not _is_silent(table, contigs, rows, checker)):
        return None
    for line, row in zip(others.tolist(), rows, strict=True):
        if not plain[line]:
            checker.check_alleles(row, first_line + line)
    _check_new(table.filters, checker.known_filters, checker.check_filter, first_line)
    for contig, first, stop in contigs:
        checker.enter(contig, first_line + first)
        for line in (first + np.flatnonzero(positions[first:stop] < before[first:stop])).tolist():
            checker.note_unsorted(f"{contig}:{positions[line]}")
    if checker.near is not None:
        checker.near.take_lines(contigs, positions, table.row, dict(zip(others.tolist(), rows, strict=True)))
    at_last = int(positions[-1]), len(table) - last
    rows = checker.add(rows, np.flatnonzero(twin[others]).tolist(), len(table), at_last)
    alone = np.ones(len(table), dtype=bool)
    alone[others] = False
    return CheckedHeads(np.flatnonzero(alone), contigs, positions, rows)


def _before(contigs: list[tuple[str, int, int]], positions: Places, checker: RowChecker) -> Places:
    """Return the position of the record before each on its contig, -1 for the first."""
    before = np.concatenate(([checker.last], positions[:-1]))
    for contig, first, _ in contigs:
        if first or contig != checker.contig:
            before[first] = -1
    return before


def _check_new(found: Distinct, known: set[str], check: Callable[[str, int], None], first_line: int) -> None:
    """Check the new texts of a column."""
    for code, text in enumerate(found.texts):
        if text not in known:
            check(text, first_line + int(np.argmax(found.codes == code)))


def _faulty(contigs: list[tuple[str, int, int]], positions: Places, checker: RowChecker) -> bool:
    """Return whether a contig's name is invalid, or its length smaller than a position on it."""
    limits = [checker.limit(contig) for contig, _, _ in contigs]
    return any(
        limit is None or positions[first:stop].max() > limit
        for limit, (_, first, stop) in zip(limits, contigs, strict=True)
    )


def _is_silent(table: HeadTable, contigs: list[tuple[str, int, int]], rows: list[Row], checker: RowChecker) -> bool:
    """Return whether sorted records cause no finding; duplicate sites may."""
    names = [contig for contig, _, _ in contigs]
    return (
        len(set(names)) == len(names)
        and all(map(checker.enters_silently, names))
        and all(is_right_filter(text) for text in table.filters.texts)
        and all(is_right_alt(row[4]) for row in rows)
    )


class LineHeads:
    """A table of lines in the form that ``check_heads`` needs."""

    def __init__(self, table: LineBatch) -> None:
        self._table = table
        self.row = table.row

    def __len__(self) -> int:
        return len(self._table)

    @property
    def filters(self) -> Distinct:
        """FILTER."""
        return self._table.column(_FILTER)

    def contigs(self) -> list[tuple[str, int, int]]:
        """Ranges of records on one contig: its name, first record, end of the range."""
        names = self._table.distinct(self._table.start(0), self._table.end(0))
        firsts = [0, *(np.flatnonzero(np.diff(names.codes)) + 1).tolist()]
        stops = [*firsts[1:], len(self._table)]
        return [(names.texts[names.codes[first]], first, stop) for first, stop in zip(firsts, stops, strict=True)]

    @property
    def plain(self) -> NDArray[np.bool_]:
        """Records with a REF of bases and one ALT of bases."""
        table = self._table
        start, middle, end = table.start(3), table.end(3), table.end(4)
        plain: NDArray[np.bool_] = (end - start == 3) & (middle - start == 1)
        plain &= IS_BASE[table.data[start]] & IS_BASE[table.data[end - 1]]
        others = np.flatnonzero(~plain)
        places = zip(start[others].tolist(), end[others].tolist(), strict=True)
        plain[others] = [table.matches(_PLAIN, begin, stop) for begin, stop in places]
        return plain
