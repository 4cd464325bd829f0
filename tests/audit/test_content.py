"""What must not come with genorx: codes and descriptions that belong to others."""

import re
from pathlib import Path

import pytest

import genorx

PACKAGE = Path(genorx.__file__).parent
FOLDERS = ("audit", "datasets/claims_practice")
KINDS = {".py", ".tsv", ".json"}
TEXTS = [path for name in FOLDERS for path in sorted((PACKAGE / name).rglob("*")) if path.suffix in KINDS]
#: A code of the AMA (CPT): five digits, or four and a letter, as a text of a program or a cell of a table.
CPT = {
    ".py": re.compile(r"""["'](?:\d{5}|\d{4}[FTU])["']"""),
    ".tsv": re.compile(r"(?:^|\t)(?:\d{5}|\d{4}[FTU])(?=\t|$)", re.MULTILINE),
    ".json": re.compile(r"""["'](?:\d{5}|\d{4}[FTU])["']"""),
}
#: SNOMED CT concept ids have 6 to 18 digits.
SNOMED = re.compile(r"(?<![\w.])\d{6,18}(?![\w.])")
#: Words of the descriptions of NCCI, X12 code lists and CPT.
WORDS = ("misuse of column two", "standards of medical", "claim adjustment reason", "initial substance", "up to 1 hour")


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.name)
def test_no_code_or_description_of_others_is_in_the_package(path):
    text = path.read_text(encoding="utf-8")
    version = "00501"  # of X12
    assert [code for code in CPT[path.suffix].findall(text) if version not in code] == []
    assert [word for word in WORDS if word in text.lower()] == []


def test_the_shipped_table_has_hcpcs_level_ii_codes_alone():
    """A letter and four digits; CMS publishes them."""
    lines = (PACKAGE / "audit/data/drug_units.tsv").read_text(encoding="utf-8").splitlines()
    codes = [line.split("\t")[0] for line in lines if not line.startswith("#")][1:]
    assert len(codes) == 40
    assert all(re.fullmatch(r"J\d{4}", code) for code in codes)


def test_no_concept_id_is_shipped():
    text = (PACKAGE / "audit/data/drug_units.tsv").read_text(encoding="utf-8")
    assert SNOMED.findall(text) == []


@pytest.mark.parametrize("word", ["fraud", "abuse", "guilt"])
def test_the_words_of_accusation_do_not_occur(word):
    found = [path.name for path in TEXTS if word in path.read_text(encoding="utf-8").lower()]
    assert found == []
