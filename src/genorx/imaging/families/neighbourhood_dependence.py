"""Neighbouring grey level dependence: number of neighbours of a voxel in the region with the same level.

Source: reference manual of the Image Biomarker Standardisation Initiative, arXiv:1612.07003, section 3.11.
"""

from __future__ import annotations

import numpy as np

from genorx.imaging.families.aggregation import plain
from genorx.imaging.families.count_matrix import CountMatrix, counted, emphases
from genorx.imaging.families.neighbours import IN_SLICE, IN_VOLUME, Floats, LevelledVoxels

#: Features in the order of tables, without ``ngl_`` and aggregation.
NAMES = (
    *("lde", "hde", "lgce", "hgce", "ldlge", "ldhge", "hdlge", "hdhge", "glnu", "glnu_norm", "dcnu", "dcnu_norm"),
    *("dc_perc", "gl_var", "dc_var", "dc_entr", "dc_energy"),
)


def neighbourhood_dependence(voxels: LevelledVoxels, aggregation: str) -> Floats | None:
    """Return the 17 features under one of the three aggregations; a voxel's dependence is 1 + its equal neighbours."""
    dependence = np.ones(len(voxels), dtype=np.int64)
    for direction in IN_VOLUME if aggregation == "3D" else IN_SLICE:
        first, second = voxels.equal_pairs(direction)
        dependence[first] += 1
        dependence[second] += 1
    return plain(voxels, counted(voxels.slices, voxels.levels, dependence), _features, aggregation)


def _features(matrix: CountMatrix) -> Floats:
    p = matrix.counts / matrix.counts.sum()
    return np.append(emphases(matrix), (p**2).sum())
