"""Records of a VCF Zarr store as lines of a VCF, so that they pass every check that lines of a file pass.

A line has the calls of its samples as text, or by number: then its tenth column is ``#`` and the record's number, and
``zarr_cells`` reads the calls as arrays.  A site that stands in two records has text either way, since what its samples
say decides how the two are brought together.
Source: VCF Zarr specification 0.4 and 0.5; VCF 4.5 specification, section 1.6.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator

import numpy as np
from numpy.typing import NDArray

from genorx.variants.notes import Notes
from genorx.variants.region import Region
from genorx.variants.zarr_store import ZarrStore
from genorx.variants.zarr_text import call_texts, texts

#: Keys of INFO that decide what a record is, or which genes it touches; the others stand only beside calls as text.
_TOLD = frozenset({"END", "SVTYPE", "SVLEN", "IMPRECISE", "CSQ", "ANN", "BCSQ"})
_MARK = "#"
_CELLS = 1 << 20  # of a piece


def record_number(text: str) -> int | None:
    """Return the number of the record whose calls stand in arrays; None for calls that are text.

    >>> record_number("#17"), record_number("0/1:3")
    (17, None)
    """
    return int(text[1:]) if text.startswith(_MARK) else None


class ZarrRecords:
    """Lines of a store.

    Parameters
    ----------
    store : ZarrStore
    by_number : bool
        Whether calls stand in the lines by number.
    """

    def __init__(self, store: ZarrStore, *, by_number: bool) -> None:
        self.store = store
        self._by_number = by_number and bool(store.samples)
        self._infos = [key for key in store.infos if not self._by_number or key in _TOLD]
        self._form = ":".join((["GT"] if "call_genotype" in store else []) + list(store.formats)) or "."

    def pieces(self) -> Generator[str, None, None]:
        """Yield all records as lines."""
        for start, stop in self.store.chunks():
            yield from self._pieces(start, stop, np.arange(start, stop))

    def cuts(self, number: int) -> list[int]:
        """Return the first record of each of about so many parts, and behind them the number of records.

        A part begins with a chunk, or behind it where records of one position go on.
        """
        store, cuts = self.store, [0]
        chunks = -(-store.records // store.chunk)
        step = -(-chunks // max(1, number)) * store.chunk
        for start in range(step, store.records, step):
            cut = start
            while cut < store.records and self._place(cut) == self._place(cut - 1):
                cut += 1
            if cuts[-1] < cut < store.records:
                cuts.append(cut)
        return [*cuts, store.records]

    def of_records(self, start: int, stop: int) -> Iterator[str]:
        """Yield the lines of records from ``start`` to before ``stop``."""
        for first, last in self.store.chunks():
            if first < stop and last > start:
                yield from self._pieces(first, last, np.arange(max(first, start), min(last, stop)))

    def encoded(self) -> Iterator[bytes]:
        """Yield all records as bytes of lines."""
        return (piece.encode() for piece in self.pieces())

    def of_region(self, contig: str, region: Region, notes: Notes) -> Iterator[str] | None:
        """Yield the lines of records that overlap a region; None where no index tells their chunks."""
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
        return self._calls(np.array([number]))[0].split("\t")

    def _pieces(self, start: int, stop: int, chosen: NDArray[np.intp]) -> Iterator[str]:
        """Yield lines of some records of a chunk."""
        sites = self._sites(start, stop)
        calls = self._numbered(start, sites) if self._by_number else []
        most = _CELLS // max(1, len(self.store.samples)) + 1
        while len(chosen):
            part, chosen = (chosen, chosen[:0]) if self._by_number else (chosen[:most], chosen[most:])
            after = [calls[number - start] for number in part.tolist()] if self._by_number else self._calls(part)
            rows = [sites[number - start] for number in part.tolist()]
            yield "".join(
                ["\t".join([*row, text] if text else row) + "\n" for row, text in zip(rows, after, strict=True)]
            )

    def _sites(self, start: int, stop: int) -> list[list[str]]:
        """Return the eight columns of records."""
        store = self.store
        contig = store.part("variant_contig", start, stop)
        if len(contig) and not (int(contig.min()) >= 0 and int(contig.max()) < len(store.contigs)):
            store.damaged("variant_contig", "it names a contig that contig_id does not have")
        alleles = store.part("variant_allele", start, stop).tolist()
        columns = (
            [store.contigs[number] for number in contig.tolist()],
            [str(position) for position in store.part("variant_position", start, stop).tolist()],
            self._texts("variant_id", start, stop),
            [named[0] for named in alleles],
            [",".join([allele for allele in named[1:] if allele]) or "." for named in alleles],
            self._texts("variant_quality", start, stop),
            self._filters(start, stop),
            self._info(start, stop),
        )
        return [list(row) for row in zip(*columns, strict=True)]

    def _texts(self, name: str, start: int, stop: int) -> list[str]:
        if name not in self.store:
            return ["."] * (stop - start)
        return [text or "." for text in texts(self.store.part(name, start, stop))]

    def _filters(self, start: int, stop: int) -> list[str]:
        if "variant_filter" not in self.store:
            return ["."] * (stop - start)
        flags = self.store.part("variant_filter", start, stop)
        patterns, codes = np.unique(flags, axis=0, return_inverse=True)
        named = [";".join([self.store.filters[n] for n in np.flatnonzero(row).tolist()]) or "." for row in patterns]
        return [named[code] for code in codes.reshape(-1).tolist()]

    def _info(self, start: int, stop: int) -> list[str]:
        parts: list[list[str]] = [[] for _ in range(stop - start)]
        for key in self._infos:
            values = self.store.part(f"variant_{key}", start, stop)
            flag = values.dtype.kind == "b"
            for part, text in zip(parts, texts(values), strict=True):
                if text:
                    part.append(key if flag else f"{key}={text}")
        return [";".join(part) or "." for part in parts]

    def _numbered(self, start: int, sites: list[list[str]]) -> list[str]:
        """Return FORMAT and number of records; calls as text where a site has another record, or no alleles."""
        made = [f"{self._form}\t{_MARK}{number}" for number in range(start, start + len(sites))]
        for number in self._twins(start, sites):
            made[number] = self._calls(np.array([start + number]))[0]
        return made

    def _twins(self, start: int, sites: list[list[str]]) -> set[int]:
        """Return the records that may be brought together with others, or whose ALT is no list of alleles."""
        found = {number for number, site in enumerate(sites) if "/" in site[4]}
        known: dict[tuple[str, ...], int] = {}
        for number, (contig, position, _, ref, alt, *_) in enumerate(sites):
            first = known.setdefault((contig, position, ref, alt), number)
            found |= {first, number} if first != number else set()
        for edge, beside in ((0, start - 1), (-1, start + len(sites))):  # another chunk may go on with the position
            if 0 <= beside < self.store.records and self._place(beside) == sites[edge][:2]:
                found |= {number for number, site in enumerate(sites) if site[:2] == sites[edge][:2]}
        return found

    def _place(self, number: int) -> list[str]:
        contig = int(self.store.part("variant_contig", number, number + 1)[0])
        position = int(self.store.part("variant_position", number, number + 1)[0])
        return [self.store.contigs[contig] if 0 <= contig < len(self.store.contigs) else "", str(position)]

    def _calls(self, numbers: NDArray[np.intp]) -> list[str]:
        """Return FORMAT and the columns of the samples of records as text."""
        return call_texts(self.store, numbers) if self.store.samples else [""] * len(numbers)
