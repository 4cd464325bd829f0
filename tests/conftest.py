"""What all tests share."""

import os
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent


@pytest.fixture(scope="session")
def shared() -> Path:
    """Folder of the development data; tests that need it skip where it is absent."""
    place = Path(os.environ.get("GENORX_SHARED", HERE.parent.parent / "shared"))
    if not (place / "data").is_dir():
        pytest.skip("development data absent: set GENORX_SHARED to the folder that holds data/")
    return place


@pytest.fixture(scope="session")
def aml(shared: Path) -> Path:
    """The AML knowledge bank."""
    place = shared / "data" / "aml_knowledge_bank"
    if not place.is_dir():
        pytest.skip("AML knowledge bank absent from the development data")
    return place
