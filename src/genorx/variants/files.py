"""Text of a VCF, plain, gzip or bgzip, in blocks of whole lines, within bounded memory; damage is an error.

BCF is converted to text by htslib; everything else is decompressed here, since htslib accepts some damaged files
without an error (no end marker between blocks, truncated lines).
Source: SAM/BAM specification 4.1 (BGZF blocks, end-of-file marker); RFC 1952 (gzip).
"""

from __future__ import annotations

import io
import zlib
from collections.abc import Generator, Iterator
from contextlib import suppress
from functools import cache
from importlib import import_module
from itertools import chain
from pathlib import Path
from types import ModuleType
from typing import BinaryIO, Literal

from genorx._core.files import FileKind
from genorx._core.limits import check, check_unpacked, current, how_to_raise
from genorx.errors import VariantFileError

#: Bytes that do not change after they are returned.
Bytes = bytes | bytearray
Kind = Literal["plain", "gzip", "bgzip", "bcf"]

#: Bytes of a block of text.  Larger blocks keep more rows alive, which triggers the garbage collector and exceeds the
#: processor's cache.
PIECE = 1 << 15
_BLOCK = 1 << 16  # most bytes of a BGZF block
_BLOCK_HEAD = 18  # bytes before its compressed text
_READ = 1 << 18  # compressed bytes that are read at a time
_GZIP = b"\x1f\x8b"
_FILE = FileKind(
    name="variant file",
    error=VariantFileError,
    code="file-unreadable",
    absent="file-absent",
    folder="file-folder",
    folder_hint="name the files in it",
)
_BLOCK_TAIL = 8  # bytes after its compressed text: checksum and length
_BLOCK_LENGTH_BYTES = 4  # at the end of a block: the length of its text
_BCF_LENGTH = slice(5, 9)  # offset of the length of a BCF's header


def file_kind(path: str | Path) -> Kind:
    """Detect the format of a file by its first bytes, never by its name.

    Raises
    ------
    VariantFileError
        If the file is absent, a folder, a pipe, unreadable or empty.
    """
    with _FILE.open(path) as handle:
        start = handle.read(_BLOCK + 1)
    if not start:
        raise VariantFileError("has zero bytes", file=path, hint="create or fetch it again", code="file-empty")
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
    except zlib.error:  # the reader reports the fault and its place
        return "bgzip"
    return "bcf" if magic == b"BCF" else "bgzip"


def line_pieces(path: str | Path, *, floor: int | None = None) -> Iterator[bytes]:
    """Yield the text of a file in blocks of about ``PIECE`` bytes, of whole lines; the last line may lack its end.

    Parameters
    ----------
    floor : int, optional
        For a file that is held as a whole: decompressed bytes above which the ratio to the compressed ones is limited.

    Raises
    ------
    VariantFileError
        ``file-damaged``, ``file-cut``, ``line-too-long``.
    LimitError
    """
    return map(bytes, line_buffers(path, floor=floor))


def line_buffers(path: str | Path, *, size: int = PIECE, floor: int | None = None) -> Generator[Bytes, None, None]:
    """Yield the blocks of ``line_pieces`` without copying."""
    kind = file_kind(path)
    if kind == "bcf":
        yield from _bcf_pieces(path)
        return
    with open(path, "rb") as handle:
        if kind == "plain":
            pieces: Iterator[Bytes] = iter(lambda: handle.read(size), b"")
        elif kind == "gzip":
            pieces = _gzip_pieces(handle, path, size)
        else:
            pieces = _bgzip_texts(handle, path)
        yield from _whole_lines(pieces if floor is None else _bounded(pieces, handle, path, floor), path, size)


def line_buffers_from(path: str | Path, begin: int, *, size: int = PIECE) -> Iterator[Bytes]:
    """Yield the text of a bgzip file like ``line_buffers``, starting at a line's virtual offset.

    Parameters
    ----------
    begin : int
        Virtual offset as in an index: offset of the block in the file, shifted by 16 bits, plus that of the line in its
        text.
    """
    with open(path, "rb") as handle:
        handle.seek(begin >> 16)
        pieces = _bgzip_texts(handle, path)
        first = next(pieces, b"")[begin & 0xFFFF :]
        yield from _whole_lines(chain([first], pieces), path, size)


