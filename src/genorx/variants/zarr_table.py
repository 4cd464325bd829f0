"""Records of a VCF Zarr store as a table: the columns before the samples from the site arrays, calls by number.

The tenth column of a row is ``#`` and the record's number; ``zarr_cells`` reads the calls as arrays.  A site with two
records has its calls as text, since the merging of the records depends on the samples.
Source: VCF Zarr specification 0.4 and 0.5; VCF 4.5 specification, section 1.6.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

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


def record_number(text: str) -> int | None:
    """Return the number of the record whose calls are in arrays; None for calls as text.

    >>> record_number("#17"), record_number("0/1:3")
    (17, None)
    """
    return int(text[1:]) if text.startswith(_MARK) else None


@dataclass(frozen=True, eq=False)
class StoredSites:
    """The first eight columns of consecutive records; rarely used texts are made on first use.

    Attributes
    ----------
    names : tuple of str
        Names of all contigs.
    contigs : array of int
        Index of the contig of each record.
    positions : array of int64
        Positions, 1-based.
    ids, refs, alts, infos : lists of str
        Columns ID, REF, ALT and INFO.
    quality : array
        QUAL as numbers or texts.
    filters : Distinct
        Column FILTER.
    """

    names: tuple[str, ...]
    contigs: NDArray[np.int64]
    positions: Places
    ids: list[str]
    refs: list[str]
    alts: list[str]
    quality: NDArray[Any]
    filters: Distinct
    infos: list[str]

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
        missing = np.full(stop - start, ".", dtype=object)
        ids, quality = (
            store.part(name, start, stop) if name in store else missing for name in ("variant_id", "variant_quality")
        )
        return cls(
            store.contigs,
            contigs,
            store.part("variant_position", start, stop).astype(np.int64),
            [text or "." for text in texts(ids)],
            *_alleles(store.part("variant_allele", start, stop)),
            quality,
            _filters(store, start, stop),
            _info(store, start, stop, infos),
        )

    def __len__(self) -> int:
        return len(self.positions)

    @cached_property
    def columns(self) -> tuple[list[str], ...]:
        """Each column as texts."""
        chrom = [self.names[number] for number in self.contigs.tolist()]
        filters = [self.filters.texts[code] for code in self.filters.codes.tolist()]
        positions = list(map(str, self.positions.tolist()))
        return chrom, positions, self.ids, self.refs, self.alts, self.qualities, filters, self.infos

    @cached_property
    def qualities(self) -> list[str]:
        """QUAL."""
        return [text or "." for text in texts(self.quality)]

    def rows(self) -> list[Row]:
        """Return the columns of each record."""
        return list(map(list, zip(*self.columns, strict=True)))

    def row(self, line: int) -> Row:
        """Return the columns of a record."""
        site = [self.names[self.contigs[line]], str(self.positions[line]), self.ids[line], self.refs[line]]
        filters = self.filters.texts[self.filters.codes[line]]
        return [*site, self.alts[line], self.qualities[line], filters, self.infos[line]]

    @property
    def is_regular(self) -> bool:
        """Whether no position is negative, and no text has a character that separates columns or lines."""
        qualities = [] if self.quality.dtype.kind in "biuf" else self.qualities
        return bool(self.positions.min(initial=0) >= 0) and not any(
            map(has_signs, (self.names, self.ids, self.refs, self.alts, qualities, self.filters.texts, self.infos))
        )


def has_signs(given: Iterable[str]) -> bool:
    """Return whether a text has a character that separates columns or lines, or that is not allowed."""
    joined = "".join(given)
    return any(sign in joined for sign in "\t\n\r\0")


def _alleles(values: NDArray[Any]) -> tuple[list[str], list[str]]:
    """Return REF and ALT of each record."""
    if values.shape[1] == 2:
        return values[:, 0].tolist(), [alt or "." for alt in values[:, 1].tolist()]
    named = values.tolist()
    return [each[0] for each in named], [",".join(filter(None, each[1:])) or "." for each in named]


def _filters(store: ZarrStore, start: int, stop: int) -> Distinct:
    if "variant_filter" not in store:
        return Distinct(["."], np.zeros(stop - start, dtype=np.int64))
    flags = store.part("variant_filter", start, stop) != 0
    packed = np.packbits(flags, axis=1)  # mostly one byte, and sorting bytes takes a tenth of sorting rows
    _, firsts, codes = np.unique(
        packed[:, 0] if packed.shape[1] == 1 else packed, axis=0, return_index=True, return_inverse=True
    )
    patterns = flags[firsts]
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
        The open store.
    start, stop : int
        Indices of the first record, and of the one after the last.
    infos : sequence of str
        Requested keys of INFO.
    form : str
        FORMAT of records whose calls are stored as numbers.

    Attributes
    ----------
    start : int
        Index of the first record.
    positions : array of int64
        Positions, 1-based.
    filters : Distinct
        Column FILTER.
    plain : array of bool
        Records with a REF of bases and one ALT of bases.
    alts : array of int64
        Number of alternate alleles of each record.
    forms : list of str
        The values of FORMAT that occur.
    info : int
        Index of the column INFO in ``batch``.
    regular : bool
        Whether no position is negative, and no text has a character that separates columns or lines.
    """

    info = 0

    def __init__(self, store: ZarrStore, start: int, stop: int, infos: Sequence[str], form: str) -> None:
        self._sites = sites = StoredSites.of(store, start, stop, infos)
        self.start = start
        self.positions = sites.positions
        self.filters = sites.filters
        self._form = form
        known = {text: _BASES.fullmatch(text) is not None for text in {*sites.refs, *sites.alts}}
        self.plain = np.array([known[ref] and known[alt] for ref, alt in zip(sites.refs, sites.alts, strict=True)])
        self.alts: Places = np.ones(len(self), dtype=np.int64)
        for line in np.flatnonzero(~self.plain).tolist():
            self.alts[line] = number_of_alts(sites.alts[line])
        self._written: dict[int, str] = {}  # FORMAT of calls that are text
        self._cells: dict[int, str] = {}  # these
        written = np.array(sorted(self._to_write(store)), dtype=np.intp)
        for line, text in zip(
            written.tolist(), call_texts(store, start + written) if len(written) else (), strict=True
        ):
            self._written[line], _, self._cells[line] = text.partition("\t")
        self.forms = sorted({*self._written.values(), *([form] if len(written) < len(self) else [])})
        self.regular = sites.is_regular and not has_signs(self.forms)

    def __len__(self) -> int:
        return len(self._sites)

    @cached_property
    def batch(self) -> LineBatch | None:
        """INFO as a table of one column; None if it is not ASCII."""
        return LineBatch.of("\n".join([*self._sites.infos, ""]).encode(), 1)

    def _to_write(self, store: ZarrStore) -> set[int]:
        """Return records that may be merged with others, or whose ALT is not a list of alleles."""
        sites, contigs, positions = self._sites, self._sites.contigs, self.positions
        found = {line for line in np.flatnonzero(~self.plain).tolist() if "/" in sites.alts[line]}
        again = (positions[1:] == positions[:-1]) & (contigs[1:] == contigs[:-1])
        known: dict[tuple[int, int, str, str], int] = {}
        for line in np.flatnonzero(np.append(again, False) | np.append(False, again)).tolist():
            site = int(contigs[line]), int(positions[line]), sites.refs[line], sites.alts[line]
            first = known.setdefault(site, line)
            found |= {first, line} if first != line else set()
        for edge, beside in ((0, self.start - 1), (-1, self.start + len(self))):  # another chunk may continue it
            if 0 <= beside < store.records and store.place(beside) == (contigs[edge], positions[edge]):
                here = (contigs == contigs[edge]) & (positions == positions[edge])
                found.update(np.flatnonzero(here).tolist())
        return found

    def contigs(self) -> list[tuple[str, int, int]]:
        """Ranges of records on one contig: its name, first record, end of the range."""
        contigs = self._sites.contigs
        firsts = [0, *(np.flatnonzero(np.diff(contigs)) + 1).tolist()]
        stops = [*firsts[1:], len(self)]
        return [(self._sites.names[contigs[first]], first, stop) for first, stop in zip(firsts, stops, strict=True)]

    def row(self, line: int) -> TableRow:
        """Return a record as a packed row."""
        return TableRow(self._head(line), self._last(line), self, line)

    def _head(self, line: int) -> Row:
        return [*self._sites.row(line), self._written.get(line, self._form)]

    def _last(self, line: int) -> str:
        return self._cells.get(line) or f"{_MARK}{self.start + line}"

    @cached_property
    def _heads(self) -> list[str]:
        """The nine columns before the samples of each record, as text."""
        forms = [self._written.get(line, self._form) for line in range(len(self))]
        return list(map("\t".join, zip(*self._sites.columns, forms, strict=True)))

    def rows(self, lines: Places) -> list[Row]:
        """Return the nine columns before the samples of some records."""
        return [self._head(line) for line in lines.tolist()]

    def sites(self, lines: Places) -> LateLines:
        """Return the first eight columns of some records."""
        return LateLines("\n".join(self._heads), lines)

    def text(self, lines: Places | None = None) -> str:
        """Return records as lines of packed rows; some, or all."""
        chosen = range(len(self)) if lines is None else lines.tolist()
        return "".join([f"{self._heads[line]}\t{self._last(line)}\n" for line in chosen])

    def let_go(self) -> None:
        """Release the calls that are text."""
        self._cells = {}
