"""Packs made from PharmCAT's files: the source's own rows are the expected values."""

import json
import re
import shutil
from dataclasses import replace
from html import unescape

import pytest

from genorx.errors import PackError
from genorx.knowledge import audit, default_pack, diff, import_pharmcat, load_pack
from genorx.knowledge._serialise import body_of


@pytest.fixture(scope="module")
def source(shared):
    place = shared / "data" / "pharmcat"
    if not place.is_dir():
        pytest.skip("PharmCAT's files absent from the development data")
    return place


@pytest.fixture(scope="module")
def made(source):
    return import_pharmcat(source)


def test_the_shipped_pack_is_what_the_importer_makes(made):
    assert made.digest == default_pack().digest
    assert diff(made, default_pack()) == []


def test_counts_are_those_of_the_release(made):
    """PharmCAT 3.1.1: 20 genes, 1,201 positions, 1,317 alleles; guidance of 2024-03-25: 2,583 rows."""
    genes = made.genes.values()
    assert len(made.genes) == 20
    assert sum(len(gene.positions) for gene in genes) == 1201
    assert sum(len(gene.alleles) for gene in genes) == 1317
    assert sum(len(guideline.rows) for guideline in made.guidelines) == 2583
    assert all(p.pos37 for gene in genes for p in (*gene.positions, *gene.extra))


def test_every_diplotype_of_the_source_has_its_meaning_in_the_folded_table(source, made):
    files = [*source.glob("phenotype/*.json"), *source.glob("phenotype_older/*.json")]
    assert len(files) == 20
    for file in files:
        value = json.loads(file.read_text(encoding="utf-8"))
        table = made.phenotypes[value["gene"]]
        for row in value["diplotypes"]:
            names = tuple(name for name, n in row["diplotypekey"].items() for _ in range(int(n)))
            meaning = table.meaning(names)
            assert (meaning.phenotype, meaning.score, meaning.key) == (
                row["generesult"],
                row.get("activityScore"),
                row["lookupkey"],
            )


def test_a_pair_that_the_source_does_not_have_has_no_meaning(made):
    assert made.phenotypes["CYP2C9"].meaning(("*1", "*76")) is None
    assert made.phenotypes["IFNL3"].meaning(("rs12979860 reference (C)",) * 2) is None


def recommendations(source):
    for file in sorted(source.glob("prescribing_guidance_*/*.json")):
        yield from json.loads(file.read_text(encoding="utf-8"))["recommendations"]


def test_no_four_words_of_the_source_in_a_row_are_in_the_pack(source, made):
    """All texts and implications of all 2,583 rows against all values of the pack."""
    made_of = set()
    for value in values_of(body_of(made)):
        made_of |= runs(value, 4)
    prose = set()
    for row in recommendations(source):
        prose |= runs(unescape(re.sub(r"<[^>]+>", " ", row["text"]["html"])), 4)
        prose |= set().union(*(runs(each, 4) for each in row["implications"]), set())
    assert made_of & prose == set()


def test_the_pack_is_small(made, tmp_path):
    made.save(tmp_path / "pack.json")
    assert (tmp_path / "pack.json").stat().st_size < 1_500_000