def _bounded(pieces: Iterator[Bytes], handle: BinaryIO, path: str | Path, floor: int) -> Iterator[Bytes]:
    unpacked = 0
    for piece in pieces:
        unpacked += len(piece)
        check_unpacked(unpacked, handle.tell(), file=path, floor=floor)
        yield piece


def _whole_lines(pieces: Iterator[Bytes], path: str | Path, least: int) -> Iterator[Bytes]:
    """Yield at least ``least`` bytes at a time, up to the last line end; fewer at first, for callers of the header."""
    most, now = current().line_bytes, min(PIECE, least)
    held: list[Bytes | memoryview] = []  # joined at once: memory allocated before would have to be filled with zeros
    size, open_ = 0, 0  # bytes that are held, and those after the last line end
    for piece in pieces:
        cut = piece.rfind(b"\n") + 1
        open_ = len(piece) - cut if cut else open_ + len(piece)
        size += len(piece)
        if cut and size >= now:
            held.append(memoryview(piece)[:cut])
            whole, held, size, now = b"".join(held), [piece[cut:]], open_, least
            yield whole
            del whole
        else:
            held.append(piece)
        if open_ > most:
            reason = f"a line is longer than {most:,} bytes"
            raise VariantFileError(reason, file=path, hint=how_to_raise("line_bytes"), code="line-too-long")
    if size:
        yield b"".join(held)


def _damaged(path: str | Path, offset: int, error: Exception | str) -> VariantFileError:
    reason = f"compressed data are damaged ({error})"
    return VariantFileError(reason, file=path, place=f"byte {offset}", hint="fetch it again", code="file-damaged")


def _cut(path: str | Path, offset: int, what: str) -> VariantFileError:
    hint = "records are lost: fetch it again"
    return VariantFileError(f"is cut short ({what})", file=path, place=f"byte {offset}", hint=hint, code="file-cut")


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
            raise _damaged(path, handle.tell() - len(data), error) from error
        ended = member.eof
        data = member.unused_data if ended else member.unconsumed_tail
        if text:
            yield text
    text = b"" if ended else member.flush()  # remainder of the last block
    if text:
        yield text
    if not (ended or member.eof):
        raise _cut(path, handle.tell(), "inside a gzip member")


def _bgzip_texts(handle: BinaryIO, path: str | Path) -> Iterator[Bytes]:
    offset, at = handle.tell(), 0
    packed, is_last = memoryview(b""), False
    text: Bytes = b"?"
    while True:
        left = len(packed) - at
        if not left or (left < _BLOCK and not is_last):  # the next block may continue after the bytes read
            more = handle.read(_READ)
            packed, at, is_last = memoryview(b"".join((packed[at:], more))), 0, len(more) < _READ
        if at == len(packed):
            break
        length = _block_length(packed[at : at + _BLOCK_HEAD].tobytes(), path, offset)
        if at + length > len(packed):
            raise _cut(path, offset, "inside a bgzip block")
        text = _inflate(packed[at : at + length], path, offset)
        at += length
        offset += length
        yield text
    if text:
        raise _cut(path, offset, "the bgzip end marker is absent")


def _block_length(header: bytes, path: str | Path, offset: int) -> int:
    if len(header) < _BLOCK_HEAD:
        raise _cut(path, offset, "inside the header of a bgzip block")
    if header[:4] != b"\x1f\x8b\x08\x04" or header[10:16] != b"\x06\x00BC\x02\x00":
        raise _damaged(path, offset, "not the header of a bgzip block")
    length = int.from_bytes(header[16:18], "little") + 1
    if length < 26:
        raise _damaged(path, offset, f"a bgzip block of {length} bytes")
    return length


def _inflate(block: memoryview, path: str | Path, offset: int) -> Bytes:
    """Decompress a block; faults are reported by zlib."""
    quick = load_libdeflate()
    if quick is not None:
        try:
            return _text_at_once(block, quick)
        except (ValueError, quick.DeflateError):
            pass
    try:
        return _text_of(block)
    except (ValueError, zlib.error) as error:
        raise _damaged(path, offset, error) from error


