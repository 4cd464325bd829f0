"""Text of a VCF, plain, gzip or bgzip, in pieces of whole lines; damage is refused, memory is bounded.

BCF is turned into text by htslib; everything else is decompressed here, since htslib takes some damaged files in
silence (no end marker between blocks, lines cut short).
Source: SAM/BAM specification 4.1 (BGZF blocks, end-of-file marker); RFC 1952 (gzip).
"""

from __future__ import annotations

import io
import zlib
from collections.abc import Generator, Iterator
from contextlib import suppress
from itertools import chain
from pathlib import Path
from typing import BinaryIO, Literal

from genorx._core.files import FileKind
from genorx._core.limits import check, check_unpacked, current, how_to_raise
from genorx.errors import VariantFileError
from genorx.variants.bgzip import (
    BLOCK,
    BLOCK_HEAD,
    BLOCK_LENGTH_BYTES,
    READ,
    Blocks,
    bgzip_texts,
    block_length,
    cut_short,
    damaged,
)

#: What does not change once it was given away.
Bytes = bytes | bytearray
_Piece = Bytes | Blocks
Kind = Literal["plain", "gzip", "bgzip", "bcf"]

#: Bytes of a piece of text.  Few rows alive at a time: larger ones wake the garbage collector and leave the
#: processor's cache.
PIECE = 1 << 15
_GZIP = b"\x1f\x8b"
_FILE = FileKind(
    name="variant file",
    error=VariantFileError,
    code="file-unreadable",
    absent="file-absent",
    folder="file-folder",
    folder_hint="name the files in it",
)
_BCF_LENGTH = slice(5, 9)  # where a BCF says how long its header is


def file_kind(path: str | Path) -> Kind:
    """Tell what a file is by its first bytes, never by its name.

    Raises
    ------
    VariantFileError
        If it is absent, a folder, a pipe, unreadable or empty.
    """
    with _FILE.open(path) as handle:
        start = handle.read(BLOCK + 1)
    if not start:
        raise VariantFileError("has zero bytes", file=path, hint="make or fetch it again", code="file-empty")
    if start.startswith(b"BCF"):
        return "bcf"
    if not start.startswith(_GZIP):
        return "plain"
    return _compressed_kind(start)


def _compressed_kind(start: bytes) -> Kind:
    if len(start) < 18 or not start[3] & 4 or start[12:14] != b"BC":
        return "gzip"
    try:
        magic = zlib.decompressobj(31).decompress(start, 3)
    except zlib.error:  # the reader says what is wrong, and where
        return "bgzip"
    return "bcf" if magic == b"BCF" else "bgzip"


def line_pieces(path: str | Path, *, size: int = PIECE, floor: int | None = None) -> Iterator[bytes]:
    """Yield the text of a file in pieces of about ``size`` bytes, of whole lines; the last may lack its line end.

    Parameters
    ----------
    floor : int, optional
        For a file whose lines are all held: unpacked bytes above which the ratio to the packed ones is limited.

    Raises
    ------
    VariantFileError
        ``file-damaged``, ``file-cut``, ``line-too-long``.
    LimitError
    """
    return map(bytes, line_buffers(path, size=size, floor=floor))


def line_buffers(path: str | Path, *, size: int = PIECE, floor: int | None = None) -> Generator[Bytes, None, None]:
    """Yield what ``line_pieces`` yields, as it was read and not copied."""
    kind = file_kind(path)
    if kind == "bcf":
        yield from _bcf_pieces(path)
        return
    with open(path, "rb") as handle:
        pieces: Iterator[_Piece]
        if kind == "plain":
            pieces = iter(lambda: handle.read(size), b"")
        elif kind == "gzip":
            pieces = _gzip_pieces(handle, path, size)
        else:
            pieces = bgzip_texts(handle, path, size)
        yield from _whole_lines(pieces if floor is None else _bounded(pieces, handle, path, floor), path, size)


def line_buffers_from(path: str | Path, begin: int, *, size: int = PIECE) -> Iterator[Bytes]:
    """Yield the text of a bgzip file as ``line_buffers`` does, from the line at a virtual offset on.

    Parameters
    ----------
    begin : int
        Place of the block in the file, shifted by 16 bits, and of the line in its text, as indexes have it.
    """
    with open(path, "rb") as handle:
        handle.seek(begin >> 16)
        pieces = bgzip_texts(handle, path, size)
        first = bytes(next(pieces, b""))[begin & 0xFFFF :]
        yield from _whole_lines(chain([first], pieces), path, size)


def _bounded(pieces: Iterator[_Piece], handle: BinaryIO, path: str | Path, floor: int) -> Iterator[_Piece]:
    unpacked = 0
    for piece in pieces:
        unpacked += len(piece)
        check_unpacked(unpacked, handle.tell(), file=path, floor=floor)
        yield piece


