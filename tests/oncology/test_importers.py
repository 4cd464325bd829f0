"""Importers: counts of the releases, made by another program from the same files, and what bad files are told."""

import gzip
import json

import pytest

from genorx.errors import InputError, UsageError
from genorx.oncology import import_evidence, match
from genorx.oncology.importers.civic import COLUMN_SETS, modern_label


@pytest.fixture(scope="module")
def civic(shared):
    folder = shared / "data" / "oncology" / "civic"
    return folder / "clinical_evidence_summaries_2026-05.tsv.gz", folder / "clinical_evidence_summaries_2020-08.tsv.gz"


@pytest.fixture(scope="module")
def current(civic):
    return import_evidence("civic-tsv", civic[0])


def test_all_4854_rows_of_civic_are_kept_or_rejected_with_a_reason(current):
    assert len(current) + len(current.rejected) == 4854
    assert {row.evidence_id for row in current.rejected} == {"civic:EID1266", "civic:EID12374"}
    assert all(row.reason for row in current.rejected)
    assert current.manifest["rows"]["in"] == 4854


def test_predictive_rows_by_level_are_those_of_the_release(current):
    """188, 780, 763, 1,086 and 27 in the file; the two sentinels (one B, one E) are rejected."""
    assert current.manifest["predictive_rows_read"] == {"A": 188, "B": 780, "C": 763, "D": 1086, "E": 27}
    assert current.manifest["counts"] == current.counts()
    assert current.select(evidence_type="predictive").counts()["level"] == {
        "A": 188, "B": 779, "C": 763, "D": 1086, "E": 26
    }  # fmt: skip


def test_at_least_97_per_cent_of_predictive_rows_have_a_matchable_predicate(current):
    rows = current.select(evidence_type="predictive").records
    opaque = [r for r in rows if any(atom.type == "opaque" for alternative in r.predicate for atom in alternative)]
    assert len(opaque) / len(rows) < 0.03
    assert len(opaque) <= 11  # the reference parser leaves 11


def test_the_older_column_set_is_read_by_the_same_call_and_keeps_exact_alleles(civic):
    """3,537 rows; 584 exact GRCh37 alleles, one of which ("G/A") names two that stand singly too: 583 distinct.

    Insertions and deletions have bases on one side only: 107 with a place, of which two appear twice under other names.
    """
    table = import_evidence("civic-tsv", civic[1])
    assert len(table) + len(table.rejected) == 3537
    places = {(a.chrom, a.pos, a.ref, a.alt) for a in table.alleles}
    assert len([place for place in places if place[2] and place[3]]) == 583
    assert len([a for a in table.alleles if not (a.ref and a.alt)]) == 107
    assert table.manifest["release"] == "2020-08"


def test_importing_twice_gives_equal_bytes(civic, tmp_path):
    for name in ("one", "two"):
        import_evidence("civic-tsv", civic[0]).write(tmp_path / name)
    for name in ("evidence.tsv.gz", "manifest.json"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


@pytest.mark.parametrize(
    ("name", "rows"),
    [
        ("molecular-oncology-almanac_2025-02-07.json.gz", 1007),
        ("molecular-oncology-almanac_2026-05.json.gz", 1018),
        ("referenced_2026-05", 1944),
    ],
)
def test_no_record_of_moalmanac_is_lost_in_any_of_its_shapes(shared, name, rows):
    table = import_evidence("moalmanac-json", shared / "data" / "oncology" / "moalmanac" / name)
    counts = table.manifest["rows"]
    assert counts["in"] == rows
    assert counts["kept"] + counts["rejected"] == rows
    assert all(row.reason for row in table.rejected)


def test_moalmanac_gives_no_inhibitor_for_a_deleted_fgfr2(shared):
    """MOAlmanac's own fall-back offers infigratinib for a deletion."""
    table = import_evidence(
        "moalmanac-json", shared / "data" / "oncology" / "moalmanac" / "molecular-oncology-almanac_2025-02-07.json.gz"
    )
    assert len(match(["FGFR2 deletion"], "IHCH", table)) == 0
    assert "Infigratinib" in {drug for hit in match(["FGFR2 fusion"], "IHCH", table) for drug in hit.therapies}


LABELS = {
    ("ABL1", "BCR-ABL T315I"): "BCR::ABL1 Fusion AND ABL1 T315I",
    ("ALK", "EML4-ALK E6;A20"): "EML4::ALK e6::e20",
    ("ALK", "ALK FUSION G1202R"): "v::ALK Fusion AND ALK G1202R",
    ("NTRK1", "LMNA-NTRK1 G595R and G667C"): "LMNA::NTRK1 Fusion AND NTRK1 G595R AND NTRK1 G667C",
    ("EGFR", "Ex19 del L858R"): "EGFR Exon 19 Deletion OR EGFR L858R",
    ("BRAF", "V600E and AMPLIFICATION"): "BRAF V600E AND BRAF AMPLIFICATION",
    ("BRAF", "V600E"): "BRAF V600E",
    ("RET", "RET FUSIONS"): "v::RET Fusion",
}


@pytest.mark.parametrize(("old", "label"), LABELS.items())
def test_an_older_variant_name_is_written_as_civic_writes_it_today(old, label):
    assert modern_label(*old) == label


def test_an_allele_seen_in_a_fusion_is_known_by_the_change_of_the_gene_itself(civic):
    """ABL1 T315I: GRCh37 9:133748283 C>T (rs121913459)."""
    found = {(a.chrom, a.pos, a.ref, a.alt): a.change for a in import_evidence("civic-tsv", civic[1]).alleles}
    assert found["9", 133748283, "C", "T"] == "T315I"


def civic_row(**changes):
    cells = dict.fromkeys(sorted(COLUMN_SETS["profiles"]), "")
    cells.update(
        molecular_profile="BRAF V600E", molecular_profile_id="12", disease="Melanoma", doid="1909",
        therapies="Vemurafenib",
        evidence_type="Predictive", evidence_direction="Supports", evidence_level="A",
        significance="Sensitivity/Response",
        citation_id="1", source_type="PubMed", rating="5", evidence_status="accepted", evidence_id="1",
        variant_origin="Somatic",
        last_review_date="2024-01-01 00:00:00 UTC", is_flagged="false",
    )  # fmt: skip
    cells.update(changes)
    return cells


def write_civic(path, rows, header=None):
    names = header or list(rows[0])
    path.write_text("\n".join(["\t".join(names), *("\t".join(row.values()) for row in rows)]) + "\n", encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"therapies": "Not Applicable"}, "without a therapy"),
        ({"therapies": "Imatinib,Dasatinib"}, "two or more drugs"),
        ({"evidence_level": ""}, "level is missing"),
        ({"evidence_id": ""}, "evidence_id"),
        ({"rating": "x"}, "rating"),
        ({"evidence_direction": "Perhaps"}, "direction"),
        ({"evidence_status": "submitted"}, "not accepted"),
        ({"molecular_profile": "x" * 301}, "profile_label"),
    ],
)
def test_a_bad_row_is_rejected_with_its_reason(tmp_path, changes, reason):
    path = write_civic(tmp_path / "civic.tsv", [civic_row(), civic_row(evidence_id="2") | changes])
    table = import_evidence("civic-tsv", path)
    assert len(table) == 1
    assert reason in table.rejected[0].reason
    assert table.rejected[0].place == "line 3"


