"""Typed values of a BCF, and their text as written by htslib.

A value that no program writes raises ``ValueError``.
Source: VCF 4.5 specification, section 6.3.3 (type encoding); numbers with six digits, as in htslib 1.24.
"""

from __future__ import annotations

import struct
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from genorx.variants.files import Bytes

INT_SIZES = {1: 1, 2: 2, 3: 4}
FLOAT, TEXT = 5, 7  # types
#: Bytes of an element of each type.
SIZES = {0: 0, **INT_SIZES, FLOAT: 4, TEXT: 1}
_MANY = 15  # elements, or more: the number then follows as a value
_MISSING_FLOAT, _FLOAT_END = 0x7F800001, 0x7F800002
_SINGLE = struct.Struct("<f")
_WORD = struct.Struct("<I")


class Typed(NamedTuple):
    """Type of a value: type code, number of elements, offset of the first."""

    kind: int
    size: int
    begin: int

    @property
    def end(self) -> int:
        """Offset after the value."""
        return self.begin + self.size * SIZES[self.kind]


def typed(data: Bytes, at: int) -> Typed:
    """Read the type at an offset.

    >>> typed(bytes([0x23, 1, 0, 0, 0, 2, 0, 0, 0]), 0)
    Typed(kind=3, size=2, begin=1)
    """
    mark = data[at]
    kind, count, begin = mark & 15, mark >> 4, at + 1
    if kind not in SIZES:
        raise ValueError(f"type {kind}")
    if count == _MANY:
        inner = data[begin]
        if inner >> 4 != 1 or inner & 15 not in INT_SIZES:
            raise ValueError("no number of elements")
        size = INT_SIZES[inner & 15]
        count = int.from_bytes(data[begin + 1 : begin + 1 + size], "little", signed=True)
        begin += 1 + size
        if count < 0:
            raise ValueError("a negative number of elements")
    return Typed(kind, count, begin)


def whole_numbers(data: Bytes, value: Typed) -> list[int]:
    """Return the elements of an integer value."""
    size = INT_SIZES[value.kind]
    if value.end > len(data):
        raise ValueError("cut short")
    kind = np.dtype(f"<i{size}")
    found: NDArray[np.signedinteger] = np.frombuffer(data, dtype=kind, count=value.size, offset=value.begin)
    numbers: list[int] = found.tolist()
    return numbers


def value_text(data: Bytes, value: Typed) -> str:
    """Return the text of a value."""
    if value.end > len(data):
        raise ValueError("cut short")
    if value.kind == TEXT:
        return data[value.begin : value.end].partition(b"\0")[0].replace(b"\x07", b".").decode("utf-8")
    if value.kind == FLOAT:
        return ",".join(_float_texts(data, value)) or "."
    return ",".join(whole_number_texts(whole_numbers(data, value), INT_SIZES[value.kind])) or "."


def whole_number_texts(numbers: list[int], size: int) -> list[str]:
    """Return texts of the elements of an integer value before its end."""
    missing = -1 << 8 * size - 1
    texts = []
    for number in numbers:
        if number == missing + 1:
            break
        if number <= missing + 7 and number != missing:
            raise ValueError("a reserved number")
        texts.append("." if number == missing else str(number))
    return texts


def _float_texts(data: Bytes, value: Typed) -> list[str]:
    texts = []
    for number in range(value.size):
        (bits,) = _WORD.unpack_from(data, value.begin + 4 * number)
        if bits == _FLOAT_END:
            break
        texts.append(float_text(bits))
    return texts


def float_text(bits: int) -> str:
    """Return the text of a 32-bit float; ``.`` if missing.

    >>> float_text(0x3E800000), float_text(0x7F800001)
    ('0.25', '.')
    """
    if bits == _MISSING_FLOAT:
        return "."
    number: float = _SINGLE.unpack(_WORD.pack(bits))[0]
    return f"{number:g}"
