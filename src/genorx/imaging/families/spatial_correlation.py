"""Moran's I and Geary's C: spatial autocorrelation of intensities, over all pairs of a region's voxels.

Weights are the inverse distances in mm.  Sums over all pairs are convolutions, computed exactly by fast Fourier
transforms of the box padded to twice its size; a loop over pairs would take hours.
Source: reference manual of the Image Biomarker Standardisation Initiative, arXiv:1612.07003, section 3.1.
"""

from __future__ import annotations

import numpy as np

from genorx.imaging.families.neighbours import Bools, Floats


def spatial_correlation(image: Floats, mask: Bools, spacing: tuple[float, ...]) -> tuple[float, float]:
    """Return Moran's I and Geary's C; NaN for one voxel, and if all intensities are equal."""
    image, mask = _boxed(image, mask)
    values = image[mask]
    centred = np.where(mask, image - values.mean(), 0.0)
    squares = float((centred**2).sum())
    if values.size < 2 or (values == values[0]).all():
        return float("nan"), float("nan")
    of_mask, of_away = _convolved(mask.astype(float), centred, spacing)
    weight = float(of_mask[mask].sum())
    products = float((centred * of_away).sum())
    moran = values.size / weight * products / squares
    geary = (values.size - 1) / (2 * weight) * (2 * float((centred**2 * of_mask).sum()) - 2 * products) / squares
    return moran, geary


def _boxed(image: Floats, mask: Bools) -> tuple[Floats, Bools]:
    """Crop both arrays to the mask's bounding box."""
    found = np.nonzero(mask)
    box = tuple(slice(int(each.min()), int(each.max()) + 1) for each in found)
    return image[box], mask[box]


def _convolved(first: Floats, second: Floats, spacing: tuple[float, ...]) -> tuple[Floats, Floats]:
    """Convolve two arrays with the inverse distance."""
    from scipy.fft import irfftn, next_fast_len, rfftn

    shape = first.shape
    size = [next_fast_len(2 * each - 1, real=True) for each in shape]
    steps = [np.minimum(np.arange(n), n - np.arange(n)) * side for n, side in zip(size, spacing, strict=True)]
    x, y, z = np.meshgrid(*steps, indexing="ij", sparse=True)
    distance = np.sqrt(x**2 + y**2 + z**2)
    distance[0, 0, 0] = np.inf
    kernel = rfftn(1 / distance)
    box = tuple(slice(0, each) for each in shape)
    one, two = (irfftn(rfftn(each, size) * kernel, size)[box] for each in (first, second))
    return one, two
