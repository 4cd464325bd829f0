"""Made DICOM series, segmentations and structure sets, and the digital phantom."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

HERE = Path(__file__).resolve().parent


@pytest.fixture(scope="session", autouse=True)
def _extra():
    for name in ("pydicom", "nibabel", "skimage"):
        pytest.importorskip(name, reason="needs the extra imaging")


@pytest.fixture(scope="session")
def dicom() -> ModuleType:
    """``dicom_files.py``: makes DICOM series and masks."""
    spec = importlib.util.spec_from_file_location("dicom_files", HERE / "dicom_files.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def phantom() -> Path:
    """Folder of the digital phantom of the IBSI."""
    return HERE / "data"
