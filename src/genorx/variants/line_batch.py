"""Lines of a VCF as a table: bounds of each field, its numbers and distinct texts, for all lines at once.

Only for text in which every line has the same columns; the meaning of the fields is defined elsewhere.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import count

import numpy as np
from numpy.typing import NDArray

from genorx.variants.files import Bytes
from genorx.variants.line_kernels import column_ends, numbered_texts, read_numbers

Places = NDArray[np.int64]
_Words = NDArray[np.uint64]
#: Padding before and after the text: words and digits may be fetched before its first byte, and after the last.
PAD = b" " * 16
_TAB, _LINE_END = ord("\t"), ord("\n")
_WORD = 8
_MASKS = np.array([(1 << 8 * size) - 1 for size in range(_WORD + 1)], dtype=np.uint64)
_HASH_FACTOR = 0x9E3779B97F4A7C15  # 2^64 / golden ratio: Knuth's multiplicative hash
_HALF = np.uint64(32)
_SLOT_BITS = 16
_WIDEST = 256  # bytes of a text that is compared by words


@dataclass(frozen=True, slots=True)
class Distinct:
    """Distinct texts, and the code of each field's text."""

    texts: list[str]
    codes: Places


class LineBatch:
    """Fields of whole lines.

    Attributes
    ----------
    data : array of uint8
        The text between two pads; all offsets count from the start of the first pad.
    ends : array of int64, shape (n_lines, n_columns)
        Offset of the tab or line end after each field.
    """

    def __init__(self, text: bytes, data: NDArray[np.uint8], ends: Places) -> None:
        self._text = text
        self.data = data
        self.ends = ends
        self._begins = np.concatenate(([len(PAD)], ends[:-1, -1] + 1))
        self._columns: dict[int, Distinct] = {}
        self._words: NDArray[np.uint64] = np.ndarray((len(data) - _WORD + 1,), "<u8", data, strides=(1,))

    @classmethod
    def of(cls, text: Bytes, width: int) -> LineBatch | None:
        """Return the table of a text; None unless it is ASCII, and every line has ``width`` columns and a line end."""
        if not text.endswith(b"\n"):
            return None
        padded = b"".join((PAD, text, PAD))
        data = np.frombuffer(padded, dtype=np.uint8)
        ends = column_ends(data, len(PAD), width)
        if ends is None and text.isascii():
            ends = _column_ends(data, width)
        return None if ends is None else cls(padded, data, ends)

    def __len__(self) -> int:
        return len(self.ends)

    @property
    def width(self) -> int:
        """Number of columns of each line."""
        return int(self.ends.shape[1])

    def column(self, number: int) -> Distinct:
        """Return the distinct texts of a column, and the code of each line's text; cached."""
        found = self._columns.get(number)
        if found is None:
            found = self._columns[number] = self.distinct(self.start(number), self.end(number))
        return found

    def start(self, column: int) -> Places:
        """Start of a column's field in each line."""
        return self._begins if column == 0 else self.ends[:, column - 1] + 1

    def end(self, column: int) -> Places:
        """End of a column's field in each line."""
        return self.ends[:, column]

    def text(self, start: int, end: int) -> str:
        """Return the text between two positions."""
        return self._text[start:end].decode("ascii")

    def matches(self, pattern: re.Pattern[bytes], start: int, end: int) -> bool:
        """Return whether the text between two positions fully matches a pattern."""
        return pattern.fullmatch(self._text, start, end) is not None

    def row(self, line: int) -> list[str]:
        """Return the fields of a line."""
        return self.text(int(self._begins[line]), int(self.ends[line, -1])).split("\t")

    def places(self, mark: str, beyond: int = 1) -> Places:
        """Positions of a character in the whole text, followed by ``beyond`` positions past its end, as sentinels."""
        found = np.flatnonzero(self.data == ord(mark))
        return np.concatenate((found, np.full(beyond, len(self.data))))

    def at(self, places: Places, text: str) -> NDArray[np.bool_]:
        """Return where a text of at most eight bytes occurs."""
        word = np.uint64(int.from_bytes(text.encode("ascii"), "little"))
        found: NDArray[np.bool_] = (self._words[places] & _MASKS[len(text)]) == word
        return found

    def numbers(self, column: int, digits: int) -> Places | None:
        """Return the numbers of a column; None if one is not an integer of at most the given number of digits."""
        start, end = self.start(column), self.end(column)
        read = read_numbers.after(len(self) * digits)
        if read is not None:
            found = np.empty(len(self), dtype=np.int64)
            given = np.ascontiguousarray(start), np.ascontiguousarray(end)
            return None if read(self.data, *given, len(self), digits, found) < 0 else found
        sizes = end - start
        widest = int(sizes.max())
        if sizes.min() < 1 or widest > digits:
            return None
        values = self.data[end[:, None] + np.arange(-widest, 0)] - np.uint8(ord("0"))
        values[np.arange(widest, 0, -1) > sizes[:, None]] = 0
        if values.max() > 9:
            return None
        numbers: Places = values @ (10 ** np.arange(widest - 1, -1, -1, dtype=np.int64))
        return numbers

    def alike(self, starts: Places, ends: Places, others: Places) -> NDArray[np.bool_]:
        """Return which fields have the same text as another one, given by its index."""
        words = self._words_of(starts, ends) if len(starts) else None
        if words is None:
            codes = self.distinct(starts, ends).codes
            return np.asarray(codes == codes[others])
        same: NDArray[np.bool_] = np.logical_and.reduce([word == word[others] for word in words])
        return same

    def distinct(self, starts: Places, ends: Places) -> Distinct:
        """Return the distinct texts of fields."""
        if not len(starts):
            return Distinct([], np.zeros(0, dtype=np.int64))
        few = numbered_texts(self.data, starts, ends)
        if few is not None:
            pairs = zip(starts[few[1]].tolist(), ends[few[1]].tolist(), strict=True)
            return Distinct([self.text(start, end) for start, end in pairs], few[0])
        words = self._words_of(starts, ends)
        if words is None:
            known: dict[str, int] = {}
            pairs = zip(starts.tolist(), ends.tolist(), strict=True)
            codes = [known.setdefault(self.text(start, end), len(known)) for start, end in pairs]
            return Distinct(list(known), np.array(codes, dtype=np.int64))
        fresh = np.logical_or.reduce([word[1:] != word[:-1] for word in words])
        firsts = np.concatenate(([0], np.flatnonzero(fresh) + 1))  # of each run of one text
        if 2 * len(firsts) < len(starts):
            found = self._distinct_of(firsts, starts, ends, [word[firsts] for word in words])
            return Distinct(found.texts, np.repeat(found.codes, np.diff(firsts, append=len(starts))))
        return self._distinct_of(np.arange(len(starts)), starts, ends, words)

    def _distinct_of(self, fields: Places, starts: Places, ends: Places, words: list[_Words]) -> Distinct:
        """Return the distinct texts of some fields with their words."""
        found = _alike(words)
        first = np.flatnonzero(found == np.arange(len(found)))
        number = np.empty(len(found), dtype=np.int64)
        number[first] = np.arange(len(first))
        pairs = zip(starts[fields[first]].tolist(), ends[fields[first]].tolist(), strict=True)
        return Distinct([self.text(start, end) for start, end in pairs], number[found])

    def _words_of(self, starts: Places, ends: Places) -> list[_Words] | None:
        """Bytes of fields, eight per integer; None if a field is too long."""
        sizes = ends - starts
        widest = int(sizes.max())
        if widest > _WIDEST:
            return None
        words = [self._words[starts] & _MASKS[np.minimum(sizes, _WORD)]]
        for done in range(_WORD, widest, _WORD):
            left = np.clip(sizes - done, 0, _WORD)
            words.append(self._words[np.minimum(starts + done, len(self._words) - 1)] & _MASKS[left])
        return words


