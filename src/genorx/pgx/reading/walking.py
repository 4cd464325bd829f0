"""Traversal of a variant file for pharmacogene sites only: by its index, or in full.

Source: tabix and CSIv1 specifications (hts-specs).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path

from genorx.pgx.reading.records import BESIDE
from genorx.pgx.reading.site_reading import SiteReading
from genorx.pgx.reading.sites import REACH, SiteTable
from genorx.variants.assembly import with_chr
from genorx.variants.blocks import packed_heads
from genorx.variants.cells import UnreadCellsError
from genorx.variants.heads import Heads
from genorx.variants.record_checks import Row
from genorx.variants.records import TABLE_PIECE, VariantReader
from genorx.variants.region import Region
from genorx.variants.text_table import TextTable
from genorx.variants.zarr_store import is_store

#: Files larger than this are read by their index, if one fits.
_INDEX_FROM_BYTES = 8 << 20
#: Above this size, lines of files with few columns are checked as tables.
_TABLES_FROM_BYTES, _FEW_COLUMNS = TABLE_PIECE, 20


def open_file(path: Path, filters: Collection[str] | None, assembly: str | None, *, packed: bool) -> VariantReader:
    """Open a file for records near sites only; ``packed`` for ``VariantReader``, if it is faster."""
    taken = None if filters is None else BESIDE.union(filters)
    open_ = partial(VariantReader, path, filters=taken, assembly=assembly, merge=False)
    reader = open_(packed=packed and not is_store(path))
    return open_(piece=TABLE_PIECE) if _as_tables(reader) else reader


def _as_tables(reader: VariantReader) -> bool:
    return reader.header.width <= _FEW_COLUMNS and reader.path.stat().st_size > _TABLES_FROM_BYTES


def walk(reader: VariantReader, reading: SiteReading) -> None:
    """Read the records near sites.

    Raises
    ------
    VariantFileError
        For an invalid record anywhere in the part of the file that is read.
    UnreadCellsError
        If the file cannot be read packed.
    """
    reader.watch(reading.places, reading.take)
    large = reader.stored is not None or reader.path.stat().st_size > _INDEX_FROM_BYTES
    pieces = _by_index(reader, reading.tables) if large else None
    if pieces is not None:
        _pass(reader, reader.check(pieces))
    elif _as_tables(reader):
        for _ in reader.tables():
            pass
    else:
        _pass(reader, packed_heads(reader) if reader.packed else reader.blocks())


def _pass(reader: VariantReader, blocks: Iterable[list[Row] | Heads]) -> None:
    """Iterate over blocks; the columns of skipped packed records are still counted."""
    samples = len(reader.header.samples)
    for block in blocks:
        for part in (block,) if isinstance(block, list) else block.parts:
            if isinstance(part, list):
                for row in part:
                    reader.pass_over(row)
            elif isinstance(part.table, TextTable) and not part.table.has_columns(part.lines, samples):
                raise UnreadCellsError  # the reader of rows names the line


def _by_index(reader: VariantReader, tables: Sequence[SiteTable]) -> Iterator[str] | None:
    """Return the text of records near sites by the file's index; None if that is impossible."""
    names = {with_chr(contig): contig for contig in reader.header.contigs}
    found: list[Iterator[str]] = []
    for chrom, start, end in _merged(region for table in tables for region in table.regions()):
        if chrom not in names:
            continue
        rows = reader.of_region(names[chrom], Region(names[chrom], start, end))
        if rows is None:
            return None
        found.append(rows)
    return (piece for rows in found for piece in rows) if names else None


def _merged(regions: Iterable[tuple[str, int, int]]) -> list[tuple[str, int, int]]:
    """Merge overlapping regions: a record must not be read twice."""
    merged: list[tuple[str, int, int]] = []
    for chrom, start, end in sorted(regions):
        if merged and merged[-1][0] == chrom and start <= merged[-1][2] + REACH:
            merged[-1] = (chrom, merged[-1][1], max(end, merged[-1][2]))
        else:
            merged.append((chrom, start, end))
    return merged
