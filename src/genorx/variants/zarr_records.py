"""Records of a VCF Zarr store as lines of a VCF, so that the same checks apply.

A line has the calls of its samples as text, or a reference to them by number (``zarr_table``).
Source: VCF Zarr specification 0.4 and 0.5; VCF 4.5 specification, section 1.6.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator

import numpy as np
from numpy.typing import NDArray

from genorx.variants.annotation import ANNOTATIONS
from genorx.variants.notes import Notes
from genorx.variants.region import Region
from genorx.variants.zarr_store import ZarrStore
from genorx.variants.zarr_table import StoredSites, ZarrTable
from genorx.variants.zarr_text import call_texts

#: Keys of INFO that determine the kind of a record or its genes; the others are kept only with calls as text.
_INFO_KEYS = frozenset({"END", "SVTYPE", "SVLEN", "IMPRECISE", *ANNOTATIONS})
_CELLS = 1 << 20  # of a piece


class ZarrRecords:
    """Records of a store as lines.

    Parameters
    ----------
    store : ZarrStore
        The open store.
    by_number : bool
        Whether lines refer to calls by number.
    """

    def __init__(self, store: ZarrStore, *, by_number: bool) -> None:
        self.store = store
        self._by_number = by_number and bool(store.samples)
        self._infos = [key for key in store.infos if not self._by_number or key in _INFO_KEYS]
        self._form = ":".join((["GT"] if "call_genotype" in store else []) + list(store.formats)) or "."

    def pieces(self) -> Generator[str, None, None]:
        """Yield all records as lines."""
        for start, stop in self.store.chunks():
            yield from self._pieces(start, stop, np.arange(start, stop))

    def cuts(self, number: int) -> list[int]:
        """Return the first record of each of about ``parts`` parts, followed by the number of records.

        A part begins with a chunk, or within it after records that continue the last position.
        """
        store, cuts = self.store, [0]
        chunks = -(-store.records // store.chunk)
        step = -(-chunks // max(1, number)) * store.chunk
        for start in range(step, store.records, step):
            cut = start
            while cut < store.records and store.place(cut) == store.place(cut - 1):
                cut += 1
            if cuts[-1] < cut < store.records:
                cuts.append(cut)
        return [*cuts, store.records]

    def encoded(self) -> Iterator[bytes]:
        """Yield all records as bytes of lines."""
        return (piece.encode() for piece in self.pieces())

    def of_region(self, contig: str, region: Region, notes: Notes) -> Iterator[str] | None:
        """Yield the lines of records that overlap a region; None without an index of their chunks."""
        store = self.store
        index = store.index()
        if index is None or "variant_length" not in store:
            if "region_index" in store:
                text = "region_index does not fit the chunks of the store: it is not used"
                notes.add("index-stale", "warning", text, place="region_index")
            return None
        number = store.contigs.index(contig) if contig in store.contigs else -1
        rows = index[(index[:, 1] == number) & (index[:, 2] <= region.end) & (index[:, 4] >= region.start)]
        return self._overlapping(sorted(set(rows[:, 0].tolist())), number, region)

    def _overlapping(self, chunks: list[int], contig: int, region: Region) -> Iterator[str]:
        store = self.store
        for chunk in chunks:
            start = chunk * store.chunk
            stop = min(start + store.chunk, store.records)
            position = store.part("variant_position", start, stop).astype(np.int64)
            end = position + store.part("variant_length", start, stop) - 1
            here = store.part("variant_contig", start, stop) == contig
            found = np.flatnonzero(here & (position <= region.end) & (end >= region.start))
            yield from self._pieces(start, stop, start + found)

    def whole(self, number: int) -> list[str]:
        """Return FORMAT and the columns of the samples of a record."""
        return call_texts(self.store, np.array([number]))[0].split("\t")

    def tables(self, start: int = 0, stop: int | None = None) -> Iterator[ZarrTable]:
        """Yield the records from ``start`` to before ``stop``, or all, as tables."""
        for first, last in self._chunks(start, self.store.records if stop is None else stop):
            yield self._table(first, last)

    def _table(self, start: int, stop: int) -> ZarrTable:
        return ZarrTable(self.store, start, stop, self._infos, self._form)

    def _chunks(self, start: int, stop: int) -> Iterator[tuple[int, int]]:
        """Yield the ranges between two records, by chunk."""
        for first, last in self.store.chunks():
            if first < stop and last > start:
                yield max(first, start), min(last, stop)

    def _pieces(self, start: int, stop: int, chosen: NDArray[np.intp]) -> Iterator[str]:
        """Yield lines of some records of a chunk."""
        if not len(chosen):
            return
        if self._by_number:
            yield self._table(start, stop).text(chosen - start)
            return
        sites = StoredSites.of(self.store, start, stop, self._infos).rows()
        most = _CELLS // max(1, len(self.store.samples)) + 1
        for begin in range(0, len(chosen), most):
            part = chosen[begin : begin + most]
            rows = [sites[number - start] for number in part.tolist()]
            after = [[text] for text in call_texts(self.store, part)] if self.store.samples else [[]] * len(part)
            yield "".join(["\t".join([*row, *text]) + "\n" for row, text in zip(rows, after, strict=True)])
