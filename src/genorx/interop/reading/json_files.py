"""JSON files, one value per file or per line (NDJSON), read one after another in bounded memory."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from genorx._core.files import FileKind
from genorx._core.limits import RATIO_FLOOR, check
from genorx._core.short_repr import short
from genorx._core.strict_json import parse_json, refuse_xml
from genorx.errors import InputError

#: Most bytes of a file, decompressed.
MOST_BYTES = 1 << 30
_PIECE = 1 << 20
_ONE_A_LINE = (".ndjson", ".jsonl")
_ENDINGS = (".json", *_ONE_A_LINE)
_FILE = FileKind(name="JSON file", error=InputError, code="json", absent="file-not-found", folder="json")


@short
@dataclass(frozen=True, slots=True)
class Document:
    """A value in a file: the whole file, or one line."""

    value: Any
    file: Path
    line: int | None = None

    def place(self, path: str = "") -> str | None:
        """Return the place of a path in the value, for errors."""
        if self.line is None:
            return path or None
        return f"line {self.line}: {path}" if path else f"line {self.line}"


def json_paths(path: str | Path | Iterable[str | Path]) -> list[Path]:
    """Return the files of a file, a folder or a list of them; of a folder all with a JSON suffix, sorted.

    Raises
    ------
    InputError
        ``no-files`` for a folder without such files.
    """
    if not isinstance(path, str | Path):
        return [found for each in path for found in json_paths(each)]
    named = Path(path)
    if not named.is_dir():
        return [named]
    found = sorted(each for each in named.rglob("*") if each.is_file() and _bare(each).suffix.lower() in _ENDINGS)
    if not found:
        raise InputError("no file of the folder ends in .json or .ndjson", file=named, code="no-files")
    return found


def _bare(path: Path) -> Path:
    return path.with_suffix("") if path.suffix.lower() == ".gz" else path


def documents(path: Path) -> Iterator[Document]:
    """Yield the values of a file: one, or one per line if its name or its first line shows NDJSON.

    Raises
    ------
    InputError
        See ``parse_json``; ``too-large`` for a file of more than 1 GB; ``file-not-found``.
    """
    with _opened(path) as handle:
        first = _first_line(handle, path)
        if _bare(path).suffix.lower() in _ONE_A_LINE or _is_value_of_its_own(first, handle):
            yield from _lines(first, handle, path)
            return
        yield Document(parse_json(first + _rest(handle, len(first), path), path), path)


def _rest(handle: BinaryIO, size: int, path: Path) -> bytes:
    """Return the rest of a file, in blocks, since a single call for a gigabyte would allocate it for any file."""
    pieces = []
    while piece := handle.read(_PIECE):
        pieces.append(piece)
        size += len(piece)
        _check_size(size, path)
    return b"".join(pieces)


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    with _FILE.open(path) as handle:
        packed = handle.read(2) == b"\x1f\x8b"
        handle.seek(0)
        if not packed:
            _check_size(path.stat().st_size, path)
            yield handle
            return
        try:
            with gzip.GzipFile(fileobj=handle) as unpacked:
                yield unpacked  # type: ignore[misc]
        except (EOFError, OSError, zlib.error) as error:
            raise InputError("the compressed data are cut off or damaged", file=path, code="json") from error


def _check_size(size: int, path: Path) -> None:
    if size > MOST_BYTES:
        hint = "split it into one resource per line"
        raise InputError("the file has more than 1 GB", file=path, hint=hint, code="too-large")


def _first_line(handle: BinaryIO, path: Path) -> bytes:
    """Return the bytes up to the first line end after any content."""
    start = b""
    while line := handle.readline(MOST_BYTES + 1):
        start += line
        refuse_xml(start, path)
        if line.strip(b"\xef\xbb\xbf \t\r\n"):
            break
    return start


def _is_value_of_its_own(first: bytes, handle: BinaryIO) -> bool:
    """Return whether the first line is a complete object that is followed by another."""
    text = first.strip()
    if not text.endswith(b"}") or not text.removeprefix(b"\xef\xbb\xbf").startswith(b"{"):
        return False
    at = handle.tell()
    more = handle.read(1 << 16).strip()
    handle.seek(at)
    return more.startswith(b"{")


def _lines(first: bytes, handle: BinaryIO, path: Path) -> Iterator[Document]:
    size, packed = 0, path.stat().st_size
    for number, line in enumerate(_all_lines(first, handle), start=1):
        size += len(line)
        _check_size(size, path)
        if size > RATIO_FLOOR:
            check("unpack_ratio", -(-size // max(packed, 1)), file=path)
        if line.strip(b"\xef\xbb\xbf \t\r\n"):
            yield Document(parse_json(line, path, line=number), path, number)


def _all_lines(first: bytes, handle: BinaryIO) -> Iterator[bytes]:
    yield from first.splitlines(keepends=True)
    while line := handle.readline(MOST_BYTES + 1):
        yield line
