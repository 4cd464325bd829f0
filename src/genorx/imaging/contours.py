"""DICOM structure sets (RTSTRUCT) as masks: contours in mm to voxels.

A voxel belongs to a contour if its centre lies inside by the even-odd rule; contours of a slice are combined by
exclusive or, which gives correct holes, islands and keyholes.
Source: DICOM PS3.3, C.8.8.6 (ROI contour).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from genorx.errors import Finding, ImageError, shown
from genorx.imaging.dicom_header import elements_of, sequence, text
from genorx.imaging.image import Image, Mask
from genorx.imaging.mask import choose

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

_NOT_PLANAR = 0.1  # of the slice distance
_OFF_PLANE = 0.05  # of the slice distance
_BEYOND = 1000  # pixels beyond the image; farther points are refused
_DIGITS = 7  # decimals of coordinates in voxels: further ones are rounding noise


def regions_of(dataset: Any) -> list[Any]:
    """Return the names of the regions in a structure set."""
    return sequence(dataset, "StructureSetROISequence")


def read_contours(path: str | Path, dataset: Any, like: Image, label: str | None) -> tuple[Mask, Any]:
    """Return a region on the grid of an image, with findings on the region.

    Raises
    ------
    ImageError
        ``mask-label``, ``mask-label-needed``, ``mask-label-ambiguous``, ``mask-outside``, ``contour-not-planar``,
        ``mask-unreadable``.
    """
    with elements_of(path, "mask-unreadable"):
        regions = regions_of(dataset)
        named = [(text(each, "ROIName"), str(int(each.ROINumber))) for each in regions]
        if not named:
            raise ImageError("the structure set has no region", file=path, code="mask-unreadable")
        chosen = choose(named, label, path)
        name, number = named[chosen]
        contours = [
            contour
            for each in sequence(dataset, "ROIContourSequence")
            if int(each.ReferencedROINumber) == int(number)
            for contour in sequence(each, "ContourSequence")
        ]
        polygons, findings = _polygons(contours, like, path, name)
    mask = Mask(array=_filled(polygons, like, path), label=name or number, source="rtstruct", findings=findings)
    return mask, regions[chosen]


def _polygons(
    contours: list[Any], like: Image, path: str | Path, name: str
) -> tuple[dict[int, list[Floats]], tuple[Finding, ...]]:
    """Return closed planar contours in voxels of their slice, and findings on the others."""
    found: dict[int, list[Floats]] = defaultdict(list)
    counts: Counter[str] = Counter()
    for number, contour in enumerate(contours, start=1):
        if text(contour, "ContourGeometricType").upper() != "CLOSED_PLANAR":
            counts["contour-ignored"] += 1
            continue
        points = np.asarray(contour.ContourData, dtype=float).reshape(-1, 3)
        at = np.round(like.voxels_of(points), _DIGITS)
        level = _slice_of(at[:, 2], like, path, f"contour {number}")
        counts["contour-off-plane"] += abs(float(at[:, 2].mean()) - level) > _OFF_PLANE
        found[level].append(at[:, :2])
    texts = {
        "contour-ignored": "contours are points or open lines, and were not used",
        "contour-off-plane": "contours are more than 5 % of the slice distance off a slice; the nearest was taken",
    }
    place = f'{Path(path).name}: region "{shown(name)}"'
    return found, tuple(
        Finding(code=code, severity="warning", message=f"{counts[code]} {words}", place=place)
        for code, words in texts.items()
        if counts[code]
    )


def _slice_of(levels: Floats, like: Image, path: str | Path, place: str) -> int:
    """Return the slice of a contour."""
    middle = float(levels.mean())
    if np.abs(levels - middle).max() > _NOT_PLANAR:
        raise ImageError("the contour is not planar", file=path, place=place, code="contour-not-planar")
    slices = like.shape[2]
    if not -0.5 <= middle <= slices - 0.5:
        raise ImageError("the contour is beyond the slices of the image", file=path, place=place, code="mask-outside")
    return min(max(int(np.rint(middle)), 0), slices - 1)


def _filled(polygons: dict[int, list[Floats]], like: Image, path: str | Path) -> Bools:
    array = np.zeros(like.shape, dtype=bool)
    width, height, _ = like.shape
    for level, parts in sorted(polygons.items()):
        points = np.concatenate(parts)
        low, high = np.floor(points.min(axis=0)).astype(int), np.ceil(points.max(axis=0)).astype(int) + 1
        beyond = max(*(-low), *(high - np.array([width, height])))
        inside = None if beyond > _BEYOND else _exclusive_or(parts, low, high)
        if inside is not None:
            at = np.argwhere(inside) + low
        if inside is None or (at < 0).any() or (at >= np.array([width, height])).any():
            reason = "the contour extends beyond the image"
            raise ImageError(reason, file=path, place=f"slice {level + 1}", code="mask-outside")
        array[at[:, 0], at[:, 1], level] = True
    return array


def _exclusive_or(parts: list[Floats], low: NDArray[np.int64], high: NDArray[np.int64]) -> Bools:
    """Return the pixels of a box that are inside an odd number of polygons."""
    inside = np.zeros(tuple(high - low), dtype=bool)
    for points in parts:
        inside ^= inside_polygon(points - low, inside.shape)
    return inside


def inside_polygon(points: Floats, shape: tuple[int, ...]) -> Bools:
    """Return the pixels whose centres lie inside a polygon: even-odd, half-open at the edge.

    A centre on a lower edge (of x or of y) is inside, one on an upper edge is not.

    Parameters
    ----------
    points : array, shape (n, 2)
        Corners (x, y) in pixels; the last is joined to the first.
    shape : tuple of two ints
        Number of pixels in x and y.
    """
    crossings = np.zeros((shape[0] + 1, shape[1]), dtype=np.int64)
    for (x1, y1), (x2, y2) in zip(points, np.roll(points, -1, axis=0), strict=True):
        low, high = min(y1, y2), max(y1, y2)
        rows = np.arange(max(0, int(np.ceil(low))), min(shape[1], int(np.ceil(high))))
        if rows.size:
            at = np.round(x1 + (rows - y1) * (x2 - x1) / (y2 - y1), _DIGITS)
            first = np.clip(np.ceil(at), 0, shape[0]).astype(int)
            crossings[first, rows] += 1
    return np.asarray(np.cumsum(crossings, axis=0)[:-1] % 2 == 1)
