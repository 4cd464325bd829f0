"""Genotypes of three characters and the preceding tab, read as 32-bit words and mapped to the codes of ``cells``."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_Words = NDArray[np.uint32]
_Bytes = NDArray[np.uint8]

CELL = 4  # bytes: a tab, an allele, a separator, an allele
MISSING = 4  # allele beside 0 to 3
_ZERO = ord("0")
_ALLELE_BITS, _MISSING_BITS, _PHASED_BIT = 0x03000300, 0x01000100, 1 << 16
_GATHERED = np.uint32(1 << 16 | 1 << 3 | 1 << 10)
_RARE = 16  # at most one unusual word in this many, for reading all as usual first
_USUAL = np.uint32(int.from_bytes(b"\t0/0", "little"))


class WordReader:
    """Maps words of four bytes, a tab and a genotype, to codes; its buffers are allocated once.

    One bit of the difference from ``0/0`` marks a missing allele (``.``), another a phased call (``|``); without these
    bits, the remainder at an allele is its number, and anywhere else a fault.
    """

    def __init__(self) -> None:
        self._room = np.empty((3, 0), dtype=np.uint32)

    def numbers(self, words: _Words) -> tuple[_Bytes, NDArray[np.intp]]:
        """Return codes, and the positions of words without code."""
        numbers = np.empty(len(words), dtype=np.uint8)
        rare = self.usual(words, numbers)
        if len(rare):
            numbers[rare], wrong = self.of_any(words[rare])
            rare = rare[wrong != 0]
        return numbers, rare

    def usual(self, words: _Words, out: _Bytes) -> NDArray[np.intp]:
        """Write the codes of common words; return the positions of the others, for ``of_any``."""
        if self._room.shape[1] < len(words):
            self._room = np.empty((3, len(words)), dtype=np.uint32)
        left, odd, _ = self._room[:, : len(words)]
        np.bitwise_xor(words, _USUAL, out=left)
        np.bitwise_and(left, np.uint32(~_ALLELE_BITS & 0xFFFFFFFF), out=odd)
        rare = np.flatnonzero(odd != 0)  # phased, or with a missing allele, or not a genotype
        if len(rare) > len(words) // _RARE:
            out[:], odd = self.of_any(words)
            return np.flatnonzero(odd)
        left *= _GATHERED
        left >>= np.uint32(24)
        np.copyto(out, left, casting="unsafe")
        return rare

    def of_any(self, words: _Words) -> tuple[_Bytes, _Words]:
        """Return codes of any words, and for words without code a number above 0, valid until the next call."""
        if self._room.shape[1] < len(words):
            self._room = np.empty((3, len(words)), dtype=np.uint32)
        left, missing, wrong = self._room[:, : len(words)]
        np.bitwise_xor(words, _USUAL, out=left)
        bits = int(np.bitwise_or.reduce(left))  # whether there is a phased call, or a missing allele
        phased = left & np.uint32(_PHASED_BIT) if bits & _PHASED_BIT else None
        if phased is not None:
            left ^= phased * np.uint32(ord("/") ^ ord("|"))
        some_missing = bits & _MISSING_BITS << 4
        if some_missing:
            np.right_shift(left, np.uint32(4), out=missing)
            missing &= np.uint32(_MISSING_BITS)
            left ^= np.multiply(missing, np.uint32(ord(".") ^ _ZERO), out=wrong)
        np.bitwise_and(left, np.uint32(~_ALLELE_BITS & 0xFFFFFFFF), out=wrong)
        if some_missing:
            missing *= np.uint32(MISSING)
            left |= missing
            missing -= missing >> np.uint32(2)  # the bits of an allele, where it is missing
            missing &= left
            wrong |= missing
        if phased is not None:
            phased <<= np.uint32(4)
            left |= phased
        # brings the first allele (bits 8 to 10), the second (24 to 26) and the phase (20) to bits 24 to 30
        left *= _GATHERED
        left >>= np.uint32(24)
        return left.astype(np.uint8), wrong
