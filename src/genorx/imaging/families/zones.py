"""Grey level size zones and distance zones: connected voxels of one level, by size and distance to the border.

Neighbours are 8 in a slice and 26 in a volume.  Distances are city-block, in voxels, to the outside of the
morphological mask; border voxels have distance 1, and the space beyond the image is outside.
Source: reference manual of the Image Biomarker Standardisation Initiative, arXiv:1612.07003, sections 3.8 and 3.9.
"""

from __future__ import annotations

import numpy as np

from genorx.imaging.families.aggregation import plain
from genorx.imaging.families.count_matrix import counted, emphases
from genorx.imaging.families.neighbours import IN_SLICE, IN_VOLUME, Bools, Floats, Ints, LevelledVoxels

#: Features in the order of tables, without ``szm_`` and aggregation.
SIZE_NAMES = (
    *("sze", "lze", "lgze", "hgze", "szlge", "szhge", "lzlge", "lzhge", "glnu", "glnu_norm", "zsnu", "zsnu_norm"),
    *("z_perc", "gl_var", "zs_var", "zs_entr"),
)
#: Features in the order of tables, without ``dzm_`` and aggregation.
DISTANCE_NAMES = (
    *("sde", "lde", "lgze", "hgze", "sdlge", "sdhge", "ldlge", "ldhge", "glnu", "glnu_norm", "zdnu", "zdnu_norm"),
    *("z_perc", "gl_var", "zd_var", "zd_entr"),
)


def size_zones(voxels: LevelledVoxels, aggregation: str) -> Floats | None:
    """Return the 16 size zone features under one of the three aggregations."""
    zones, first = _zones(voxels, aggregation)
    cells = counted(voxels.slices[first], voxels.levels[first], np.bincount(zones).astype(np.int64))
    return plain(voxels, cells, emphases, aggregation)


def distance_zones(voxels: LevelledVoxels, distance: Ints, aggregation: str) -> Floats | None:
    """Return the 16 distance zone features under one of the three aggregations.

    Parameters
    ----------
    voxels : LevelledVoxels
    distance : array of int, shape (voxels,)
        Distance of each voxel to the border, from ``border_distance`` for this aggregation.
    aggregation : {"2D", "2_5D", "3D"}
    """
    zones, first = _zones(voxels, aggregation)
    nearest = np.full(first.size, np.iinfo(np.int64).max)
    np.minimum.at(nearest, zones, distance)
    return plain(voxels, counted(voxels.slices[first], voxels.levels[first], nearest), emphases, aggregation)


def _zones(voxels: LevelledVoxels, aggregation: str) -> tuple[Ints, Ints]:
    """Return the zone of each voxel, and one voxel of each zone."""
    zones = voxels.zones(IN_VOLUME if aggregation == "3D" else IN_SLICE)
    return zones, np.unique(zones, return_index=True)[1].astype(np.int64)


def border_distance(mask: Bools, aggregation: str) -> Ints:
    """Return the city-block distance of each voxel to the outside of a mask; in 2D within its slice."""
    from scipy.ndimage import distance_transform_cdt

    if aggregation == "3D":
        return np.asarray(distance_transform_cdt(np.pad(mask, 1), metric="taxicab"), dtype=np.int64)[1:-1, 1:-1, 1:-1]
    found = np.zeros(mask.shape, dtype=np.int64)
    for k in np.flatnonzero(mask.any(axis=(0, 1))):
        found[:, :, k] = distance_transform_cdt(np.pad(mask[:, :, k], 1), metric="taxicab")[1:-1, 1:-1]
    return found
