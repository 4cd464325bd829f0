"""Neighbourhood grey tone difference: distance of a voxel's level from the mean of its neighbours in the region.

Source: reference manual of the Image Biomarker Standardisation Initiative, arXiv:1612.07003, section 3.10.
"""

from __future__ import annotations

import numpy as np

from genorx.imaging.families.neighbours import IN_SLICE, IN_VOLUME, Floats, LevelledVoxels

#: Features in the order of tables, without ``ngt_`` and aggregation.
NAMES = ("coarseness", "contrast", "busyness", "complexity", "strength")
_COARSEST = 1e6  # value of the manual if no voxel differs from its neighbours
_ROWS = 512  # levels compared with all others at a time


def neighbourhood_difference(voxels: LevelledVoxels, aggregation: str) -> Floats | None:
    """Return the five features under one of the three aggregations; None if no voxel has a neighbour."""
    total, number = np.zeros(len(voxels)), np.zeros(len(voxels))
    for direction in IN_VOLUME if aggregation == "3D" else IN_SLICE:
        first, second = voxels.pairs(direction)
        total[first] += voxels.levels[second]
        total[second] += voxels.levels[first]
        number[first] += 1
        number[second] += 1
    known = number > 0
    levels = voxels.levels[known].astype(float)
    difference = np.abs(levels - total[known] / number[known])
    if aggregation != "2D":
        return _features(levels, difference) if levels.size else None
    slices = voxels.slices[known]
    values = [_features(levels[slices == k], difference[slices == k]) for k in np.unique(slices)]
    return np.mean(values, axis=0) if values else None


def _features(levels: Floats, difference: Floats) -> Floats:
    """Return the features of voxels with their levels and distances from the mean of their neighbours."""
    i, codes = np.unique(levels, return_inverse=True)
    p = np.bincount(codes) / levels.size
    s = np.bincount(codes, weights=difference)
    within = float((p * s).sum())
    spread = between = complexity = strength = 0.0
    for start in range(0, i.size, _ROWS):
        part = slice(start, start + _ROWS)
        apart = np.abs(i[part, None] - i)
        both = p[part, None] + p
        spread += float((p[part, None] * p * apart**2).sum())
        between += float(np.abs((i * p)[part, None] - i * p).sum())
        complexity += float((apart * ((p * s)[part, None] + p * s) / both).sum())
        strength += float((both * apart**2).sum())
    several = i.size > 1
    return np.array(
        [
            1 / within if within > 0 else _COARSEST,
            spread / (i.size * (i.size - 1)) * s.sum() / levels.size if several else 0.0,
            _ratio(within, between) if several else 0.0,
            complexity / levels.size,
            strength / s.sum() if s.sum() > 0 else 0.0,
        ]
    )


def _ratio(above: float, below: float) -> float:
    return above / below if below > 0 else float("nan")
