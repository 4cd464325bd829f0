"""Reading of an image from a file or folder."""

from __future__ import annotations

from pathlib import Path

from genorx.errors import UsageError
from genorx.imaging.dicom_series import read_series
from genorx.imaging.image import MODALITIES, Image
from genorx.imaging.nifti import IMAGE_FILE, is_nifti, read_nifti

#: Values of positron emission tomography: SUV by body weight, or unchanged.
UPTAKES = ("bw", "none")


def read_image(path: str | Path, *, series: str | None = None, modality: str | None = None, suv: str = "bw") -> Image:
    """Return the image of a NIfTI file, of a folder with a DICOM series, or of one DICOM file.

    Parameters
    ----------
    path : path
        File, or folder; subfolders are not read.
    series : str, optional
        UID of the series; required if a folder has several.
    modality : {"CT", "MR", "PT", "OT"}, optional
        Modality of the image: NIfTI files do not give it, DICOM files must agree.
    suv : {"bw", "none"}, default "bw"
        For positron emission tomography: standardised uptake value by body weight, or values as stored.

    Raises
    ------
    UsageError
        If ``modality`` or ``suv`` is none of these.
    ImageError
        See ``docs/reference/errors.md``, images.
    """
    if modality is not None and modality not in MODALITIES:
        raise UsageError(f"modality must be one of {', '.join(MODALITIES)}")
    if suv not in UPTAKES:
        raise UsageError(f"suv must be one of {', '.join(UPTAKES)}")
    if Path(path).is_dir():
        return read_series(path, series=series, modality=modality, suv=suv)
    IMAGE_FILE.open(path).close()
    if is_nifti(path):
        return read_nifti(path, modality=modality, suv=suv)
    return read_series(path, series=series, modality=modality, suv=suv)
