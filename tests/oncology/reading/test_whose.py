"""Whose rows a file holds: one rule for tables of every kind; expected patients are read off the small files here."""

import json

import pytest

from genorx.cli.app import run
from genorx.errors import TableError, UsageError
from genorx.oncology import match_cohort, rank_therapies, read_alterations, read_tumours
from tests.oncology.reading.test_tables_reading import labels, write

FUSIONS = [
    ["#FusionName", "JunctionReadCount", "sample"],
    ["EML4--ALK", 12, "A"],
    ["TMPRSS2--ERG", 9, "B"],
    ["EML4--ALK", 3, "B"],
]
#: Columns and names of the OncoKB annotator's example files.
STRUCTURAL = [
    ["Tumor_Sample_Barcode", "GeneA", "GeneB", "Sv_Type"],
    ["A", "ALK", "EML4", "FUSION"],
    ["B", "ALK", "ALK", "DELETION"],
    ["B", "TMPRSS2", "ERG", "FUSION"],
]
CALLS = [
    ["Tumor_Sample_Barcode", "Hugo_Symbol", "Copy_Number_Alteration"],
    ["A", "MET", 2], ["A", "CDK4", -2], ["B", "ERBB2", "Amplification"],
]  # fmt: skip
WIDE = [["Gene Symbol", "Locus ID", "Cytoband", "A", "B"], ["MET", 0, 0, 2, 0], ["ERBB2", 0, 0, 0, 2]]
SEGMENTS = [
    ["ID", "chrom", "loc.start", "loc.end", "num.mark", "seg.mean"],
    ["A", "17", 1000, 3000, 9, 2.0], ["B", "10", 1, 900, 9, -5.0],
]  # fmt: skip
MUTATIONS = [
    ["Hugo_Symbol", "Variant_Classification", "HGVSp_Short", "Tumor_Sample_Barcode"],
    ["BRAF", "Missense_Mutation", "p.V600E", "A"], ["KRAS", "Missense_Mutation", "p.G12D", "B"],
]  # fmt: skip
CHANGES = [["gene", "sample_id", "alteration"], ["BRAF", "A", "V600E"], ["KRAS", "B", "G12D"]]
SIGNATURES = [["sample", "signature", "contribution"], ["A", "SBS3", 0.9], ["B", "SBS1", 0.9]]
FILES = {
    "fusions": (FUSIONS, ["EML4::ALK"], ["TMPRSS2::ERG", "EML4::ALK"]),
    "structural": (STRUCTURAL, ["ALK::EML4"], ["TMPRSS2::ERG"]),
    "calls": (CALLS, ["MET amplification", "CDK4 deletion"], ["ERBB2 amplification"]),
    "wide": (WIDE, ["MET amplification"], ["ERBB2 amplification"]),
    "segments": (SEGMENTS, ["ERBB2 amplification"], ["PTEN deletion"]),
    "maf": (MUTATIONS, ["BRAF V600E"], ["KRAS G12D"]),
    "changes": (CHANGES, ["BRAF V600E"], ["KRAS G12D"]),
    "signatures": (SIGNATURES, ["SBS3"], ["SBS1"]),
}


@pytest.fixture(params=list(FILES))
def several(request, tmp_path):
    """A file of two patients, with what each has, and the genes that segments need."""
    rows, one, two = FILES[request.param]
    genes = write(tmp_path / "genes.bed", [["17", 1200, 2000, "ERBB2"], ["10", 100, 800, "PTEN"]])
    more = {"genes": genes} if request.param == "segments" else {}
    return write(tmp_path / f"{request.param}.tsv", rows), one, two, more


def test_a_file_of_several_needs_a_name(several):
    path, _, _, more = several
    with pytest.raises(TableError) as caught:
        read_alterations(path, **more)
    assert caught.value.code == "sample-choice"
    assert "A, B" in caught.value.hint


def test_each_patient_has_its_own_rows_and_no_others(several):
    path, one, two, more = several
    assert labels(read_alterations(path, sample="A", **more)) == one
    assert labels(read_alterations(path, sample="B", **more)) == two
    assert {name: labels(each) for name, each in read_tumours(path, **more).items()} == {"A": one, "B": two}


def test_a_name_that_is_not_in_the_file_is_refused(several):
    path, _, _, more = several
    with pytest.raises(TableError) as caught:
        read_alterations(path, sample="C", **more)
    assert caught.value.code == "sample-choice"
    with pytest.raises(UsageError) as asked:
        read_tumours(path, samples=["C"], **more)
    assert asked.value.code == "no-such-sample"


