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


def _of_docs(name):
    """A module of the documentation's own code."""
    spec = importlib.util.spec_from_file_location(name, ROOT / "docs" / f"{name}.py")
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


@cache
def listed():
    """Names of the reference's page, with the module of each."""
    return _of_docs("_names").listed_names()


def executed_pages():
    """Code of the pages that are executed, and of the notebooks."""
    return _of_docs("_examples").executed_code().values()


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


def test_every_public_name_is_on_one_of_the_two_pages_of_python_and_once():
    """The second page is made from the ``__all__`` of the rooms; what the first one lists must be public too."""
    rooms = {
        value.__name__: value for value in (getattr(genorx, name) for name in genorx.__all__) if inspect.ismodule(value)
    }
    public = {(room, name) for room, value in rooms.items() for name in getattr(value, "__all__", ())}
    rest = [(room, name) for room, names in _of_docs("_names").other_names().items() for name in names]
    pages = [*(each for each in listed() if each[0] != "genorx"), *rest]
    assert len(pages) == len(set(pages))
    shown_at_the_top = {name for module, name in listed() if module == "genorx"}
    assert {each for each in public if each[1] not in shown_at_the_top} == {
        each for each in pages if each[1] not in shown_at_the_top
    }
