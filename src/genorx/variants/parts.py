"""Independently readable parts of a variant file: genomic regions by its index, or ranges of a store.

A record belongs to the part in which it begins, and all records of one position to one part, since records of one
site are merged.  Parts are cut by their compressed bytes, so that they take equally long.
Source: tabix and CSIv1 specifications (hts-specs): linear index, offsets of bins.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from genorx._core.files import FileKind
from genorx._core.numerals import whole_number
from genorx.errors import GenorxError, VariantFileError
from genorx.variants.cells import UnreadCellsError
from genorx.variants.files import Bytes, file_kind
from genorx.variants.heads import Heads
from genorx.variants.index import index_rows, note_index
from genorx.variants.notes import Notes
from genorx.variants.record_checks import Row
from genorx.variants.records import VariantReader
from genorx.variants.region import Region
from genorx.variants.zarr_store import is_store

_INDEX = FileKind(name="index", error=VariantFileError, code="file-unreadable")
_LAST = 2**31 - 1
_WINDOW = 1 << 14  # bases of a window of a tbi
_PARTS_EACH, _LEAST_PART, _PARTS_OF_CLUSTER = 4, 2 << 20, 16  # parts per process, bytes of a part, most parts of a file


@dataclass(frozen=True, slots=True)
class Part:
    """Regions of a file in its order, or records of a store from ``start`` to before ``stop``.

    ``begin`` is the virtual offset of the first line that may lie in the first region.
    """

    regions: tuple[Region, ...] = ()
    begin: int = 0
    start: int = 0
    stop: int = 0


def size_in_parts(path: Path) -> int:
    """Return the size in bytes of a file of several samples that can be read in parts; 0 for any other."""
    stored = is_store(path)
    if not stored and not path.is_file():  # a pipe can be read only once
        return 0
    try:
        if not stored and (file_kind(path) not in {"bgzip", "bcf"} or note_index(path, Notes(), used=True) is None):
            return 0
        reader = VariantReader(path)
    except (GenorxError, OSError):  # the reader reports the fault
        return 0
    return _size_of(reader) if len(reader.header.samples) > 1 else 0


def sensible_parts(reader: VariantReader, workers: int) -> int:
    """Return the number of parts into which to cut a file for some processes.

    More than one for each, so that none waits long for another, but no small ones, since each is read a little beyond
    its end.  A single process that shares work uses a cluster, of any size.
    """
    if workers == 1:
        return _PARTS_OF_CLUSTER
    return workers * min(_PARTS_EACH, max(1, _size_of(reader) // (workers * _LEAST_PART)))


def _size_of(reader: VariantReader) -> int:
    """Return the bytes of a file; for a store, one byte per four genotypes, about the size of a compressed file."""
    if reader.stored is None:
        return reader.path.stat().st_size
    return reader.stored.store.records * len(reader.header.samples) // 4


def parts_of(reader: VariantReader, number: int) -> list[Part]:
    """Return about ``number`` parts of a file, in its order; none if it has no fitting index."""
    if reader.stored is not None:
        cuts = reader.stored.cuts(number)
        return [Part(start=start, stop=stop) for start, stop in pairwise(cuts)]
    index = note_index(reader.path, Notes(), used=True)
    if index is None or file_kind(reader.path) not in {"bgzip", "bcf"}:
        return []
    try:
        windows = _windows(_INDEX.read_bytes(index), list(reader.header.contigs))
    except (struct.error, ValueError, IndexError, UnicodeDecodeError):
        return []
    return _cut(windows, reader.path.stat().st_size / number)


def read_part(reader: VariantReader, part: Part) -> Iterator[list[Row] | Heads]:
    """Yield the checked records of a part, for ``packed_blocks``."""
    if reader.stored is not None:
        return reader.stored_heads(part.start, part.stop)
    return reader.heads(text_of(reader, part))


def text_of(reader: VariantReader, part: Part) -> Iterator[Bytes]:
    """Yield the lines of a part of a file, as bytes."""
    if file_kind(reader.path) == "bgzip":
        yield from _between(reader.text_from(part.begin), part.regions)
        return
    for region in part.regions:
        pieces = _begun_in(region, index_rows(reader.path, Notes(), region.contig, region) or iter(()))
        yield from (piece.encode() for piece in pieces)


def read_regions_of(reader: VariantReader, regions: Sequence[Region]) -> Iterator[str]:
    """Yield the text of the records that begin in some regions, in the order of the header's contigs and of positions.

    Raises
    ------
    VariantFileError
        ``region-index`` if no index fits the file; ``region-contig`` if the header has no such contig.
    """
    named = [(region.among(reader.header.contigs, file=reader.path), region) for region in regions]
    order = {contig: number for number, contig in enumerate(reader.header.contigs)}
    for contig, region in sorted(named, key=lambda each: (order.get(each[0], len(order)), each[0], each[1].start)):
        pieces = reader.of_region(contig, region)
        if pieces is None:
            hint = "create one: tabix -p vcf FILE, or bcftools index FILE"
            reason = "regions are read by an index, but no index fits the file"
            raise VariantFileError(reason, file=reader.path, hint=hint, code="region-index")
        yield from _begun_in(region, pieces)


def _begun_in(region: Region, pieces: Iterator[str]) -> Iterator[str]:
    """Drop records that begin before a region."""
    for piece in pieces:
        lines = [line for line in piece.splitlines(keepends=True) if int(line.split("\t", 2)[1]) >= region.start]
        if lines:
            yield "".join(lines)


def _between(pieces: Iterator[Bytes], regions: tuple[Region, ...]) -> Iterator[Bytes]:
    """Yield the lines that begin in regions, from sorted text without other contigs in between."""
    first, last, contigs = regions[0], regions[-1], {region.contig for region in regions}

    def is_behind(piece: Bytes, line: int) -> bool:
        contig, position = _place(piece, line)
        return contig not in contigs or (contig == last.contig and position > last.end)

    begun = False
    for piece in pieces:
        start, stop = 0, len(piece)
        while not begun and start < stop:
            contig, position = _place(piece, start)
            begun = contig != first.contig or position >= first.start
            start = start if begun else piece.find(b"\n", start) + 1 or stop
        ended = is_behind(piece, piece.rfind(b"\n", 0, -1) + 1)
        if ended:
            stop = start
            while not is_behind(piece, stop):
                stop = piece.find(b"\n", stop) + 1
        if stop > start:
            yield piece if start == 0 and stop == len(piece) else piece[start:stop]
        if ended:
            return


def _place(text: Bytes, line: int) -> tuple[str, int]:
    """Return contig and position of the record whose line begins at an offset.

    Raises
    ------
    UnreadCellsError
        If there is none; reading the whole file then reports the fault and its line.
    """
    tab = text.find(b"\t", line)
    try:
        position = whole_number(text[tab + 1 : text.find(b"\t", tab + 1)].decode("ascii"))
        contig = text[line:tab].decode("utf-8")
    except UnicodeDecodeError as error:
        raise UnreadCellsError from error
    if tab < 0 or position is None:
        raise UnreadCellsError
    return contig, position


def _cut(windows: list[tuple[str, list[tuple[int, int]]]], most: float) -> list[Part]:
    """Return parts of bounded size in bytes, or of one window."""
    parts: list[tuple[int, list[Region]]] = []
    for contig, starts in windows:
        first = 1
        for start0, offset in starts:
            if not parts or (offset >> 16) - (parts[-1][0] >> 16) >= most:
                if parts and start0 + 1 > first:
                    parts[-1][1].append(Region(contig, first, start0))
                    first = start0 + 1
                parts.append((offset, []))
        parts[-1][1].append(Region(contig, first, _LAST))
    return [Part(tuple(regions), begin) for begin, regions in parts if regions]


def _windows(data: bytes, contigs: list[str]) -> list[tuple[str, list[tuple[int, int]]]]:
    """Return for each contig with records the first base (from 0) of its windows, and their virtual offsets.

    ``contigs`` are those of the header, whose order the index of a BCF follows.
    """
    if data[:4] == b"TBI\1":
        (references,) = struct.unpack_from("<i", data, 4)
        (size,) = struct.unpack_from("<i", data, 32)
        names = data[36 : 36 + size].decode().rstrip("\0").split("\0")
        found = _of_tbi(data, 36 + size, references)
    else:
        shift, depth, auxiliary = struct.unpack_from("<iii", data, 4)
        names = contigs
        if auxiliary > 28:
            (size,) = struct.unpack_from("<i", data, 16 + 24)
            names = data[16 + 28 : 16 + 28 + size].decode().rstrip("\0").split("\0")
        (references,) = struct.unpack_from("<i", data, 16 + auxiliary)
        found = _of_csi(data, 20 + auxiliary, references, shift, (8**depth - 1) // 7)
    return [(names[number], starts) for number, starts in enumerate(found) if starts]


def _of_tbi(data: bytes, offset: int, references: int) -> list[list[tuple[int, int]]]:
    found = []
    for _ in range(references):
        (bins,) = struct.unpack_from("<i", data, offset)
        offset += 4
        for _ in range(bins):
            (chunks,) = struct.unpack_from("<i", data, offset + 4)
            offset += 8 + 16 * chunks
        (intervals,) = struct.unpack_from("<i", data, offset)
        places = struct.unpack_from(f"<{intervals}Q", data, offset + 4)
        offset += 4 + 8 * intervals
        found.append([(number * _WINDOW, place) for number, place in enumerate(places) if place])
    return found


def _of_csi(data: bytes, offset: int, references: int, shift: int, leaf: int) -> list[list[tuple[int, int]]]:
    """``leaf`` is the number of the first bin of the narrowest kind."""
    found = []
    for _ in range(references):
        (bins,) = struct.unpack_from("<i", data, offset)
        offset += 4
        starts = []
        last = leaf + (7 * leaf + 1)  # after the narrowest bins
        for _ in range(bins):
            number, place, chunks = struct.unpack_from("<IQi", data, offset)
            offset += 16 + 16 * chunks
            if leaf <= number < last:
                starts.append(((number - leaf) << shift, place))
        found.append(sorted(starts))
    return found
