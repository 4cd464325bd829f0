"""Docstrings name modules, classes and functions that there are: what was renamed must be renamed there too."""

import ast
import builtins
import importlib
import inspect
import pkgutil
import re
from functools import cache
from pathlib import Path

import pytest

import genorx

PACKAGE = Path(genorx.__file__).resolve().parent
_DOTTED = re.compile(r"``([A-Za-z_]\w*(?:\.\w+)+)(?:\([^`]*\))?``")
_FILE = re.compile(r"\.(?:json|toml|csv|tsv|gz|md|html|vcf|bed|txt)$")
#: Names of no code: places in files, notations of proteins, columns of tables, and variables that a caller has.
NO_CODE = re.compile(
    r"[A-Z]+\.[A-Z]+|\w+\.(?:STRATUM\.)?(?:NAME|CODE)|p\.\w+|(?:patients|name|metaData)\.\w+"
    r"|(?:frame|raw|checker|columns_|sets|model|spec)\.[a-z_]+"
)


@cache
def modules():
    """Every module of the package by its name."""
    names = ["genorx", *(each.name for each in pkgutil.walk_packages(genorx.__path__, "genorx."))]
    return {name: importlib.import_module(name) for name in names if not name.endswith("__main__")}


@cache
def classes():
    """Every class of the package by its bare name."""
    return {
        name: value
        for module in modules().values()
        for name, value in vars(module).items()
        if isinstance(value, type) and value.__module__.startswith("genorx")
    }


def inside(folder):
    """Modules of a folder, which a docstring may name in place of the module."""
    return [module for name, module in modules().items() if name.rpartition(".")[0] == folder.__name__]


def follow(value, parts):
    """Return whether attributes of a value, or fields and what ``__init__`` sets of a class, have these names."""
    for part in parts:
        if inspect.ismodule(value) and f"{value.__name__}.{part}" in modules():
            value = modules()[f"{value.__name__}.{part}"]
        elif hasattr(value, part):
            value = getattr(value, part)
        elif inspect.ismodule(value) and (homes := [each for each in inside(value) if hasattr(each, part)]):
            value = getattr(homes[0], part)
        else:
            return isinstance(value, type) and any(
                re.search(rf"^\s+(?:self\.)?{part}\s*[:=]", inspect.getsource(kind), re.M)
                for kind in value.__mro__
                if kind.__module__.startswith("genorx")
            )
    return True


def exists(name, module):
    """Return whether a dotted name means something, read from a module: of the package, its folders, or a library."""
    first, *rest = name.split(".")
    if first in {"genorx", "gx"}:
        return follow(genorx, rest)
    home = module.split(".")
    scopes = [".".join(home[:size]) for size in range(len(home), 0, -1)]
    if any(follow(modules()[scope], [first, *rest]) for scope in scopes):
        return True
    if first in classes() and follow(classes()[first], rest):
        return True
    if hasattr(builtins, first):
        return follow(getattr(builtins, first), rest)
    return first in {"sklearn", "sksurv", "numpy", "pandas"} and library_has(first, rest)


def library_has(first, rest):
    for size in range(len(rest), -1, -1):
        try:
            return follow(importlib.import_module(".".join([first, *rest[:size]])), rest[size:])
        except ImportError:
            continue
    return False


def docstrings(path):
    """Docstrings of a module, its classes and functions."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
            yield ast.get_docstring(node) or ""


def names_without_a_thing(path):
    module = ".".join(["genorx", *path.relative_to(PACKAGE).with_suffix("").parts]).removesuffix(".__init__")
    named = {name for text in docstrings(path) for name in _DOTTED.findall(text)}
    return sorted(
        name for name in named if not _FILE.search(name) and not NO_CODE.fullmatch(name) and not exists(name, module)
    )


def test_every_dotted_name_in_a_docstring_exists():
    found = {str(path.relative_to(PACKAGE)): names_without_a_thing(path) for path in sorted(PACKAGE.rglob("*.py"))}
    assert {path: names for path, names in found.items() if names} == {}


def pages_cited():
    """Pages that code and tests name, with the file that names them."""
    root = PACKAGE.parents[1]
    folders = (root / name for name in ("src", "tests", "benchmarks", "scripts"))
    for path in sorted(each for folder in folders for each in folder.rglob("*.py")):
        for name in re.findall(r"[\w/]+\.md\b", path.read_text(encoding="utf-8")):
            yield str(path.relative_to(root)), name


def test_every_page_that_code_or_a_test_cites_is_one_that_a_reader_can_open():
    """A source that is not in the project, and not published, is none."""
    root = PACKAGE.parents[1]
    there = {page.name for page in [*root.glob("*.md"), *(root / "docs").rglob("*.md")]}
    assert {(path, name) for path, name in pages_cited() if name.rpartition("/")[2] not in there} == set()


@pytest.mark.parametrize(
    ("name", "there"),
    [
        ("variants.calls", True),
        ("variants.calls.Kind.HALF", True),
        ("calls.parse_genotype", True),
        ("Ranking.to_frame", True),
        ("GenotypeMatrix.variants", True),
        ("CallFormat.calls", True),
        ("str.isdigit", True),
        ("variants.call", False),
        ("calls.parse_genotypes", False),
        ("Ranking.to_frames", False),
        ("gone.module", False),
    ],
)
def test_a_name_is_found_where_a_reader_would_look(name, there):
    assert exists(name, "genorx.variants.genotypes") is there
