"""Sums over the calls of a block of records; each call is one byte of bits.

The bits are whether a call is informative, and its alleles; ``gene_blocks`` has their effect on a gene.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from genorx.features.call_kernels import count_bits, join_bits
from genorx.features.genes import LOOKED, NO_CALL

#: Bits of a call besides ``LOOKED`` and ``NO_CALL``: its filter is not accepted; a change is known, to the first ALT,
#: to the second; another allele is not known.
FILTERED, ALLELES, HALF = 4, (8, 16, 32, 64), 128
_MOST_ROWS = 255  # whose sum a byte holds
_MOST_JOINED = 1 << 20  # bytes that are written before they are read
_KINDS = 5  # of counts
_Bits = NDArray[np.uint8]
_Counts = NDArray[np.int64]


class CallSums:
    """Sums over the calls of some records.

    Parameters
    ----------
    bits : array of uint8, shape (n_records, n_samples)
        Bits of each call.
    """

    def __init__(self, bits: _Bits) -> None:
        self._bits = bits

    def joined(self, groups: Sequence[Sequence[int]]) -> Iterator[_Bits]:
        """Yield, for each group of records, the bits that occur in a sample."""
        run = join_bits.after(0)
        if run is None:
            for lines in groups:
                yield np.bitwise_or.reduce(self._bits[lines], axis=0)
            return
        samples = self._bits.shape[1]
        step = max(1, _MOST_JOINED // max(1, samples))
        for start in range(0, len(groups), step):
            some = groups[start : start + step]
            found = np.zeros((len(some), samples), dtype=np.uint8)
            bounds = np.cumsum([0, *map(len, some)])
            run(self._bits, samples, np.array([n for lines in some for n in lines]), bounds, len(some), found)
            yield from found

    def counts(self, counted: Sequence[int], changing: Mapping[int, Sequence[int]]) -> _Counts:
        """Return counts of calls, shape (5, n_samples).

        Rows are, for records that can change a protein, changes, informative calls and no-calls; and for all records,
        no-calls and calls whose filter is not accepted.

        Parameters
        ----------
        counted : sequence of int
            Indices of all records, each once.
        changing : dict of int to sequence of int
            Indices of records in which the same ALTs change a protein, by the bits of these ALTs.
        """
        run, samples = count_bits.after(0), self._bits.shape[1]
        counts = np.zeros((_KINDS, samples), dtype=np.int64)
        if run is None:
            self._count(counts, counted, changing)
            return counts
        hits = np.zeros(len(self._bits), dtype=np.uint8)
        for alleles, lines in changing.items():
            hits[lines] = alleles
        chosen = np.array(counted, dtype=np.int64)
        run(self._bits, samples, chosen, hits[chosen], len(chosen), np.zeros(counts.shape, dtype=np.uint8), counts)
        return counts

    def _count(self, counts: _Counts, counted: Sequence[int], changing: Mapping[int, Sequence[int]]) -> None:
        """Add the same counts by array operations."""
        for hits, lines in changing.items():
            for calls in self._pieces(lines):
                for allele in ALLELES:
                    if hits & allele:
                        counts[0] += _times(calls, allele)
                counts[1] += _times(calls, LOOKED)
                counts[2] += _times(calls, NO_CALL)
                half = calls >= HALF
                if half.any():  # the change itself is known
                    known = (half & ((calls & hits) > 0)).sum(axis=0)
                    counts[1] += known
                    counts[2] -= known
        for calls in self._pieces(counted):
            counts[3] += _times(calls, NO_CALL)
            counts[4] += _times(calls, FILTERED)

    def _pieces(self, lines: Sequence[int]) -> Iterator[_Bits]:
        """Yield the calls of some records in blocks."""
        for start in range(0, len(lines), _MOST_ROWS):
            yield self._bits[lines[start : start + _MOST_ROWS]]


def _times(calls: _Bits, bit: int) -> _Bits:
    """Return the number of calls with a bit, by sample."""
    found: _Bits = np.add.reduce((calls & bit) // bit if bit > 1 else calls & bit, axis=0, dtype=np.uint8)
    return found
