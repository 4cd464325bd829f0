"""Evidence tables on disk, against the schema, and in comparison."""

import json

import pytest
from jsonschema import Draft202012Validator

from genorx.errors import PackError
from genorx.oncology import EVIDENCE_SCHEMA, EvidenceTable, default_evidence, list_packs, read_table_folder, stack
from genorx.oncology.pack import DATA
from genorx.oncology.record import faults


def small(count=3):
    table = default_evidence()
    return EvidenceTable(records=table.records[:count], manifest={"name": "small"})


def test_every_embedded_record_satisfies_the_json_schema():
    validator = Draft202012Validator(EVIDENCE_SCHEMA)
    for record in default_evidence():
        found = [error.message for error in validator.iter_errors(json.loads(json.dumps(record.to_dict())))]
        assert found == [], record.evidence_id


def test_no_string_of_the_embedded_table_is_a_sentence():
    """Labels at most 300 characters (the longest is 248), others 160."""
    assert max(len(record.profile_label) for record in default_evidence()) <= 300
    assert all(faults(record) == [] for record in default_evidence())


def test_the_embedded_data_are_below_200_kilobytes():
    assert sum(path.stat().st_size for path in DATA.rglob("*") if path.is_file()) <= 200_000


def test_the_embedded_levels_are_those_counted_from_the_release():
    """CIViC 2026-05, predictive: 188, 780, 763, 1,086, 27 by level, less two without a therapy (B, E); 3 labels."""
    counts = default_evidence().select(evidence_type="predictive").counts()["level"]
    assert counts == {"A": 188, "B": 779, "C": 763, "D": 1086, "E": 26, "accelerated": 2, "approved": 1}


def test_a_table_written_twice_has_the_same_bytes_and_reads_back_equal(tmp_path):
    table = small()
    table.write(tmp_path / "one")
    table.write(tmp_path / "two")
    for name in ("evidence.tsv.gz", "manifest.json"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()
    assert read_table_folder(tmp_path / "one").records == table.records


def test_one_changed_byte_is_refused(tmp_path):
    place = small().write(tmp_path / "pack")
    content = bytearray((place / "evidence.tsv.gz").read_bytes())
    content[-9] ^= 1
    (place / "evidence.tsv.gz").write_bytes(bytes(content))
    with pytest.raises(PackError) as caught:
        read_table_folder(place)
    assert caught.value.code == "pack-checksum"
    assert caught.value.file.endswith("evidence.tsv.gz")


def test_a_missing_file_or_manifest_is_named(tmp_path):
    place = small().write(tmp_path / "pack")
    (place / "evidence.tsv.gz").unlink()
    with pytest.raises(PackError) as caught:
        read_table_folder(place)
    assert caught.value.code == "pack-missing"
    (place / "manifest.json").write_text("{", encoding="utf-8")
    with pytest.raises(PackError) as caught:
        read_table_folder(place)
    assert caught.value.code == "pack-format"


def test_packs_say_name_release_licence_attribution_and_checksum():
    for manifest in list_packs():
        assert all(
            manifest[key] for key in ("name", "release", "sha256", "licence", "attribution", "source", "created")
        )
    licences = " ".join(manifest["licence"] for manifest in list_packs())
    assert "CC0" in licences
    assert "CC-BY-4.0" in licences


def test_a_later_layer_replaces_a_row_with_the_same_id():
    from dataclasses import replace

    table = small()
    changed = EvidenceTable(records=(replace(table.records[0], level="E"),))
    both = stack(table, changed)
    assert len(both) == 3
    assert both[table.records[0].evidence_id].level == "E"
    assert len(both.layers) == 2


def test_a_diff_lists_the_triples_that_a_set_difference_gives():
    """Compared with a set difference computed here."""
    from dataclasses import replace

    table = default_evidence()
    old = EvidenceTable(records=table.records[:900])
    moved = replace(table.records[450], level="A" if table.records[450].level != "A" else "B")
    turned = replace(table.records[451], direction="does_not_support", effect="other")
    new = EvidenceTable(records=(*table.records[300:450], moved, turned, *table.records[452:1400]))

    def triples(records):
        return {
            (r.profile_label, r.disease_label or "", drug)
            for r in records
            if r.evidence_type == "predictive"
            for drug in r.therapies
        }

    diff = old.diff(new)
    assert set(diff.gained) == triples(new.records) - triples(old.records)
    assert set(diff.lost) == triples(old.records) - triples(new.records)
    assert [item[0] for item in diff.relevelled] == [moved.evidence_id]
    was = f"{table.records[451].direction} {table.records[451].effect}"
    assert diff.turned == ((turned.evidence_id, was, "does_not_support other"),)
    assert diff.to_dict()["turned"] == [list(diff.turned[0])]
    assert diff.gained
    assert diff.lost


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"evidence_id": "no prefix"}, "evidence_id"),
        ({"level": ""}, "level is missing"),
        ({"rating": 9}, "rating"),
        ({"profile_label": "x" * 301}, "profile_label"),
        ({"therapies": ("y" * 161,)}, "160"),
        ({"trials": ("NCT1",)}, "NCT"),
        ({"citations": ("12345",)}, "citation"),
        ({"direction": "maybe"}, "direction"),
        ({"reviewed": "2024"}, "reviewed"),
    ],
)
def test_a_record_that_breaks_the_schema_says_how(change, words):
    from dataclasses import replace

    record = replace(default_evidence().records[0], **change)
    assert words in " ".join(faults(record))
    data = json.loads(json.dumps(record.to_dict()))
    if "reviewed" not in change:  # "format" is an annotation in JSON Schema
        assert list(Draft202012Validator(EVIDENCE_SCHEMA).iter_errors(data))
