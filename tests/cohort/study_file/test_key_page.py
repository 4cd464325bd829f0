"""The table of keys in the reference, held to the schema and to what is read; its examples are loaded."""

import importlib.util
import re
import tomllib
from pathlib import Path

import pytest

from genorx.cohort.checks.audit_json import study_schemas
from genorx.cohort.study_file.sections import study_of

DOCS = Path(__file__).resolve().parents[3] / "docs"
SCHEMA = study_schemas()["study"]
SECTIONS = {"StudyFile": SCHEMA, **SCHEMA["$defs"]}


@pytest.fixture(scope="module")
def page():
    spec = importlib.util.spec_from_file_location("_study_keys", DOCS / "_study_keys.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def rows_of(text: str) -> dict[str, dict[str, list[str]]]:
    """Cells of each key by the heading of its section."""
    parts = re.split(r"^## ", text, flags=re.MULTILINE)[1:]
    cells = {part.splitlines()[0]: re.findall(r"^\| `(\w+)` \| (.*) \|$", part, flags=re.MULTILINE) for part in parts}
    return {heading: {key: rest.split(" | ") for key, rest in found} for heading, found in cells.items()}


@pytest.mark.parametrize("section", SECTIONS)
def test_every_key_has_a_description(section):
    bare = [key for key, said in SECTIONS[section]["properties"].items() if not said.get("description")]
    assert bare == []


def test_every_section_of_the_schema_is_on_the_page_with_all_its_keys(page):
    found = rows_of(page.key_page())
    expected = {"The whole file": SCHEMA} | {f"`{name}`": SCHEMA["$defs"][of] for name, of in page.SECTIONS.items()}
    assert set(page.SECTIONS.values()) == set(SCHEMA["$defs"])
    assert {name: list(keys) for name, keys in found.items()} == {
        name: list(section["properties"]) for name, section in expected.items()
    }
    for name, keys in found.items():
        required = {key for key, cells in keys.items() if cells[1] == "**required**"}
        assert required == set(expected[name].get("required", ()))


def test_types_and_defaults_are_those_of_the_study_file(page):
    found = rows_of(page.key_page())
    assert found["`[variants]`"]["filters"][:2] == ["list of text", '`["PASS", "."]`']
    assert found["`[treatment]`"]["randomised"][:2] == ["true or false", "`false`"]
    assert found["`[tables.columns.COLUMN]`"]["missing"][:2] == ["list of number or text", ""]
    assert found["`[ranking]`"]["horizon"][0] == "number above 0"


def test_the_examples_of_the_page_are_study_files():
    text = (DOCS / "reference" / "study_keys.md").read_text(encoding="utf-8")
    smallest, treatment = re.findall(r"```toml\n(.*?)```", text, flags=re.DOTALL)
    assert study_of(tomllib.loads(smallest), Path("study.toml"))[0].treatment is None
    assert study_of(tomllib.loads(smallest + treatment), Path("study.toml"))[0].treatment.reference == "standard"