def values_of(value):
    """Yield every text of a JSON value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield key
            yield from values_of(item)
    elif isinstance(value, list):
        for item in value:
            yield from values_of(item)


def runs(text, length):
    """Every run of words of a length, lower case."""
    words = text.lower().split()
    return {" ".join(words[i : i + length]) for i in range(len(words) - length + 1)}


def test_text_is_kept_whole_for_the_users_own_eyes_when_asked(source, tmp_path):
    """Every word of every recommendation and implication, also behind headings; and it survives saving."""
    shutil.copytree(next(source.glob("prescribing_guidance_*")), tmp_path / "guidance")
    (tmp_path / "VKORC1_translation.json").symlink_to(source / "definition" / "alleles" / "VKORC1_translation.json")
    pack = import_pharmcat(tmp_path, with_text=True)
    pack.save(tmp_path / "own.json.gz")
    rows = {row.id: row for g in load_pack(tmp_path / "own.json.gz").guidelines for row in g.rows}
    assert rows == {row.id: row for g in pack.guidelines for row in g.rows}
    for row in recommendations(source):
        words = unescape(re.sub(r"<[^>]+>", " ", row["text"]["html"])).split()
        assert rows[row["id"]].text.split() == words
        assert list(rows[row["id"]].implications) == row["implications"]


def test_a_pack_comes_back_as_it_was_saved(made, tmp_path):
    for name in ("pack.json", "pack.json.gz"):
        made.save(tmp_path / name)
        assert load_pack(tmp_path / name) == made
    assert (tmp_path / "pack.json.gz").read_bytes() == _saved_again(made, tmp_path)


def _saved_again(pack, folder):
    pack.save(folder / "again.json.gz")
    return (folder / "again.json.gz").read_bytes()


def test_current_guidance_files_hold_all_guidelines_and_lists_of_keys(source, tmp_path):
    """The 2025 file: one object with ``guidelines``, ``lookupKey`` a list; the same facts must come out."""
    files = sorted(source.glob("prescribing_guidance_*/CPIC_c*.json"))
    values = [json.loads(file.read_text(encoding="utf-8")) for file in files]
    for value in values:
        for row in value["recommendations"]:
            row["lookupKey"] = [row["lookupKey"]]
    (tmp_path / "prescribing_guidance.json").write_text(json.dumps({"guidelines": values, "version": "2025"}))
    definition = source / "definition" / "alleles" / "VKORC1_translation.json"
    (tmp_path / definition.name).write_bytes(definition.read_bytes())
    new = {g.id: g for g in import_pharmcat(tmp_path).guidelines}
    old = {g.id: g for g in default_pack().guidelines if g.id in new}
    assert len(new) == len(files)
    assert new == old


def test_the_audit_names_terms_that_no_table_has_and_nothing_serious(made):
    """CPIC lists "xN combinations" of CYP2D6, which is no score, in 18 guidelines; DPWG's terms of DPYD are scores."""
    found = {f.code: f.message for f in audit(made, day="2026-01-01")}
    assert set(found) == {"unknown-phenotype-term", "file-not-used"}
    assert found["unknown-phenotype-term"].startswith("18 guidelines use CYP2D6 xN combinations")
    assert "14 files" in found["file-not-used"]  # DPWG's tables and messages.json


def test_a_term_that_no_table_has_is_named_once(made):
    guideline = next(g for g in made.guidelines if g.source == "DPWG" and g.drugs == ("tegafur",))
    row = replace(guideline.rows[0], id="X", keys=({"DPYD": "9.5 (Flying Metabolizer)"},))
    odd = replace(guideline, rows=(*guideline.rows, row))
    (found,) = audit(replace(made, guidelines=(odd,), notes=()), day="2026-01-01")
    assert (found.code, found.severity, found.place) == ("unknown-phenotype-term", "warning", "DPYD")
    assert "9.5 (Flying Metabolizer)" in found.message


def test_rows_that_say_opposite_things_are_found(made):
    guideline = next(g for g in made.guidelines if g.drugs == ("abacavir",) and g.source == "CPIC")
    avoid = next(row for row in guideline.rows if row.action == "avoid")
    bad = replace(guideline, rows=(*guideline.rows, replace(avoid, id="X", action="standard")))
    assert "opposite-rows" in {f.code for f in audit(replace(made, guidelines=(bad,)))}


def test_a_release_of_over_three_years_is_stale(made):
    assert [f.code for f in made.findings("2027-06-01")] == ["stale-knowledge"]
    assert made.findings("2026-06-01") == []


def definition(**changes):
    value = {
        "gene": "G",
        "chromosome": "chr1",
        "version": "2025-01-01",
        "variants": [{"position": 5, "ref": "A", "alts": ["C"], "rsid": None}],
        "namedAlleles": [
            {"name": "*1", "reference": True, "alleles": ["A"]},
            {"name": "*2", "reference": False, "alleles": ["C"]},
        ],
    }
    return {**value, **changes}


ALLELES = definition()["namedAlleles"]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"namedAlleles": [*ALLELES, ALLELES[1]]}, "doubled-allele"),
        ({"variants": [{"position": 5, "ref": "A", "alts": ["A"]}]}, "ref-equals-alt"),
        (
            {
                "variants": [{"position": 5, "ref": "A", "alts": ["C"]}] * 2,
                "namedAlleles": [{**each, "alleles": each["alleles"] * 2} for each in ALLELES],
            },
            "doubled-position",
        ),
        ({"namedAlleles": [ALLELES[0], {**ALLELES[1], "reference": True}]}, "reference-allele-count"),
        ({"namedAlleles": [ALLELES[0], {**ALLELES[1], "alleles": ["C", "T"]}]}, "definition-length"),
        ({"namedAlleles": [{"name": "*1", "reference": True}]}, "definition-format"),
        ({"version": None}, "no-release"),
    ],
)
def test_a_definition_that_contradicts_itself_is_refused(tmp_path, changes, code):
    (tmp_path / "G_translation.json").write_text(json.dumps(definition(**changes)))
    with pytest.raises(PackError) as error:
        import_pharmcat(tmp_path)
    assert error.value.code == code


