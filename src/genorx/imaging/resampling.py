"""Interpolation of an image and its mask to another voxel size; both grids share their centre.

Source: reference manual of the Image Biomarker Standardisation Initiative, arXiv:1612.07003, section 2.4.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Window = tuple[slice, slice, slice]

#: Methods of interpolation.
METHODS = ("nearest", "linear", "cubic")
_INSIDE = 1e-9
_REACH = {"nearest": 2, "linear": 2, "cubic": 40}  # voxels beyond which values have no influence (spline: 0.27^40)


@dataclass(frozen=True, slots=True)
class Grid:
    """A grid of new voxel size over an image.

    Attributes
    ----------
    old_shape, shape : tuple of three ints
        Number of voxels before and after interpolation.
    old_spacing, spacing : tuple of three floats
        Size of voxels before and after interpolation, in mm.
    """

    old_shape: tuple[int, ...]
    old_spacing: tuple[float, ...]
    shape: tuple[int, ...]
    spacing: tuple[float, ...]

    @classmethod
    def over(
        cls, shape: tuple[int, ...], spacing: tuple[float, ...], target: tuple[float, ...] | None, *, by_slice: bool
    ) -> Grid:
        """Return the grid of the requested voxel size; along the slices only for 3D features."""
        new = list(spacing) if target is None else list(target)
        if by_slice:
            new[2] = spacing[2]
        sizes = [
            int(np.ceil(n * old / side - 1e-5)) if old != side else n
            for n, old, side in zip(shape, spacing, new, strict=True)
        ]
        return cls(shape, spacing, tuple(max(1, size) for size in sizes), tuple(new))

    @property
    def same(self) -> bool:
        """Whether no interpolation is needed."""
        return self.old_spacing == self.spacing

    def positions(self, axis: int) -> Floats:
        """Return the coordinate of each new voxel along an axis, in old voxels."""
        n, size = self.old_shape[axis], self.shape[axis]
        scale = self.spacing[axis] / self.old_spacing[axis]
        return np.asarray((n - 1) / 2 + (np.arange(size) - (size - 1) / 2) * scale, dtype=float)

    def window(self, mask: Bools, margin: float = 0.0) -> Window:
        """Return the window of new voxels that contains the mask, with ``margin`` mm around it."""
        found = []
        for axis, inside in enumerate(np.nonzero(mask)):
            at = self.positions(axis)
            around = 1 + margin / self.old_spacing[axis]
            here = np.flatnonzero((at >= inside.min() - around) & (at <= inside.max() + around))
            found.append(slice(int(here[0]), int(here[-1]) + 1) if here.size else slice(0, len(at)))
        return found[0], found[1], found[2]

    @property
    def everything(self) -> Window:
        """All new voxels."""
        x, y, z = (slice(0, size) for size in self.shape)
        return x, y, z


def interpolated(array: Floats, grid: Grid, window: Window, method: str) -> Floats:
    """Interpolate an array at the new voxels of a window; the edge value continues beyond the edge."""
    if grid.same:
        return np.array(array[window], dtype=float)
    for axis, part in enumerate(window):
        at = np.clip(grid.positions(axis)[part], 0, grid.old_shape[axis] - 1)
        low = max(0, int(at.min()) - _REACH[method])
        high = min(grid.old_shape[axis], int(at.max()) + _REACH[method] + 2)
        array = array.take(np.arange(low, high), axis=axis)
        if grid.spacing[axis] != grid.old_spacing[axis]:
            array = _along(array, axis, at - low, method)
        else:
            array = array.take(np.rint(at).astype(int) - low, axis=axis)
    return np.asarray(array, dtype=float)


def share_inside(mask: Bools, grid: Grid, window: Window, method: str, threshold: float) -> Bools:
    """Return the new voxels that are inside: those with at least a given share inside."""
    if grid.same:
        return mask[window].copy()
    return np.asarray(interpolated(mask.astype(float), grid, window, method) >= threshold - _INSIDE)


def _along(array: Floats, axis: int, at: Floats, method: str) -> Floats:
    """Interpolate along one axis: interpolation is separable."""
    if method == "nearest":
        return array.take(np.floor(at + 0.5).astype(int), axis=axis)
    if method == "cubic":
        return _spline(array, axis, at)
    low = np.minimum(np.floor(at).astype(int), array.shape[axis] - 1)
    high = np.minimum(low + 1, array.shape[axis] - 1)
    share = (at - low).reshape([-1 if each == axis else 1 for each in range(3)])
    first, second = array.take(low, axis=axis), array.take(high, axis=axis)
    return np.asarray(first * (1 - share) + second * share, dtype=float)


def _spline(array: Floats, axis: int, at: Floats) -> Floats:
    from scipy.ndimage import spline_filter1d

    reach = 12  # beyond its edge an array continues with the edge value
    wide = [(reach, reach) if each == axis else (0, 0) for each in range(3)]
    filtered = spline_filter1d(np.pad(array, wide, mode="edge"), order=3, axis=axis, mode="mirror")
    low = np.floor(at).astype(int)
    share = (at - low).reshape([-1 if each == axis else 1 for each in range(3)])
    weights = (
        (1 - share) ** 3,
        3 * share**3 - 6 * share**2 + 4,
        -3 * share**3 + 3 * share**2 + 3 * share + 1,
        share**3,
    )
    parts = [weight / 6 * filtered.take(low + reach + step, axis=axis) for step, weight in enumerate(weights, start=-1)]
    return np.asarray(sum(parts), dtype=float)
