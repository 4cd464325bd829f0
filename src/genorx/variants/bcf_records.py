"""Records of a BCF located in its bytes, as tables, with the layout of their samples.

Bytes that no program writes are not parsed here (``UnreadCellsError``): the caller then reads the text of htslib, which
also names the fault.
Source: VCF 4.5 specification, section 6.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from genorx._core.limits import current
from genorx._core.numerals import whole_number
from genorx.variants.bcf_table import BEFORE_ID, BcfTable, Dictionary, Layout
from genorx.variants.bcf_values import FLOAT, INT_SIZES, TEXT, Typed, typed, whole_numbers
from genorx.variants.cells import UnreadCellsError
from genorx.variants.files import Bytes, bcf_bytes
from genorx.variants.header import header_pairs
from genorx.variants.line_batch import Places

_HEAD = struct.Struct("<II20xI")  # lengths; number of samples and keys
_PIECE = 1 << 21
_MOST_LAYOUTS = 1_000
_MAGIC = b"BCF\2"
_TEXT = 9  # where the text of the header begins
_NAMED = re.compile(r"##(contig|FILTER|INFO|FORMAT)=<")


class BcfRecords:
    """Splits one BCF into records.

    Parameters
    ----------
    path : path
    samples : int
        Number of samples of each record.
    """

    def __init__(self, path: Path, samples: int) -> None:
        self._path = path
        self._samples = samples
        self._dictionary = Dictionary(path, {}, {}, texts=False)
        self._layouts: dict[int, Layout] = {}  # the last of each size and number of keys

    def tables(self) -> Iterator[BcfTable]:
        """Yield the records in the order of the file.

        Raises
        ------
        UnreadCellsError
        VariantFileError
        LimitError
        """
        source = bcf_bytes(self._path, _PIECE)
        data = next(source)
        at = _TEXT + int.from_bytes(data[5:_TEXT], "little")
        if not data.startswith(_MAGIC) or at > len(data):
            raise UnreadCellsError
        try:
            self._dictionary = _dictionary(self._path, bytes(data[:at]))
            while True:
                table, at = self._table(data, at)
                if len(table):
                    yield table
                rest = bytes(memoryview(data)[at:])
                del table, data  # the next block reuses their memory
                try:
                    data, at = source.send(rest), 0
                except StopIteration:
                    break
        except (IndexError, KeyError, UnicodeDecodeError, ValueError, struct.error) as error:
            raise UnreadCellsError from error
        if rest:
            raise UnreadCellsError  # cut short

    def _table(self, data: Bytes, at: int) -> tuple[BcfTable, int]:
        """Return the complete records in some bytes, and the offset after them."""
        places: list[tuple[int, int, int, int]] = []
        most, whole, expected = current().line_bytes, len(data), self._samples
        while at + BEFORE_ID <= whole:
            shared, individual, counts = _HEAD.unpack_from(data, at)
            if shared + individual > most or shared < BEFORE_ID - 8 or counts & 0xFFFFFF != expected:
                raise UnreadCellsError
            body = at + 8 + shared
            end = body + individual
            if end > whole:
                break
            places.append((at, body, end, counts >> 24))
            at = end
        starts, bodies, ends, counts_of_keys = np.array(places, dtype=np.int64).reshape(-1, 4).T
        layouts = self._layouts_of(data, bodies, ends, counts_of_keys)
        return BcfTable(data, starts, bodies, layouts, self._dictionary), at

    def _layouts_of(self, data: Bytes, bodies: Places, ends: Places, counts: Places) -> tuple[list[Layout], Places]:
        """Return the layouts of some records, and each record's: usually that of the last one with its length."""
        codes = np.full(len(bodies), -1, dtype=np.int64)
        signs = np.frombuffer(data, dtype=np.uint8)
        code_of: dict[Layout, int] = {}
        sizes = (ends - bodies) << 8 | counts
        for size in sorted(set(sizes.tolist())):
            left = np.flatnonzero(sizes == size)
            layout = self._layouts.get(size)
            while len(left):
                if layout is not None:
                    fitting = layout.fits(signs, bodies[left])
                    codes[left[fitting]] = code_of.setdefault(layout, len(code_of))
                    left = left[~fitting]
                if len(left):
                    first = left[0]
                    layout = self._layout(data, int(bodies[first]), int(ends[first]), int(counts[first]))
                    self._remember(size, layout)
        return list(code_of), codes

    def _remember(self, size: int, layout: Layout) -> None:
        if len(self._layouts) > _MOST_LAYOUTS:
            self._layouts.clear()
        self._layouts[size] = layout

    def _layout(self, data: Bytes, body: int, end: int, count: int) -> Layout:
        fields: dict[str, Typed] = {}
        marks: list[tuple[int, Bytes]] = []
        at = body
        for _ in range(count):
            key = typed(data, at)
            (number,) = whole_numbers(data, key)
            value = typed(data, key.end)
            if self._dictionary.names[number] in fields or value.kind not in (*INT_SIZES, FLOAT, TEXT):
                raise UnreadCellsError
            marks.append((at - body, data[at : value.begin]))
            fields[self._dictionary.names[number]] = value._replace(begin=value.begin - body)
            at = value.begin + self._samples * (value.end - value.begin)
        if at != end:
            raise UnreadCellsError
        places = [place for begin, mark in marks for place in range(begin, begin + len(mark))]
        expected = np.frombuffer(b"".join(mark for _, mark in marks), dtype=np.uint8)
        return Layout(":".join(fields) or ".", fields, np.array(places, dtype=np.int64), expected)


def _dictionary(path: Path, head: bytes) -> Dictionary:
    """Read the names of the numbers in records; the numbers may have gaps."""
    text = head[_TEXT:].decode("utf-8")
    contigs: dict[int, str] = {}
    names = {0: "PASS"}
    texts = False
    for line in text.split("\n"):
        kind = _NAMED.match(line)
        if kind is None:
            continue
        pairs = header_pairs(line)
        table = contigs if kind.group(1) == "contig" else names
        number = whole_number(pairs.get("IDX", ""))  # without numbers, htslib alone knows which lines count
        if number is None or table.setdefault(number, pairs["ID"]) != pairs["ID"]:
            raise UnreadCellsError
        texts |= kind.group(1) == "INFO" and pairs.get("Type") not in {"Integer", "Float", "Flag"}
    return Dictionary(path, contigs, names, texts=texts, head=head)
