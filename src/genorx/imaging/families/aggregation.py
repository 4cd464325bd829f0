"""Aggregation of matrices over slices and directions to one value: averaged, or merged and then evaluated.

Source: Zwanenburg A et al. 2020, Radiology 295:328, reference manual arXiv:1612.07003, sections 3.6 to 3.11.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from genorx.imaging.families.count_matrix import Cells, CountMatrix
from genorx.imaging.families.neighbours import IN_SLICE, IN_VOLUME, Direction, Floats, LevelledVoxels

#: Aggregations of directional matrices, in the order of tables.
DIRECTIONAL = ("2D_avg", "2D_comb", "2_5D_avg", "2_5D_comb", "3D_avg", "3D_comb")
#: Aggregations of matrices without direction.
PLAIN = ("2D", "2_5D", "3D")

Evaluate = Callable[[CountMatrix], Floats]


def plain_of(aggregations: Sequence[str]) -> tuple[str, ...]:
    """Return the aggregations without direction for a list of directional ways: ``2D_avg`` gives ``2D``.

    >>> plain_of(["3D_comb", "2D_avg", "2D_comb"])
    ('2D', '3D')
    """
    requested = {name.rpartition("_")[0] for name in aggregations}
    return tuple(name for name in PLAIN if name in requested)


def directional(
    voxels: LevelledVoxels, cells: Callable[[Direction], Cells], evaluate: Evaluate, aggregation: str
) -> Floats | None:
    """Return features of directional matrices, aggregated in one of the six ways.

    Parameters
    ----------
    voxels : LevelledVoxels
        Voxels of the region with their grey levels.
    cells : callable
        Function from a direction to the matrix of each slice.
    evaluate : callable
        Function from a matrix to its features.
    aggregation : str
        One of ``DIRECTIONAL``.

    Returns
    -------
    array or None
        Features in the order of ``evaluate``; None if every matrix is empty.
    """
    base, _, how = aggregation.rpartition("_")
    found = [cells(direction) for direction in (IN_VOLUME if base == "3D" else IN_SLICE)]
    in_one = base != "2D"
    if how == "comb":
        return _mean(voxels, [found[0].merged(found[1:], in_one=in_one)], evaluate, merged=len(found), in_one=in_one)
    return _mean(voxels, [each.merged(in_one=in_one) for each in found], evaluate, merged=1, in_one=in_one)


def plain(voxels: LevelledVoxels, cells: Cells, evaluate: Evaluate, aggregation: str) -> Floats | None:
    """Return features of non-directional matrices; ``2D``: the mean over slices, otherwise of the merged matrix."""
    in_one = aggregation != "2D"
    return _mean(voxels, [cells.merged(in_one=in_one)], evaluate, merged=1, in_one=in_one)


def _mean(
    voxels: LevelledVoxels, found: list[Cells], evaluate: Evaluate, *, merged: int, in_one: bool
) -> Floats | None:
    """Return the mean of the features over all non-empty matrices."""
    values = []
    for cells in found:
        for group, rows, columns, counts in cells.split():
            number = len(voxels) if in_one else int(voxels.voxels_of_slice[group])
            values.append(evaluate(CountMatrix(rows, columns, counts, number * merged)))
    return np.mean(values, axis=0) if values else None
