"""Records of a VCF Zarr store as a table: the columns before the samples from the site arrays, calls by number.

The tenth column of a row is ``#`` and the record's number, and ``zarr_cells`` reads the calls as arrays.  A site that
stands in two records has its calls as text, since what its samples say decides how the two are brought together.
Source: VCF Zarr specification 0.4 and 0.5; VCF 4.5 specification, section 1.6.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from genorx.variants.allele import number_of_alts
from genorx.variants.line_batch import Distinct, LineBatch, Places
from genorx.variants.record_checks import Row
from genorx.variants.table_row import TableRow
from genorx.variants.text_table import LateLines
from genorx.variants.zarr_store import ZarrStore
from genorx.variants.zarr_text import call_texts, texts

_BASES = re.compile(r"[ACGTNacgtn]+")
_MARK = "#"
_BEFORE_FORMAT = 8  # columns


def record_number(text: str) -> int | None:
    """Return the number of the record whose calls are in arrays; None for calls that are text.

    >>> record_number("#17"), record_number("0/1:3")
    (17, None)
    """
    return int(text[1:]) if text.startswith(_MARK) else None


@dataclass(frozen=True, slots=True, eq=False)
class StoredSites:
    """The first eight columns of consecutive records.

    Attributes
    ----------
    contigs : array of int
        Number of the contig of each.
    positions : array of int64
        1-based.
    filters : Distinct
    columns : tuple of lists of str
    """

    contigs: NDArray[np.int64]
    positions: Places
    filters: Distinct
    columns: tuple[list[str], ...]

    @classmethod
    def of(cls, store: ZarrStore, start: int, stop: int, infos: Sequence[str]) -> StoredSites:
        """Read records; ``infos`` are the requested INFO keys.

        Raises
        ------
        VariantFileError
            ``zarr-damaged``.
        """
        contigs = store.part("variant_contig", start, stop).astype(np.int64)
        if contigs.min(initial=0) < 0 or contigs.max(initial=0) >= len(store.contigs):
            store.damaged("variant_contig", "it names a contig that contig_id does not have")
        positions = store.part("variant_position", start, stop).astype(np.int64)
        alleles = store.part("variant_allele", start, stop).tolist()
        filters = _filters(store, start, stop)
        columns = (
            [store.contigs[number] for number in contigs.tolist()],
            list(map(str, positions.tolist())),
            _texts(store, "variant_id", start, stop),
            [named[0] for named in alleles],
            [",".join([allele for allele in named[1:] if allele]) or "." for named in alleles],
            _texts(store, "variant_quality", start, stop),
            [filters.texts[code] for code in filters.codes.tolist()],
            _info(store, start, stop, infos),
        )
        return cls(contigs, positions, filters, columns)

    def rows(self) -> list[Row]:
        """Return the columns of each record."""
        return list(map(list, zip(*self.columns, strict=True)))


def _texts(store: ZarrStore, name: str, start: int, stop: int) -> list[str]:
    if name not in store:
        return ["."] * (stop - start)
    return [text or "." for text in texts(store.part(name, start, stop))]


def _filters(store: ZarrStore, start: int, stop: int) -> Distinct:
    if "variant_filter" not in store:
        return Distinct(["."], np.zeros(stop - start, dtype=np.int64))
    flags = store.part("variant_filter", start, stop)
    patterns, codes = np.unique(flags, axis=0, return_inverse=True)
    named = [";".join([store.filters[n] for n in np.flatnonzero(row).tolist()]) or "." for row in patterns]
    return Distinct(named, codes.reshape(-1).astype(np.int64))


def _info(store: ZarrStore, start: int, stop: int, infos: Sequence[str]) -> list[str]:
    columns = []
    for key in infos:
        values = store.part(f"variant_{key}", start, stop)
        mark = "" if values.dtype.kind == "b" else f"{key}="
        columns.append([(f"{mark}{text}" if mark else key) if text else "" for text in texts(values)])
    if len(columns) == 1:
        return [text or "." for text in columns[0]]
    return [";".join(filter(None, each)) or "." for each in zip(*columns, strict=True)] or ["."] * (stop - start)


class ZarrTable:
    """Consecutive records of one chunk.

    Parameters
    ----------
    store : ZarrStore
    start, stop : int
        Numbers of the first record, and of that behind the last.
    infos : sequence of str
        Keys of INFO that are wanted.
    form : str
        FORMAT of records whose calls are stored as numbers.

    Attributes
    ----------
    start : int
        As given.
    positions : array of int64
        1-based.
    filters : Distinct
    plain : array of bool
        Records with a REF of bases and one ALT of bases.
    alts : array of int64
        Alleles of each record beside the reference.
    forms : list of str
        The values of FORMAT that occur.
    regular : bool
        Whether no text has a sign that takes columns or lines apart, and every position is one.
    """

    def __init__(self, store: ZarrStore, start: int, stop: int, infos: Sequence[str], form: str) -> None:
        sites = StoredSites.of(store, start, stop, infos)
        self.start = start
        self.positions = sites.positions
        self.filters = sites.filters
        self._contigs, self._names = sites.contigs, store.contigs
        self._rows = list(map(list, zip(*sites.columns, [form] * (stop - start), strict=True)))
        self.plain = np.array(list(map(_is_plain, *sites.columns[3:5])), dtype=np.bool_)
        self.alts: Places = np.ones(len(self), dtype=np.int64)
        for line in np.flatnonzero(~self.plain).tolist():
            self.alts[line] = number_of_alts(self._rows[line][4])
        self._cells: dict[int, str] = {}  # calls as text
        written = np.array(sorted(self._written(store)), dtype=np.intp)
        for line, text in zip(
            written.tolist(), call_texts(store, start + written) if len(written) else (), strict=True
        ):
            self._rows[line][_BEFORE_FORMAT], _, self._cells[line] = text.partition("\t")
        self.forms = sorted({row[_BEFORE_FORMAT] for row in self._rows})
        self._heads = "\n".join(map("\t".join, self._rows))
        self.regular = (
            bool(self.positions.min(initial=0) >= 0)
            and self._heads.count("\t") == _BEFORE_FORMAT * len(self)
            and self._heads.count("\n") == len(self) - 1
            and "\0" not in self._heads
            and "\r" not in self._heads
        )

    def __len__(self) -> int:
        return len(self._rows)

    @cached_property
    def batch(self) -> LineBatch | None:
        """The columns before the samples; None if they are not ASCII."""
        return LineBatch.of(f"{self._heads}\n".encode(), _BEFORE_FORMAT + 1)

    def _written(self, store: ZarrStore) -> set[int]:
        """Return records that may be merged with others, or whose ALT is no list of alleles."""
        rows = self._rows
        found = {line for line in np.flatnonzero(~self.plain).tolist() if "/" in rows[line][4]}
        again = (self.positions[1:] == self.positions[:-1]) & (self._contigs[1:] == self._contigs[:-1])
        known: dict[tuple[str, ...], int] = {}
        for line in np.flatnonzero(np.append(again, False) | np.append(False, again)).tolist():
            contig, position, _, ref, alt, *_ = rows[line]
            first = known.setdefault((contig, position, ref, alt), line)
            found |= {first, line} if first != line else set()
        for edge, beside in ((0, self.start - 1), (-1, self.start + len(self))):  # another chunk may go on with it
            if 0 <= beside < store.records and store.place(beside) == (self._contigs[edge], self.positions[edge]):
                here = (self._contigs == self._contigs[edge]) & (self.positions == self.positions[edge])
                found.update(np.flatnonzero(here).tolist())
        return found

    def contigs(self) -> list[tuple[str, int, int]]:
        """Ranges of records on one contig: its name, first record, end of the range."""
        firsts = [0, *(np.flatnonzero(np.diff(self._contigs)) + 1).tolist()]
        stops = [*firsts[1:], len(self)]
        return [(self._names[self._contigs[first]], first, stop) for first, stop in zip(firsts, stops, strict=True)]

    def row(self, line: int) -> TableRow:
        """Return a record as a packed row."""
        return TableRow(self._rows[line], self._last(line), self, line)

    def _last(self, line: int) -> str:
        return self._cells.get(line) or f"{_MARK}{self.start + line}"

    def rows(self, lines: Places) -> list[Row]:
        """Return the nine columns before the samples of some records."""
        return [self._rows[line] for line in lines.tolist()]

    def sites(self, lines: Places) -> LateLines:
        """Return the first eight columns of some records."""
        return LateLines(self._heads, lines)

    def text(self, lines: Places | None = None) -> str:
        """Return records as lines of packed rows; some, or all."""
        chosen = range(len(self)) if lines is None else lines.tolist()
        return "".join(["\t".join([*self._rows[line], self._last(line)]) + "\n" for line in chosen])

    def let_go(self) -> None:
        """Release calls that are text."""
        self._cells = {}


def _is_plain(ref: str, alt: str) -> bool:
    return _BASES.fullmatch(ref) is not None and _BASES.fullmatch(alt) is not None
