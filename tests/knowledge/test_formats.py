"""Files of a source that break their format: refused by class and code."""

import json

import pytest

from genorx.errors import PackError
from genorx.knowledge import import_pharmcat
from genorx.knowledge.importer import read_definitions, with_exemptions

DEFINITION = {
    "gene": "G",
    "chromosome": "chr1",
    "version": "2025-01-01",
    "variants": [{"position": 5, "ref": "A", "alts": ["C"]}],
    "namedAlleles": [
        {"name": "*1", "reference": True, "alleles": ["A"]},
        {"name": "*2", "reference": False, "alleles": ["C"]},
    ],
}


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "G_translation.json").write_text(json.dumps(DEFINITION))
    return tmp_path


def refused(folder):
    with pytest.raises(PackError) as error:
        import_pharmcat(folder)
    return error.value.code


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("guide.json", {"guideline": {"id": 1}, "recommendations": []}, "guidance-format"),
        ("pheno.json", {"gene": "G", "haplotypes": {}, "diplotypes": [{}]}, "phenotype-format"),
        ("exemptions.json", [1, 2], "exemptions-format"),
    ],
)
def test_a_file_that_lacks_a_part_is_refused(folder, name, value, code):
    (folder / name).write_text(json.dumps(value if name != "exemptions.json" else "text"))
    assert refused(folder) == code


def test_a_lookup_key_that_is_no_text_is_refused(folder):
    row = {"id": "1", "lookupKey": {"G": 5}, "relatedChemicals": [{"name": "d"}]}
    head = {"id": "1", "source": "CPIC", "relatedChemicals": [{"name": "d"}], "relatedGenes": [{"symbol": "G"}]}
    (folder / "g.json").write_text(json.dumps({"guideline": head, "recommendations": [row]}))
    assert refused(folder) == "guidance-format"


def test_places_on_grch37_that_are_no_numbers_are_refused(folder):
    (folder / "grch37_positions.tsv").write_text("G\tchr1\t5\tA\tx\tA\n")
    assert refused(folder) == "places-format"


def test_json_that_is_damaged_is_refused(folder):
    (folder / "bad.json").write_text("{")
    assert refused(folder) == "pack-unreadable"


def test_older_definitions_without_flags_and_alts_are_read(tmp_path):
    """The first allele that has every base is the reference; ALTs are what the other alleles have."""
    old = {
        "gene": "G",
        "version": "1",
        "variants": [{"chromosome": "chr1", "position": 5}],
        "namedAlleles": [
            {"name": "*1", "alleles": ["A"]},
            {"name": "*2", "alleles": ["C"]},
            {"name": "*3", "alleles": ["M"]},
        ],
    }
    path = tmp_path / "old.json"
    path.write_text(json.dumps(old))
    release, genes = read_definitions(path)
    assert release == "1"
    assert genes["G"].reference.name == "*1"
    assert (genes["G"].positions[0].ref, genes["G"].positions[0].alts) == ("A", ("C",))


def test_exemptions_come_from_a_file_by_gene(folder):
    _, genes = read_definitions(folder)
    assert genes["G"].required == frozenset()
    rules = folder / "rules.json"
    rules.write_text(json.dumps({"G": {"requiredPositions": [5], "amp1Alleles": ["*2"]}}))
    made = with_exemptions(genes, rules)
    assert made["G"].required == {5}
    assert made["G"].tier1 == ("*2",)
    assert with_exemptions(made, False)["G"].required == frozenset()
