"""Grey level co-occurrence: how often levels are neighbours (distance 1, symmetric).

Source: reference manual of the Image Biomarker Standardisation Initiative, arXiv:1612.07003, section 3.6.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache, partial

import numpy as np

from genorx.imaging.families.aggregation import directional
from genorx.imaging.families.count_matrix import Cells, CountMatrix, counted
from genorx.imaging.families.neighbours import Direction, Floats, LevelledVoxels

#: Features in the order of tables, without ``cm_`` and aggregation.
NAMES = (
    *("joint_max", "joint_avg", "joint_var", "joint_entr", "diff_avg", "diff_var", "diff_entr"),
    *("sum_avg", "sum_var", "sum_entr", "energy", "contrast", "dissimilarity", "inv_diff", "inv_diff_norm"),
    *("inv_diff_mom", "inv_diff_mom_norm", "inv_var", "corr", "auto_corr", "clust_tend", "clust_shade"),
    *("clust_prom", "info_corr1", "info_corr2"),
)


def cooccurrence(voxels: LevelledVoxels, aggregations: Sequence[str]) -> dict[str, Floats | None]:
    """Return the 25 co-occurrence features under each of the six aggregations; None without neighbours."""
    cells = lru_cache(maxsize=None)(partial(_pairs, voxels))
    evaluate = partial(_features, highest=voxels.highest)
    return {way: directional(voxels, cells, evaluate, way) for way in aggregations}


def _pairs(voxels: LevelledVoxels, direction: Direction) -> Cells:
    """Return the counts of neighbouring levels in a direction, by slice, each pair once in each order."""
    first, second = voxels.pairs(direction)
    found = counted(voxels.slices[first], voxels.levels[first], voxels.levels[second])
    return found.merged([Cells(found.groups, found.columns, found.rows, found.counts)])


def _features(matrix: CountMatrix, *, highest: int) -> Floats:
    i, j = matrix.rows, matrix.columns
    p = matrix.counts / matrix.counts.sum()
    mean = (p * i).sum()
    centred, apart = i + j - 2 * mean, np.abs(i - j)
    variance = (p * (i - mean) ** 2).sum()
    return np.array(
        [
            *(p.max(), mean, variance, _entropy(p)),
            *_of_distribution(apart, p),
            *_of_distribution(i + j, p),
            (p**2).sum(),
            (p * apart**2).sum(),
            (p * apart).sum(),
            (p / (1 + apart)).sum(),
            (p / (1 + apart / highest)).sum(),
            (p / (1 + apart**2)).sum(),
            (p / (1 + (apart / highest) ** 2)).sum(),
            (p[apart > 0] / apart[apart > 0] ** 2).sum(),
            ((p * i * j).sum() - mean**2) / variance if variance > 0 else 1.0,
            (p * i * j).sum(),
            (p * centred**2).sum(),
            (p * centred**3).sum(),
            (p * centred**4).sum(),
            *_information(i, j, p),
        ]
    )


def _entropy(p: Floats) -> float:
    """Return the entropy in bits of positive probabilities."""
    return float(-(p * np.log2(p)).sum())


def _of_distribution(values: Floats, p: Floats) -> tuple[float, float, float]:
    """Return mean, variance and entropy of a distribution over integers."""
    mean = float((p * values).sum())
    _, codes = np.unique(values, return_inverse=True)
    return mean, float((p * (values - mean) ** 2).sum()), _entropy(np.bincount(codes, weights=p).astype(float))


def _information(i: Floats, j: Floats, p: Floats) -> tuple[float, float]:
    """Return the two measures of information correlation; the first is 0 for a single level."""
    levels, codes = np.unique(i, return_inverse=True)
    margin = np.bincount(codes, weights=p).astype(float)
    joint, own = _entropy(p), _entropy(margin)
    crossed = float(-(p * np.log2(margin[codes] * margin[np.searchsorted(levels, j)])).sum())
    first = (joint - crossed) / own if levels.size > 1 else 0.0
    return first, float(np.sqrt(max(0.0, 1 - np.exp(-2 * (2 * own - joint)))))
