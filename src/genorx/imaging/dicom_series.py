"""A DICOM series as one image; refused if the slices are not evenly spaced.

Slices are ordered by position, never by name or number.
Source: DICOM PS3.3, C.7.6.2 (image plane) and C.7.6.16 (functional groups of frames).
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from genorx._core.limits import check
from genorx._core.progress import track
from genorx.errors import Finding, ImageError, Severity, shown
from genorx.imaging.dicom_header import opened
from genorx.imaging.dicom_slice import Header, Plane, header_of, intensities, planes_of
from genorx.imaging.image import SPACING_DECIMALS, Image
from genorx.imaging.suv import suv_factors

_PASSED_OVER = ("RTSTRUCT", "SEG", "SR", "RTPLAN", "RTDOSE", "KO", "PR", "REG")
_SAME_PLACE = 0.01  # mm
_SAME_DIRECTION = 1e-3
_GAP, _UNEVEN = 0.05, 0.01  # of the median step
_TILT = 0.01  # sine


def read_series(path: str | Path, *, series: str | None = None, modality: str | None = None, suv: str = "bw") -> Image:
    """Return the image of a folder of DICOM files (not its subfolders), or of one file.

    Raises
    ------
    ImageError
        ``image-empty``, ``series-mixed``, ``patient-mismatch``, ``modality-mismatch``, ``series-geometry``,
        ``series-orientation``, ``series-duplicate-slice``, ``series-gap``, ``series-tilt``, ``spacing-unknown``,
        ``image-colour``, ``image-multiframe``, ``transfer-syntax``, ``suv-incomplete``, ``suv-type``,
        ``image-unreadable``.
    """
    headers, unread = _headers(Path(path))
    chosen = _one_series(headers, series, path)
    first = chosen[0]
    if len({each.patient_id for each in chosen}) > 1:
        raise ImageError("the series has images of two patients", file=path, code="patient-mismatch")
    if modality is not None and modality != first.modality:
        reason = f"the stated modality is {modality}, that of the files is {first.modality}"
        raise ImageError(reason, file=path, code="modality-mismatch")
    planes = [plane for header in chosen for plane in planes_of(header)]
    planes, spacing, uneven = _stacked(planes, path)
    check("unpacked_bytes", planes[0].rows * planes[0].columns * len(planes) * 2, file=path)
    array, unit = _measured(planes, first.modality, suv, path)
    return Image(
        array=array,
        spacing=spacing,
        origin=(float(planes[0].position[0]), float(planes[0].position[1]), float(planes[0].position[2])),
        direction=_axes(planes[0]),
        modality=first.modality,
        unit=unit,
        patient_id=first.patient_id,
        study_uid=first.study_uid,
        series_uid=first.series_uid,
        frame_of_reference_uid=first.frame_of_reference_uid,
        date=first.date,
        findings=tuple(_findings(chosen, unread, uneven, path)),
        file=str(path),
    )


def _headers(path: Path) -> tuple[list[Header], int]:
    """Return the headers of images, and the number of files that are not DICOM."""
    folder = path.is_dir()
    files = sorted(Path(each.path) for each in os.scandir(path) if each.is_file()) if folder else [path]
    found, unread = [], 0
    for file in track(files, "read headers", len(files)):
        dataset = opened(file, pixels=False)
        if dataset is None:
            unread += 1
        elif str(dataset.get("Modality", "")) not in _PASSED_OVER and "Rows" in dataset:
            found.append(header_of(file, dataset))
    if not found and not folder and unread:
        raise ImageError("the file is neither DICOM nor NIfTI", file=path, code="image-unreadable")
    if not found:
        raise ImageError("there is no image", file=path, code="image-empty")
    return found, unread


def _one_series(headers: list[Header], series: str | None, path: str | Path) -> list[Header]:
    known = sorted({each.series_uid for each in headers})
    stated = ", ".join(shown(uid) for uid in known[:20])
    if series is None and len(known) > 1:
        reason = f"there are {len(known)} series: {stated}"
        raise ImageError(reason, file=path, hint="choose one by its UID", code="series-mixed")
    chosen = [each for each in headers if series in (None, each.series_uid)]
    if not chosen:
        reason = f"there is no image of the series {shown(series)}"
        raise ImageError(reason, file=path, hint=f"series: {stated}", code="image-empty")
    return chosen


def _axes(plane: Plane) -> NDArray[np.float64]:
    """Return the directions of columns (x), rows (y) and slices (z) as the columns of a matrix."""
    x, y = plane.orientation[:3], plane.orientation[3:]
    return np.column_stack([x, y, np.cross(x, y)])


def _stacked(planes: list[Plane], path: str | Path) -> tuple[list[Plane], tuple[float, float, float], float]:
    """Return sorted planes, the voxel size, and the largest relative deviation of a slice spacing."""
    _check_alike(planes, path)
    normal = _axes(planes[0])[:, 2]
    along = np.array([plane.position @ normal for plane in planes])
    order = np.argsort(along, kind="stable")
    ordered, steps = [planes[k] for k in order], np.diff(along[order])
    if len(ordered) == 1:
        thick = next((each for each in (planes[0].between, planes[0].thickness) if each is not None and each > 0), None)
        if thick is None:
            reason = "one slice, with neither SpacingBetweenSlices nor SliceThickness"
            raise ImageError(reason, file=path, code="spacing-unknown")
        return ordered, _sides(planes[0], thick), 0.0
    uneven = _check_steps(ordered, steps, path)
    way = ordered[-1].position - ordered[0].position
    if np.linalg.norm(np.cross(way, normal)) > _TILT * np.linalg.norm(way):
        reason = "slices are shifted against each other: the gantry was tilted"
        raise ImageError(reason, file=path, hint="resample it to a rectangular grid first", code="series-tilt")
    return ordered, _sides(planes[0], float(steps.sum() / len(steps))), uneven


def _sides(plane: Plane, thick: float) -> tuple[float, float, float]:
    x, y, z = (round(float(each), SPACING_DECIMALS) for each in (plane.pixel_spacing[1], plane.pixel_spacing[0], thick))
    if min(x, y, z) <= 0:
        raise ImageError("voxels have no size", file=plane.path, code="spacing-unknown")
    return x, y, z


def _check_alike(planes: list[Plane], path: str | Path) -> None:
    first = planes[0]
    for plane in planes:
        if np.abs(plane.orientation - first.orientation).max() > _SAME_DIRECTION:
            reason = "slices have different orientations"
            raise ImageError(reason, file=path, place=plane.path.name, code="series-orientation")
        sizes = (plane.rows, plane.columns) == (first.rows, first.columns)
        if not sizes or np.abs(plane.pixel_spacing - first.pixel_spacing).max() > 10.0**-SPACING_DECIMALS:
            reason = "slices have different sizes"
            raise ImageError(reason, file=path, place=plane.path.name, code="series-geometry")


def _check_steps(planes: list[Plane], steps: NDArray[np.float64], path: str | Path) -> float:
    """Return the largest deviation of a spacing from the median; raise an error for missing or duplicate slices."""
    close = np.flatnonzero(steps < _SAME_PLACE)
    if close.size:
        place = f"slices {close[0] + 1} and {close[0] + 2}"
        hint = "several series, times or echoes in one folder?"
        raise ImageError(
            "two slices have the same position", file=path, place=place, hint=hint, code="series-duplicate-slice"
        )
    median = float(np.median(steps))
    deviation = np.abs(steps - median) / median
    worst = int(np.argmax(deviation))
    if deviation[worst] > _GAP:
        place = f"slices {worst + 1} and {worst + 2}"
        reason = f"the slice distance is {steps[worst]:.2f} mm, the median {median:.2f} mm"
        hint = f"there are {len(planes)} slices; is one missing?"
        raise ImageError(reason, file=path, place=place, hint=hint, code="series-gap")
    return float(deviation[worst])


def _measured(planes: list[Plane], modality: str, suv: str, path: str | Path) -> tuple[NDArray[np.float64], str]:
    """Return intensities and their unit."""
    if modality != "PT":
        return intensities(planes), "HU" if modality == "CT" else "arbitrary"
    uptakes = [plane.uptake for plane in planes if plane.uptake is not None]
    if suv == "none":
        becquerel = {each.units for each in uptakes} == {"BQML"}
        return intensities(planes), "Bq/mL" if becquerel else "arbitrary"
    factors = suv_factors(uptakes, path)
    return intensities(planes) * np.array(factors), "SUVbw"


def _findings(headers: Sequence[Header], unread: int, uneven: float, path: str | Path) -> list[Finding]:
    found: list[tuple[str, Severity, str]] = []
    if unread:
        found.append(("file-not-image", "info", f"{unread} files are not DICOM, and not read"))
    if uneven > _UNEVEN:
        message = f"slice distances differ by up to {100 * uneven:.1f} % from the median; the mean is used"
        found.append(("slice-spacing-uneven", "warning", message))
    if any(each.burned_in for each in headers):
        message = "the header states that text is burnt into the pixels: it may identify the patient"
        found.append(("burned-in-annotation", "warning", message))
    place = Path(path).name
    return [Finding(code=code, severity=severity, message=text, place=place) for code, severity, text in found]