def test_two_definitions_of_a_gene_are_refused(tmp_path):
    for name in ("a", "b"):
        (tmp_path / f"{name}_translation.json").write_text(json.dumps(definition()))
    with pytest.raises(PackError) as error:
        import_pharmcat(tmp_path)
    assert error.value.code == "doubled-gene"


def test_files_that_are_no_packs_are_refused_by_what_is_wrong(tmp_path, made):
    cases = {
        "pack-unreadable": b"\x1f\x8bbroken",
        "pack-format": b"{}",
        "pack-schema": json.dumps({"schema": 99, "sha256": "x"}).encode(),
        "pack-checksum": json.dumps({"schema": 1, "sha256": "x", "name": "y"}).encode(),
    }
    for code, data in cases.items():
        path = tmp_path / "pack.json"
        path.write_bytes(data)
        with pytest.raises(PackError) as error:
            load_pack(path)
        assert error.value.code == code
    with pytest.raises(PackError):
        load_pack(tmp_path / "absent.json")
    with pytest.raises(PackError):
        import_pharmcat(tmp_path / "absent")


@pytest.fixture
def folder(tmp_path):
    """A folder with one gene, and two rows of guidance that say something and nothing."""

    def write(name, value):
        (tmp_path / name).write_text(json.dumps(value))

    write("G_translation.json", definition())
    rows = [
        {
            "id": "R1",
            "lookupKey": {"G": "A"},
            "text": {"html": "<p>Avoid it.</p>"},
            "classification": {"term": "Strong"},
        },
        {"id": "R2", "lookupKey": [{"G": "B"}], "text": {"html": "<p>Sing a song.</p>"}},
    ]
    head = {
        "id": "GL1",
        "source": "CPIC",
        "relatedChemicals": [{"name": "d"}],
        "relatedGenes": [{"symbol": "G"}],
    }
    write("guide.json", {"guideline": head, "recommendations": rows, "version": "2024-01-01"})
    return tmp_path, write, {"guideline": head, "recommendations": rows[:1], "version": "2025-01-01"}


def test_rows_from_whose_words_no_action_can_be_read_are_named(folder):
    path, _, _ = folder
    pack = import_pharmcat(path)
    (finding,) = [f for f in audit(pack, day="2025-02-01") if f.code == "action-unread"]
    assert "R2" in finding.message
    assert "R1" not in finding.message
    assert {r.id: r.action for r in pack.guidelines[0].rows} == {"R1": "avoid", "R2": "no_recommendation"}


def test_the_newer_of_two_guidelines_is_taken_and_the_older_file_is_named(folder):
    path, write, newer = folder
    write("all.json", {"guidelines": [newer], "version": "2025-01-01"})
    write("other.json", {"resourceType": "Patient"})
    pack = import_pharmcat(path)
    (guideline,) = pack.guidelines
    assert (guideline.date, [row.id for row in guideline.rows]) == ("2025-01-01", ["R1"])
    (finding,) = [f for f in pack.notes if f.code == "file-not-used"]
    assert finding.message.endswith("guide.json, other.json")
    assert set(pack.sources) == {"G_translation.json", "all.json"}


def test_a_guideline_without_rows_is_kept(folder):
    path, write, newer = folder
    write("none.json", {**newer, "guideline": {**newer["guideline"], "id": "GL2"}, "recommendations": None})
    assert {g.id: len(g.rows) for g in import_pharmcat(path).guidelines} == {"GL1": 2, "GL2": 0}


def test_places_on_grch37_are_those_of_the_shipped_pack_where_a_folder_has_none(tmp_path, source):
    definition = source / "definition" / "alleles" / "VKORC1_translation.json"
    (tmp_path / definition.name).write_bytes(definition.read_bytes())
    assert import_pharmcat(tmp_path).genes["VKORC1"] == replace(
        default_pack().genes["VKORC1"], required=frozenset(), extra=(), priorities=(), tier1=()
    )


def test_a_difference_names_what_was_gained_lost_and_changed(made):
    gene = made.genes["VKORC1"]
    other = replace(gene, alleles=gene.alleles[:1])
    changes = diff(made, replace(made, genes={**made.genes, "VKORC1": other}))
    assert [(c.kind, c.gene, c.name, c.change) for c in changes] == [
        ("allele", "VKORC1", "rs9923231 variant (T)", "lost")
    ]
