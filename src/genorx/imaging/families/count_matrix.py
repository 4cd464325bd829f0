"""Count matrices by grey level and a second integer (level, run length, zone size, distance, dependence).

Only non-empty cells are stored, so that grey levels that do not occur take no memory.  Features common to run-length,
size-zone, distance-zone and dependence matrices are computed here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from genorx.imaging.families.neighbours import Floats, Ints

_DENSE = 1 << 24  # cells up to which a dense table of counts is used; for more, codes are sorted


@dataclass(frozen=True, slots=True)
class CountMatrix:
    """Non-empty cells of a matrix.

    Attributes
    ----------
    rows, columns : array of float, shape (cells,)
        Grey level and second integer of each cell.
    counts : array of float, shape (cells,)
    voxels : int
        Voxels counted in the matrix, once for each merged direction.
    """

    rows: Floats
    columns: Floats
    counts: Floats
    voxels: int


@dataclass(frozen=True, slots=True)
class Cells:
    """Non-empty cells of one matrix per group (slice), sorted by group.

    Attributes
    ----------
    groups, rows, columns : array of int, shape (cells,)
        Group (slice), grey level and second integer of each cell.
    counts : array of float, shape (cells,)
    """

    groups: Ints
    rows: Ints
    columns: Ints
    counts: Floats

    def merged(self, others: Sequence[Cells] = (), *, in_one: bool = False) -> Cells:
        """Return the sum of these matrices and others; over all groups if ``in_one``."""
        parts = [self, *others]
        groups = np.concatenate([each.groups for each in parts])
        return counted(
            np.zeros_like(groups) if in_one else groups,
            np.concatenate([each.rows for each in parts]),
            np.concatenate([each.columns for each in parts]),
            np.concatenate([each.counts for each in parts]),
        )

    def split(self) -> Iterator[tuple[int, Floats, Floats, Floats]]:
        """Yield, for each group that occurs, its number and its cells: rows, columns and counts."""
        starts = np.flatnonzero(np.diff(self.groups, prepend=-1))
        for start, end in zip(starts, np.append(starts, self.groups.size)[1:], strict=True):
            part = slice(start, end)
            rows, columns = self.rows[part].astype(float), self.columns[part].astype(float)
            yield int(self.groups[start]), rows, columns, self.counts[part]


def counted(groups: Ints, rows: Ints, columns: Ints, counts: Floats | None = None) -> Cells:
    """Return the joint counts of row and column in each group, or the sums of ``counts``."""
    if not groups.size:
        return Cells(groups, rows, columns, np.empty(0))
    values, row_codes = _coded(rows)
    others, column_codes = _coded(columns)
    width = others.size
    cells, sums = _summed((groups * values.size + row_codes) * width + column_codes, counts)
    inside = cells % (values.size * width)
    return Cells(cells // (values.size * width), values[inside // width], others[inside % width], sums)


def _summed(codes: Ints, counts: Floats | None) -> tuple[Ints, Floats]:
    """Return the distinct codes (integers from 0) in ascending order, and their counts."""
    if int(codes.max()) < _DENSE:
        sums = np.bincount(codes, weights=counts)
        found = np.flatnonzero(sums).astype(np.int64)
        return found, sums[found].astype(float)
    different, place = np.unique(codes, return_inverse=True)
    return different, np.bincount(place, weights=counts).astype(float)


def _coded(numbers: Ints) -> tuple[Ints, Ints]:
    """Return the distinct numbers (from 0) in ascending order, and the index of each input among them."""
    if int(numbers.max()) >= _DENSE:
        values, codes = np.unique(numbers, return_inverse=True)
        return values, codes
    there = np.bincount(numbers) > 0
    return np.flatnonzero(there).astype(np.int64), (np.cumsum(there) - 1)[numbers]


def emphases(matrix: CountMatrix) -> Floats:
    """Return the 16 features of a matrix: emphases, non-uniformities, percentage, variances, entropy.

    The order is that of the reference manual: small, large, low, high, small low, small high, large low, large high;
    non-uniformity of levels and its normalised form, of the second number and its normalised form; percentage;
    variance of levels, of the second number; entropy.
    """
    i, j, n = matrix.rows, matrix.columns, matrix.counts
    total = n.sum()
    p = n / total
    by_level, by_column = _margin(i, n), _margin(j, n)
    logs = p * np.log2(p)
    return np.array(
        [
            (p / j**2).sum(),
            (p * j**2).sum(),
            (p / i**2).sum(),
            (p * i**2).sum(),
            (p / (i * j) ** 2).sum(),
            (p * (i / j) ** 2).sum(),
            (p * (j / i) ** 2).sum(),
            (p * (i * j) ** 2).sum(),
            (by_level**2).sum() / total,
            (by_level**2).sum() / total**2,
            (by_column**2).sum() / total,
            (by_column**2).sum() / total**2,
            total / matrix.voxels,
            (p * (i - (p * i).sum()) ** 2).sum(),
            (p * (j - (p * j).sum()) ** 2).sum(),
            -logs.sum(),
        ]
    )


def _margin(values: Floats, counts: Floats) -> Floats:
    """Return the marginal sums of counts by value."""
    _, codes = np.unique(values, return_inverse=True)
    return np.bincount(codes, weights=counts).astype(float)
