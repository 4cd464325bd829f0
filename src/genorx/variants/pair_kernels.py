"""Codes of allele pairs by compiled arithmetic, many at once; the codes are those of ``cells``."""

from __future__ import annotations

from genorx._core.compiled import kernel

_MISSING, _PHASE_BIT, _OTHER = 4, 6, 255  # as in ``cells`` and ``pairs``


@kernel("int8*", "uint8*", "int64", "uint8*")
def read_alleles(alleles, phased, cells, numbers):
    """Write the codes of pairs of allele numbers, of which -1 is missing, and 255 for pairs without code."""
    for cell in range(cells):
        first, second = alleles[2 * cell], alleles[2 * cell + 1]
        is_odd = (first < -1) | (first >= _MISSING) | (second < -1) | (second >= _MISSING)
        number = (_MISSING if first < 0 else first) | (_MISSING if second < 0 else second) << 3
        numbers[cell] = number | phased[cell] << _PHASE_BIT | (_OTHER if is_odd else 0)
    return cells
