"""DICOM files as masks: detection of their kind, and of whether they refer to this image."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from genorx.errors import Finding, ImageError
from genorx.imaging.contours import read_contours
from genorx.imaging.dicom_header import elements_of, opened, sequence, text
from genorx.imaging.image import Image, Mask
from genorx.imaging.nifti import MASK_FILE
from genorx.imaging.segmentation_object import read_segmentation


def read_dicom_mask(path: str | Path, like: Image, label: str | None, *, any_series: bool) -> Mask:
    """Return the region of a SEG or RTSTRUCT file on the grid of an image.

    Raises
    ------
    ImageError
        ``mask-unreadable``, ``patient-mismatch``, ``mask-frame-of-reference``, ``mask-other-series``; and as
        ``read_segmentation`` and ``read_contours``.
    """
    MASK_FILE.open(path).close()
    dataset = opened(path)
    kind = "" if dataset is None else text(dataset, "Modality").upper()
    if kind not in ("SEG", "RTSTRUCT"):
        reason = "the file is neither NIfTI nor a DICOM SEG or RTSTRUCT"
        raise ImageError(reason, file=path, code="mask-unreadable")
    with elements_of(path, "mask-unreadable"):
        patient = text(dataset, "PatientID")
    if like.series_uid and patient and like.patient_id and patient != like.patient_id:
        raise ImageError("the mask belongs to another patient than the image", file=path, code="patient-mismatch")
    if kind == "SEG":
        _check_frame({text(dataset, "FrameOfReferenceUID")}, like, path)
        return read_segmentation(path, dataset, like, label)
    return _structure_set(path, dataset, like, label, any_series=any_series)


def _structure_set(path: str | Path, dataset: Any, like: Image, label: str | None, *, any_series: bool) -> Mask:
    """Return a region of a structure set drawn on this series, or on one in the same frame of reference."""
    with elements_of(path, "mask-unreadable"):
        frames = {text(each, "FrameOfReferenceUID") for each in sequence(dataset, "ReferencedFrameOfReferenceSequence")}
        frames |= {text(dataset, "FrameOfReferenceUID")}
        named = {text(each, "ReferencedFrameOfReferenceUID") for each in sequence(dataset, "StructureSetROISequence")}
        series = _series_of(dataset)
    _check_frame(frames | named, like, path)
    findings = _check_series(series, (frames | named) - {""}, like, path, any_series=any_series)
    mask, region = read_contours(path, dataset, like, label)
    _check_frame({text(region, "ReferencedFrameOfReferenceUID")}, like, path)
    return Mask(array=mask.array, label=mask.label, source=mask.source, findings=(*mask.findings, *findings))


def _series_of(dataset: Any) -> set[str]:
    """Return the UIDs of the series that a structure set refers to."""
    return {
        text(series, "SeriesInstanceUID")
        for frame in sequence(dataset, "ReferencedFrameOfReferenceSequence")
        for study in sequence(frame, "RTReferencedStudySequence")
        for series in sequence(study, "RTReferencedSeriesSequence")
    } - {""}


def _check_frame(frames: set[str], like: Image, path: str | Path) -> None:
    known = frames - {""}
    if known and like.frame_of_reference_uid and like.frame_of_reference_uid not in known:
        reason = "the mask was made in another frame of reference than the image"
        hint = "register the images first, or use a mask of this image"
        raise ImageError(reason, file=path, hint=hint, code="mask-frame-of-reference")


def _check_series(
    series: set[str], frames: set[str], like: Image, path: str | Path, *, any_series: bool
) -> tuple[Finding, ...]:
    if not series or not like.series_uid or like.series_uid in series:
        return ()
    if not any_series or like.frame_of_reference_uid not in frames:
        hint = "--any-series (any_series=True) accepts it if the frame of reference is the same"
        reason = "the structure set was drawn on another series"
        raise ImageError(reason, file=path, hint=hint, code="mask-other-series")
    message = "the region was drawn on another series in the same frame of reference"
    return (Finding(code="mask-other-series", severity="warning", message=message, place=Path(path).name),)
