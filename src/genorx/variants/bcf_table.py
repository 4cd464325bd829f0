"""Records of a block of a BCF: the columns before the samples as arrays, and rows of text on request.

Simple records, of one base against another with at most one filter, are split all at once.
Bytes that no program writes raise ``ValueError``, ``KeyError``, ``IndexError`` or ``UnreadCellsError``.
Source: VCF 4.5 specification, section 6.3.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from genorx.errors import VariantFileError
from genorx.variants.bcf_values import SIZES, TEXT, Typed, float_text, typed, value_text, whole_numbers
from genorx.variants.cells import UnreadCellsError
from genorx.variants.files import Bytes
from genorx.variants.line_batch import Distinct, Places
from genorx.variants.record_checks import IS_BASE, Row
from genorx.variants.table_row import TableRow

_FIXED = 24  # bytes between the lengths of a record and its ID
BEFORE_ID = 8 + _FIXED
_QUALITY = struct.Struct("<I")
_PAD = bytes(8)  # padding after the records, since alleles are fetched before their presence is known
_LONG = 0xF0  # the first type of more than 14 elements
_ONE_NUMBER, _NOTHING, _LETTERS = 0x11, 0x00, 0x07  # types; of a text without letters
_BASES = re.compile(rb"[ACGTNacgtn]+[\x17-\xe7][ACGTNacgtn]+")  # with the type between two alleles
_CONTROL = re.compile(r"[\0-\x1f\x7f]")
#: Whether a byte separates columns or lines, or is not ASCII.
_BREAKS = np.isin(np.arange(256), list(b"\t\n\r"))
_ODD_TEXT = _BREAKS | (np.arange(256) > 127)
#: Placeholder for the samples' text.
MARK = "#"


@dataclass(frozen=True, slots=True, eq=False)
class Layout:
    """Offsets of the samples' values after the columns of a record.

    Attributes
    ----------
    form : str
        FORMAT.
    fields : mapping of key to Typed
        Type, number of elements per sample, and offset from the first byte of the samples.
    places, marks : arrays of int64 and uint8
        Offsets and the bytes required there for a record to have this layout.
    """

    form: str
    fields: Mapping[str, Typed]
    places: Places
    marks: NDArray[np.uint8]

    def fits(self, signs: NDArray[np.uint8], bodies: Places) -> NDArray[np.bool_]:
        """Return which records' samples, starting at given offsets, have this layout."""
        found: NDArray[np.bool_] = (signs[bodies[:, None] + self.places] == self.marks).all(axis=1)
        return found


@dataclass(frozen=True, slots=True)
class Dictionary:
    """Names of contigs, and of filters and keys, by number; whether INFO may have texts; the bytes of the header."""

    path: Path
    contigs: Mapping[int, str]
    names: Mapping[int, str]
    texts: bool
    head: bytes = b""


class LateRow(TableRow):
    """Nine columns of a record and ``MARK``; ID, QUAL and INFO are empty until completed."""

    __slots__ = ()
    table: BcfTable

    def complete(self) -> LateRow:
        """Fill in ID, QUAL and INFO."""
        if not self[7]:
            self[2], self[5], self[7] = self.table.late_texts(self.line)
        return self