def _column_ends(data: NDArray[np.uint8], width: int) -> Places | None:
    """Compute ``column_ends`` by array operations."""
    marks = np.flatnonzero(data <= ord("\r"))  # tabs, line ends, and controls that no field has
    if not len(marks) or len(marks) % width:
        return None
    ends = marks.reshape(-1, width)
    found = data[ends]
    return ends if (found[:, :-1] == _TAB).all() and (found[:, -1] == _LINE_END).all() else None


def _alike(words: list[_Words]) -> Places:
    """Return, for each field, a representative field with the same text.

    A hash assigns fields to slots; a field whose slot holds another text tries again with another hash.
    """
    found = np.empty(len(words[0]), dtype=np.int64)
    field_at = np.empty(1 << _SLOT_BITS, dtype=np.int64)  # only slots that are written are read
    todo, salts = np.arange(len(found)), count(_HASH_FACTOR, 2 * _HASH_FACTOR)
    left = words
    while len(todo):
        salt = np.uint64(next(salts) % 2**64)
        key = left[0] * salt
        for word in left[1:]:
            key ^= key >> _HALF
            key ^= word
            key *= salt
        key ^= key >> _HALF
        key *= salt
        key >>= np.uint64(64 - _SLOT_BITS)
        field_at[key] = todo
        other = field_at[key]
        same = left[0] == words[0][other]
        for word, every in zip(left[1:], words[1:], strict=True):
            same &= word == every[other]
        if same.all():
            found[todo] = other
            break
        found[todo[same]] = other[same]
        todo = todo[~same]
        left = [word[todo] for word in words]
    return found
