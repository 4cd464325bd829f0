"""Grey level run length: lengths of runs of voxels of one level along a direction.

Source: reference manual of the Image Biomarker Standardisation Initiative, arXiv:1612.07003, section 3.7.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache, partial

import numpy as np

from genorx.imaging.families.aggregation import directional
from genorx.imaging.families.count_matrix import Cells, counted, emphases
from genorx.imaging.families.neighbours import Direction, Floats, LevelledVoxels

#: Features in the order of tables, without ``rlm_`` and aggregation.
NAMES = (
    *("sre", "lre", "lgre", "hgre", "srlge", "srhge", "lrlge", "lrhge", "glnu", "glnu_norm", "rlnu", "rlnu_norm"),
    *("r_perc", "gl_var", "rl_var", "rl_entr"),
)


def run_length(voxels: LevelledVoxels, aggregations: Sequence[str]) -> dict[str, Floats | None]:
    """Return the 16 run length features under each of the six aggregations."""
    cells = lru_cache(maxsize=None)(partial(_runs, voxels))
    return {way: directional(voxels, cells, emphases, way) for way in aggregations}


def _runs(voxels: LevelledVoxels, direction: Direction) -> Cells:
    """Return the counts of runs by level and length, by slice; all runs grow by one voxel per step."""
    following = voxels.next_in(direction)
    levels = voxels.levels
    goes_on = (following >= 0) & (levels[following] == levels)
    begins = np.ones(len(voxels), dtype=bool)
    begins[following[goes_on]] = False
    start = np.flatnonzero(begins)
    length = np.ones(start.size, dtype=np.int64)
    growing, at = np.arange(start.size), start
    while growing.size:
        more = goes_on[at]
        growing, at = growing[more], following[at[more]]
        length[growing] += 1
    return counted(voxels.slices[start], levels[start], length)
