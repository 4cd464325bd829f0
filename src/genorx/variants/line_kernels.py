"""Compiled single-pass splitting of lines for ``text_table``; anything unusual is left to NumPy."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from genorx._core.compiled import kernel
from genorx.variants.files import Bytes

Places = NDArray[np.int64]
_TAB, _LINE_END, _RETURN, _LAST_ASCII = 9, 10, 13, 127
_COLUMNS = 9  # columns before the samples
_AT_ONCE, _SOME, _WORD = 64, 16, 8  # bytes that are read together
_MOST_TEXTS = 16  # texts that are distinguished by comparing all pairs
_ZERO, _NINE = 48, 57


@dataclass(frozen=True, slots=True, eq=False)
class LinePlaces:
    """Lines of a text.

    Attributes
    ----------
    bodies, ends : arrays of int64
        Offsets of the ninth tab of each line, and of its line end.
    heads : array of uint8
        The lines up to the ninth tab, which is replaced by a line end, after the requested number of bytes.
    columns : array of int64, shape (n_lines, 9)
        Offset in ``heads`` after each column.
    """

    bodies: Places
    ends: Places
    heads: NDArray[np.uint8]
    columns: Places


def line_places(piece: Bytes, pad: bytes) -> LinePlaces | None:
    """Return the lines of a text that ends in a line end; ``pad`` is added before and after their heads.

    None for unusual lines, which are then read in another way, and without compilation.
    """
    take = take_lines.after(len(piece))
    if take is None:
        return None
    most = len(piece) // (_COLUMNS + 1) + 1  # lines; memory for more lines than there are is not touched
    bodies, ends, every = (np.empty(size, dtype=np.int64) for size in (most, most, most * _COLUMNS))
    heads = np.empty(len(piece) + 2 * len(pad), dtype=np.uint8)
    data = np.frombuffer(piece, dtype=np.uint8)
    lines = take(data, len(data), len(pad), bodies, ends, every, heads)
    if lines <= 0:
        return None
    columns = every[: lines * _COLUMNS].reshape(lines, _COLUMNS).copy()
    stop = int(columns[-1, -1]) + 1
    heads = heads[: stop + len(pad)].copy()
    heads[: len(pad)] = heads[stop:] = np.frombuffer(pad, dtype=np.uint8)
    return LinePlaces(bodies[:lines].copy(), ends[:lines].copy(), heads, columns)


def next_byte(data, at, size, byte):
    """Position of the next such byte; at least ``size`` if there is none before.  For kernels."""
    while at + _AT_ONCE <= size:  # the processor compares this many together
        found = 0
        for place in range(at, at + _AT_ONCE):
            found |= data[place] == byte
        if found:
            break
        at += _AT_ONCE
    while at + _SOME <= size:
        found = 0
        for place in range(at, at + _SOME):
            found |= data[place] == byte
        if found:
            break
        at += _SOME
    while at < size and data[at] != byte:
        at += 1
    return at


def word_at(data, at, size):
    """Return up to eight bytes as an integer, read in one step.  For kernels."""
    word = 0
    for place in range(_WORD):
        word |= data[at + place] << 8 * place
    return word & (-1 if size >= _WORD else (1 << 8 * size) - 1)


def alike(data, one, others, other, size):
    """Return whether the same bytes occur at two positions.  For kernels."""
    done = 0
    while done < size and word_at(data, one + done, size - done) == word_at(others, other + done, size - done):
        done += _WORD
    return done >= size


@kernel("uint8*", "int64", "int64", "int64*", "int64*", "int64*", "uint8*")
def take_lines(data, size, pad, bodies, ends, columns, heads):
    """Return the number of lines, -1 for unusual ones: under nine tabs, control characters, non-ASCII head.

    A carriage return before a line end is unusual too.
    """
    lines, at, place = 0, 0, pad
    while at < size:
        column = 0
        while column < _COLUMNS:
            byte = data[at]
            if byte > _LAST_ASCII or (byte <= _RETURN and byte != _TAB):
                return -1
            heads[place] = byte
            if byte == _TAB:
                columns[lines * _COLUMNS + column] = place
                column += 1
            place += 1
            at += 1
        heads[place - 1] = _LINE_END
        bodies[lines] = at - 1
        at = next_byte(data, at, size, _LINE_END)
        if at == size or data[at - 1] == _RETURN:
            return -1
        ends[lines] = at
        lines += 1
        at += 1
    return lines


def column_ends(data: NDArray[np.uint8], pad: int, width: int) -> Places | None:
    """End of each field of the lines of a text between two pads, shape (n_lines, ``width``).

    None if a line has another number of fields, if a byte is a control or not ASCII, and without compilation.
    """
    take = take_columns.after(len(data))
    if take is None:
        return None
    ends = np.empty((len(data) // width + 1) * width, dtype=np.int64)
    lines = take(data, pad, len(data) - pad, width, ends)
    return ends[: lines * width].reshape(lines, width).copy() if lines > 0 else None


def _next_break(data, at, size):
    """Position of the next control character up to CR, or non-ASCII byte; ``size`` if there is none."""
    stop = at + _SOME if at + _SOME < size else size  # ``min`` is not a simple function when compiled
    while at < stop and _RETURN < data[at] <= _LAST_ASCII:
        at += 1
    while at == stop and at + _AT_ONCE <= size:
        found = 0
        for place in range(at, at + _AT_ONCE):
            found |= (data[place] <= _RETURN) | (data[place] > _LAST_ASCII)
        if found:
            break
        at = stop = at + _AT_ONCE
    while at < size and _RETURN < data[at] <= _LAST_ASCII:
        at += 1
    return at


@kernel("uint8*", "int64", "int64", "int64", "int64*")
def take_columns(data, at, size, width, ends):
    """Write the ends of the lines' fields; return the number of lines, -1 if one is unusual."""
    lines, column = 0, 0
    while at < size:
        at = _next_break(data, at, size)
        if at == size or data[at] != (_LINE_END if column == width - 1 else _TAB):
            return -1
        ends[lines * width + column] = at
        at += 1
        column += 1
        if column == width:
            column = 0
            lines += 1
    return lines if column == 0 else -1


