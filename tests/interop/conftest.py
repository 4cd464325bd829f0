"""What tests of exchange formats share."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest


@pytest.fixture(scope="session")
def made() -> ModuleType:
    """``made.py``: FHIR resources and files, made in a line each."""
    spec = importlib.util.spec_from_file_location("made", Path(__file__).parent / "made.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def exchange(shared: Path) -> Path:
    """The files of exchange formats among the development data."""
    return shared / "data" / "interop"
