"""Every name of the reference has an example that runs, in its docstring, a page of the documentation or a notebook.

Docstrings are run with the tests (``--doctest-modules``), pages and notebooks where the documentation is built.
"""

import importlib.util
import inspect
import re
from functools import cache
from pathlib import Path

import pytest

import genorx

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = Path(genorx.__file__).resolve().parent


@cache
def listed():
    """Names of the reference's page, with the module of each."""
    found, module = [], None
    for line in (ROOT / "docs" / "reference" / "api.md").read_text(encoding="utf-8").splitlines():
        if line.startswith(".. currentmodule:: "):
            module = line.split()[-1]
        elif re.fullmatch(r"   \w+", line):
            found.append((module, line.strip()))
    return found


def executed_pages():
    """Code of the pages that are executed, and of the notebooks: ``docs/_examples.py``."""
    path = ROOT / "docs" / "_examples.py"
    spec = importlib.util.spec_from_file_location("_examples", path)
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made.executed_code().values()


def doctests():
    """Lines that docstrings run."""
    for path in sorted(PACKAGE.rglob("*.py")):
        yield from re.findall(r"^\s*(?:>>>|\.\.\.) (.*)$", path.read_text(encoding="utf-8"), re.M)


@cache
def words():
    """Every name that an example uses."""
    return frozenset(re.findall(r"\w+", "\n".join([*executed_pages(), *doctests()])))


def called():
    """Public functions, and methods of public classes, that an example uses."""
    for module, name in listed():
        value = getattr(importlib.import_module(module), name)
        if name in words():
            yield value
        if inspect.isclass(value):
            yield from (each for key, each in inspect.getmembers(value, callable) if key in words())


@cache
def made():
    """Names of the types that these return: a result is shown where it is made."""
    hints = [inspect.get_annotations(each).get("return", "") for each in called() if inspect.isroutine(each)]
    return frozenset(re.findall(r"\w+", " ".join(map(str, hints))))


@pytest.mark.parametrize(("module", "name"), listed())
def test_a_name_of_the_reference_has_an_example_that_runs(module, name):
    assert name in words() | made()


def offered():
    """Functions that the package and its rooms offer, also those that the reference does not list."""
    rooms = [value for value in (getattr(genorx, name) for name in genorx.__all__) if inspect.ismodule(value)]
    for room in (genorx, *rooms):
        for name in getattr(room, "__all__", ()):
            if inspect.isroutine(getattr(room, name)):
                yield room.__name__, name


def test_every_function_that_a_room_offers_has_an_example_that_runs():
    assert {(room, name) for room, name in offered() if name not in words()} == set()


def test_the_reference_lists_what_users_import_from_the_package():
    """Modules, the version, and what errors and findings are have pages of their own."""
    values = {name: getattr(genorx, name) for name in genorx.__all__}
    apart = {"Finding", "GenorxError", "__version__"}
    users = {name for name, value in values.items() if not inspect.ismodule(value)} - apart
    assert users <= {name for module, name in listed() if module == "genorx"}
