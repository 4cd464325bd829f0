"""Limits on memory and time per file: defaults, their change, and the error of an exceeded limit.

A small file can decompress to any size, and a header can be endless.  Each limit is far above the content of files of a
study, has a name in ``Limits``, an option of the command and a place in the error, and can be raised by a user who
trusts the file.  Records of a VCF are read in blocks and never held as a whole: for them only the length of a line is
limited, since blocks of 500,000 reference genotypes are compressed by more than 200 to 1 in genuine files.
"""

from __future__ import annotations

import gzip
import io
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import BinaryIO

from genorx.errors import LimitError, UsageError

#: Decompressed bytes below which the compression ratio is not checked: every computer has this much memory.
RATIO_FLOOR = 32 << 20
_PIECE = 1 << 20
_GZIP = b"\x1f\x8b"


def _limit(default: int, what: str) -> int:
    found: int = field(default=default, metadata={"what": what})
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Limits on the content of one file.

    Attributes
    ----------
    header_lines : int
        Lines of the header of a VCF; a human assembly with all its patches has some 4,000.
    header_bytes : int
        Bytes of the header of a VCF, decompressed.
    line_bytes : int
        Bytes of one line of a VCF; a million samples with five fields each need about 30 MiB.
    rows : int
        Rows of a table.
    cells : int
        Cells of a table; each takes up to 80 bytes of memory.
    unpacked_bytes : int
        Bytes of a file held in memory as a whole (tables, packs, sources of evidence), decompressed.
    unpack_ratio : int
        Decompressed bytes per compressed byte of such a file; applies above 32 MiB decompressed.
    json_bytes : int
        Bytes of a JSON text, which takes up to 25 times as many in memory.
    model_bytes : int
        Bytes of a model file; a model of 1,000 patients and 100 features has a few million.
    """

    header_lines: int = _limit(1_000_000, "header lines of a VCF")
    header_bytes: int = _limit(256 << 20, "bytes of a VCF's header")
    line_bytes: int = _limit(64 << 20, "bytes in a line of a VCF")
    rows: int = _limit(5_000_000, "rows of a table")
    cells: int = _limit(50_000_000, "cells of a table")
    unpacked_bytes: int = _limit(1 << 30, "bytes of a file that is read whole")
    unpack_ratio: int = _limit(200, "unpacked bytes for each packed byte")
    json_bytes: int = _limit(32 << 20, "bytes of a JSON text")
    model_bytes: int = _limit(256 << 20, "bytes of a model file")

    def __post_init__(self) -> None:
        for each in fields(self):
            value = getattr(self, each.name)
            if isinstance(value, bool) or not isinstance(value, int) or value < 1:
                raise UsageError(f"the limit {each.name} must be an integer of at least 1")


_current: ContextVar[Limits] = ContextVar("genorx_limits")
_DEFAULTS = Limits()


def current() -> Limits:
    """Return the limits in force."""
    return _current.get(_DEFAULTS)


@contextmanager
def limits(**changed: int) -> Iterator[Limits]:
    """Change the limits on files within a ``with`` block.

    Parameters
    ----------
    **changed : int
        Limits by name, such as ``cells=200_000_000``; see ``Limits``.  The others are unchanged.

    Raises
    ------
    UsageError
        If there is no limit of that name, or the value is not an integer of at least 1.

    Examples
    --------
    >>> import genorx as gx
    >>> with gx.limits(rows=20_000_000, cells=400_000_000) as held:
    ...     held.rows
    20000000
    """
    known = [each.name for each in fields(Limits)]
    for name in changed:
        if name not in known:
            raise UsageError(f"there is no limit {name!r}", hint=f"the limits are: {', '.join(known)}")
    before = _current.set(replace(current(), **changed))
    try:
        yield current()
    finally:
        _current.reset(before)


def what_is_limited(name: str) -> str:
    """Describe in words the quantity that a limit counts."""
    return str(next(each.metadata["what"] for each in fields(Limits) if each.name == name))


def option_of(name: str) -> str:
    """Return the command-line option that sets a limit."""
    return f"--max-{name.replace('_', '-')}"


def how_to_raise(name: str) -> str:
    """Describe how a user raises a limit."""
    return f"if the file is to be trusted, raise the limit by {option_of(name)}, or genorx.limits({name}=...) in Python"


def check(name: str, number: int, *, file: str | Path, place: str | int | None = None) -> None:
    """Raise an error for a file that exceeds a limit.

    Parameters
    ----------
    name : str
        Name of the limit, a field of ``Limits``.
    number : int
        Number reached so far.
    file : path
        File that is read.
    place : str or int, optional
        Place at which the limit was exceeded.

    Raises
    ------
    LimitError
    """
    most = getattr(current(), name)
    if number <= most:
        return
    reason = f"there are more than {most:,} {what_is_limited(name)}"
    raise LimitError(reason, file=file, place=place, hint=how_to_raise(name))


def check_unpacked(unpacked: int, packed: int, *, file: str | Path, floor: int = RATIO_FLOOR) -> None:
    """Raise an error for a compressed file whose content exceeds the size limit, or expands by an implausible factor.

    Parameters
    ----------
    unpacked, packed : int
        Bytes so far, decompressed and compressed.
    file : path
        File that is read.
    floor : int
        Decompressed bytes below which the ratio is not checked; 32 MiB by default.

    Raises
    ------
    LimitError
    """
    check("unpacked_bytes", unpacked, file=file)
    if unpacked > floor:
        check("unpack_ratio", -(-unpacked // max(packed, 1)), file=file)


def read_unpacked(handle: BinaryIO, *, file: str | Path) -> bytes:
    """Return all bytes of an open file, decompressed if they are gzip or bgzip, within the limits.

    Raises
    ------
    LimitError
        If the content exceeds a limit.
    EOFError, OSError, zlib.error
        If the compressed data are cut or damaged.
    """
    packed = handle.read(2) == _GZIP
    handle.seek(0)
    whole = io.BytesIO()
    source = gzip.GzipFile(fileobj=handle) if packed else handle
    while piece := source.read(_PIECE):
        whole.write(piece)
        check_unpacked(whole.tell(), handle.tell(), file=file)
    return whole.getvalue()
