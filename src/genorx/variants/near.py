"""Records near requested positions, passed on while a file is read, so that a file with two uses is read once.

They are checked rows, before records of one site are merged: the caller may have its own rules for those.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from genorx.variants.assembly import bare_contig
from genorx.variants.line_batch import Places
from genorx.variants.site import end_of

if TYPE_CHECKING:
    from genorx.variants.record_checks import Row

#: Positions (1-based) by contig.
NearPlaces = Mapping[str, Collection[int]]


@dataclass(frozen=True, slots=True, eq=False)
class _OnContig:
    """Positions on one contig: unsorted, sorted, and sorted as an array."""

    near: frozenset[int]
    ordered: list[int]
    places: Places

    @classmethod
    def of(cls, near: frozenset[int]) -> _OnContig:
        ordered = sorted(near)
        return cls(near, ordered, np.array(ordered, dtype=np.int64))

    def has(self, positions: Places) -> Places:
        """Return the indices of positions that are requested."""
        if not len(self.places):
            return np.zeros(0, dtype=np.int64)
        at = np.minimum(np.searchsorted(self.places, positions), len(self.places) - 1)
        return np.flatnonzero(self.places[at] == positions)


class NearRecords:
    """Passes on records that begin at requested positions, and those whose END extends over one.

    Parameters
    ----------
    places : mapping of contig to positions
        Requested positions (1-based); contigs with or without ``chr``.
    take : callable
        Called with rows in the order of the file.
    """

    def __init__(self, places: NearPlaces, take: Callable[[list[Row]], None]) -> None:
        self._take = take
        self._near = {bare_contig(contig): frozenset(near) for contig, near in places.items()}
        self._contigs: dict[str, _OnContig] = {}  # by name in the file's notation

    def take(self, rows: list[Row]) -> None:
        """Pass on the checked rows that are near."""
        found = self._among(rows)
        if found:
            self._take(found)

    def take_lines(
        self,
        contigs: Iterable[tuple[str, int, int]],
        positions: Places,
        row: Callable[[int], Row],
        others: Mapping[int, Row],
    ) -> None:
        """Pass on the lines of a table that are near.

        Parameters
        ----------
        contigs : tuples of (contig, first line, line after the last)
            Ranges of lines on one contig.
        positions : array, one per line
            Positions, 1-based.
        row : callable
            Returns a line as a row.
        others : mapping of line to row
            Rows made already: all checked lines that may have an END.
        """
        near = {id(row) for row in self._among(others.values())}
        lines = [line for line, other in others.items() if id(other) in near]
        for contig, first, stop in contigs:
            lines.extend((first + self._on(contig).has(positions[first:stop])).tolist())
        if lines:
            self._take([others[line] if line in others else row(line) for line in sorted(set(lines))])

    def _among(self, rows: Iterable[Row]) -> list[Row]:
        found: list[Row] = []
        contig, near = "", frozenset[int]()
        for row in rows:
            if row[0] != contig:
                contig, near = row[0], self._on(row[0]).near
            if near and (int(row[1]) in near or ("END=" in row[7] and self._covers(row))):
                found.append(row)
        return found

    def _covers(self, row: Row) -> bool:
        """Return whether a record's interval contains a requested position."""
        ordered = self._on(row[0]).ordered
        at = bisect_left(ordered, int(row[1]))
        return at < len(ordered) and ordered[at] <= end_of(row)

    def _on(self, contig: str) -> _OnContig:
        found = self._contigs.get(contig)
        if found is None:
            found = self._contigs[contig] = _OnContig.of(self._near.get(bare_contig(contig), frozenset()))
        return found
