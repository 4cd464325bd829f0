"""Genotypes of pharmacogenes that are written and do not count, and genes that were not looked at: said everywhere.

CYP2C19 rs4244285 is chr10:94781859 G>A (*2).
"""

import json

import pytest
from typer.testing import CliRunner

from genorx import pgx
from genorx.cli.app import app
from genorx.errors import VariantFileError

SITE = "chr10:94781859"


@pytest.fixture
def write(write_vcf):
    """Write a CYP2C19 *2/*2 but for rs4244285, which has the given FILTER, FORMAT and text."""

    def run(flt, form, text):
        path = write_vcf(["CYP2C19"], {"rs4244285": "0/1", "rs12769205": "1/1", "rs3758581": "1/1"})
        old = next(line for line in path.read_text().splitlines() if "\t94781859\t" in line)
        cells = old.split("\t")
        cells[6], cells[8:] = flt, [form, text]
        path.write_text(path.read_text().replace(old, "\t".join(cells)))
        return path

    return run


def codes(report):
    return {finding.code: finding for finding in report.findings}


@pytest.mark.parametrize(
    ("flt", "form", "text", "warning", "said"),
    [
        ("LowQual", "GT", "1/1", "filtered-calls", "1 filtered"),
        ("PASS", "GT:FT", "1/1:q10", "filtered-calls", "1 filtered"),
        ("PASS", "GT:DP", "0/0:0", "calls-without-reads", "1 of depth 0"),
        ("PASS", "GT", "0/0/1", "ploidy", "1 of more than two alleles"),
    ],
)
@pytest.mark.parametrize("absent", ["missing", "reference"])
def test_a_genotype_that_does_not_count_is_no_reference_and_is_counted(write, flt, form, text, warning, said, absent):
    """Also where sites without a record are taken as reference: this site has one."""
    (report,) = pgx.call(write(flt, form, text), absent=absent)
    gene = report.to_dict()["genes"]["CYP2C19"]
    assert gene["missing_positions"] == [SITE]
    assert warning in gene["warnings"]
    assert said in codes(report)["no-calls"].message
    assert said in report.to_html()


def test_filters_that_are_taken_are_counted_too(write):
    path = write("LowQual", "GT", "1/1")
    assert "1 (LowQual 1); no-calls" in codes(pgx.call(path)[0])["records-filtered"].message
    for filters in (["PASS", ".", "LowQual"], None):
        (report,) = pgx.call(path, filters=filters)
        assert report.genes["CYP2C19"].call.diplotypes == ("*2/*2",)
        assert "1 (LowQual 1); used" in codes(report)["filters-taken"].message


def test_a_cohort_follows_the_same_filters(write):
    path = write("LowQual", "GT", "1/1")
    assert pgx.call_cohort(path)["CYP2C19_diplotype"].tolist() != ["*2/*2"]
    assert pgx.call_cohort(path, filters=None)["CYP2C19_diplotype"].tolist() == ["*2/*2"]
    assert "no-calls" in {finding["code"] for finding in pgx.call_cohort(path).attrs["findings"]}


@pytest.mark.parametrize(
    ("options", "taken"), [([], False), (["--filters", "LowQual"], True), (["--filters", "all"], True)]
)
def test_the_command_takes_filters_beside_those_of_records_that_passed(write, tmp_path, options, taken):
    out = tmp_path / "out.json"
    done = CliRunner().invoke(app, ["pgx", str(write("LowQual", "GT", "1/1")), "--out", str(out), *options])
    assert done.exit_code == 0, done.output
    (found,) = json.loads(out.read_text())
    assert (found["genes"]["CYP2C19"]["diplotypes"] == ["*2/*2"]) is taken


def test_a_gene_that_was_not_looked_at_says_so(write_vcf):
    """Copies and hybrids of CYP2D6 are not in a file of single changes, whether these were called or not."""
    path = write_vcf(["CYP2C19", "CYP2D6"])
    for options in ({}, {"cyp2d6": True}):
        genes = pgx.call(path, **options)[0].to_dict()["genes"]
        assert {"not-assessed", "cyp2d6-structure-unseen"} <= set(genes["CYP2D6"]["warnings"])
        assert "not-assessed" in genes["HLA-B"]["warnings"]
        assert "not-assessed" not in genes["CYP2C19"]["warnings"]


def test_an_outside_call_was_assessed(write_vcf, tmp_path):
    table = tmp_path / "outside.tsv"
    table.write_text("CYP2D6\t*4/*4\n")
    (report,) = pgx.call(write_vcf(["CYP2C19"]), outside=table)
    assert "not-assessed" not in report.genes["CYP2D6"].call.warnings
    assert "tamoxifen" not in report.to_dict()["not_evaluated"]


def test_a_drug_whose_gene_was_not_tested_is_not_evaluated(write_vcf):
    """Tamoxifen and codeine ask for CYP2D6, carbamazepine for HLA-A and HLA-B (CPIC): none can be told by a VCF."""
    (report,) = pgx.call(write_vcf(["CYP2C19"]))
    found = report.to_dict()
    assert {drug: found["not_evaluated"][drug] for drug in ("tamoxifen", "codeine", "carbamazepine")} == {
        "tamoxifen": ["CYP2D6"], "codeine": ["CYP2D6"], "carbamazepine": ["HLA-A", "HLA-B"],
    }  # fmt: skip
    assert found["drugs"]["codeine"] == []  # a drug without a row stays in the list
    page = report.to_html()
    rows = page.splitlines()
    (since,) = [line for line in rows if "<td>CYP2D6 was not tested</td>" in line]
    assert "codeine" in since
    assert "tamoxifen" in since
    (without,) = [line for line in rows if line.startswith("<p>No row found")]
    assert not any(drug in without for drug in ("codeine", "tamoxifen", "carbamazepine"))


def test_a_filtered_record_is_not_outvoted_by_a_block(write_vcf):
    """A gVCF block around a record that is not accepted says reference where the record says a change."""
    path = write_vcf(["CYP2C19"], {"rs4244285": None})
    lines = ["chr10 94781800 . A <NON_REF> . PASS END=94781900 GT:GQ 0/0:60", "chr10 94781859 . G A . LowQual . GT 0/1"]
    path.write_text(path.read_text() + "".join("\t".join(line.split()) + "\n" for line in lines))
    assert pgx.call(path)[0].to_dict()["genes"]["CYP2C19"]["missing_positions"] == [SITE]


def test_a_cut_file_never_turns_a_poor_function_into_normal(write_vcf):
    """SLCO1B1 *5/*5 (rs4149056 C/C, chr12:21178615); cut before it, in the middle of another record."""
    path = write_vcf(["SLCO1B1"], {"rs4149056": "1/1"})
    whole = pgx.call(path, absent="reference")[0].to_dict()["genes"]["SLCO1B1"]
    assert whole["phenotypes"] == ["Poor Function"]
    text = path.read_text()
    path.write_text(text[: text.index("\t21178615\t") - 20])
    with pytest.raises(VariantFileError) as error:
        pgx.call(path, absent="reference")
    assert error.value.code == "columns-few"
