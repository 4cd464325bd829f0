"""Records of a BCF taken apart: the columns before the samples as texts, and where the values of the samples lie.

What no writer makes is not read here (``UnreadCellsError``): whoever asked reads the text of htslib instead, which
also names the fault.
Source: VCF 4.5 specification, section 6.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from genorx._core.limits import current
from genorx._core.numerals import whole_number
from genorx.variants.bcf_values import FLOAT, INT_SIZES, TEXT, Typed, float_text, typed, value_text, whole_numbers
from genorx.variants.cells import UnreadCellsError
from genorx.variants.files import bcf_bytes
from genorx.variants.header import header_pairs
from genorx.variants.record_checks import Row

_HEAD = struct.Struct("<IIii4xIII")  # lengths, contig, position, quality, counts
_QUALITY = struct.Struct("<I")
_BODY = 32  # bytes before ID
_LONG = 0xF0  # the first type of more than 14 elements
_USUAL = 6  # bytes of two alleles of one base and a filter
_PIECE = 1 << 18
_MOST_LAYOUTS = 1_000
_CONTROL = re.compile(r"[\0-\x1f\x7f]")
_MAY_BE_CONTROL = re.compile(rb"[\t\n\r]")
_MAGIC = b"BCF\2"
_TEXT = 9  # where the text of the header begins
_NAMED = re.compile(r"##(contig|FILTER|INFO|FORMAT)=<")
#: In place of the samples' text.
MARK = "#"


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the values of the samples lie behind the columns of a record.

    Attributes
    ----------
    form : str
        FORMAT.
    fields : mapping of key to Typed
        Type, elements a sample, and place from the first byte of the samples.
    marks : tuple of (place, bytes)
        What must stand there for a record to have this layout.
    """

    form: str
    fields: Mapping[str, Typed]
    marks: tuple[tuple[int, bytes], ...]

    def fits(self, data: bytes, body: int) -> bool:
        """Tell whether the samples of a record, from a place on, are laid out so."""
        for place, mark in self.marks:  # noqa: SIM110 - a generator takes three times as long
            if not data.startswith(mark, body + place):
                return False
        return True


class LateRow(list[str]):
    """Nine columns of a record and ``MARK``; ID, QUAL and INFO are empty until they are asked for.

    Attributes
    ----------
    data : bytes
        With the record; ``start`` and ``body`` are the places of its first byte and of its samples.
    """

    __slots__ = ("body", "data", "info", "layout", "names", "start")

    data: bytes
    start: int
    info: int
    body: int
    layout: Layout | None
    names: Mapping[int, str]

    def let_go(self) -> None:
        """Keep no more of the record than is asked for later."""
        if self.layout is not None:
            self.data = self.data[self.start : self.body]
            self.info, self.body, self.start, self.layout = self.info - self.start, self.body - self.start, 0, None

    def complete(self) -> None:
        """Fill in ID, QUAL and INFO."""
        if not self[7]:
            self[2] = value_text(self.data, typed(self.data, self.start + _BODY)) or "."
            self[5] = float_text(_QUALITY.unpack_from(self.data, self.start + 20)[0])
            self[7] = ";".join(self._infos()) or "."

    def infos(self) -> Iterator[tuple[str, Typed]]:
        """Keys and values of INFO."""
        at, data = self.info, self.data
        for _ in range(int.from_bytes(data[self.start + 24 : self.start + 26], "little")):
            key = typed(data, at)
            (number,) = whole_numbers(data, key)
            value = typed(data, key.end)
            at = value.end
            if at > self.body:
                raise ValueError("INFO is longer than its record")
            yield self.names[number], value

    def _infos(self) -> Iterator[str]:
        for key, value in self.infos():
            yield f"{key}={value_text(self.data, value)}" if value.count else key

    def check_texts(self) -> None:
        """Refuse texts with signs that take columns apart."""
        texts = [value for _, value in self.infos() if value.kind == TEXT]
        texts.append(typed(self.data, self.start + _BODY))
        if any(_CONTROL.search(value_text(self.data, value)) for value in texts):
            raise UnreadCellsError


class LateSites:
    """The first eight columns of rows, as bytes of the file until their text is asked for."""

    def __init__(self, rows: Sequence[LateRow]) -> None:
        self._heads = "\n".join(["\t".join(row[:7]) for row in rows])
        self._data = b"".join([row.data[row.start : row.body] for row in rows])
        places = [(row.body - row.start, row.info - row.start) for row in rows]
        self._places = np.array(places, dtype=np.int32).reshape(-1, 2)
        self._names = rows[0].names if rows else {}

    def __len__(self) -> int:
        return len(self._places)

    def text(self) -> str:
        """Return lines of text."""
        lines, start = [], 0
        for head, (size, info) in zip(self._heads.split("\n"), self._places.tolist(), strict=True):
            row = LateRow([*head.split("\t"), ""])
            row.data, row.names = self._data, self._names
            row.start, row.info, row.body = start, start + info, start + size
            row.complete()
            lines.append("\t".join(row))
            start += size
        return "\n".join(lines)


