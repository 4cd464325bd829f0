"""Genotype tables of arrays; expected calls follow from the definitions."""

import pytest

from genorx import pgx
from genorx.errors import VariantFileError


@pytest.fixture
def call(tmp_path):
    """Report of a genotype table."""

    def run(text, name="person.txt"):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        (report,) = pgx.call(path)
        return report

    return run


def test_a_table_gives_genotypes_and_leaves_the_rest_missing(call):
    """VKORC1 rs9923231 C>T on the forward strand of the genome; NUDT15 has 17 further sites."""
    report = call(
        "# made by an array\nrsid\tchromosome\tposition\tgenotype\n"
        "rs9923231\t16\t31107689\tCT\nrs116855232\t13\t1\tCC\n"
    )
    assert report.sample == "person"
    assert report.genes["VKORC1"].phenotypes == ["-1639 AG"]
    assert len(report.genes["NUDT15"].call.missing) == 17
    assert not report.genes["CYP2C19"].call.called
    assert [f.code for f in report.findings] == ["pgx-array"]


def test_commas_and_no_header_are_read_too(call):
    assert call("rs9923231,T/T\n", "x.csv").genes["VKORC1"].phenotypes == ["-1639 AA"]


def test_a_table_without_a_marker_is_refused(call):
    """A clinical table gave a report in which every gene was missing."""
    with pytest.raises(VariantFileError) as error:
        call("patient_id,age_years,arm\nP1,50,A\nP2,61,B\n", "x.csv")
    assert error.value.code == "chip-columns"
    assert "rs4244285" in error.value.reason


def test_a_strand_flipped_table_is_refused(call):
    with pytest.raises(VariantFileError) as error:
        call("rs9923231\tGA\n")
    assert (error.value.code, error.value.place) == ("chip-strand", "rs9923231")


def test_no_calls_and_indels_are_missing(call):
    report = call("rs9923231\t--\nrs3064744\tDI\nrs116855232\tCC\n")
    assert not report.genes["VKORC1"].call.called
    assert "chr2:233760233" in report.genes["UGT1A1"].call.missing
    assert report.vcf_warnings["chr2:233760233"] == ("array-indel",)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("rs9923231\n", "chip-columns"),
        ("rs9923231\tQ\n", "chip-genotype"),
        ("rs9923231\tCC\nrs9923231\tCT\n", "chip-twice"),
    ],
)
def test_lines_that_break_the_format_are_refused(call, text, code):
    with pytest.raises(VariantFileError) as error:
        call(text)
    assert error.value.code == code


def test_a_table_without_a_pharmacogene_says_so(call):
    assert [f.code for f in call("rs1\tAA\n").findings] == ["pgx-array", "pgx-no-site"]


def test_a_table_that_is_no_text_is_refused(tmp_path):
    path = tmp_path / "x.txt"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(VariantFileError) as error:
        pgx.call(path)
    assert error.value.code == "chip-unreadable"


def test_a_cohort_reads_the_tables_that_a_report_reads(tmp_path):
    """One row a table, the phenotypes of the reports."""
    paths = [tmp_path / f"{name}.txt" for name in ("a", "b")]
    for path, genotype in zip(paths, ("CT", "TT"), strict=True):
        path.write_text(f"rsid\tgenotype\nrs9923231\t{genotype}\n")
    frame = pgx.call_cohort(paths)
    assert frame["VKORC1_phenotype"].astype(str).to_dict() == {"a": "-1639 AG", "b": "-1639 AA"}
    assert pgx.call_cohort(paths[0])["VKORC1_phenotype"].astype(str).tolist() == ["-1639 AG"]
    assert [pgx.call(path)[0].genes["VKORC1"].phenotypes for path in paths] == [["-1639 AG"], ["-1639 AA"]]
