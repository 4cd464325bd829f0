"""No code list that may not be passed on: CPT, SNOMED CT, X12, NUBC; users' own codes pass through."""

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("src", "data_schemas", "docs", "notebooks", "scripts", "tests")
ENDINGS = {".py", ".toml", ".json", ".csv", ".tsv", ".html", ".css", ".md", ".ipynb", ".txt", ".jinja", ".yaml", ".yml"}
#: Addresses and object identifiers of the systems, in parts, so that this file holds none.
SYSTEMS = tuple(
    ".".join(parts)
    for parts in (
        ("snomed", "info"), ("x12", "org"), ("ama-assn", "org"), ("nubc", "org"), ("113883", "6", "96"),
        ("113883", "6", "12"),
    )
)  # fmt: skip
#: A reader of claims must know by its address which coding of a line is its code; no code is named.
READERS = {ROOT / "src/genorx/audit/fhir_claims.py", ROOT / "tests/audit/test_fhir_claims.py"}


@pytest.mark.parametrize("folder", FOLDERS)
def test_no_code_system_under_licence_is_named(folder):
    """CPT and SNOMED may not be passed on: neither in packs and templates nor in examples and tests."""
    files = [path for path in (ROOT / folder).rglob("*") if path.suffix in ENDINGS and path.is_file()]
    files = [path for path in files if path not in READERS]
    assert files
    own = {ROOT / "docs/_build"}
    named = [
        (str(path.relative_to(ROOT)), system)
        for path in files
        if not own & set(path.parents)
        for system in SYSTEMS
        if system in path.read_text(encoding="utf-8", errors="replace").lower()
    ]
    assert named == []


def test_packs_and_templates_of_care_are_looked_at():
    held = {path.name for path in (ROOT / "src/genorx/care").rglob("*.toml")}
    assert "profile_rules.toml" in held