class BcfRecords:
    """Takes the records of one BCF apart.

    Parameters
    ----------
    path : path
    samples : int
        Samples that each record has.
    """

    def __init__(self, path: Path, samples: int) -> None:
        self._path = path
        self._samples = samples
        self._contigs: dict[int, str] = {}
        self._names: dict[int, str] = {}
        self._layouts: dict[int, Layout] = {}
        self._usual: dict[bytes, Sequence[str]] = {}  # REF and ALT of one base, and a filter, by their bytes

    def pieces(self) -> Iterator[list[Row]]:
        """Yield rows of records, in the order of the file.

        Raises
        ------
        UnreadCellsError
        """
        source = bcf_bytes(self._path, _PIECE)
        data = next(source)
        at = _TEXT + int.from_bytes(data[5:_TEXT], "little")
        if not data.startswith(_MAGIC):
            raise UnreadCellsError
        try:
            self._contigs, self._names = _dictionaries(data[_TEXT:at].decode("utf-8"))
        except (KeyError, UnicodeDecodeError) as error:
            raise UnreadCellsError from error
        while True:
            try:
                rows, at = self._rows(data, at)
            except (IndexError, KeyError, ValueError, struct.error) as error:
                raise UnreadCellsError from error
            if rows:
                yield rows
            more = next(source, None)
            if more is None:
                if at != len(data):
                    raise UnreadCellsError  # cut short
                return
            data, at = (data[at:] + more, 0) if at <= len(data) else (more, at - len(data))

    def _rows(self, data: bytes, at: int) -> tuple[list[Row], int]:
        """Return the whole records of some bytes, and the place behind them."""
        rows: list[Row] = []
        most = current().line_bytes
        while at + _BODY <= len(data):
            shared, individual, contig, position, _, alleles, samples = _HEAD.unpack_from(data, at)
            if shared + individual > most or shared < _BODY - 8 or samples & 0xFFFFFF != self._samples:
                raise UnreadCellsError
            body = at + 8 + shared
            end = body + individual
            if end > len(data):
                break
            row, info = self._site(data, at, contig, position, alleles >> 16)
            row.data, row.start, row.info, row.body, row.names = data, at, info, body, self._names
            layout = self._layouts.get(individual)
            if layout is None or len(layout.fields) != samples >> 24 or not layout.fits(data, body):
                layout = self._layout(data, body, end, samples >> 24)
            row.layout, row[8] = layout, layout.form
            if "<" in row[4] or row[4] == ".":  # may have an END
                row.complete()
            if _MAY_BE_CONTROL.search(data, at + _BODY, body):
                row.check_texts()
            rows.append(row)
            at = end
        return rows, at

    def _site(self, data: bytes, at: int, contig: int, position: int, alleles: int) -> tuple[LateRow, int]:
        """Return the columns that are needed at once, and where INFO begins."""
        begin = at + _BODY
        mark = data[begin]
        begin += 1 + (mark >> 4) if mark & 15 == TEXT and mark < _LONG else self._behind(data, begin)
        usual = data[begin : begin + _USUAL] if alleles == 2 else b""
        found = self._usual.get(usual)
        if found is None:
            *found, end = self._alleles(data, begin, alleles)
            if usual and end == begin + _USUAL:
                self._usual[usual] = found
        else:
            end = begin + _USUAL
        if position < -1:
            raise UnreadCellsError
        ref, alt, filters = found
        return LateRow((self._contigs[contig], str(position + 1), "", ref, alt, "", filters, "", "", MARK)), end

    def _alleles(self, data: bytes, begin: int, count: int) -> tuple[str, str, str, int]:
        """Return REF, ALT and FILTER, and the place behind them."""
        texts = []
        for _ in range(count):
            value = typed(data, begin)
            if value.kind != TEXT or not value.count:
                raise UnreadCellsError
            texts.append(data[value.begin : value.end].decode("ascii"))
            begin = value.end
        value = typed(data, begin)
        numbers = whole_numbers(data, value) if value.count else []
        ref, *alts = texts
        return ref, ",".join(alts) or ".", ";".join(self._names[number] for number in numbers) or ".", value.end

    @staticmethod
    def _behind(data: bytes, begin: int) -> int:
        """Bytes of an ID of many letters."""
        value = typed(data, begin)
        if value.kind != TEXT and value.count:
            raise UnreadCellsError
        return value.end - begin

    def _layout(self, data: bytes, body: int, end: int, count: int) -> Layout:
        fields: dict[str, Typed] = {}
        marks: list[tuple[int, bytes]] = []
        at = body
        for _ in range(count):
            key = typed(data, at)
            (number,) = whole_numbers(data, key)
            value = typed(data, key.end)
            if self._names[number] in fields or value.kind not in (*INT_SIZES, FLOAT, TEXT):
                raise UnreadCellsError
            marks.append((at - body, data[at : value.begin]))
            fields[self._names[number]] = value._replace(begin=value.begin - body)
            at = value.begin + self._samples * (value.end - value.begin)
        if at != end:
            raise UnreadCellsError
        if len(self._layouts) > _MOST_LAYOUTS:
            self._layouts.clear()
        made = self._layouts[end - body] = Layout(":".join(fields) or ".", fields, tuple(marks))
        return made


def _dictionaries(text: str) -> tuple[dict[int, str], dict[int, str]]:
    """Names of contigs, and of filters and keys, by number; numbers may have gaps."""
    contigs: dict[int, str] = {}
    names = {0: "PASS"}
    for line in text.split("\n"):
        kind = _NAMED.match(line)
        if kind is None:
            continue
        pairs = header_pairs(line)
        table = contigs if kind.group(1) == "contig" else names
        number = whole_number(pairs.get("IDX", ""))  # without numbers, htslib alone knows which lines count
        if number is None or table.setdefault(number, pairs["ID"]) != pairs["ID"]:
            raise UnreadCellsError
    return contigs, names