def test_a_column_that_is_no_patient_cannot_be_named(tmp_path):
    path = write(tmp_path / "wide.tsv", WIDE)
    with pytest.raises(TableError):
        read_alterations(path, sample="Locus ID")


def test_columns_of_tumours_are_told_apart_by_case_and_never_twice(tmp_path):
    rows = [["Hugo_Symbol", "Entrez_Gene_Id", "t1", "T1"], ["MET", 0, 2, 0], ["ERBB2", 0, 0, 2]]
    found = {name: labels(each) for name, each in read_tumours(write(tmp_path / "w.tsv", rows)).items()}
    assert found == {"t1": ["MET amplification"], "T1": ["ERBB2 amplification"]}
    rows[0][3] = "t1"
    with pytest.raises(TableError):
        read_alterations(write(tmp_path / "w.tsv", rows), sample="t1")


def test_nobody_gets_a_drug_for_the_fusion_of_another(tmp_path):
    """Alectinib is tier I-A for ALK fusions (civic); patient B of this table has none."""
    path = write(tmp_path / "f.tsv", FUSIONS[:3])
    hits = match_cohort(path, "LUAD")
    assert "I-A" in {option.tier for option in rank_therapies(hits["A"])}
    assert not rank_therapies(hits["B"])


def test_a_deletion_within_a_gene_is_no_fusion_of_it(tmp_path):
    found = read_alterations(write(tmp_path / "sv.tsv", STRUCTURAL), sample="B")
    assert found.left_out == {"rearrangements within one gene, which are not fusions": 1}


def test_a_name_for_a_file_that_names_nobody_is_refused(tmp_path):
    path = write(tmp_path / "f.tsv", [row[:2] for row in FUSIONS[:2]])
    assert labels(read_alterations(path)) == ["EML4::ALK"]
    with pytest.raises(TableError) as caught:
        read_alterations(path, sample="A")
    assert "names no sample" in caught.value.reason
    (tmp_path / "list.txt").write_text("BRAF V600E\n", encoding="utf-8")
    with pytest.raises(TableError):
        read_alterations(tmp_path / "list.txt", sample="A")


def test_rows_that_name_nobody_are_said(tmp_path):
    path = write(tmp_path / "f.tsv", [*FUSIONS, ["CD74--ROS1", 4, ""]])
    found = read_alterations(path, sample="A")
    assert labels(found) == ["EML4::ALK"]
    assert ("rows-without-sample", "serious") in {(each.code, each.severity) for each in found.findings}


def test_two_names_that_differ_in_a_byte_that_is_no_utf8_stay_two(tmp_path):
    path = tmp_path / "f.tsv"
    path.write_bytes(b"five\tthree\tsample\nEML4\tALK\tRen\xe9\nCD74\tROS1\tRen\xe8\n")
    assert {name: labels(each) for name, each in read_tumours(path).items()} == {
        "Ren\\xe9": ["EML4::ALK"], "Ren\\xe8": ["CD74::ROS1"],
    }  # fmt: skip


def evidence(tmp_path, path, *options, name="out.json"):
    out = tmp_path / name
    status = run(["evidence", "--variants", str(path), "--disease", "LUAD", "--out", str(out), *options])
    return status, out.read_text(encoding="utf-8") if out.exists() else None


def test_the_command_refuses_several_takes_one_and_answers_for_all(tmp_path, capsys):
    path = write(tmp_path / "f.tsv", FUSIONS[:3])
    assert evidence(tmp_path, path) == (3, None)
    assert evidence(tmp_path, path, "--sample", "nobody") == (3, None)
    assert capsys.readouterr().err.count("error[sample-choice]") == 2
    status, text = evidence(tmp_path, path, "--sample", "B")
    answer = json.loads(text)
    assert (status, answer["reading"]["sample"], answer["options"]) == (0, "B", [])
    status, text = evidence(tmp_path, path, "--all", name="all.json")
    assert [(each["reading"]["sample"], len(each["options"]) > 0) for each in json.loads(text)] == [
        ("A", True), ("B", False),
    ]  # fmt: skip
    status, text = evidence(tmp_path, path, "--all", name="all.csv")
    assert status == 0
    assert text.startswith("sample,rank,option,")
    assert {line.split(",")[0] for line in text.splitlines()[1:]} == {"A"}
    assert evidence(tmp_path, path, "--all", "--sample", "A", name="no.json") == (2, None)
    assert evidence(tmp_path, "BRAF V600E", "--all", name="no.json") == (2, None)
