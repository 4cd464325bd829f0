"""How matrices of slices and directions become one value: averaged, or merged and then evaluated.

Source: Zwanenburg A et al. 2020, Radiology 295:328, reference manual arXiv:1612.07003, sections 3.6 to 3.11.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from genorx.imaging.families.count_matrix import CountMatrix, matrices
from genorx.imaging.families.neighbours import IN_SLICE, IN_VOLUME, Direction, Floats, Ints, LevelledVoxels

#: Ways to aggregate matrices that have a direction, in the order of tables.
DIRECTIONAL = ("2D_avg", "2D_comb", "2_5D_avg", "2_5D_comb", "3D_avg", "3D_comb")
#: Ways to aggregate matrices without one.
PLAIN = ("2D", "2_5D", "3D")

#: Entries of a matrix before they are counted: numbers of voxels that lie in the entry's slice, rows, columns.
Entries = tuple[Ints, Ints, Ints]
Evaluate = Callable[[CountMatrix], Floats]


def plain_of(aggregations: Sequence[str]) -> tuple[str, ...]:
    """Return the ways without direction that a list of directional ways brings: ``2D_avg`` brings ``2D``.

    >>> plain_of(["3D_comb", "2D_avg", "2D_comb"])
    ('2D', '3D')
    """
    wanted = {name.rpartition("_")[0] for name in aggregations}
    return tuple(name for name in PLAIN if name in wanted)


def directional(
    voxels: LevelledVoxels, entries: Callable[[Direction], Entries], evaluate: Evaluate, aggregation: str
) -> Floats | None:
    """Return features of matrices that have a direction, aggregated in one of the six ways.

    Parameters
    ----------
    voxels : LevelledVoxels
    entries : callable
        What the matrix of a direction counts: slice, row and column of each entry.
    evaluate : callable
        Features of one matrix.
    aggregation : str
        One of ``DIRECTIONAL``.

    Returns
    -------
    array or None
        None where every matrix is empty.
    """
    base, _, how = aggregation.rpartition("_")
    directions = IN_VOLUME if base == "3D" else IN_SLICE
    parts = [entries(direction) for direction in directions]
    sets = [(part, 1) for part in parts] if how == "avg" else [(_joined(parts), len(directions))]
    values: list[Floats] = []
    for part, merged in sets:
        values += _evaluated(voxels, part, evaluate, merged=merged, by_slice=base == "2D")
    return np.mean(values, axis=0) if values else None


def plain(voxels: LevelledVoxels, entries: Entries, evaluate: Evaluate, aggregation: str) -> Floats | None:
    """Return features of matrices without direction; ``2D``: the mean over slices, else of the one matrix of all."""
    values = _evaluated(voxels, entries, evaluate, merged=1, by_slice=aggregation == "2D")
    return np.mean(values, axis=0) if values else None


def _joined(parts: Sequence[Entries]) -> Entries:
    slices, rows, columns = (np.concatenate(each) for each in zip(*parts, strict=True))
    return slices, rows, columns


def _evaluated(
    voxels: LevelledVoxels, entries: Entries, evaluate: Evaluate, *, merged: int, by_slice: bool
) -> list[Floats]:
    slices, rows, columns = entries
    groups = slices if by_slice else np.zeros_like(slices)
    found = []
    for group, i, j, counts in matrices(groups, rows, columns):
        number = int(voxels.voxels_of_slice[group]) if by_slice else len(voxels)
        found.append(evaluate(CountMatrix(i, j, counts, number * merged)))
    return found
