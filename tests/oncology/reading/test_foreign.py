"""Files and texts that are no alterations: refused with what they might be, never answered by "no options"."""

import bz2
import gzip
import lzma
import zipfile

import pytest

from genorx.cli.app import run
from genorx.errors import GenorxError, InputError
from genorx.oncology import match, read_alterations, read_assessed, read_text
from genorx.oncology.reading.read_alterations import tell_kind
from tests.oncology.reading.test_tables_reading import labels, write

LINES = "BRAF V600E\nEML4::ALK\nERBB2 amplification\n"
BODY = "7\t140453136\t.\tA\tT\t.\tPASS\t.\n7\t55259515\t.\tT\tG\t.\tPASS\t.\n"


def refused(call, *args, **options):
    with pytest.raises(GenorxError) as caught:
        call(*args, **options)
    return caught.value


@pytest.mark.parametrize(("name", "pack", "said"), [("x.xz", lzma.compress, "xz"), ("x.bz2", bz2.compress, "bzip2")])
def test_an_archive_is_named(tmp_path, name, pack, said):
    (tmp_path / name).write_bytes(pack(LINES.encode()))
    error = refused(read_alterations, tmp_path / name)
    assert (error.code, said in error.reason) == ("alteration-file", True)


def test_a_zip_archive_and_a_spreadsheet_are_named_and_gzip_is_read(tmp_path):
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        archive.writestr("list.txt", LINES)
    assert "spreadsheet" in refused(read_alterations, tmp_path / "x.zip").reason
    (tmp_path / "x.gz").write_bytes(gzip.compress(LINES.encode()))
    assert len(read_alterations(tmp_path / "x.gz")) == 3


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("##source=x\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n" + BODY, "first line"),
        (BODY, "without the header"),
        ("left\tright\treads\nEML4x\tALKx\t5\nTMPRSS2x\tERGx\t4\n", "a table of 3 columns"),
        ("This file says what is in the folder.\nIt was written by hand.\n\nBRAF V600E\n", "one alteration a line"),
        ("<!doctype html>\n<p>BRAF V600E</p>\n", "web page"),
    ],
)
def test_a_file_that_is_not_understood_is_refused_with_what_it_might_be(tmp_path, text, hint):
    path = tmp_path / "x.txt"
    path.write_text(text, encoding="utf-8")
    error = refused(read_alterations, path)
    assert error.code == "alteration-file"
    assert hint in error.hint


def test_one_odd_line_in_twenty_is_a_finding_and_two_in_twelve_are_too_many(tmp_path):
    path = tmp_path / "x.txt"
    path.write_text("BRAF V600E\n" * 19 + "something else\n", encoding="utf-8")
    assert "alteration-not-understood" in {each.code for each in match(read_alterations(path), "MEL").findings}
    path.write_text("BRAF V600E\n" * 10 + "something else\n" * 2, encoding="utf-8")
    assert refused(read_alterations, path).code == "alteration-file"


@pytest.mark.parametrize(
    "rows",
    [
        [["gene", "call"], ["ERBB2", 6.3], ["PTEN", 1.9]],  # total copies are no GISTIC calls
        [["gene1", "gene2"], ["", ""], ["", "."]],
        [["chrom", "start", "end", "total"], ["17", "one", "two", 8]],
        [["Hugo_Symbol", "Variant_Classification"], ["BRAF", "sprouting"], ["KRAS", "sprouting"]],
    ],
)
def test_a_table_whose_cells_are_not_what_its_columns_say_is_refused(tmp_path, rows):
    genes = write(tmp_path / "genes.bed", [["17", 1200, 2000, "ERBB2"]])
    error = refused(read_alterations, write(tmp_path / "x.tsv", rows), genes=genes)
    assert error.code == "alteration-file"


#: Rows and names of ``example_atypical_alterations.txt`` of the OncoKB annotator, of one sample here.
ATYPICAL = [
    ["HUGO_SYMBOL", "SAMPLE_ID", "ALTERATION"],
    ["Other Biomarkers", "T1", "MSI-H"],
    ["Other Biomarkers", "T1", "Tumor Mutational Burden-High"],
    ["EGFR", "T1", "vIII"],
    ["FLT3", "T1", "Internal tandem duplication"],
    ["FLT3", "T1", "ITD"],
    ["BRAF", "T1", "KDD"],
    ["EGFR", "T1", "CTD"],
]


def test_atypical_alterations_are_no_calls_of_copy_number(tmp_path):
    path = write(tmp_path / "atypical.txt", ATYPICAL)
    assert tell_kind(path) == "list"
    found = read_alterations(path)
    assert [(fact.atom.type, fact.atom.gene or fact.atom.name) for fact in found] == [
        ("signature", "MSI"), ("signature", "TMB"), ("named_deletion", "EGFR"), ("itd", "FLT3"), ("itd", "FLT3"),
        ("region", "BRAF"), ("region", "EGFR"),
    ]  # fmt: skip
    assert len(match(found, "COAD")) > 0


def test_a_column_of_alterations_that_are_all_calls_is_copy_number(tmp_path):
    rows = [["gene", "alteration"], ["ERBB2", "Amplification"], ["PTEN", "Deep Deletion"], ["MYC", "Gain"]]
    path = write(tmp_path / "x.tsv", rows)
    assert tell_kind(path) == "copy-number"
    assert labels(read_alterations(path)) == ["ERBB2 amplification", "PTEN deletion"]


@pytest.mark.parametrize(
    "name", ["tumour.vcf", "my tumour.txt", "file-name.vcf.gz", "../x", "~/x", "C:\\x\\y", "a.xlsx"]
)
def test_what_looks_like_a_file_and_is_none_is_not_found(name):
    assert refused(read_text, name).code == "not-found"


@pytest.mark.parametrize("text", ["tumour", "KRAS", "tumour-normal", "BRAF V600E; something else", "", " ; "])
def test_a_text_must_be_alterations_all_of_it(text):
    assert refused(read_text, text).code == "alteration"


def test_texts_that_hold_slashes_points_and_hyphens_are_alterations():
    text = "EML4/ALK V1; BRAF p.V600E; HER2-positive; EML4-ALK; KRAS c.35G>A; NPM1-ALK fusion; FLT3-ITD"
    assert len(read_text(text)) == 7


def test_the_command_ends_with_status_3_and_writes_nothing(tmp_path, capsys):
    out = tmp_path / "o.json"
    for text, code in (("tumour.vcf", "not-found"), ("tumour", "alteration"), (str(tmp_path), "file-folder")):
        assert run(["evidence", "--variants", text, "--disease", "LUAD", "--out", str(out)]) == 3
        assert f"error[{code}]" in capsys.readouterr().err
    assert not out.exists()


def test_genes_that_were_assessed_are_symbols(tmp_path):
    path = tmp_path / "genes.txt"
    path.write_text("EGFR\nKRAS, BRAF # panel 2\n", encoding="utf-8")
    assert read_assessed(path) == ["EGFR", "KRAS", "BRAF"]
    path.write_bytes(b"EGFR\nKR\xc3S\xff\n")
    error = refused(read_assessed, path)
    assert (error.code, error.place) == ("alteration-file", "2")
    assert isinstance(refused(read_assessed, tmp_path / "gone.txt"), InputError)


def test_a_column_beside_gene_and_change_does_not_make_them_calls(tmp_path):
    rows = [["gene", "change", "status"], ["BRAF", "V600E", "somatic"], ["PTEN", "loss", "somatic"]]
    assert labels(read_alterations(write(tmp_path / "x.tsv", rows))) == ["BRAF V600E", "PTEN loss"]
