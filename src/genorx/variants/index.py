"""The index of a variant file: used for a region if it certainly belongs to the file, otherwise reported and ignored.

htslib uses an index of another file without an error, and returns wrong records or none.
Source: tabix and CSIv1 specifications (hts-specs).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from genorx._core.files import FileKind
from genorx.errors import VariantFileError
from genorx.variants.files import file_kind
from genorx.variants.notes import Notes
from genorx.variants.region import Region

_MARKER_BYTES = 28  # of the end-of-file block
_LINES, _PIECE = 1000, 1 << 20  # lines and characters of a block
_INDEX = FileKind(name="index", error=VariantFileError, code="file-unreadable")


def note_index(path: Path, notes: Notes, *, used: bool) -> Path | None:
    """Return the index that fits the file; report one that does not."""
    fitting = None
    for suffix in (".tbi", ".csi"):
        index = path.with_name(path.name + suffix)
        if not index.is_file():
            continue
        fault = _fault(path, index)
        if fault is None:
            fitting = fitting or index
        else:
            text = f"{index.name} {fault}: it is not used"
            notes.add("index-stale", "warning" if used else "info", text, place=index.name)
    return fitting


def _fault(path: Path, index: Path) -> str | None:
    if index.stat().st_mtime_ns < path.stat().st_mtime_ns:
        return "is older than the file"
    try:
        end = _last_offset(_INDEX.read_bytes(index))
    except (struct.error, ValueError):
        return "cannot be read"
    size = path.stat().st_size
    # the last chunk ends at the begin of the end marker, or at the end of the block before it
    if end is not None and not size - 2 * (1 << 16) <= end <= size - _MARKER_BYTES:
        return "belongs to another file"
    if end is not None and end != size - _MARKER_BYTES:
        return "does not end where the file ends"
    return None


def _last_offset(data: bytes) -> int | None:
    """Largest file offset in an index (tbi or csi); None if it has no chunk."""
    if data[:4] == b"TBI\1":
        (references,) = struct.unpack_from("<i", data, 4)
        (names,) = struct.unpack_from("<i", data, 32)
        return _walk(data, 36 + names, references, linear=True)
    if data[:4] == b"CSI\1":
        (auxiliary,) = struct.unpack_from("<i", data, 12)
        (references,) = struct.unpack_from("<i", data, 16 + auxiliary)
        return _walk(data, 20 + auxiliary, references, linear=False)
    raise ValueError("neither tbi nor csi")


def _walk(data: bytes, offset: int, references: int, *, linear: bool) -> int | None:
    last = None
    for _ in range(references):
        (bins,) = struct.unpack_from("<i", data, offset)
        offset += 4
        for _ in range(bins):
            head = "<Ii" if linear else "<IQi"
            values = struct.unpack_from(head, data, offset)
            number, chunks = values[0], values[-1]
            offset += struct.calcsize(head)
            if chunks < 0 or offset + 16 * chunks > len(data):
                raise ValueError("chunks beyond the end")
            for chunk in range(chunks):
                _, end = struct.unpack_from("<QQ", data, offset + 16 * chunk)
                if not (chunks == 2 and number in _PSEUDO_BINS):
                    last = max(last or 0, end >> 16)
            offset += 16 * chunks
        if linear:
            (intervals,) = struct.unpack_from("<i", data, offset)
            offset += 4 + 8 * intervals
    return last


# bins that hold counts, not chunks: (8^(depth+1) - 1) / 7 + 1 for the depths that occur
_PSEUDO_BINS = frozenset((8 ** (depth + 1) - 1) // 7 + 1 for depth in range(3, 11))


def index_rows(path: Path, notes: Notes, contig: str, region: Region) -> Iterator[str] | None:
    """Return text of the records of a region by the index; None without a fitting index."""
    index = note_index(path, notes, used=True)
    kind = file_kind(path)
    if index is None or kind not in {"bgzip", "bcf"}:
        return None
    return _fetch(path, index, contig, region, bcf=kind == "bcf")


def _fetch(path: Path, index: Path, contig: str, region: Region, *, bcf: bool) -> Iterator[str]:
    import pysam

    source: Any
    level = pysam.set_verbosity(0)
    try:
        if bcf:
            source = pysam.VariantFile(str(path), index_filename=str(index))
        else:
            source = pysam.TabixFile(str(path), index=str(index))
        with source:
            if contig not in (source.header.contigs if bcf else source.contigs):
                return
            lines: list[str] = []
            left = _PIECE
            for record in source.fetch(contig, max(region.start - 1, 0), region.end):
                lines.append(str(record).rstrip("\n"))
                left -= len(lines[-1])
                if len(lines) == _LINES or left < 0:
                    yield "\n".join(lines) + "\n"
                    lines, left = [], _PIECE
            if lines:
                yield "\n".join(lines) + "\n"
    except (OSError, ValueError) as error:
        raise VariantFileError(f"cannot be read by its index: {error}", file=path, code="file-damaged") from error
    finally:
        pysam.set_verbosity(level)
