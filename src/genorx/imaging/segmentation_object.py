"""DICOM segmentation objects (SEG) as masks: frames are placed by position, not by order.

Source: DICOM PS3.3, C.8.20 (segmentation).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from genorx._core.limits import check
from genorx.errors import ImageError
from genorx.imaging.dicom_header import elements_of, functional_group, numbers, sequence, text
from genorx.imaging.image import Image, Mask
from genorx.imaging.mask import DIRECTION_TOLERANCE, SPACING_TOLERANCE, choose, misplaced

_OFF_CENTRE = 0.05  # of a voxel
_INSIDE = 0.5  # of the highest fraction


@dataclass(frozen=True, slots=True, kw_only=True)
class _Frame:
    """Position of a frame: the voxel of its first pixel."""

    number: int
    place: str
    start: tuple[int, int, int]


def read_segmentation(path: str | Path, dataset: Any, like: Image, label: str | None) -> Mask:
    """Return a segment on the grid of an image.

    Raises
    ------
    ImageError
        ``mask-label``, ``mask-label-needed``, ``mask-label-ambiguous``, ``mask-geometry``, ``mask-outside``,
        ``mask-unreadable``.
    """
    with elements_of(path, "mask-unreadable"):
        segments = [
            (text(each, "SegmentLabel"), str(int(each.SegmentNumber))) for each in sequence(dataset, "SegmentSequence")
        ]
        name, number = segments[choose(segments, label, path)]
        frames = _frames_of(dataset, int(number), like, path)
        pixels = _pixels(dataset, path)
        array = np.zeros(like.shape, dtype=bool)
        for frame in frames:
            _place(array, pixels[frame.number].T, frame, path)
    return Mask(array=array, label=name or number, source="seg")


def _frames_of(dataset: Any, number: int, like: Image, path: str | Path) -> list[_Frame]:
    """Return the frames of a segment and their positions."""
    found = []
    for index, group in enumerate(sequence(dataset, "PerFrameFunctionalGroupsSequence")):
        identity = functional_group(dataset, group, "SegmentIdentificationSequence")
        if int(identity.ReferencedSegmentNumber) == number:
            found.append(_frame(dataset, group, index, like, path))
    return found


def _frame(dataset: Any, group: Any, index: int, like: Image, path: str | Path) -> _Frame:
    place = f"frame {index + 1}"
    orientation = numbers(functional_group(dataset, group, "PlaneOrientationSequence"), "ImageOrientationPatient", 6)
    spacing = numbers(functional_group(dataset, group, "PixelMeasuresSequence"), "PixelSpacing", 2)
    position = numbers(functional_group(dataset, group, "PlanePositionSequence"), "ImagePositionPatient", 3)
    if orientation is None or spacing is None or position is None:
        raise ImageError("the frame has no position", file=path, place=place, code="mask-unreadable")
    own = np.concatenate([like.direction[:, 0], like.direction[:, 1]])
    if np.abs(orientation - own).max() > DIRECTION_TOLERANCE:
        raise misplaced("it has another orientation", path, place)
    if np.abs(spacing - np.array([like.spacing[1], like.spacing[0]])).max() > SPACING_TOLERANCE:
        raise misplaced("its pixels have another size", path, place)
    at = like.voxels_of(position[None])[0]
    nearest = np.rint(at)
    if np.abs(at - nearest).max() > _OFF_CENTRE:
        raise misplaced("its pixels are off those of the image", path, place)
    x, y, z = (int(each) for each in nearest)
    return _Frame(number=index, place=place, start=(x, y, z))


def _pixels(dataset: Any, path: str | Path) -> NDArray[np.bool_]:
    """Return the mask of each frame, shape (frames, rows, columns)."""
    frames, rows, columns = int(dataset.get("NumberOfFrames") or 1), int(dataset.Rows), int(dataset.Columns)
    size = frames * rows * columns
    check("unpacked_bytes", size, file=path)
    kind = text(dataset, "SegmentationType").upper()
    if kind not in ("BINARY", "FRACTIONAL"):
        reason = "the segmentation is neither BINARY nor FRACTIONAL"
        raise ImageError(reason, file=path, code="mask-unreadable")
    if int(dataset.BitsAllocated) == 1:  # packed across frame boundaries
        packed = np.frombuffer(dataset.PixelData, dtype=np.uint8)
        bits = np.unpackbits(packed, count=size, bitorder="little")
        if packed.size * 8 < size:
            raise ImageError("the pixel data are truncated", file=path, code="mask-unreadable")
        return bits.reshape(frames, rows, columns).astype(bool)
    values = np.asarray(dataset.pixel_array).reshape(frames, rows, columns)
    if kind == "BINARY":
        return values > 0
    return np.asarray(values >= _INSIDE * int(dataset.MaximumFractionalValue))


def _place(array: NDArray[np.bool_], pixels: NDArray[np.bool_], frame: _Frame, path: str | Path) -> None:
    """Set the voxels of a frame; raise an error for pixels set outside the image."""
    inside = np.argwhere(pixels)
    if not inside.size:
        return
    at = np.column_stack([inside, np.zeros(len(inside), dtype=int)]) + np.array(frame.start)
    if (at < 0).any() or (at >= np.array(array.shape)).any():
        raise ImageError("pixels of the mask are beyond the image", file=path, place=frame.place, code="mask-outside")
    array[tuple(at.T)] = True
