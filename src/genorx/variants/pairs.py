"""Codes of two-allele genotypes stored as two bytes each."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

#: In place of a code, for a pair without a fixed code.
OTHER = 255
_UPPER = 0xF0F0  # halves of a pair of bytes
_AT_ONCE = 1 << 15  # pairs, in the processor's cache


def table_of_pairs(number: Callable[[int, int], int | None]) -> bytes:
    """Return the code of each pair of bytes below 16, ``OTHER`` if it has none.

    Parameters
    ----------
    number : callable
        Returns the code of a first and a second byte, None if the pair has none.
    """
    found = [number(pair & 15, pair >> 4) for pair in range(256)]
    return bytes([OTHER if each is None else each for each in found])


def numbers_of_pairs(pairs: NDArray[np.uint16], table: bytes) -> NDArray[np.uint8]:
    """Return the code of each pair, the first byte the lower one; ``OTHER`` if either is above 15.

    >>> table = table_of_pairs(lambda first, second: first + second)
    >>> numbers_of_pairs(np.array([0x0201, 0x1000, 0x0F0F], dtype=np.uint16), table).tolist()
    [3, 255, 30]
    """
    halves = np.empty(len(pairs), dtype=np.uint8)
    large = [np.zeros(0, dtype=np.intp)]
    for start in range(0, len(pairs), _AT_ONCE):
        some = pairs[start : start + _AT_ONCE]
        halves[start : start + _AT_ONCE] = (some >> np.uint16(4)) | some
        upper = some & np.uint16(_UPPER)
        if upper.any():
            large.append(start + np.flatnonzero(upper))
    numbers = np.frombuffer(bytearray(halves).translate(table), dtype=np.uint8)
    numbers[np.concatenate(large)] = OTHER
    return numbers