def test_an_id_that_stands_twice_is_rejected_the_second_time(tmp_path):
    table = import_evidence("civic-tsv", write_civic(tmp_path / "c.tsv", [civic_row(), civic_row()]))
    assert [row.reason for row in table.rejected] == ["evidence id appears twice"]


def test_a_line_cut_short_is_rejected_not_filled(tmp_path):
    path = write_civic(tmp_path / "c.tsv", [civic_row()])
    path.write_text(path.read_text(encoding="utf-8") + "BRAF\tV600E\n", encoding="utf-8")
    assert "number of columns" in import_evidence("civic-tsv", path).rejected[0].reason


def test_zeros_of_a_disease_id_and_regimens_are_kept_as_text(tmp_path):
    row = civic_row(doid="0060079", therapies="FOLFOX Regimen, cetuximab", therapy_interaction_type="Combination",
                    nct_ids="NCT03295396; NCT02525692")  # fmt: skip
    record = import_evidence("civic-tsv", write_civic(tmp_path / "c.tsv", [row])).records[0]
    assert record.disease_id == "DOID:0060079"
    assert (record.therapies, record.therapy_logic) == (("FOLFOX", "Cetuximab"), "all")
    assert record.trials == ("NCT03295396", "NCT02525692")


def test_a_drug_with_a_comma_between_digits_is_one_drug(tmp_path):
    row = civic_row(therapies="2,4-pyrimidinediamine")
    record = import_evidence("civic-tsv", write_civic(tmp_path / "c.tsv", [row])).records[0]
    assert record.therapies == ("2,4-pyrimidinediamine",)


def test_unknown_columns_are_an_error_that_lists_them(tmp_path):
    row = civic_row()
    path = write_civic(tmp_path / "c.tsv", [row], header=[*list(row)[:-1], "surprise"])
    with pytest.raises(InputError) as caught:
        import_evidence("civic-tsv", path)
    assert caught.value.code == "evidence-columns"
    assert "surprise" in caught.value.reason


def test_a_truncated_gzip_file_is_named(civic, tmp_path):
    path = tmp_path / "cut.tsv.gz"
    path.write_bytes(civic[0].read_bytes()[:5000])
    with pytest.raises(InputError) as caught:
        import_evidence("civic-tsv", path)
    assert caught.value.code == "evidence-file"


def test_an_absent_file_a_wrong_shape_and_an_unknown_source_are_refused(tmp_path):
    with pytest.raises(InputError):
        import_evidence("civic-tsv", tmp_path / "absent.tsv")
    (tmp_path / "x.json").write_text('{"a": 1}', encoding="utf-8")
    with pytest.raises(InputError) as caught:
        import_evidence("moalmanac-json", tmp_path / "x.json")
    assert caught.value.code == "evidence-columns"
    with pytest.raises(UsageError):
        import_evidence("nowhere", tmp_path / "x.json")


