"""Arrays of Zarr 2 in a folder; chunk files are read here and decompressed by numcodecs.

zarr takes two milliseconds of processor time for each requested part, whatever its size, which is more than for the
chunk of a site array; so usual layouts are read without it.  Anything else is left to zarr: other layouts, archives,
and chunks that were not written.
Source: Zarr storage specification 2 (https://zarr-specs.readthedocs.io), as written by zarr 3 and bio2zarr 0.2.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from itertools import product
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from genorx._core.extras import require
from genorx._core.limits import check

_TEXT = [{"id": "vlen-utf8"}]
_NUMBERS = "biuf"
#: First bytes of a chunk compressed by Blosc, the last four of which hold its length (C-Blosc 1, README_HEADER).
BLOSC_HEAD = 16
#: Compressed bytes of a chunk that is cached, since the next may be equal, as in an array with mostly one value.
_KEPT = 1 << 12


class CutChunkError(Exception):
    """A truncated chunk: Blosc would read beyond its end; ``file`` is its name."""

    def __init__(self, file: str) -> None:
        super().__init__(file)
        self.file = file


def is_cut(head: bytes, size: int) -> bool:
    """Return whether the length of a Blosc chunk differs from the length in its header."""
    return len(head) < BLOSC_HEAD or int.from_bytes(head[12:BLOSC_HEAD], "little") != size


def packed_by_blosc(description: dict[str, Any]) -> bool:
    """Return whether an array's chunks are compressed by Blosc, according to its metadata."""
    packed = [description.get("compressor"), *(description.get("codecs") or ())][-1] or {}
    return "blosc" in {packed.get("id"), packed.get("name")}


def attributes_of(folder: Path) -> dict[str, Any]:
    """Return the attributes of an array or group of Zarr 2.

    Raises
    ------
    ValueError, TypeError
        If they are not a JSON object.
    """
    path = folder / ".zattrs"
    if not path.is_file():
        return {}
    text = path.read_text(encoding="utf-8")
    check("json_bytes", len(text), file=path)
    found = json.loads(text)
    if not isinstance(found, dict):
        raise TypeError("attributes are not a JSON object")
    return found


class ChunkedArray:
    """An array whose chunks may be divided on the first two axes.

    Parameters
    ----------
    folder : Path
        Folder of its chunk files.
    description : dict
        Content of ``.zarray``.
    open_ : callable
        Returns the same array opened by zarr.

    Attributes
    ----------
    shape, chunks : tuple of int
        Shape of the array, and of a chunk.
    dtype : numpy.dtype
        Type of the values.
    attrs : dict
        Attributes of the array.
    """

    def __init__(self, folder: Path, description: dict[str, Any], open_: Callable[[], Any]) -> None:
        self._folder = folder
        self._open = open_
        self._mark = description.get("dimension_separator", ".")
        codecs = require("numcodecs", extra="zarr")
        filters = [*(description["filters"] or ()), description["compressor"]]
        self._is_blosc = packed_by_blosc(description)
        self._codecs = [codecs.get_codec(each) for each in reversed(filters) if each is not None]
        self.shape: tuple[int, ...] = tuple(map(int, description["shape"]))
        self.chunks: tuple[int, ...] = tuple(map(int, description["chunks"]))
        self.dtype = np.dtype(description["dtype"])
        self._last: tuple[bytes, NDArray[Any]] | None = None  # a small chunk, compressed and not

    @classmethod
    def of(cls, folder: Path, description: dict[str, Any], open_: Callable[[], Any]) -> ChunkedArray | None:
        """Return an array by its metadata; None if it must be read by zarr."""
        if description.get("zarr_format") != 2 or description.get("order") != "C":
            return None
        shape, chunks, kind = description["shape"], description["chunks"], description["dtype"]
        is_text = kind == "|O" and description["filters"] == _TEXT
        is_number = isinstance(kind, str) and np.dtype(kind).kind in _NUMBERS and not description["filters"]
        divided = any(size > chunk for size, chunk in zip(shape[2:], chunks[2:], strict=True))
        if divided or not shape or not min(chunks, default=1) or not (is_text or is_number):
            return None
        return cls(folder, description, open_)

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """Number of values."""
        return prod(self.shape)

    @property
    def nchunks(self) -> int:
        """Number of chunks."""
        return prod(-(-size // chunk) for size, chunk in zip(self.shape, self.chunks, strict=True))

    @property
    def attrs(self) -> dict[str, Any]:
        """Attributes."""
        return attributes_of(self._folder)

    def part(self, *ranges: slice) -> NDArray[Any]:
        """Return the values of ranges of the first axes."""
        every = (*ranges, *[slice(None)] * (self.ndim - len(ranges)))
        bounds = [each.indices(size)[:2] for each, size in zip(every, self.shape, strict=True)]
        rows = [np.concatenate(row, axis=1) if len(row) > 1 else row[0] for row in self._blocks(bounds) if row]
        if len(rows) == 1:
            return rows[0]
        return np.concatenate(rows) if rows else np.zeros([stop - start for start, stop in bounds], dtype=self.dtype)

    def columns(self, records: slice, numbers: NDArray[np.intp]) -> NDArray[Any]:
        """Return the values of some records at indices of the second axis, in any order."""
        chunk, count = self.chunks[1], len(range(*records.indices(self.shape[0])))
        made = np.empty((count, len(numbers), *self.shape[2:]), dtype=self.dtype)
        for begin in sorted(set((numbers // chunk * chunk).tolist())):
            here = np.flatnonzero(numbers // chunk * chunk == begin)
            made[:, here] = self.part(records, slice(begin, begin + chunk))[:, numbers[here] - begin]
        return made

    def _blocks(self, bounds: list[tuple[int, int]]) -> Iterator[list[NDArray[Any]]]:
        """Yield, for each range of chunks of the first axis, their requested parts."""
        first, *others = [list(_cut(*each, chunk)) for each, chunk in zip(bounds, self.chunks, strict=True)]
        for stretch in first:
            pieces = [(stretch, *beside) for beside in product(*others)]
            yield [self._chunk([n for n, _ in piece])[tuple(part for _, part in piece)] for piece in pieces]

    def _chunk(self, place: list[int]) -> NDArray[Any]:
        """Return a chunk, which has full size at the end of an axis too."""
        file = self._mark.join(map(str, place))
        try:
            with open(f"{self._folder}/{file}", "rb", buffering=0) as handle:
                data = handle.read()
        except (FileNotFoundError, IsADirectoryError):  # not written: zarr knows its fill value
            here = tuple(slice(n * size, (n + 1) * size) for n, size in zip(place, self.chunks, strict=True))
            return np.asarray(self._open()[here]).astype(self.dtype)
        if self._last is not None and data == self._last[0]:
            return self._last[1]
        if self._is_blosc and is_cut(data[:BLOSC_HEAD], len(data)):
            raise CutChunkError(file)
        made = self._unpacked(data)
        self._last = (data, made) if len(data) <= _KEPT else None
        return made

    def _unpacked(self, data: Any) -> NDArray[Any]:
        for codec in self._codecs:
            data = codec.decode(data)
        made = np.asarray(data if self.dtype.kind == "O" else np.frombuffer(data, dtype=self.dtype))
        made.setflags(write=False)  # it may be returned again
        return made.reshape(self.chunks)


def _cut(start: int, stop: int, chunk: int) -> Iterator[tuple[int, slice]]:
    """Yield the number of each chunk in a range, and its part in the range."""
    for number in range(start // chunk, -(-stop // chunk) if stop > start else 0):
        begin = number * chunk
        yield number, slice(max(start - begin, 0), min(stop - begin, chunk))