def _text_of(block: memoryview) -> bytes:
    member = zlib.decompressobj(31)  # checks checksum and length of the text
    text: bytes = member.decompress(block, _BLOCK)
    if not member.eof:
        text += member.decompress(member.unconsumed_tail, 1)  # the trailer of a full block
    if not member.eof or member.unused_data or len(text) > _BLOCK:
        raise ValueError("length of a bgzip block")
    return text


def _text_at_once(block: memoryview, quick: ModuleType) -> bytearray:
    """Return the text of a block, after a check of its length and checksum.

    Bytes between compressed text and checksum, which no program writes and zlib refuses, are skipped, as in htslib.
    """
    end = len(block) - _BLOCK_TAIL
    length = int.from_bytes(block[-_BLOCK_LENGTH_BYTES:], "little")
    if not 0 < length <= _BLOCK:
        raise ValueError("length of a bgzip block")
    text: bytearray = quick.deflate_decompress(block[_BLOCK_HEAD:end], length)
    if len(text) != length or quick.crc32(text) != int.from_bytes(block[end:-_BLOCK_LENGTH_BYTES], "little"):
        raise ValueError("checksum of a bgzip block")
    return text


@cache
def load_libdeflate() -> ModuleType | None:
    """Return libdeflate, which decompresses two to four times as fast as zlib, if it is installed."""
    try:
        return import_module("deflate")
    except ModuleNotFoundError as error:
        if error.name != "deflate":
            raise  # installed but broken
        return None


def bcf_bytes(path: str | Path, size: int) -> Generator[Bytes, bytes | None, None]:
    """Yield the decompressed bytes of a BCF in blocks of about ``size`` bytes, the first with its whole header.

    The part of a block that the caller sends back precedes the next.

    Raises
    ------
    VariantFileError
        ``file-damaged``, ``file-cut``.
    LimitError
    """
    with open(path, "rb") as handle:
        pieces = _gathered(_unpacked_bcf(handle, path, size), size)
        start = next(pieces, b"")
        length = int.from_bytes(start[_BCF_LENGTH], "little")
        check("header_bytes", length, file=path, place="header")
        while len(start) < length + _BCF_LENGTH.stop and (piece := next(pieces, b"")):
            start += piece
        rest = yield start
        del start
        with suppress(StopIteration):
            while True:
                rest = yield pieces.send(rest)


def _gathered(texts: Iterator[Bytes], least: int) -> Generator[bytes, bytes | None, None]:
    """Yield at least ``least`` bytes at a time, after the remainder that is sent back."""
    held: list[Bytes] = []
    size = 0
    for text in texts:
        held.append(text)
        size += len(text)
        if size >= least:
            whole, size = b"".join(held), 0
            held.clear()
            held.append((yield whole) or b"")
    yield b"".join(held)


def _unpacked_bcf(handle: BinaryIO, path: str | Path, size: int) -> Iterator[Bytes]:
    packed = handle.read(2) == _GZIP
    handle.seek(0)
    return _bgzip_texts(handle, path) if packed else iter(lambda: handle.read(size), b"")


def _bcf_pieces(path: str | Path) -> Iterator[bytes]:
    """Yield a BCF as text by htslib."""
    import pysam

    # htslib allocates memory for a header of any stated length, and does not require the end marker
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
        for _ in bcf_bytes(path, PIECE):  # names the byte, if it can be found
            pass
        raise VariantFileError(f"BCF cannot be read: {error}", file=path, code="file-damaged") from error
    finally:
        pysam.set_verbosity(level)


def _check_blocks(path: str | Path) -> None:
    """Raise an error for a truncated BCF: not ending at a block's end, or without end marker; nothing is unpacked."""
    with open(path, "rb") as handle:
        if handle.read(2) != _GZIP:
            return
        whole = handle.seek(0, io.SEEK_END)
        offset = length = 0
        while offset < whole:
            handle.seek(offset)
            length = _block_length(handle.read(_BLOCK_HEAD), path, offset)
            if offset + length > whole:
                raise _cut(path, offset, "inside a bgzip block")
            offset += length
        handle.seek(-_BLOCK_LENGTH_BYTES, io.SEEK_END)
        if any(handle.read(_BLOCK_LENGTH_BYTES)):
            raise _cut(path, offset, "the bgzip end marker is absent")
