"""Calls of a VCF Zarr store as codes of distinct calls, by arithmetic on its allele numbers.

Most calls have the fixed codes of ``cells``.  All others, and those that depend on a depth, a filter of the sample or a
phase set, are converted to text once for each distinct call, and parsed by ``calls`` like those of a file.
Source: VCF Zarr specification 0.4 and 0.5.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

import numpy as np
from numpy.typing import NDArray

from genorx.variants.allele import is_reference_only
from genorx.variants.call_table import NO_READS, PHASED, CallTable, Numbers, fixed_number
from genorx.variants.calls import Call, CallFormat, CallFormats, Kind
from genorx.variants.cells import CellReader, UnreadCellsError
from genorx.variants.pair_kernels import read_alleles
from genorx.variants.pairs import OTHER, numbers_of_pairs, table_of_pairs
from genorx.variants.record_checks import SITE_COLUMNS, Row
from genorx.variants.reference_quality import DEPTH_KEYS, QUALITY_KEYS, is_weighed, too_low
from genorx.variants.zarr_store import BEYOND, ZarrStore
from genorx.variants.zarr_table import record_number
from genorx.variants.zarr_text import genotype_texts, texts

_CACHED = 1 << 15  # cells that are read at a time
_SAVES = 4  # time saved per byte, relative to loops over text, with the steps that follow
_DEPTHS = ("call_DP", "call_MIN_DP")
#: Kinds of types of the arrays from which calls are made.
_KINDS = {"call_genotype": "i", "call_genotype_phased": "b", "call_FT": "TO", "call_PS": "i"}
_KINDS |= dict.fromkeys(_DEPTHS, "if")
_TAIL = 8  # records of the last chunk that may still be requested, since the next may continue their position


def _number(first: int, second: int) -> int | None:
    """Return the code of two allele numbers, each plus 1: missing is 0."""
    return fixed_number(first - 1, second - 1)


_PAIRS = table_of_pairs(_number)


@dataclass(frozen=True, slots=True, eq=False)
class _Chunk:
    """Calls of records from ``start`` on: codes, and the calls of cells without code."""

    start: int
    fixed: NDArray[np.uint8]
    cells: NDArray[np.intp]  # of those without, as indices in ``fixed``, ascending
    codes: NDArray[np.intp]  # indices in ``calls``
    calls: list[Call]

    @property
    def stop(self) -> int:
        return self.start + len(self.fixed)

    def tail(self, records: int) -> _Chunk:
        """Return the last records."""
        cut = max(0, len(self.fixed) - records)
        place = cut * self.fixed.shape[1]
        first = int(np.searchsorted(self.cells, place))
        return _Chunk(
            self.start + cut, self.fixed[cut:].copy(), self.cells[first:] - place, self.codes[first:], self.calls
        )


class ZarrCells:
    """Parses the calls of a store; used like ``CellReader``, for rows whose calls are record numbers.

    Parameters
    ----------
    store : ZarrStore
        The open store.
    formats : CallFormats
        Parsers by FORMAT.
    columns : sequence of int
        Requested columns (from 9), in any order.
    """

    def __init__(self, store: ZarrStore, formats: CallFormats, columns: Sequence[int]) -> None:
        self._store = store
        self._form = formats["GT:DP:FT:PS"]
        self._texts = CellReader(formats, len(store.samples), columns)
        self._columns = np.array(columns, dtype=np.intp) - SITE_COLUMNS
        self._by_depths = formats.by_depths and "call_AD" in store
        self._chunks: list[_Chunk] = []

    def numbers(self, rows: list[Row], table: CallTable) -> Numbers:
        """Return the code in ``table`` of each call, shape (n_rows, n_columns).

        Raises
        ------
        UnreadCellsError
        VariantFileError
            ``zarr-damaged``.
        """
        records = np.array([-1 if (n := record_number(row[9])) is None else n for row in rows], dtype=np.intp)
        written, known = np.flatnonzero(records < 0), np.flatnonzero(records >= 0)
        parts = [(written, self._texts.numbers([rows[n] for n in written.tolist()], table))] if len(written) else []
        if len(known):
            only = np.array([is_reference_only(rows[n][4]) for n in known.tolist()], dtype=np.bool_)
            parts.append((known, self.of_records(records[known], table, only)))
        return self._together(parts, len(rows))

    def of_records(self, records: NDArray[np.intp], table: CallTable, reference_only: NDArray[np.bool_]) -> Numbers:
        """Return the codes of the calls of some records by number, ascending.

        ``reference_only`` are those that state the reference alone, whose calls need a quality.
        """
        cuts = np.flatnonzero(np.diff(records // self._store.chunk)) + 1
        each = np.split(np.arange(len(records)), cuts)
        found = self._together([(places, self._of_chunk(records[places], table)) for places in each], len(records))
        if self._by_depths:
            found = self._without_contradicted(found, records, each, table)
        only = np.flatnonzero(reference_only)
        if not len(only) or not is_weighed(self._store.formats):
            return found
        low = np.zeros(found.shape, dtype=np.bool_)
        for places in each:
            chosen = places[reference_only[places]]
            if len(chosen):
                low[chosen] = self._too_low(records[chosen])
        return table.marked(found, low, Kind.REFERENCE, Kind.LOW_QUALITY)

    def _without_contradicted(
        self, found: Numbers, records: NDArray[np.intp], each: Sequence[NDArray[np.intp]], table: CallTable
    ) -> Numbers:
        """Mark calls of two alleles with reads of one."""
        two = table.two_alleles(found)
        one = np.zeros(found.shape, dtype=np.bool_)
        for places in each:
            chosen = places[two[places].any(axis=1)]
            if len(chosen):
                start, stop = int(records[chosen[0]]), int(records[chosen[-1]]) + 1
                depths = self._store.part("call_AD", start, stop, self._columns)
                if depths.ndim != 3 or depths.dtype.kind != "i":
                    raise UnreadCellsError
                one[chosen] = (depths[records[chosen] - start] > 0).sum(axis=2) == 1
        return table.marked(found, one & two, Kind.CHANGED, Kind.CONTRADICTED)

    def _too_low(self, records: NDArray[np.intp]) -> NDArray[np.bool_]:
        """Return which calls of some records of a chunk have too low a quality for a reference call."""
        start, stop = int(records[0]), int(records[-1]) + 1
        numbers = {}
        for key in (*QUALITY_KEYS, *DEPTH_KEYS):
            if (name := f"call_{key}") in self._store:
                values = self._store.part(name, start, stop, self._columns)
                if values.ndim != 2 or values.dtype.kind not in "if":
                    raise UnreadCellsError
                values = values[records - start].astype(np.float64)
                numbers[key] = np.where(values < 0, np.nan, values)  # missing numbers are negative
        return too_low(numbers, (len(records), len(self._columns)))

    def _together(self, parts: list[tuple[NDArray[np.intp], Numbers]], lines: int) -> Numbers:
        if len(parts) == 1:
            return parts[0][1]
        made = np.empty((lines, len(self._columns)), dtype=np.result_type(*(found.dtype for _, found in parts)))
        for places, found in parts:
            made[places] = found
        return made

    def _of_chunk(self, records: NDArray[np.intp], table: CallTable) -> Numbers:
        """Return the codes of the calls of some records of one chunk."""
        chunk = self._chunk(records)
        places = records - chunk.start
        whole = len(places) == len(chunk.fixed)
        in_turn = places[-1] - places[0] == len(places) - 1
        fixed = chunk.fixed[places[0] : places[-1] + 1] if in_turn else chunk.fixed[places]
        if not len(chunk.cells):
            return fixed
        if whole:
            cells, codes = chunk.cells, chunk.codes
        else:
            width = fixed.shape[1]
            first = np.searchsorted(chunk.cells, places * width)
            last = np.searchsorted(chunk.cells, (places + 1) * width)
            at = np.concatenate([np.arange(a, b) for a, b in zip(first, last, strict=True)])
            line = np.repeat(np.arange(len(places)), last - first)
            cells, codes = line * width + chunk.cells[at] % width, chunk.codes[at]
        number_of = np.zeros(len(chunk.calls), dtype=np.uint32)
        used = np.unique(codes)
        number_of[used] = [table.number(chunk.calls[code]) for code in used.tolist()]
        found = number_of[codes]
        made = fixed.astype(np.promote_types(np.uint8, np.min_scalar_type(int(found.max(initial=0)))))
        made.reshape(-1)[cells] = found
        return made

    def _chunk(self, records: NDArray[np.intp]) -> _Chunk:
        """Return the chunk with some records; the last records of the previous one are kept."""
        for chunk in self._chunks:
            if chunk.start <= records[0] and records[-1] < chunk.stop:
                return chunk
        start = int(records[0]) // self._store.chunk * self._store.chunk
        made = self._read(start, min(start + self._store.chunk, self._store.records))
        self._chunks = [*(chunk.tail(_TAIL) for chunk in self._chunks[-1:]), made]
        return made

    def _read(self, start: int, stop: int) -> _Chunk:
        """Read the calls of a chunk, one chunk of samples at a time."""
        width, table = len(self._columns), CallTable()
        parts = [np.zeros((stop - start, 0), dtype=np.uint8)]
        cells, codes = [np.zeros(0, dtype=np.intp)], [np.zeros(0, dtype=np.intp)]
        for first, columns in self._stretches():
            part, odd = _Stretch(self._store, start, stop, columns).numbers(self._form, table)
            parts.append(part)
            if not len(odd):
                continue
            line, column = np.divmod(np.flatnonzero(part == OTHER), part.shape[1])
            part[line, column] = 0
            cells.append(line * width + first + column)
            codes.append(odd)
        place = np.concatenate(cells)
        order = np.argsort(place, kind="stable")
        fixed = parts[-1] if len(parts) <= 2 else np.concatenate(parts, axis=1)
        return _Chunk(start, fixed, place[order], np.concatenate(codes)[order], table.calls)

    def _stretches(self) -> Iterator[tuple[int, slice | NDArray[np.intp]]]:
        """Yield the columns that are read at a time, with the index of the first."""
        samples = len(self._store.samples)
        if self._columns.tolist() != list(range(samples)):
            if len(self._columns):
                yield 0, self._columns
            return
        step = self._store.sample_chunk
        for first in range(0, samples, step):
            yield first, slice(first, min(first + step, samples))


class _Stretch:
    """Calls of some samples in consecutive records.

    Raises
    ------
    UnreadCellsError
        If the type of an array does not fit its key; reading one by one then reports the fault.
    """

    def __init__(self, store: ZarrStore, start: int, stop: int, columns: slice | NDArray[np.intp]) -> None:
        self._store = store
        self._where = start, stop, columns
        samples = columns.stop - columns.start if isinstance(columns, slice) else len(columns)
        self._shape = stop - start, samples
        self._alleles = self._array("call_genotype")
        phased = self._array("call_genotype_phased")
        self._phased = np.zeros(self._shape, dtype=bool) if phased is None else phased
        depths = [depth == 0 for depth in map(self._array, _DEPTHS) if depth is not None]
        #: Cells without a read.
        self._unread: NDArray[np.bool_] | None = reduce(np.logical_or, depths) if depths else None
        self._filters = self._array("call_FT")
        self._sets = self._array("call_PS")

    def _array(self, name: str) -> NDArray[Any] | None:
        if name not in self._store:
            return None
        found = self._store.part(name, *self._where)
        if found.shape[:2] != self._shape or found.dtype.kind not in _KINDS[name]:
            raise UnreadCellsError
        if found.ndim > 2 and name != "call_genotype":
            raise UnreadCellsError
        return found

    def numbers(self, form: CallFormat, table: CallTable) -> tuple[NDArray[np.uint8], NDArray[np.intp]]:
        """Return codes, ``OTHER`` for the others, and the codes in ``table`` of these, in their order."""
        fixed, complete = self._pairs()
        if self._unread is not None and self._unread.any():
            fixed |= self._unread * np.uint8(NO_READS)
        if self._filters is not None:
            fixed[(self._filters != ".") & (self._filters != "") & (self._filters != "PASS")] = OTHER
        if self._sets is not None:
            fixed[self._sets >= 0] = OTHER
        if complete and self._filters is None and self._sets is None:
            return fixed, np.zeros(0, dtype=np.intp)
        odd = fixed == OTHER
        return fixed, self._others(odd, form, table) if odd.any() else np.zeros(0, dtype=np.intp)

    def _pairs(self) -> tuple[NDArray[np.uint8], bool]:
        """Return codes by allele numbers and phase, and whether all calls are certain to have one."""
        alleles = self._alleles
        if alleles is None:
            return np.full(self._shape, OTHER, dtype=np.uint8), False
        small = alleles if alleles.dtype == np.int8 else np.clip(alleles, -3, 127).astype(np.int8)
        fixed = np.empty(self._shape, dtype=np.uint8)
        read = read_alleles.after(_SAVES * small.nbytes) if small.shape[2] == 2 else None
        if read is not None:
            read(np.ascontiguousarray(small), np.ascontiguousarray(self._phased).view(np.uint8), fixed.size, fixed)
            if int(fixed.max(initial=0)) < OTHER:
                return fixed, True
        self._store.check_alleles(alleles)
        if read is None:
            self._by_arrays(small, fixed)
        return fixed, False

    def _by_arrays(self, alleles: NDArray[np.int8], fixed: NDArray[np.uint8]) -> None:
        """Write codes by array operations, some at a time."""
        if alleles.shape[2] == 1:
            fixed[:] = OTHER
            return
        step = max(1, _CACHED // max(1, self._shape[1]))
        for start in range(0, len(fixed), step):
            pairs = np.ascontiguousarray(alleles[start : start + step, :, :2]).view(np.uint8) + np.uint8(1)
            fixed[start : start + step] = numbers_of_pairs(pairs.reshape(-1).view("<u2"), _PAIRS).reshape(
                -1, self._shape[1]
            )
        if alleles.shape[2] > 2:
            fixed[(alleles[:, :, 2:] != BEYOND).any(axis=2)] = OTHER
        if self._phased.any():
            fixed |= self._phased * np.uint8(PHASED)  # cells without code have all bits set

    def _others(self, odd: NDArray[np.bool_], form: CallFormat, table: CallTable) -> NDArray[np.intp]:
        """Return the codes of calls without fixed code, each distinct one parsed once."""
        count = int(odd.sum())
        words, genotype = ["."], np.zeros(count, dtype=np.intp)
        if self._alleles is not None:
            words, genotype = genotype_texts(self._alleles[odd], self._phased[odd])
        names, name = _numbered(self._filters, odd)
        sets, phase_set = _numbered(self._sets, odd)
        unread = np.zeros(count, dtype=bool) if self._unread is None else self._unread[odd]
        key = ((genotype * len(names) + name) * len(sets) + phase_set) * 2 + unread
        distinct, codes = np.unique(key, return_inverse=True)
        read = []
        for code in distinct.tolist():
            rest, no_read = divmod(code, 2)
            rest, number = divmod(rest, len(sets))
            first, second = divmod(rest, len(names))
            read.append(f"{words[first]}:{'0' if no_read else '.'}:{names[second]}:{sets[number]}")
        try:
            found = table.numbers(form, read)
        except ValueError as error:
            self._store.damaged("call_genotype", str(error), error)
        numbers: NDArray[np.intp] = np.array(found, dtype=np.intp)[codes.reshape(-1)]
        return numbers


def _numbered(values: NDArray[Any] | None, cells: NDArray[np.bool_]) -> tuple[list[str], NDArray[np.intp]]:
    """Return the distinct texts of some cells, ``.`` for missing, and the code of each cell."""
    if values is None:
        return ["."], np.zeros(int(cells.sum()), dtype=np.intp)
    chosen = values[cells]
    distinct, codes = np.unique(chosen if chosen.dtype.kind == "i" else chosen.astype(object), return_inverse=True)
    return [text or "." for text in texts(distinct)], codes.reshape(-1)
