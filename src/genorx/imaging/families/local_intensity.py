"""Local intensity peaks: the highest mean intensity in a sphere of 1 cm^3 around a voxel of the region.

Source: reference manual of the Image Biomarker Standardisation Initiative, arXiv:1612.07003, section 3.2.
"""

from __future__ import annotations

import numpy as np

from genorx.imaging.families.neighbours import Bools, Floats

#: Features in the order of tables, without ``loc_``.
NAMES = ("peak_loc", "peak_glob")
_FEW = 150  # voxels of a sphere up to which its sum is computed voxel by voxel
#: Radius in mm of a sphere of 1 cm^3.
RADIUS = float((3000 / (4 * np.pi)) ** (1 / 3))


def local_intensity(image: Floats, mask: Bools, spacing: tuple[float, ...]) -> Floats:
    """Return the peak around the voxel of highest intensity (the best of several), and the highest of all voxels.

    Voxels outside the region are included, those outside the image are not: ``image`` reaches at least ``RADIUS``
    beyond the region, or to the edge of the whole image.
    """
    sphere = _sphere(spacing, image.shape)
    total, number = _sums(image, sphere) if len(sphere) <= _FEW else _sums_by_transform(image, sphere)
    mean = total[mask] / number[mask]
    values = image[mask]
    return np.array([mean[values == values.max()].max(), mean.max()])


def _sums(image: Floats, sphere: list[tuple[int, ...]]) -> tuple[Floats, Floats]:
    """Return the sum of intensities in the sphere around each voxel, and the number of its voxels in the image."""
    total, number = np.zeros(image.shape), np.zeros(image.shape)
    for offset in sphere:
        here, there = _shifted(offset, image.shape)
        total[here] += image[there]
        number[here] += 1
    return total, number


def _sums_by_transform(image: Floats, sphere: list[tuple[int, ...]]) -> tuple[Floats, Floats]:
    """Return the sums and counts by fast Fourier transforms, for large spheres."""
    from scipy.signal import fftconvolve

    steps = np.array(sphere)
    most = np.abs(steps).max(axis=0)
    kernel = np.zeros(2 * most + 1)
    kernel[tuple((steps + most).T)] = 1
    middle = float(image.mean())  # sums of differences: no precision is lost to a common offset
    number = np.rint(fftconvolve(np.ones_like(image), kernel, mode="same"))
    return fftconvolve(image - middle, kernel, mode="same") + middle * number, number


def _sphere(spacing: tuple[float, ...], shape: tuple[int, ...]) -> list[tuple[int, ...]]:
    """Return the offsets of all voxels whose centres lie within the sphere around a voxel."""
    most = [min(int(RADIUS / side), size - 1) for side, size in zip(spacing, shape, strict=True)]
    x, y, z = np.meshgrid(*(np.arange(-each, each + 1) for each in most), indexing="ij")
    inside = (x * spacing[0]) ** 2 + (y * spacing[1]) ** 2 + (z * spacing[2]) ** 2 <= RADIUS**2
    return [tuple(int(each) for each in row) for row in np.column_stack([x[inside], y[inside], z[inside]])]


def _shifted(offset: tuple[int, ...], shape: tuple[int, ...]) -> tuple[tuple[slice, ...], tuple[slice, ...]]:
    """Return slices that pair each voxel with the voxel ``offset`` away from it, where that exists."""
    pairs = list(zip(offset, shape, strict=True))
    here = tuple(slice(max(0, -step), min(size, size - step)) for step, size in pairs)
    there = tuple(slice(max(0, step), min(size, size + step)) for step, size in pairs)
    return here, there
