"""Positions of score rows, and the records at them; by the index of the variant file if there is one."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator

import pandas as pd

from genorx.interop.scores.scoring_file import ANSWERED, ScoringFile
from genorx.variants.assembly import bare_contig
from genorx.variants.index import index_rows, note_index
from genorx.variants.records import VariantReader
from genorx.variants.region import Region
from genorx.variants.site import end_of, is_reference_block

Row = list[str]
#: Distance below which sites are fetched together, and most intervals requested by an index.
_NEAR, _MOST_STRETCHES = 100_000, 2_000


class Sites:
    """Rows of several scores by position, or by rsid if they have none."""

    def __init__(self, files: list[ScoringFile]) -> None:
        self.placed: dict[tuple[str, int], list[tuple[int, int]]] = {}
        self.named: dict[str, list[tuple[int, int]]] = {}
        for number, file in enumerate(files):
            rows = file.rows
            for index, (kind, chrom, pos, rsid) in enumerate(
                zip(rows["kind"], rows["chrom"], rows["pos"], rows["rsid"], strict=True)
            ):
                if kind not in ANSWERED:
                    continue
                if isinstance(chrom, str) and not pd.isna(pos):
                    self.placed.setdefault((chrom, int(pos)), []).append((number, index))
                elif isinstance(rsid, str):
                    self.named.setdefault(rsid, []).append((number, index))
        self._places: dict[str, list[int]] = {}
        for chrom, pos in sorted(self.placed):
            self._places.setdefault(chrom, []).append(pos)

    def at(self, row: Row) -> list[tuple[int, int]]:
        """Return the (score, row) pairs at a record."""
        contig, start = bare_contig(row[0]), int(row[1])
        found = self.placed.get((contig, start), [])
        last = end_of(row) if is_reference_block(row) else start + len(row[3]) - 1
        if last > start:
            places = self._places.get(contig, [])
            for position in places[bisect_right(places, start) : bisect_right(places, last)]:
                found = [*found, *self.placed[contig, position]]
        if self.named and row[2] != ".":
            found = [*found, *(pair for name in row[2].split(";") for pair in self.named.get(name, []))]
        return found

    def stretches(self) -> list[tuple[str, int, int]]:
        """Return sorted intervals that cover all positions."""
        made: list[tuple[str, int, int]] = []
        for chrom, pos in sorted(self.placed):
            if made and made[-1][0] == chrom and pos - made[-1][2] <= _NEAR:
                made[-1] = (chrom, made[-1][1], pos)
            else:
                made.append((chrom, pos, pos))
        return made


def wanted_rows(reader: VariantReader, sites: Sites) -> Iterator[Row]:
    """Yield the records of a file at the positions of score rows."""
    for rows in _blocks(reader, sites):
        for row in rows:
            if sites.at(row):
                yield reader.whole(row)
            else:
                reader.pass_over(row)


def _blocks(reader: VariantReader, sites: Sites) -> Iterator[list[Row]]:
    stretches = sites.stretches()
    by_name = {bare_contig(name): name for name in reader.header.contigs}
    usable = not sites.named and by_name and len(stretches) <= _MOST_STRETCHES
    if not usable or note_index(reader.path, reader.notes, used=True) is None:
        yield from reader.blocks()
        return
    for chrom, start, end in stretches:
        contig = by_name.get(chrom)
        if contig is None:
            continue
        texts = index_rows(reader.path, reader.notes, contig, Region(contig, start, end))
        if texts is None:  # the file has no index to use
            yield from reader.blocks()
            return
        yield from reader.check(texts)