def _whole_lines(pieces: Iterator[_Piece], path: str | Path, least: int) -> Iterator[Bytes]:
    """Yield at least so many bytes at a time, to the last line end in them; fewer first, as many want the header."""
    most, now = current().line_bytes, min(PIECE, least)
    # room is made once: what grows block by block is copied again and again
    held, size = bytearray(now + READ), 0
    open_ = 0  # bytes behind the last line end
    for piece in pieces:
        before, size = size, _put(piece, held, size)
        cut = held.rfind(b"\n", before, size) + 1
        open_ = size - cut if cut else open_ + size - before
        if cut and size >= now:
            rest = held[size - open_ : size]
            del held[size - open_ :]
            yield held
            now, held = least, bytearray(least + READ)
            size = _put(rest, held, 0)
        if open_ > most:
            reason = f"a line is longer than {most:,} bytes"
            raise VariantFileError(reason, file=path, hint=how_to_raise("line_bytes"), code="line-too-long")
    if size:
        del held[size:]
        yield held


def _put(piece: _Piece, held: bytearray, size: int) -> int:
    """Put a piece behind so many bytes that are held, in their room where it is enough; return how many there are."""
    if size + len(piece) <= len(held):
        with memoryview(held) as room:
            if isinstance(piece, Blocks):
                piece.put(room[size : size + len(piece)])
            else:
                room[size : size + len(piece)] = piece
        return size + len(piece)
    del held[size:]
    held += bytes(piece) if isinstance(piece, Blocks) else piece
    return len(held)


def _gzip_pieces(handle: BinaryIO, path: str | Path, most: int) -> Iterator[bytes]:
    member = zlib.decompressobj(31)
    data = b""
    ended = False  # after a member: another, padding of zeros, or the end
    while True:
        data = data or handle.read(most)
        if not data:
            break
        if ended:
            data = data.lstrip(b"\0")
            member, ended = (zlib.decompressobj(31), False) if data else (member, True)
            continue
        try:
            text = member.decompress(data, most)
        except zlib.error as error:
            raise damaged(path, handle.tell() - len(data), error) from error
        ended = member.eof
        data = member.unused_data if ended else member.unconsumed_tail
        if text:
            yield text
    text = b"" if ended else member.flush()  # what did not fit in the last piece
    if text:
        yield text
    if not (ended or member.eof):
        raise cut_short(path, handle.tell(), "inside a gzip member")


def bcf_bytes(path: str | Path, size: int) -> Generator[Bytes, bytes | None, None]:
    """Yield the unpacked bytes of a BCF in pieces of about ``size`` bytes, the first with its whole header.

    What is sent back of a piece stands before the next.

    Raises
    ------
    VariantFileError
        ``file-damaged``, ``file-cut``.
    LimitError
    """
    with open(path, "rb") as handle:
        pieces = _gathered(_unpacked_bcf(handle, path, size), size)
        start = next(pieces, bytearray())
        length = int.from_bytes(start[_BCF_LENGTH], "little")
        check("header_bytes", length, file=path, place="header")
        while len(start) < length + _BCF_LENGTH.stop and (piece := next(pieces, b"")):
            start += piece
        rest = yield start
        del start
        with suppress(StopIteration):
            while True:
                rest = yield pieces.send(rest)


def _gathered(texts: Iterator[_Piece], least: int) -> Generator[bytearray, bytes | None, None]:
    """Yield at least so many bytes at a time, behind what is sent back."""
    held, size = bytearray(least + READ), 0
    for text in texts:
        size = _put(text, held, size)
        if size >= least:
            del held[size:]
            rest = yield held
            held = bytearray(least + READ)
            size = _put(rest or b"", held, 0)
    del held[size:]
    yield held


def _unpacked_bcf(handle: BinaryIO, path: str | Path, size: int) -> Iterator[_Piece]:
    packed = handle.read(2) == _GZIP
    handle.seek(0)
    return bgzip_texts(handle, path, size) if packed else iter(lambda: handle.read(size), b"")


def _bcf_pieces(path: str | Path) -> Iterator[bytes]:
    """Yield the text that htslib makes of a BCF."""
    import pysam

    # htslib makes room for a header of any length that is stated, and does not ask for the end marker
    next(bcf_bytes(path, PIECE))
    level = pysam.set_verbosity(0)
    try:
        with pysam.VariantFile(str(path), "rb") as source:
            yield str(source.header).encode()
            _check_blocks(path)
            lines: list[str] = []
            size = 0
            for record in source:
                lines.append(str(record))
                size += len(lines[-1])
                if size >= PIECE:  # of a wide file a few lines
                    yield "".join(lines).encode()
                    lines, size = [], 0
            yield "".join(lines).encode()
    except (OSError, ValueError) as error:
        for _ in bcf_bytes(path, PIECE):  # says at which byte, if that can be told
            pass
        raise VariantFileError(f"BCF cannot be read: {error}", file=path, code="file-damaged") from error
    finally:
        pysam.set_verbosity(level)


def _check_blocks(path: str | Path) -> None:
    """Refuse a packed BCF that does not end where a block ends, or not in the end marker; nothing is unpacked."""
    with open(path, "rb") as handle:
        if handle.read(2) != _GZIP:
            return
        whole = handle.seek(0, io.SEEK_END)
        offset = length = 0
        while offset < whole:
            handle.seek(offset)
            length = block_length(handle.read(BLOCK_HEAD), path, offset)
            if offset + length > whole:
                raise cut_short(path, offset, "inside a bgzip block")
            offset += length
        handle.seek(-BLOCK_LENGTH_BYTES, io.SEEK_END)
        if any(handle.read(BLOCK_LENGTH_BYTES)):
            raise cut_short(path, offset, "the bgzip end marker is absent")
