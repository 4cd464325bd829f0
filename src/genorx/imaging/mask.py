"""Masks of images, from NIfTI files, DICOM segmentations and structure sets; refused if they do not fit the image.

DICOM masks are read by ``segmentation_object`` and ``contours``.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from genorx.errors import ImageError, RegionError, shown
from genorx.imaging.image import Image, Mask, sizes
from genorx.imaging.nifti import MASK_FILE, Volume, is_nifti, read_volume

#: Tolerance of the directions of axes.
DIRECTION_TOLERANCE = 1e-3
#: Tolerance of the sizes of voxels, in mm.
SPACING_TOLERANCE = 1e-3
_ORIGIN_TOLERANCE = 0.01  # of the smallest side of a voxel


def read_mask(path: str | Path, *, like: Image, label: str | int | None = None, any_series: bool = False) -> Mask:
    """Return the region of a mask file on the grid of an image.

    Parameters
    ----------
    path : path
        NIfTI file with whole numbers, DICOM SEG or RTSTRUCT.
    like : Image
        Image to which the mask belongs.
    label : str or int, optional
        Name of the region, or its number; required if there are several.
    any_series : bool, default False
        Whether to accept a structure set drawn on another series with the same frame of reference.

    Raises
    ------
    ImageError
        ``mask-geometry``, ``mask-label``, ``mask-label-needed``, ``mask-label-ambiguous``, ``mask-values``,
        ``mask-outside``, ``mask-frame-of-reference``, ``mask-other-series``, ``patient-mismatch``,
        ``contour-not-planar``, ``mask-unreadable``, ``file-absent``.
    RegionError
        ``mask-empty``.
    """
    requested = None if label is None else str(label)
    if is_nifti(path):
        mask = _nifti_mask(path, like, requested)
    else:
        from genorx.imaging.dicom_mask import read_dicom_mask

        mask = read_dicom_mask(path, like, requested, any_series=any_series)
    if not mask.array.any():
        place = f'region "{shown(mask.label)}"'
        raise RegionError("the region has no voxel", file=path, place=place, code="mask-empty")
    return mask


def choose(regions: Sequence[tuple[str, str]], label: str | None, path: str | Path) -> int:
    """Select one of several regions, each with name and number, by a label.

    Raises
    ------
    ImageError
        ``mask-label-needed`` without a label if there are several; ``mask-label`` if none has it;
        ``mask-label-ambiguous`` if several have that name.
    """
    stated = "regions: " + ", ".join(f"{shown(name)} ({number})" for name, number in regions[:30])
    if label is None:
        if len(regions) == 1:
            return 0
        reason = f"the mask has {len(regions)} regions and none was chosen"
        raise ImageError(reason, file=path, hint=stated, code="mask-label-needed")
    named = [place for place, (name, _) in enumerate(regions) if name == label]
    if len(named) > 1:
        numbers = ", ".join(regions[place][1] for place in named)
        reason = f'{len(named)} regions have the name "{shown(label)}"'
        raise ImageError(reason, file=path, hint=f"choose by number: {numbers}", code="mask-label-ambiguous")
    if not named:
        named = [place for place, (_, number) in enumerate(regions) if number == label]
    if not named:
        raise ImageError(f'no region "{shown(label)}"', file=path, hint=stated, code="mask-label")
    return named[0]


def _nifti_mask(path: str | Path, like: Image, label: str | None) -> Mask:
    volume = read_volume(path, MASK_FILE)
    values = _whole(volume.array, path)
    found = [str(number) for number in np.unique(values) if number]
    if not found:
        raise RegionError("the mask has no voxel above 0", file=path, code="mask-empty")
    chosen = found[choose([(name, name) for name in found], label, path)]
    array = _turned(np.asarray(values == int(chosen)), volume, like, path)
    return Mask(array=array, label=chosen, source="nifti", findings=volume.findings)


def _whole(array: NDArray[Any], path: str | Path) -> NDArray[np.int64]:
    if not np.isfinite(array).all() or (array != np.rint(array)).any() or np.abs(array).max() > 2**53:
        reason = "the values of a mask must be whole numbers, one per region"
        raise ImageError(
            reason, file=path, hint="a map of probabilities is not a mask: apply a threshold first", code="mask-values"
        )
    return np.asarray(np.rint(array), dtype=np.int64)


def _turned(array: NDArray[np.bool_], volume: Volume, like: Image, path: str | Path) -> NDArray[np.bool_]:
    """Reorient a mask to the axes of the image, after a check that it lies on the image's grid."""
    agreement = np.asarray(like.direction).T @ volume.direction
    order = [int(each) for each in np.argmax(np.abs(agreement), axis=1)]
    ways = [float(np.sign(agreement[axis, order[axis]])) for axis in range(3)]
    turned = volume.direction[:, order] * ways
    if sorted(order) != [0, 1, 2] or np.abs(turned - like.direction).max() > DIRECTION_TOLERANCE:
        raise misplaced("its axes have other directions than the image's", path)
    spacing = [volume.spacing[axis] for axis in order]
    shape = [array.shape[axis] for axis in order]
    if tuple(shape) != like.shape:
        raise misplaced(f"it has {sizes(shape)} voxels, the image {sizes(like.shape)}", path)
    if np.abs(np.subtract(spacing, like.spacing)).max() > SPACING_TOLERANCE:
        raise misplaced("its voxels have another size than the image's", path)
    origin = np.asarray(volume.origin)
    for axis, way in zip(order, ways, strict=True):
        if way < 0:
            origin = origin + volume.direction[:, axis] * volume.spacing[axis] * (array.shape[axis] - 1)
    if np.abs(origin - np.asarray(like.origin)).max() > _ORIGIN_TOLERANCE * min(like.spacing):
        raise misplaced("its origin differs from the image's", path)
    flips = tuple(slice(None, None, int(way)) for way in ways)
    return np.ascontiguousarray(array.transpose(order)[flips])


def misplaced(reason: str, path: str | Path, place: str | None = None) -> ImageError:
    """Return the error of a mask, or of a part of it, that is not on the image's grid."""
    hint = "draw the mask on this image, or resample it to the image's grid first"
    text = f"the mask is not on the grid of the image: {reason}"
    return ImageError(text, file=path, place=place, hint=hint, code="mask-geometry")