def numbered_texts(data: NDArray[np.uint8], starts: Places, ends: Places) -> tuple[Places, Places] | None:
    """Return each field's text code, and for each code a field that has it; eight bytes follow a field.

    None if there are more than a few distinct texts, and without compilation.
    """
    number = number_texts.after(len(starts) * _SOME)
    if number is None:
        return None
    codes, fields = np.empty(len(starts), dtype=np.int64), np.empty(_MOST_TEXTS, dtype=np.int64)
    texts = number(data, np.ascontiguousarray(starts), np.ascontiguousarray(ends), len(starts), codes, fields)
    return None if texts < 0 else (codes, fields[:texts])


@kernel("uint8*", "int64*", "int64*", "int64", "int64*", "int64*")
def number_texts(data, starts, ends, fields, codes, firsts):
    """Encode the texts of fields; return the number of distinct ones, -1 if there are too many."""
    known, number = 0, 0  # the text of the field before comes first
    for field in range(fields):
        start, size, tried = starts[field], ends[field] - starts[field], 0
        while tried < known:
            held = firsts[number]
            if ends[held] - starts[held] == size and alike(data, start, data, starts[held], size):
                break
            tried += 1
            number = number + 1 if number + 1 < known else 0
        if tried == known:
            if known == _MOST_TEXTS:
                return -1
            number = known
            firsts[known] = field
            known += 1
        codes[field] = number
    return known


@kernel("uint8*", "int64*", "int64*", "int64", "int64", "int64*")
def read_numbers(data, starts, ends, fields, digits, numbers):
    """Parse integers; return how many, -1 if a field is not one of at most the given number of digits."""
    for field in range(fields):
        start, end, number = starts[field], ends[field], 0
        if end <= start or end - start > digits:
            return -1
        for place in range(start, end):
            if data[place] < _ZERO or data[place] > _NINE:
                return -1
            number = 10 * number + data[place] - _ZERO
        numbers[field] = number
    return fields
