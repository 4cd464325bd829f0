"""Processing chain from image and mask to region: crop, interpolate, round, re-segment, discretise.

Source: reference manual of the Image Biomarker Standardisation Initiative, arXiv:1612.07003, chapter 2.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from genorx.errors import Finding, ImageError, RegionError
from genorx.imaging.discretisation import grey_levels
from genorx.imaging.image import Image, Mask, sizes
from genorx.imaging.resampling import Grid, Window, interpolated, share_inside
from genorx.imaging.resegmentation import intensity_mask
from genorx.imaging.settings import Configuration

#: Margin that is kept around a region, in mm: the sphere of the intensity peaks reaches 6.2 mm.
MARGIN = 7.0


@dataclass(frozen=True, kw_only=True)
class Region:
    """A processed region, in its bounding box.

    Attributes
    ----------
    image : array of float
        Intensities of the box: the region and a margin of ``MARGIN`` mm around it, within the image.
    mask : array of bool
        Morphological mask, for shape.
    intensity_mask : array of bool
        Voxels left by re-segmentation, for intensities and textures.
    levels : array of int or None
        Grey levels of the voxels of ``intensity_mask``; None if no family needs them.
    spacing : tuple of float
        Size of voxels, in mm.
    slices : int
        Number of slices of the whole image.
    grid : Grid
        Grid of the image after interpolation.
    findings : tuple of Finding
    """

    image: NDArray[np.float64]
    mask: NDArray[np.bool_]
    intensity_mask: NDArray[np.bool_]
    levels: NDArray[np.int64] | None
    spacing: tuple[float, ...]
    slices: int
    grid: Grid
    findings: tuple[Finding, ...]

    @property
    def values(self) -> NDArray[np.float64]:
        """Intensities of the region."""
        return self.image[self.intensity_mask]


def finite(image: Image, mask: Mask) -> tuple[NDArray[np.float64], tuple[Finding, ...]]:
    """Return intensities with NaN outside the region replaced by 0.

    Raises
    ------
    ImageError
        ``mask-geometry`` if the mask has another shape; ``image-not-finite`` if a voxel of the region is not a finite
        number.
    RegionError
        ``mask-empty``.
    """
    inside = np.asarray(mask.array, dtype=bool)
    if inside.shape != image.array.shape:
        reason = f"the mask has {sizes(inside.shape)} voxels, the image {sizes(image.array.shape)}"
        raise ImageError(reason, file=image.file, code="mask-geometry")
    if not inside.any():
        raise RegionError("the region has no voxel", file=image.file, code="mask-empty")
    bad = ~np.isfinite(image.array)
    number = int(bad.sum())
    if not number:
        return np.asarray(image.array, dtype=float), ()
    within = bad & inside
    if within.any():
        place = f"slice {int(np.argwhere(within)[0][2]) + 1}"
        reason = f"{int(within.sum())} voxels of the region are not numbers"
        raise ImageError(reason, file=image.file, place=place, code="image-not-finite")
    message = f"{number} voxels outside the region are not numbers; they were read as 0"
    found = Finding(code="image-not-finite-outside", severity="warning", message=message, patient_id=_patient(image))
    return np.where(bad, 0.0, image.array), (found,)


def region_of(image: Image, mask: Mask, settings: Configuration) -> Region:
    """Return the region of a mask under a configuration.

    Raises
    ------
    ImageError
        As ``finite``; ``discretisation-missing``.
    RegionError
        ``mask-empty``; ``region-lost`` if interpolation or re-segmentation leaves no voxel.
    """
    array, findings = finite(image, mask)
    grid = Grid.over(array.shape, image.spacing, settings.spacing, by_slice=settings.by_slice)
    window = grid.window(np.asarray(mask.array, dtype=bool), MARGIN)
    values = resampled(array, grid, window, settings, image.modality)
    inside = share_inside(
        np.asarray(mask.array, dtype=bool), grid, window, settings.mask_interpolation, settings.mask_threshold
    )
    if not inside.any():
        raise RegionError("interpolation leaves no voxel of the region", file=image.file, code="region-lost")
    kept = intensity_mask(
        values, inside, intensity_range=settings.intensity_range, outlier_sigma=settings.outlier_sigma
    )
    if not kept.any():
        reason = "no voxel of the region has an intensity within the settings"
        raise RegionError(reason, file=image.file, hint="see intensity_range and outlier_sigma", code="region-lost")
    return Region(
        image=values,
        mask=inside,
        intensity_mask=kept,
        levels=_levels(values[kept], settings, image),
        spacing=grid.spacing,
        slices=image.array.shape[2],
        grid=grid,
        findings=(*findings, *_doubts(values[kept], settings, image)),
    )


def resampled(
    array: NDArray[np.float64], grid: Grid, window: Window, settings: Configuration, modality: str
) -> NDArray[np.float64]:
    """Return the intensities of a window of the new grid, rounded if the settings require it."""
    values = interpolated(array, grid, window, settings.interpolation)
    return np.rint(values) if settings.rounds(modality) else values


def _levels(values: NDArray[np.float64], settings: Configuration, image: Image) -> NDArray[np.int64] | None:
    if not settings.levelled:
        return None
    try:
        return grey_levels(
            values,
            bins=settings.bins,
            bin_width=settings.bin_width,
            intensity_range=settings.intensity_range,
        )
    except ImageError as error:
        raise ImageError(error.reason, file=image.file, hint=error.hint, code=error.code) from error


def _doubts(values: NDArray[np.float64], settings: Configuration, image: Image) -> list[Finding]:
    """Return findings that limit the use of a region's features."""
    found = []
    if values.size == 1:
        found.append(
            ("region-too-small", "the region has one voxel: features of shape and texture carry no information")
        )
    elif (values == values[0]).all():
        found.append(("region-flat", "all voxels of the region have one intensity: textures carry no information"))
    if image.unit == "arbitrary" and settings.bin_width is not None:
        message = "intensities have no common unit between images: a fixed bin_width is not comparable"
        found.append(("arbitrary-units", message))
    patient = _patient(image)
    return [Finding(code=code, severity="warning", message=text, patient_id=patient) for code, text in found]


def _patient(image: Image) -> str | None:
    return image.patient_id or None
