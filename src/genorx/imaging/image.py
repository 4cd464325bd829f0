"""Images and regions as arrays with a position in the patient.

Image files are read by ``dicom_series`` and ``nifti``, regions by ``mask``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from genorx._core.short_repr import short
from genorx.errors import Finding

#: Modalities that are distinguished; everything else is OT.
MODALITIES = ("CT", "MR", "PT", "OT")
#: Decimals, in mm, to which spacing is rounded.
SPACING_DECIMALS = 4


def sizes(shape: Sequence[int]) -> str:
    """Format a shape as text.

    >>> sizes((512, 512, 60))
    '512 × 512 × 60'
    """
    return " × ".join(map(str, shape))


def _identity() -> NDArray[np.float64]:
    return np.eye(3)


@short
@dataclass(frozen=True, kw_only=True, eq=False)
class Image:
    """Image intensities on a grid, with the position of the grid in the patient.

    Attributes
    ----------
    array : array of float, shape (columns, rows, slices)
        ``array[i, j, k]``: column, row, slice.
    spacing : tuple of three floats
        Distances of voxel centres along the axes, in mm.
    origin : tuple of three floats
        Centre of the first voxel, in mm; axes of the patient: left, posterior, superior (LPS).
    direction : array of float, shape (3, 3)
        Directions of the axes of the array (LPS), as columns.
    modality : {"CT", "MR", "PT", "OT"}
        Modality; ``OT`` for any other.
    unit : str
        Unit of intensities: ``HU``, ``SUVbw``, ``Bq/mL`` or ``arbitrary``.
    patient_id, study_uid, series_uid, frame_of_reference_uid : str
        Empty if the file does not state it.
    date : str
        Day of the image (ISO); empty if the file does not state it.
    findings : tuple of Finding
        Findings of reading the image.
    file : str or None
        File or folder from which it was read, for errors.
    """

    array: NDArray[np.float64]
    spacing: tuple[float, float, float]
    origin: tuple[float, float, float] = (0.0, 0.0, 0.0)
    direction: NDArray[np.float64] = field(default_factory=_identity)
    modality: str = "OT"
    unit: str = "arbitrary"
    patient_id: str = ""
    study_uid: str = ""
    series_uid: str = ""
    frame_of_reference_uid: str = ""
    date: str = ""
    findings: tuple[Finding, ...] = ()
    file: str | None = None

    @property
    def shape(self) -> tuple[int, int, int]:
        """Number of columns, rows and slices."""
        columns, rows, slices = self.array.shape
        return columns, rows, slices

    @property
    def voxel_volume(self) -> float:
        """Volume of a voxel in mm^3."""
        return float(np.prod(self.spacing))

    def voxels_of(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Convert patient coordinates (mm, LPS), shape (n, 3), to voxel coordinates; 0 is the first voxel's centre."""
        steps = np.asarray(self.direction) * np.asarray(self.spacing)
        offset = np.asarray(points, dtype=float) - np.asarray(self.origin)
        return np.asarray(np.linalg.solve(steps, offset.T).T, dtype=float)


@short
@dataclass(frozen=True, kw_only=True, eq=False)
class Mask:
    """Voxels of an image that belong to a region.

    Attributes
    ----------
    array : array of bool
        True inside the region; shape of the image.
    label : str
        Name or number of the region.
    source : {"seg", "rtstruct", "nifti"}
        Kind of file from which it was read.
    findings : tuple of Finding
        Findings of reading the mask.
    """

    array: NDArray[np.bool_]
    label: str = "1"
    source: str = "nifti"
    findings: tuple[Finding, ...] = ()
