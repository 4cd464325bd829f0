"""What all tests share."""

import importlib.util
import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest

from genorx._core import compiled
from genorx.errors import ERRORS, GenorxError

HERE = Path(__file__).resolve().parent


def pytest_configure() -> None:
    """Let commands that tests start hear Ctrl-C, also where a shell runs the tests in the background."""
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True, scope="session")
def error_codes_are_registered() -> Iterator[None]:
    """Fail where an error is made with a code that ``genorx.errors.ERRORS`` does not explain."""
    make = GenorxError.__init__

    def checked(self: GenorxError, *arguments: object, **named: object) -> None:
        make(self, *arguments, **named)
        if self.code not in ERRORS and type(self).__module__.startswith("genorx"):
            raise AssertionError(f"error code {self.code!r} is not in genorx.errors.ERRORS")

    GenorxError.__init__ = checked
    yield
    GenorxError.__init__ = make


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


@pytest.fixture(scope="session")
def write_aml_study() -> Callable[..., Path]:
    """``write_aml_study(folder, aml, ...)`` of ``tests/aml_study.py``: the knowledge bank as a study file."""
    return _module("aml_study").write_aml_study


@pytest.fixture(scope="module", params=["compiled", "arrays"])
def both_ways(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Each test twice: by kernels, which are used from the first byte on, and without any."""
    with pytest.MonkeyPatch.context() as patch:
        if request.param == "arrays":
            patch.setenv(compiled.SWITCH, "0")
        else:
            if compiled._installed("numba") is None:
                pytest.skip("numba is optional")
            patch.delenv(compiled.SWITCH, raising=False)
            patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.getbasetemp().parent / "kernels"))  # of all processes
            patch.setattr(compiled, "LOADED_AFTER", -1)
            patch.setattr(compiled, "COMPILED_AFTER", -1)
        yield request.param


@pytest.fixture(scope="session")
def disclosure() -> ModuleType:
    """``tests/disclosure.py``: what a model's content gives away of its cohort."""
    return _module("disclosure")


def _module(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, HERE / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
