"""Diagnostics of the processing chain: sizes, intensities and voxel counts of image and mask at each step.

The tags are those of the reference manual's diagnostic features: ``init`` as read, ``interp`` after interpolation and
rounding, ``reseg`` after re-segmentation.
Source: Zwanenburg A et al. 2020, reference manual arXiv:1612.07003, chapter 5.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from genorx.imaging.chain import Region, finite, resampled
from genorx.imaging.image import Image, Mask
from genorx.imaging.settings import Configuration

_AXES = ("x", "y", "z")


def diagnostics(image: Image, mask: Mask, region: Region, settings: Configuration) -> dict[str, float]:
    """Return the diagnostic features of a region under a configuration, by tag."""
    array, _ = finite(image, mask)
    inside = np.asarray(mask.array, dtype=bool)
    shape, spacing = region.grid.shape, region.spacing
    interpolated = resampled(array, region.grid, region.grid.everything, settings, image.modality)
    return {
        **_of_image("init", array, image.spacing),
        **_of_image("interp", interpolated, spacing),
        **_of_region("init", array.shape, array, inside, inside),
        **_of_region("interp", shape, region.image, region.mask, region.mask),
        **_of_region("reseg", shape, region.image, region.mask, region.intensity_mask),
    }


def _of_image(stage: str, array: NDArray[np.float64], spacing: tuple[float, ...]) -> dict[str, float]:
    return {
        **{f"img_dim_{axis}_{stage}_img": float(size) for axis, size in zip(_AXES, array.shape, strict=True)},
        **{f"vox_dim_{axis}_{stage}_img": float(side) for axis, side in zip(_AXES, spacing, strict=True)},
        f"mean_int_{stage}_img": float(array.mean()),
        f"min_int_{stage}_img": float(array.min()),
        f"max_int_{stage}_img": float(array.max()),
    }


def _of_region(
    stage: str,
    shape: tuple[int, ...],
    array: NDArray[np.float64],
    mask: NDArray[np.bool_],
    intensity_mask: NDArray[np.bool_],
) -> dict[str, float]:
    values = array[intensity_mask]
    return {
        **{f"int_mask_dim_{axis}_{stage}_roi": float(size) for axis, size in zip(_AXES, shape, strict=True)},
        **_box(f"int_mask_bb_dim_{{}}_{stage}_roi", intensity_mask),
        **_box(f"morph_mask_bb_dim_{{}}_{stage}_roi", mask),
        f"int_mask_vox_count_{stage}_roi": float(intensity_mask.sum()),
        f"morph_mask_vox_count_{stage}_roi": float(mask.sum()),
        f"int_mask_mean_int_{stage}_roi": float(values.mean()),
        f"int_mask_min_int_{stage}_roi": float(values.min()),
        f"int_mask_max_int_{stage}_roi": float(values.max()),
    }


def _box(name: str, mask: NDArray[np.bool_]) -> dict[str, float]:
    """Return the side lengths of a mask's bounding box, in voxels."""
    sides = [int(np.ptp(each)) + 1 for each in np.nonzero(mask)]
    return {name.format(axis): float(side) for axis, side in zip(_AXES, sides, strict=True)}
