"""Compiled single-pass parser of sample columns for ``cells``; cells without a fixed code are left to it."""

from __future__ import annotations

from genorx._core.compiled import kernel

_TAB, _COLON, _ZERO, _NINE, _DOT, _COMMA, _SLASH, _BAR = 9, 58, 48, 57, 46, 44, 47, 124
_MISSING, _PHASE_BIT, _NO_READS = 4, 6, 128  # as in ``call_table``
_CELL, _LAST_ASCII = 4, 127


def _allele(byte):
    """Return an allele's number; above 4 if it is not a digit below 4."""
    return _MISSING if byte == _DOT else (byte - _ZERO if byte - _ZERO < _MISSING else 255) & 255


@kernel("uint8*", "int64*", "int64", "int64", "uint8*")
def read_genotypes(data, begins, lines, samples, numbers):
    """Write the codes of cells of three characters with a tab; return the number of cells without code."""
    wrong = 0
    for line in range(lines):
        begin, first = begins[line], line * samples
        for sample in range(samples):
            at = begin + _CELL * sample
            one, other, mark = _allele(data[at + 1]), _allele(data[at + 3]), data[at + 2]
            is_odd = (data[at] != _TAB) | (one > _MISSING) | (other > _MISSING) | ((mark != _SLASH) & (mark != _BAR))
            numbers[first + sample] = one | other << 3 | (mark == _BAR) << _PHASE_BIT
            wrong += is_odd
    return wrong


def _genotype(data, start, stop):
    """Return the code of a cell without its depths; -1 if it has none."""
    if stop - start < _CELL - 1 or (stop - start >= _CELL and data[start + _CELL - 1] != _COLON):
        return -1
    one, other, mark = _allele(data[start]), _allele(data[start + 2]), data[start + 1]
    if one > _MISSING or other > _MISSING or (mark != _SLASH and mark != _BAR):
        return -1
    return one | other << 3 | (mark == _BAR) << _PHASE_BIT


def _zero(data, at, end):
    """Return 1 if a value is 0, 0 if not; 2 if it begins with zero and continues."""
    if at >= end or data[at] != _ZERO:
        return 0
    return 1 if at + 1 == end or data[at + 1] == _COLON or data[at + 1] == _TAB else 2


def _one_allele(data, at, end):
    """Return whether the depths from ``at`` on show one allele, or are no whole numbers."""
    shown, some = 0, 0
    while at < end and data[at] != _COLON:
        byte = data[at]
        if byte == _COMMA:
            shown += some
            some = 0
        elif byte > _ZERO and byte <= _NINE:
            some = 1
        elif (byte != _ZERO) & (byte != _DOT):
            return 1
        at += 1
    return 1 if shown + some == 1 else 0


def _doubtful(data, at, end, number, key):
    """Return whether two alleles are called and their depths, the value of a key, may show one."""
    first, second = number & 7, number >> 3 & 7
    if key < 0 or (first == second) | (first == _MISSING) | (second == _MISSING):
        return 0
    colons = 0
    while at < end and colons < key:
        if data[at] == _COLON:
            colons += 1
        at += 1
    return _one_allele(data, at, end) if colons == key else 0


@kernel("uint8*", "int64*", "int64*", "int64", "int64", "int64", "uint8*", "int64", "uint8*", "uint8*", "int64*")
def read_cells(data, begins, ends, lines, samples, keys, depths, by_allele, requested, numbers, others):
    """Write the codes of cells of any width whose first key is the genotype.

    ``depths`` marks the keys that are depths, ``by_allele`` is the key with the depths of alleles, -1 if not needed,
    ``requested`` the requested samples.  Cells that must be parsed in full go to ``others``: index, start and end.
    Returns their number; -1 if the number of cells of a line differs from the number of samples, or if the line is not
    ASCII.
    """
    found = 0
    for line in range(lines):
        at, end = begins[line], ends[line]
        for cell in range(line * samples, (line + 1) * samples):
            if at == end or data[at] != _TAB:
                return -1
            start = at + 1
            at, colons, zeros, bits = start, 0, 0, 0
            while at < end and data[at] != _TAB:
                bits |= data[at]
                if data[at] == _COLON:
                    colons += 1
                    if colons < keys and depths[colons]:
                        zeros |= _zero(data, at + 1, end)
                at += 1
            if bits > _LAST_ASCII:
                return -1
            number = _genotype(data, start, at)
            numbers[cell] = number | (zeros & 1) * _NO_READS
            odd = number < 0 or zeros > 1 or colons >= keys or _doubtful(data, start, at, number, by_allele) > 0
            if odd and requested[cell - line * samples]:
                others[3 * found], others[3 * found + 1], others[3 * found + 2] = cell, start, at
                found += 1
        if at != end:
            return -1
    return found


@kernel("uint8*", "int64", "uint8*", "uint8*")
def look_up(numbers, cells, values, found):
    """Write the value of each number, of which there are 256."""
    for cell in range(cells):
        found[cell] = values[numbers[cell]]
    return cells