class BcfTable:
    """Consecutive records.

    Parameters
    ----------
    data : bytes or bytearray
        Bytes that hold the records.
    starts, bodies : arrays of int64
        Offsets of the first byte of each record, and of its samples.
    layouts : (list of Layout, array of int64)
        Layouts that occur, and the index of each record's.
    dictionary : Dictionary

    Attributes
    ----------
    data, bodies, layouts, codes
        The parameters; ``data`` until ``let_go``.
    positions : array of int64
        Positions, 1-based.
    alts : array of int64
        Number of alternate alleles of each record.
    plain : array of bool
        Records of bases against one ALT of bases with at most one filter.
    filters : Distinct
    """

    def __init__(
        self, data: Bytes, starts: Places, bodies: Places, layouts: tuple[list[Layout], Places], dictionary: Dictionary
    ) -> None:
        self.data: Bytes = data
        self.bodies = bodies
        self.layouts, self.codes = layouts
        self._dictionary = dictionary
        self._rows: dict[int, LateRow] = {}
        view = memoryview(data)
        self._heads = b"".join([view[start:body] for start, body in zip(starts.tolist(), bodies.tolist(), strict=True)])
        self._ends = np.cumsum(bodies - starts)
        self._starts = np.concatenate((np.zeros(min(1, len(starts)), dtype=np.int64), self._ends[:-1]))
        signs = np.frombuffer(b"".join((self._heads, _PAD)), dtype=np.uint8)
        fixed = signs[self._starts[:, None] + np.arange(8, BEFORE_ID)].view("<i4")
        self._contigs, self.positions = fixed[:, 0], fixed[:, 1].astype(np.int64) + 1
        self.alts: Places = (fixed[:, 4].astype(np.int64) >> 16) - 1
        if self.positions.min(initial=0) < 0 or self.alts.min(initial=0) < 0:
            raise UnreadCellsError
        self._stretches = self._contig_stretches() if len(self) else []
        self._read_plain(signs)

    def _read_plain(self, signs: NDArray[np.uint8]) -> None:
        """Locate the columns of common records; those that are not simple are read one by one."""
        last = len(self._heads)
        name = self._starts + BEFORE_ID
        plain = (self.alts == 1) & _is_short(signs[name])
        self._ref = np.minimum(name + 1 + (signs[name] >> 4), last)
        plain &= _is_short(signs[self._ref]) & (signs[self._ref] > _LETTERS)
        self._alt = np.minimum(self._ref + 1 + (signs[self._ref] >> 4), last)
        plain &= _is_short(signs[self._alt]) & (signs[self._alt] > _LETTERS)
        self._filter = np.minimum(self._alt + 1 + (signs[self._alt] >> 4), last)
        named = signs[self._filter] == _ONE_NUMBER
        plain &= named | (signs[self._filter] == _NOTHING)
        self._infos = self._filter + np.where(named, 2, 1)
        plain &= self._infos <= self._ends
        single = self._filter - self._ref == 4
        plain &= ~single | (IS_BASE[signs[self._ref + 1]] & IS_BASE[signs[np.minimum(self._alt + 1, last)]])
        for line in np.flatnonzero(plain & ~single).tolist():
            plain[line] = _BASES.fullmatch(self._heads, int(self._ref[line]) + 1, int(self._filter[line])) is not None
        self.plain: NDArray[np.bool_] = plain
        self._set_filters(np.where(named, signs[self._filter + 1].view(np.int8), -1))
        self._refuse_breaks(signs)

    def _set_filters(self, numbers: NDArray[np.int8]) -> None:
        """Find the distinct filters."""
        texts: dict[str, int] = {}
        codes = np.zeros(len(self), dtype=np.int64)
        for number in sorted(set(numbers[self.plain].tolist())):  # np.unique would load masked arrays
            text = self._dictionary.names[number] if number >= 0 else "."
            codes[numbers == number] = texts.setdefault(text, len(texts))
        for line in np.flatnonzero(~self.plain).tolist():
            row = self._rows[line] = self._odd_row(line)
            codes[line] = texts.setdefault(row[6], len(texts))
        self.filters = Distinct(list(texts), codes)

    def _refuse_breaks(self, signs: NDArray[np.uint8]) -> None:
        """Raise an error for texts with column or line separators, or invalid UTF-8, which is reported for text."""
        odd = _ODD_TEXT if self._dictionary.texts else _BREAKS
        places = np.flatnonzero(odd[signs[: len(self._heads)]])
        records = np.searchsorted(self._starts, places, side="right") - 1
        inside = places >= self._starts[records] + BEFORE_ID
        for line in sorted(set(records[inside].tolist())):
            name = typed(self._heads, int(self._starts[line]) + BEFORE_ID)
            texts = [self._heads[start:end] for start, end in ((name.begin, name.end), *self._info_texts(line))]
            if any(_CONTROL.search(text.partition(b"\0")[0].decode("utf-8")) for text in texts):
                raise UnreadCellsError

    def _info_texts(self, line: int) -> Iterator[tuple[int, int]]:
        """Return the positions of the texts in INFO; a second, fast loop over it, run for many records."""
        data, start, at = self._heads, int(self._starts[line]), int(self._infos[line])
        for _ in range(data[start + 24] | data[start + 25] << 8):
            at += 1 + SIZES[data[at] & 15]
            mark = data[at]
            if mark >= _LONG:
                _, count, begin = typed(data, at)
            else:
                count, begin = mark >> 4, at + 1
            at = begin + count * SIZES[mark & 15]
            if mark & 15 == TEXT:
                yield begin, at

    def __len__(self) -> int:
        return len(self._starts)

    def contigs(self) -> list[tuple[str, int, int]]:
        """Ranges of records on one contig: its name, first record, end of the range."""
        return self._stretches

    def _contig_stretches(self) -> list[tuple[str, int, int]]:
        firsts = [0, *(np.flatnonzero(np.diff(self._contigs)) + 1).tolist()]
        stops = [*firsts[1:], len(self)]
        names = self._dictionary.contigs
        return [(names[int(self._contigs[first])], first, stop) for first, stop in zip(firsts, stops, strict=True)]

    def formats(self) -> list[str]:
        """Return the FORMAT values that may occur."""
        return [layout.form for layout in self.layouts]

    def row(self, line: int) -> LateRow:
        """Return a record as a row."""
        found = self._rows.get(line)
        if found is not None:
            return found
        ref = self._heads[int(self._ref[line]) + 1 : int(self._alt[line])].decode("ascii")
        alt = self._heads[int(self._alt[line]) + 1 : int(self._filter[line])].decode("ascii")
        return self._row(line, ref, alt, self.filters.texts[self.filters.codes[line]])

    def rows(self, lines: Places) -> list[Row]:
        """Return the columns before the samples of some records."""
        return [self.row(line).complete() for line in lines.tolist()]

    def sites(self, lines: Places) -> LateSites:
        """Return the first eight columns of some records."""
        return LateSites(self, lines)

    def _row(self, line: int, ref: str, alt: str, filters: str) -> LateRow:
        contig = self._dictionary.contigs[int(self._contigs[line])]
        form = self.layouts[self.codes[line]].form
        return LateRow([contig, str(self.positions[line]), "", ref, alt, "", filters, "", form], MARK, self, line)

    def _odd_row(self, line: int) -> LateRow:
        """Return the row of a record that is not simple."""
        data, texts = self._heads, []
        begin = typed(data, int(self._starts[line]) + BEFORE_ID).end
        for _ in range(int(self.alts[line]) + 1):
            value = typed(data, begin)
            if value.kind != TEXT or not value.size:
                raise UnreadCellsError
            texts.append(data[value.begin : value.end].decode("ascii"))
            begin = value.end
        value = typed(data, begin)
        numbers = whole_numbers(data, value) if value.size else []
        filters = ";".join([self._dictionary.names[number] for number in numbers]) or "."
        self._infos[line] = value.end
        row = self._row(line, texts[0], ",".join(texts[1:]) or ".", filters)
        return row.complete() if "<" in row[4] or row[4] == "." else row  # it may have an END

    def _info_values(self, line: int) -> Iterator[tuple[str, Typed]]:
        """Keys and values of INFO."""
        data, start, at = self._heads, int(self._starts[line]), int(self._infos[line])
        for _ in range(int.from_bytes(data[start + 24 : start + 26], "little")):
            key = typed(data, at)
            (number,) = whole_numbers(data, key)
            value = typed(data, key.end)
            at = value.end
            if at > self._ends[line]:
                raise ValueError("INFO is longer than its record")
            yield self._dictionary.names[number], value

    def late_texts(self, line: int) -> tuple[str, str, str]:
        """Return ID, QUAL and INFO of a record.

        Raises
        ------
        VariantFileError
            ``file-damaged``.
        """
        data, start = self._heads, int(self._starts[line])
        try:
            infos = [f"{key}={value_text(data, v)}" if v.size else key for key, v in self._info_values(line)]
            name = value_text(data, typed(data, start + BEFORE_ID)) or "."
        except (IndexError, KeyError, ValueError) as error:
            place = f"{self._dictionary.contigs[int(self._contigs[line])]}:{self.positions[line]}"
            reason = "INFO of a BCF cannot be read"
            raise VariantFileError(reason, file=self._dictionary.path, place=place, code="file-damaged") from error
        quality: int = _QUALITY.unpack_from(data, start + 20)[0]
        return name, float_text(quality), ";".join(infos) or "."

    def record(self, line: int) -> bytes:
        """Return the bytes of a record, with its samples."""
        start, end, body = int(self._starts[line]), int(self._ends[line]), int(self.bodies[line])
        size = int.from_bytes(self._heads[start + 4 : start + 8], "little")
        return self._heads[start:end] + self.data[body : body + size]

    @property
    def path(self) -> Path:
        """The file."""
        return self._dictionary.path

    @property
    def header(self) -> bytes:
        """The bytes before the first record of the file."""
        return self._dictionary.head

    def let_go(self) -> None:
        """Release the samples, which take most of the memory."""
        self.data = b""

    def keep_behind(self, lines: Places) -> None:
        """Release the samples of the records before the first that is not among some lines: the next table continues.

        That is usually the last position; in an unsorted file a record may be held for longer.
        """
        waits = self.bodies >= 0  # others were released before
        waits[lines] = False
        begin = int(self.bodies[np.argmax(waits)]) if waits.any() else len(self.data)
        self.data = bytes(memoryview(self.data)[begin:])
        self.bodies = self.bodies - begin


def _is_short(mark: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Return which types are those of a text of at most 14 characters."""
    found: NDArray[np.bool_] = (mark & 15 == TEXT) & (mark < _LONG)
    return found


class LateSites:
    """The first eight columns of some records of a table, converted to text on request."""

    def __init__(self, table: BcfTable, lines: Places) -> None:
        self._table = table
        self._lines = lines

    def __len__(self) -> int:
        return len(self._lines)

    def text(self) -> str:
        """Return lines of text."""
        return "\n".join(["\t".join(row[:8]) for row in self._table.rows(self._lines)])
