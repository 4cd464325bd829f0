"""One plane of a DICOM series: its position in the patient and the rescaling of its stored values."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from genorx.errors import ImageError
from genorx.imaging.dicom_header import elements_of, functional_group, iso_date, number, numbers, opened, sequence, text
from genorx.imaging.image import MODALITIES
from genorx.imaging.suv import Uptake, uptake_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Plane:
    """Position of a plane, and its rescaling.

    Attributes
    ----------
    path : Path
    frame : int or None
        Number of the frame in a multi-frame file, from 0.
    rows, columns : int
    position : array, shape (3,)
        Centre of the first pixel, in mm (LPS).
    orientation : array, shape (6,)
        Directions of rows and of columns (LPS).
    pixel_spacing : array, shape (2,)
        Distances between rows and between columns, in mm.
    slope, intercept : float
        Rescaling: intensity = slope x stored value + intercept.
    between, thickness : float or None
        Distance to the next slice, and thickness, in mm.
    uptake : Uptake or None
        Uptake parameters, for positron emission tomography.
    """

    path: Path
    frame: int | None
    rows: int
    columns: int
    position: NDArray[np.float64]
    orientation: NDArray[np.float64]
    pixel_spacing: NDArray[np.float64]
    slope: float
    intercept: float
    between: float | None
    thickness: float | None
    uptake: Uptake | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """Metadata common to all planes of a series: patient, and modality."""

    path: Path
    dataset: Any
    series_uid: str
    study_uid: str
    patient_id: str
    frame_of_reference_uid: str
    modality: str
    date: str
    burned_in: bool


def header_of(path: Path, dataset: Any) -> Header:
    """Return the metadata of an image: patient, series and modality.

    Raises
    ------
    ImageError
        ``image-unreadable``.
    """
    with elements_of(path, "image-unreadable"):
        modality = text(dataset, "Modality").upper()
        dates = (iso_date(text(dataset, name)) for name in ("AcquisitionDate", "SeriesDate", "StudyDate"))
        return Header(
            path=path,
            dataset=dataset,
            series_uid=text(dataset, "SeriesInstanceUID"),
            study_uid=text(dataset, "StudyInstanceUID"),
            patient_id=text(dataset, "PatientID"),
            frame_of_reference_uid=text(dataset, "FrameOfReferenceUID"),
            modality=modality if modality in MODALITIES else "OT",
            date=next((date for date in dates if date), ""),
            burned_in=text(dataset, "BurnedInAnnotation").upper() == "YES",
        )


def planes_of(header: Header) -> list[Plane]:
    """Return the planes of a file: one, or the frames of an enhanced image.

    Raises
    ------
    ImageError
        ``image-multiframe``, ``image-colour``, ``series-geometry``, ``spacing-unknown``, ``image-unreadable``.
    """
    dataset = header.dataset
    with elements_of(header.path, "image-unreadable"):
        if int(dataset.get("SamplesPerPixel") or 1) > 1 or "PALETTE" in text(dataset, "PhotometricInterpretation"):
            raise ImageError("pixels have colours, not single values", file=header.path, code="image-colour")
        if dataset.get("ModalityLUTSequence"):
            reason = "values are scaled by a table (ModalityLUTSequence), which is not read"
            raise ImageError(reason, file=header.path, code="image-unreadable")
        frames = int(dataset.get("NumberOfFrames") or 1)
        groups = sequence(dataset, "PerFrameFunctionalGroupsSequence")
        if groups and len(groups) == frames:
            return [_plane(header, groups[frame], frame) for frame in range(frames)]
        if frames > 1:
            reason = f"the file has {frames} frames without their positions"
            raise ImageError(reason, file=header.path, code="image-multiframe")
        return [_plane(header, None, None)]


def _plane(header: Header, group: Any, frame: int | None) -> Plane:
    dataset = header.dataset
    measures = _part(dataset, group, "PixelMeasuresSequence")
    scaling = _part(dataset, group, "PixelValueTransformationSequence")
    position = numbers(_part(dataset, group, "PlanePositionSequence"), "ImagePositionPatient", 3)
    orientation = numbers(_part(dataset, group, "PlaneOrientationSequence"), "ImageOrientationPatient", 6)
    spacing = numbers(measures, "PixelSpacing", 2)
    place = None if frame is None else f"frame {frame + 1}"
    if position is None or orientation is None or not _is_frame(orientation):
        reason = "ImagePositionPatient or ImageOrientationPatient is missing or invalid"
        raise ImageError(reason, file=header.path, place=place, code="series-geometry")
    if spacing is None or not (spacing > 0).all():
        raise ImageError(
            "PixelSpacing is missing or not above 0", file=header.path, place=place, code="spacing-unknown"
        )
    slope, intercept = number(scaling, "RescaleSlope"), number(scaling, "RescaleIntercept")
    return Plane(
        path=header.path,
        frame=frame,
        rows=int(dataset.Rows),
        columns=int(dataset.Columns),
        position=position,
        orientation=orientation,
        pixel_spacing=spacing,
        slope=1.0 if slope is None else slope,
        intercept=0.0 if intercept is None else intercept,
        between=number(measures, "SpacingBetweenSlices"),
        thickness=number(measures, "SliceThickness"),
        uptake=uptake_of(dataset) if header.modality == "PT" else None,
    )


def _part(dataset: Any, group: Any, name: str) -> Any:
    """Return the item with a group of elements: of the frame, shared by all frames, or the data set itself."""
    found = None if group is None else functional_group(dataset, group, name)
    return dataset if found is None else found


def _is_frame(orientation: NDArray[np.float64]) -> bool:
    """Return whether the directions of rows and columns are orthonormal."""
    row, column = orientation[:3], orientation[3:]
    lengths = np.linalg.norm([row, column], axis=1)
    return bool(np.abs(lengths - 1).max() < 1e-2 and abs(row @ column) < 1e-2)


def intensities(planes: list[Plane]) -> NDArray[np.float64]:
    """Return the rescaled values of planes, shape (columns, rows, planes), each by its own slope and intercept.

    Raises
    ------
    ImageError
        ``transfer-syntax`` for pixel data that cannot be decoded.
    """
    found = np.empty((planes[0].columns, planes[0].rows, len(planes)))
    stored: dict[Path, NDArray[Any]] = {}
    for k, plane in enumerate(planes):
        if plane.path not in stored:
            stored = {plane.path: _stored(plane)}
        pixels = stored[plane.path] if plane.frame is None else _frames(stored[plane.path])[plane.frame]
        if pixels.shape != (plane.rows, plane.columns):
            raise _undecoded(plane.path, "their size differs from that in the header")
        found[:, :, k] = pixels.T * plane.slope + plane.intercept
    return found


def _frames(pixels: NDArray[Any]) -> NDArray[Any]:
    return pixels[None] if pixels.ndim == 2 else pixels


def _stored(plane: Plane) -> NDArray[Any]:
    dataset = opened(plane.path)
    if dataset is None:
        raise _undecoded(plane.path, "the file is truncated or damaged")
    try:
        with elements_of(plane.path, "transfer-syntax"):
            return np.asarray(dataset.pixel_array)
    except ImageError as error:
        name = (
            getattr(dataset.file_meta.get("TransferSyntaxUID"), "name", "unknown") if dataset.file_meta else "unknown"
        )
        raise _undecoded(plane.path, f"transfer syntax {name}") from error


def _undecoded(path: Path, why: str) -> ImageError:
    hint = "convert it to an uncompressed transfer syntax, or install a decoder for pydicom"
    return ImageError(f"the pixel data cannot be decoded: {why}", file=path, hint=hint, code="transfer-syntax")
