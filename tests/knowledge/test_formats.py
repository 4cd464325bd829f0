"""Files of a source that break their format: refused by class and code."""

import copy
import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from genorx.errors import PackError
from genorx.knowledge import audit, default_pack, diff, import_pharmcat, load_pack
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


PHENOTYPE = {
    "gene": "G",
    "version": "2025-01-01",
    "namedAlleles": [
        {"name": "*1", "functionValue": "Normal function", "activityValue": None},
        {"name": "*2", "functionValue": "No function", "activityValue": None},
    ],
    "haplotypes": {"*1": "Normal function", "*2": "No function"},
    "diplotypes": [
        {"diplotypekey": {"*1": 1, "*2": 1}, "generesult": "IM", "activityScore": None, "lookupkey": "IM"},
        {"diplotypekey": {"*2": 2}, "generesult": "PM", "activityScore": None, "lookupkey": "PM"},
    ],
}
GUIDANCE = {
    "guideline": {
        "id": "1",
        "source": "CPIC",
        "url": None,
        "relatedChemicals": [{"name": "d"}],
        "relatedGenes": [{"symbol": "G"}],
    },
    "recommendations": [
        {
            "id": "2",
            "population": "general",
            "classification": {"term": "Strong"},
            "relatedChemicals": [{"name": "d"}],
            "text": {"html": "<p>Avoid.</p>"},
            "implications": ["G: none"],
            "lookupKey": [{"G": "PM"}, {"G": {"*1": 1, "*2": 1}}],
            "dosingInformation": False,
        }
    ],
    "citations": [{"pmid": "1"}],
    "version": "2024-01-01",
}
EXEMPTIONS = {
    "G": {"requiredPositions": [5], "extraPositions": [], "unphasedDiplotypePriorities": [], "amp1Alleles": []}
}
SOURCE = {"def.json": DEFINITION, "phe.json": PHENOTYPE, "gui.json": GUIDANCE, "exemptions.json": EXEMPTIONS}


def places(value, path=()):
    """Every path into a JSON value."""
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield from places(item, (*path, key))


def put(value, path, new):
    for key in path[:-1]:
        value = value[key]
    value[path[-1]] = new


@given(
    st.sampled_from([path for path in places(SOURCE) if path]),
    st.sampled_from([None, "x", 7, -1, 1.5, [], {}, True, ["x"]]),
)
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_source_with_any_value_spoilt_is_refused_or_makes_a_whole_pack(tmp_path, path, new):
    files = copy.deepcopy(SOURCE)
    put(files, path, new)
    for name, value in files.items():
        (tmp_path / name).write_text(json.dumps(value))
    try:
        pack = import_pharmcat(tmp_path, with_text=True)
    except PackError:
        return
    pack.save(tmp_path / "pack.gz")
    assert load_pack(tmp_path / "pack.gz") == pack
    assert audit(pack, day="2025-01-01") is not None
    assert diff(default_pack(), pack)


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


@pytest.mark.parametrize("value", [[1, 2], [{"requiredPositions": [1]}], [{"gene": ["G"]}], {"a": 1}, "text"])
def test_exemptions_of_no_gene_are_refused(folder, value):
    """In a list, what named no gene was left out without a word."""
    (folder / "exemptions.json").write_text(json.dumps(value))
    assert refused(folder) == "exemptions-format"


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
