"""Blocks of bgzip unpacked, many together where isal is installed; damage is refused with its place.

Source: SAM/BAM specification 4.1 (BGZF blocks, end-of-file marker); RFC 1952 (gzip).
"""

from __future__ import annotations

import io
import zlib
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import BinaryIO

from genorx.errors import VariantFileError

#: Bytes that no block is longer than; before its packed text; at its end, which say how long its text is.
BLOCK, BLOCK_HEAD, BLOCK_LENGTH_BYTES = 1 << 16, 18, 4
READ = 1 << 18  # packed bytes that are read at a time
_RUN = 1 << 18  # bytes of text that are unpacked at a time, as the processor's cache holds them


def damaged(path: str | Path, offset: int, error: Exception | str) -> VariantFileError:
    """Return what refuses bytes that cannot be unpacked."""
    reason = f"compressed data are damaged ({error})"
    return VariantFileError(reason, file=path, place=f"byte {offset}", hint="fetch it again", code="file-damaged")


def cut_short(path: str | Path, offset: int, what: str) -> VariantFileError:
    """Return what refuses a file whose end is not there."""
    hint = "records are lost: fetch it again"
    return VariantFileError(f"is cut short ({what})", file=path, place=f"byte {offset}", hint=hint, code="file-cut")


class Blocks:
    """Blocks of bgzip that follow each other.

    Parameters
    ----------
    packed : memoryview
    ends : list of int
        Where each block ends in it.
    size : int
        Bytes of their text, by what they say of themselves.
    path, offset
        Where they stand.
    """

    def __init__(self, packed: memoryview, ends: list[int], size: int, path: str | Path, offset: int) -> None:
        self._packed = packed
        self._ends = ends
        self._size = size
        self._place = path, offset

    def __len__(self) -> int:
        return self._size

    def __bytes__(self) -> bytes:
        """Return the text, of the blocks one by one; the first in which something is wrong is refused."""
        (path, offset), starts = self._place, [0, *self._ends[:-1]]
        blocks = zip(starts, self._ends, strict=True)
        return b"".join([_inflate(self._packed[start:end], path, offset + start) for start, end in blocks])

    def put(self, room: memoryview) -> None:
        """Write the text into room of its size: all blocks at once, where nothing is wrong in them."""
        if not self._at_once(room):
            room[:] = bytes(self)

    def _at_once(self, room: memoryview) -> bool:
        quick = _isal()
        reader = getattr(quick, "_GzipReader", None)
        if quick is None or reader is None:
            return False
        try:
            source, whole = reader(io.BytesIO(self._packed), len(self._packed)), 0  # checks sum and length of each
            while whole < len(room) and (more := source.readinto(room[whole:])):
                whole += more
            return whole == len(room) and not source.readinto(bytearray(1))
        except (EOFError, OSError, ValueError, quick.IsalError):
            return False


def bgzip_texts(handle: BinaryIO, path: str | Path, most: int) -> Iterator[Blocks]:
    """Yield blocks of about so many bytes of text together, at least one."""
    offset, at = handle.tell(), 0
    packed, is_last = memoryview(b""), False
    size = 1  # of the text of the last block
    while True:
        if len(packed) - at < BLOCK and not is_last:  # the next block may go on behind what was read
            more = handle.read(READ)
            packed, at, is_last = memoryview(b"".join((packed[at:], more))), 0, len(more) < READ
        if at == len(packed):
            break
        begins = len(packed) - at if is_last else len(packed) - at - BLOCK + 1
        ends, sizes = _run(packed[at:], begins, min(most, _RUN), path, offset)
        yield Blocks(packed[at : at + ends[-1]], ends, sum(sizes), path, offset)
        size = sizes[-1]
        offset += ends[-1]
        at += ends[-1]
    if size:
        raise cut_short(path, offset, "the bgzip end marker is absent")


def _run(packed: memoryview, begins: int, most: int, path: str | Path, offset: int) -> tuple[list[int], list[int]]:
    """Return where some blocks end, and how long their texts are by what they say.

    Parameters
    ----------
    begins : int
        Bytes in which blocks begin that are there as a whole, if the file is.
    most : int
        Bytes of text after which no other is begun.
    """
    ends: list[int] = []
    sizes: list[int] = []
    at = 0
    while at < begins and sum(sizes) < most:
        length = block_length(packed[at : at + BLOCK_HEAD].tobytes(), path, offset + at)
        if at + length > len(packed):
            raise cut_short(path, offset + at, "inside a bgzip block")
        at += length
        ends.append(at)
        sizes.append(int.from_bytes(packed[at - BLOCK_LENGTH_BYTES : at], "little"))
    return ends, sizes


def block_length(header: bytes, path: str | Path, offset: int) -> int:
    """Return how many bytes a block has, by its first ones.

    Raises
    ------
    VariantFileError
        ``file-damaged``, ``file-cut``.
    """
    if len(header) < BLOCK_HEAD:
        raise cut_short(path, offset, "inside the header of a bgzip block")
    if header[:4] != b"\x1f\x8b\x08\x04" or header[10:16] != b"\x06\x00BC\x02\x00":
        raise damaged(path, offset, "not the header of a bgzip block")
    length = int.from_bytes(header[16:18], "little") + 1
    if length < 26:
        raise damaged(path, offset, f"a bgzip block of {length} bytes")
    return length


def _inflate(block: memoryview, path: str | Path, offset: int) -> bytes:
    """Return the text of a block; zlib alone says what is wrong with it."""
    quick = _isal()
    if quick is not None:
        try:
            return _text_of(block, quick)
        except (ValueError, quick.IsalError):
            pass
    try:
        return _text_of(block, zlib)
    except (ValueError, zlib.error) as error:
        raise damaged(path, offset, error) from error


def _text_of(block: memoryview, library: ModuleType) -> bytes:
    member = library.decompressobj(31)  # checks sum and length of the text
    text: bytes = member.decompress(block, BLOCK)
    if not member.eof:
        text += member.decompress(member.unconsumed_tail, 1)  # the trailer of a full block
    if not member.eof or member.unused_data or len(text) > BLOCK:
        raise ValueError("length of a bgzip block")
    return text


@cache
def _isal() -> ModuleType | None:
    """Return the library that inflates twice as fast as zlib and to the same bytes, where it is installed."""
    try:
        return import_module("isal.isal_zlib")
    except ModuleNotFoundError as error:
        if error.name not in {"isal", "isal.isal_zlib"}:
            raise  # installed but broken
        return None
