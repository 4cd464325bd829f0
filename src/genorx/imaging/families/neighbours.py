"""Voxels of a region with their grey levels, and adjacency between them.

All textures are computed from these: pairs of neighbours, runs, zones and neighbourhoods.  Neighbours are found once
per direction, by one look-up in an array of the padded box, without a loop over voxels.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Direction = tuple[int, int, int]

#: Half of the 8 neighbours in a slice; the other half are their opposites.
IN_SLICE: tuple[Direction, ...] = ((1, 0, 0), (0, 1, 0), (1, 1, 0), (1, -1, 0))
#: Half of the 26 neighbours in a volume.
IN_VOLUME: tuple[Direction, ...] = (*IN_SLICE, *((x, y, 1) for x in (-1, 0, 1) for y in (-1, 0, 1)))


class LevelledVoxels:
    """Voxels of an intensity mask with integer grey levels from 1.

    Parameters
    ----------
    mask : array of bool, shape (x, y, z)
        Intensity mask.
    levels : array of int, shape (voxels,)
        Grey levels of the voxels of ``mask``, in the order of ``array[mask]``.
    """

    def __init__(self, mask: Bools, levels: Ints) -> None:
        self.levels = levels
        self.highest = int(levels.max())
        self.slices: Ints = np.nonzero(mask)[2].astype(np.int64)
        padded = np.pad(mask, 1)
        self._flat = np.flatnonzero(padded)
        self._steps = [side // padded.itemsize for side in padded.strides]
        self._number = np.full(padded.size, -1, dtype=np.int64)
        self._number[self._flat] = np.arange(self._flat.size)
        self._next: dict[Direction, Ints] = {}

    def __len__(self) -> int:
        return self.levels.size

    def next_in(self, direction: Direction) -> Ints:
        """Return the index of each voxel's neighbour in a direction; -1 outside the region."""
        if direction not in self._next:
            step = sum(way * side for way, side in zip(direction, self._steps, strict=True))
            self._next[direction] = self._number[self._flat + step]
        return self._next[direction]

    def pairs(self, direction: Direction) -> tuple[Ints, Ints]:
        """Return the indices of voxels with a neighbour in a direction, and of those neighbours."""
        following = self.next_in(direction)
        first = np.flatnonzero(following >= 0)
        return first, following[first]

    def zones(self, directions: tuple[Direction, ...]) -> Ints:
        """Return the zone index of each voxel; a zone is a set of connected voxels of one level."""
        from scipy.sparse import coo_array
        from scipy.sparse.csgraph import connected_components

        pairs = [self.equal_pairs(direction) for direction in directions]
        first = np.concatenate([each for each, _ in pairs])
        second = np.concatenate([each for _, each in pairs])
        graph = coo_array((np.ones(first.size, dtype=bool), (first, second)), shape=(len(self), len(self)))
        found = connected_components(graph, directed=False)[1]
        return np.asarray(found, dtype=np.int64)

    def equal_pairs(self, direction: Direction) -> tuple[Ints, Ints]:
        """Return the ``pairs`` of voxels with the same level."""
        first, second = self.pairs(direction)
        equal = self.levels[first] == self.levels[second]
        return first[equal], second[equal]

    @cached_property
    def voxels_of_slice(self) -> Ints:
        """Number of voxels in each slice of the box."""
        return np.bincount(self.slices).astype(np.int64)