def test_moalmanac_records_with_unknown_fields_are_refused(tmp_path):
    path = tmp_path / "m.json"
    path.write_text(json.dumps([{"feature_type": "Aneuploidy", "assertion_id": 1, "mood": "good"}]), encoding="utf-8")
    with pytest.raises(InputError) as caught:
        import_evidence("moalmanac-json", path)
    assert "mood" in caught.value.reason


def test_cgi_notation_is_read_into_atoms(tmp_path):
    """Rows written here in CGI's notation: gene:changes, CNA, fusion with '__', 'Increased Toxicity'."""
    header = ["Alteration", "Alteration type", "Association", "Biomarker", "Drug", "Evidence level", "Gene",
    "Primary Tumor type",
              "Primary Tumor acronym", "Source"]  # fmt: skip
    rows = [
        ["ABL1:T315I,V299L", "MUT", "Resistant", "ABL1 (T315I,V299L)", "[Dasatinib]", "NCCN guidelines", "ABL1",
        "CML", "CML",
         "PMID:1;PMID:2"],
        ["ERBB2:amp", "CNA", "Responsive", "ERBB2 amplification", "[Trastuzumab]", "FDA guidelines", "ERBB2",
        "Breast", "BRCA", ""],
        ["EML4__ALK", "FUS", "Responsive", "EML4-ALK", "[Crizotinib]", "FDA guidelines", "ALK", "NSCLC", "NSCLC", ""],
        ["BRAF:V600.", "MUT", "No Responsive", "BRAF (V600)", "[]", "Early trials", "BRAF", "Colorectal", "COREAD", ""],
    ]  # fmt: skip
    path = tmp_path / "cgi.tsv"
    path.write_text("\n".join("\t".join(row) for row in [header, *rows]) + "\n", encoding="utf-8")
    table = import_evidence("cgi-tsv", path)
    assert [r.predicate[0][0].type for r in table] == ["protein", "copy_number", "fusion"]
    assert len(table.records[0].predicate) == 2
    assert table.records[0].citations == ("pmid:1", "pmid:2")
    assert [row.reason for row in table.rejected] == ["no drug is named"]
    assert match(["ERBB2 amplification"], "BRCA", table)[0].tier == "I-A"


def test_oncokb_annotator_output_becomes_rows_by_level_and_drug_group(tmp_path):
    """A line written here with the annotator's columns; levels 1 and R1 of the columns' own names."""
    header = ["Hugo_Symbol", "HGVSp_Short", "ONCOTREE_CODE", "LEVEL_1", "LEVEL_2", "LEVEL_R1", "My_Note"]
    rows = [
        ["BRAF", "p.V600E", "MEL", "Dabrafenib+Trametinib,Vemurafenib", "", "", "mine"],
        ["EGFR", "p.T790M", "LUAD", "Osimertinib", "", "Erlotinib", ""],
        ["TTN", "p.A1V", "MEL", "", "", "", ""],
    ]
    path = tmp_path / "annotated.maf"
    path.write_text("#comment\n" + "\n".join("\t".join(row) for row in [header, *rows]) + "\n", encoding="utf-8")
    table = import_evidence("oncokb-annotated", path)
    assert [(r.therapies, r.level, r.effect) for r in table] == [
        (("Dabrafenib", "Trametinib"), "1", "sensitivity"),
        (("Vemurafenib",), "1", "sensitivity"),
        (("Osimertinib",), "1", "sensitivity"),
        (("Erlotinib",), "R1", "resistance"),
    ]
    assert table.manifest["rows"] == {"in": 3, "kept": 2, "rejected": 1, "records": 4}
    assert "MY_NOTE" in table.manifest["columns_left_alone"]
    with pytest.raises(InputError):
        import_evidence("oncokb-annotated", write_civic(tmp_path / "c.tsv", [civic_row()]))


def test_our_own_columns_are_read_with_predicates_from_labels(tmp_path):
    from genorx.oncology.record import COLUMNS

    cells = dict.fromkeys(COLUMNS, "")
    cells.update(
        evidence_id="lab:1", source="lab", release="1", profile_label="KRAS G12C", evidence_type="predictive",
        direction="supports", effect="sensitivity", level="B", level_scheme="civic",
        disease_label="Lung Adenocarcinoma",
        disease_id="DOID:3910", disease_scope="specific", therapies="Drug X; Drug Y", therapy_logic="any",
        origin="somatic",
        citations="pmid:1",
    )  # fmt: skip
    path = tmp_path / "own.tsv.gz"
    text = (
        "\t".join(cells)
        + "\n"
        + "\t".join(cells.values())
        + "\n"
        + "\t".join({**cells, "predicate": "[["}.values())
        + "\n"
    )
    path.write_bytes(gzip.compress(text.encode()))
    table = import_evidence("generic-tsv", path)
    assert table.records[0].therapies == ("Drug X", "Drug Y")
    assert "cannot be read" in table.rejected[0].reason
    assert match(["KRAS G12C"], "LUAD", table)[0].tier == "I-B"
