"""NIfTI files as images: voxels with their position in the patient, axes left, posterior, superior (LPS).

Source: NIfTI-1 data format (nifti.nimh.nih.gov); orientation by sform, otherwise qform.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from genorx._core.extras import require
from genorx._core.files import FileKind
from genorx._core.limits import check
from genorx.errors import Finding, GenorxError, ImageError
from genorx.imaging.image import SPACING_DECIMALS, Image, sizes

#: An image file, for errors of opening it.
IMAGE_FILE = FileKind(name="file", error=ImageError, code="image-unreadable", absent="file-absent")
#: A mask file, for errors of opening it.
MASK_FILE = FileKind(name="mask file", error=ImageError, code="mask-unreadable", absent="file-absent")
_SUFFIXES = (".nii.gz", ".nii")
_OBLIQUE = 0.01  # largest cosine between two axes of a rectangular grid, as for a series of DICOM slices
_TO_MM = {"meter": 1000.0, "micron": 0.001}
_UNITS = {"CT": "HU"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Volume:
    """Content of a NIfTI file: values, and their grid (mm, LPS)."""

    array: NDArray[Any]
    spacing: tuple[float, float, float]
    origin: tuple[float, float, float]
    direction: NDArray[np.float64]
    findings: tuple[Finding, ...]


def is_nifti(path: str | Path) -> bool:
    """Return whether a file's name is that of a NIfTI file."""
    return str(path).lower().endswith(_SUFFIXES)


def name_without_suffix(path: str | Path) -> str:
    """Return the name of a NIfTI file without folder and suffix.

    >>> name_without_suffix("images/P0001.nii.gz")
    'P0001'
    """
    name = Path(path).name
    suffix = next((each for each in _SUFFIXES if name.lower().endswith(each)), "")
    return name[: len(name) - len(suffix)]


def read_nifti(path: str | Path, *, modality: str | None = None, suv: str = "bw") -> Image:
    """Return the image of a NIfTI file; its patient is the name of the file.

    Raises
    ------
    ImageError
        ``image-unreadable``, ``image-4d``, ``image-colour``, ``file-absent``.
    """
    volume = read_volume(path)
    kind = modality or "OT"
    unit = ("Bq/mL" if suv == "none" else "SUVbw") if kind == "PT" else _UNITS.get(kind, "arbitrary")
    return Image(
        array=np.asarray(volume.array, dtype=float),
        spacing=volume.spacing,
        origin=volume.origin,
        direction=volume.direction,
        modality=kind,
        unit=unit,
        patient_id=name_without_suffix(path),
        findings=volume.findings,
        file=str(path),
    )


def read_volume(path: str | Path, kind: FileKind = IMAGE_FILE) -> Volume:
    """Return the values and the grid of a NIfTI file.

    Parameters
    ----------
    path : path
    kind : FileKind
        Expected kind of file; its code is that of the error for any other file.

    Raises
    ------
    ImageError
    """
    nibabel = require("nibabel", extra="imaging")
    kind.open(path).close()
    code = kind.code
    try:
        found = nibabel.load(path)
        if not isinstance(found, nibabel.Nifti1Pair):
            raise ImageError("the file is not NIfTI", file=path, code=code)
        _check_size(found, path)
        array = np.asanyarray(found.dataobj)
    except (nibabel.filebasedimages.ImageFileError, EOFError, OSError, ValueError, zlib.error) as error:
        if isinstance(error, GenorxError):
            raise
        raise ImageError("the file is not NIfTI, or is truncated or damaged", file=path, code=code) from error
    if array.dtype.names:
        raise ImageError("voxels have more than one value", file=path, code="image-colour")
    if not np.issubdtype(array.dtype, np.number) or np.iscomplexobj(array):
        raise ImageError("values of voxels are not real numbers", file=path, code=code)
    affine, findings = _affine(found, path)
    return _placed(_three_axes(array, path), affine, findings, path, code)


def _check_size(found: Any, path: str | Path) -> None:
    size = int(np.prod([max(0, int(each)) for each in found.shape], dtype=object))
    check("unpacked_bytes", size * found.get_data_dtype().itemsize, file=path)


def _three_axes(array: NDArray[Any], path: str | Path) -> NDArray[Any]:
    """Drop axes of length 1 beyond the third; a plane becomes one slice."""
    if any(size > 1 for size in array.shape[3:]):
        reason = f"the image has {array.ndim} axes: {sizes(array.shape)}"
        raise ImageError(reason, file=path, hint="extract one volume", code="image-4d")
    return array.reshape((*array.shape, 1, 1)[:3] if array.ndim < 3 else array.shape[:3])


def _affine(found: Any, path: str | Path) -> tuple[NDArray[np.float64], tuple[Finding, ...]]:
    """Return the transform from voxels to mm (RAS): sform, otherwise qform, otherwise the voxel size alone."""
    header = found.header
    scale = _TO_MM.get(header.get_xyzt_units()[0], 1.0)
    findings: tuple[Finding, ...] = ()
    if int(header["sform_code"]) > 0:
        affine = np.array(header.get_sform(), dtype=float)
    elif int(header["qform_code"]) > 0:
        affine = np.array(header.get_qform(), dtype=float)
    else:
        affine = np.diag([*(float(each) for each in (*header.get_zooms()[:3], 1.0, 1.0)[:3]), 1.0])
        message = "the file does not state the orientation of its axes in the patient"
        findings = (Finding(code="nifti-no-orientation", severity="warning", message=message, place=Path(path).name),)
    affine[:3] *= scale
    return affine, findings


def _placed(
    array: NDArray[Any], affine: NDArray[np.float64], findings: tuple[Finding, ...], path: str | Path, code: str
) -> Volume:
    to_lps = np.diag([-1.0, -1.0, 1.0])
    steps = to_lps @ affine[:3, :3]
    lengths = np.linalg.norm(steps, axis=0)
    x, y, z = (round(float(each), SPACING_DECIMALS) for each in lengths)
    if not all(0 < each < np.inf for each in (x, y, z)) or not array.size:
        raise ImageError("voxels have no size", file=path, code=code)
    direction = steps / lengths
    if np.abs(direction.T @ direction - np.eye(3)).max() > _OBLIQUE:
        reason = "the axes of the voxels are not at right angles: the gantry was tilted, or the image sheared"
        raise ImageError(reason, file=path, hint="resample it to a rectangular grid first", code="series-tilt")
    origin = to_lps @ affine[:3, 3]
    return Volume(
        array=array,
        spacing=(x, y, z),
        origin=(float(origin[0]), float(origin[1]), float(origin[2])),
        direction=direction,
        findings=findings,
    )
