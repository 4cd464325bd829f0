"""Compiled sums over the calls of records, one byte each, for ``call_sums``."""

from __future__ import annotations

from genorx._core.compiled import kernel

# bits as in ``call_sums``: the first of the alleles, the bit of a half-known change, and all by their positions
_LOOKED, _NO_CALL, _FILTERED, _FIRST, _HALF = 0, 1, 2, 3, 7
_MOST = 63  # records whose sum, of up to four each, fits a byte


@kernel("uint8*", "int64", "int64*", "int64*", "int64", "uint8*")
def join_bits(bits, samples, lines, bounds, groups, joined):
    """Write, for each group of lines and each sample, the bits that occur; ``joined`` holds zeros."""
    for group in range(groups):
        own = group * samples
        for place in range(bounds[group], bounds[group + 1]):
            first = lines[place] * samples
            for sample in range(samples):
                joined[own + sample] |= bits[first + sample]
    return groups


@kernel("uint8*", "int64", "int64*", "uint8*", "int64", "uint8*", "int64*")
def count_bits(bits, samples, lines, hits, number, sums, counts):
    """Add the calls of lines to the counts of samples: changes, informative calls, no-calls, unknown, filtered.

    ``hits`` are the bits of the alleles of each line that change a protein; a line without any counts only for the last
    two.  ``sums`` holds zeros, in the shape of ``counts``, before and after.
    """
    for start in range(0, number, _MOST):
        stop = start + _MOST if start + _MOST < number else number
        for place in range(start, stop):
            first, hit = lines[place] * samples, hits[place]
            for sample in range(samples if hit else 0):
                call = bits[first + sample]
                carried = (call & hit) >> _FIRST
                half = call >> _HALF & (carried != 0)  # the change itself is known
                sums[sample] += (carried & 1) + (carried >> 1 & 1) + (carried >> 2 & 1) + (carried >> 3 & 1)
                sums[samples + sample] += (call >> _LOOKED & 1) + half
                sums[2 * samples + sample] += (call >> _NO_CALL & 1) - half
            for sample in range(samples):
                call = bits[first + sample]
                sums[3 * samples + sample] += call >> _NO_CALL & 1
                sums[4 * samples + sample] += call >> _FILTERED & 1
        for place in range(5 * samples):
            counts[place] += sums[place]
            sums[place] = 0
    return number
