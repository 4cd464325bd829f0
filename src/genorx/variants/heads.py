"""What stands before the samples in the records of a block: rows, or lines of tables that become rows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from genorx.variants.allele import number_of_alts
from genorx.variants.bcf_table import MARK, BcfTable, LateRow, LateSites
from genorx.variants.cells import UnreadCellsError
from genorx.variants.line_batch import Places
from genorx.variants.record_checks import SITE_COLUMNS, Row
from genorx.variants.site import LateText, Sites


@dataclass(frozen=True, slots=True, eq=False)
class TableLines:
    """Some records of a table, by line."""

    table: BcfTable
    lines: Places

    def __len__(self) -> int:
        return len(self.lines)


Part = list[Row] | TableLines
_Value = TypeVar("_Value", bound=np.generic)


@dataclass(frozen=True, slots=True, eq=False)
class Heads:
    """Parts that follow each other.

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
            rows.extend(part if isinstance(part, list) else _rows_of(part))
        return rows

    def filters(self) -> list[str]:
        """Return FILTER of each record."""
        found: list[str] = []
        for part in self.parts:
            if isinstance(part, list):
                found.extend([row[6] for row in part])
            else:
                texts = part.table.filters.texts
                found.extend([texts[code] for code in part.table.filters.codes[part.lines].tolist()])
        return found

    def without_alt(self) -> NDArray[np.bool_]:
        """Tell which records have no allele but the reference."""
        return _joined([
            np.array([row[4] == "." for row in part], dtype=np.bool_) if isinstance(part, list)
            else part.table.alts[part.lines] == 0
            for part in self.parts
        ], np.bool_)  # fmt: skip

    def alts(self) -> Places:
        """Return how many alleles each record has beside the reference."""
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
        """Return what stands before the samples, in little memory; ``filters`` are accepted, None accepts all."""
        texts: list[str | LateText] = []
        held: list[Row] = []
        for part in self.parts:
            if isinstance(part, list):
                held.extend(part)
                continue
            texts.extend(Sites.of(held, filters).texts)
            held = []
            texts.append(LateSites(part.table, part.lines))
        return Sites((*texts, *Sites.of(held, filters).texts), filters)

    def tables(self) -> list[BcfTable]:
        """Return the tables whose records these are."""
        return [part.table for part in self.parts if isinstance(part, TableLines)]


def _joined(values: list[NDArray[_Value]], kind: type[_Value]) -> NDArray[_Value]:
    return values[0] if len(values) == 1 else np.concatenate([np.zeros(0, dtype=kind), *values])


def _rows_of(part: TableLines) -> Iterable[Row]:
    return [part.table.row(line).complete() for line in part.lines.tolist()]


def table_heads(rows: Sequence[Row], table: BcfTable | None = None, lines: Places | None = None) -> Heads:
    """Return checked rows of tables, and plain lines of the last of them, in the order of the file.

    Raises
    ------
    UnreadCellsError
        A row is none of a table any more: records were brought together, for which their text is needed.
    """
    of_table: dict[int, tuple[BcfTable, list[int]]] = {}
    for row in rows:
        if not isinstance(row, LateRow) or row[SITE_COLUMNS] != MARK:
            raise UnreadCellsError
        of_table.setdefault(id(row.table), (row.table, []))[1].append(row.line)
    if table is not None and lines is not None:
        of_table.setdefault(id(table), (table, []))[1].extend(lines.tolist())
    parts = [TableLines(each, np.array(sorted(numbers), dtype=np.int64)) for each, numbers in of_table.values()]
    return Heads(tuple(part for part in parts if len(part)))
