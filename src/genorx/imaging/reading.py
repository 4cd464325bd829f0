"""Reading of an image from a file or folder."""

from __future__ import annotations

from pathlib import Path

from genorx.errors import UsageError
from genorx.imaging.dicom_series import read_series
from genorx.imaging.image import MODALITIES, Image
from genorx.imaging.nifti import IMAGE_FILE, is_nifti, read_nifti

#: What values of positron emission tomography become: SUV by body weight, or what they are.
UPTAKES = ("bw", "none")


def read_image(path: str | Path, *, series: str | None = None, modality: str | None = None, suv: str = "bw") -> Image:
    """Return the image of a NIfTI file, of a folder with a DICOM series, or of one DICOM file.

    Parameters
    ----------
    path : path
        Subfolders are not read.
    series : str, optional
        UID of the series; needed where a folder holds several.
    modality : {"CT", "MR", "PT", "OT"}, optional
        Modality of the image: NIfTI files do not give it, DICOM files must agree.
    suv : {"bw", "none"}
        For positron emission tomography: standardised uptake by body weight, or the values as they are.

    Raises
    ------
    UsageError
        For an unknown modality or ``suv``.
    ImageError
        See ``docs/reference/errors.md``, images.
    """
    if modality is not None and modality not in MODALITIES:
        raise UsageError(f"modality is one of {', '.join(MODALITIES)}")
    if suv not in UPTAKES:
        raise UsageError(f"suv is one of {', '.join(UPTAKES)}")
    if Path(path).is_dir():
        return read_series(path, series=series, modality=modality, suv=suv)
    IMAGE_FILE.open(path).close()
    if is_nifti(path):
        return read_nifti(path, modality=modality, suv=suv)
    return read_series(path, series=series, modality=modality, suv=suv)
