"""Errors name the cure that works: each hint below is followed, and the second run passes or gets further."""

import pytest

from genorx import oncology, pgx
from genorx.cohort import Study
from genorx.errors import UsageError

_HEAD = "##fileformat=VCFv4.2\n##contig=<ID=1,length=248956422>\n"
_ROWS = (
    '##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype">\n'
    "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\tP1\n1\t100\trs1\tG\tA\t.\tPASS\t.\tGT\t0/1\n"
)


@pytest.fixture
def vcf(tmp_path):
    path = tmp_path / "a.vcf"
    path.write_text(_HEAD + _ROWS)
    return path


def test_a_file_without_annotations_names_the_panel_of_its_sites(genorx, vcf, tmp_path):
    out = tmp_path / "f.csv"
    refused = genorx("features", vcf, "--panel", "genes", "--out", out, "--quiet")
    assert refused.status == 3
    assert "--panel sites" in refused.err
    assert genorx("features", vcf, "--panel", "sites", "--out", out, "--quiet").status == 0


def test_an_ending_of_files_that_are_not_written_is_refused_and_a_format_overrides_it(genorx, tmp_path):
    """Issue: the ending decides the format, --format overrides it."""
    asked = ("evidence", "--variants", "BRAF V600E", "--disease", "MEL", "--quiet")
    refused = genorx(*asked, "--out", tmp_path / "x.pdf")
    assert refused.status == 2
    assert "error[out-format]" in refused.err
    assert ".html" in refused.err
    assert not (tmp_path / "x.pdf").exists()
    assert genorx(*asked, "--out", tmp_path / "x.pdf", "--format", "html").status == 0
    assert (tmp_path / "x.pdf").read_text().startswith("<!DOCTYPE html>")


@pytest.mark.parametrize("name", ["hg19", "GRCh37", "b37"])
def test_a_study_file_takes_any_usual_name_of_an_assembly(tmp_path, name):
    head = '[study]\nname = "s"\npatient_id = "id"\n[variants]\nfiles = ["a.vcf"]\norigin = "somatic"\n'
    text = f'{head}assembly = "{name}"\n'
    (tmp_path / "s.toml").write_text(text)
    assert Study.read(tmp_path / "s.toml").content.variants.assembly == "GRCh37"


def test_alterations_in_one_text_are_taken_apart_but_not_within_brackets():
    hits = oncology.match(["BRAF V600E; KRAS G12D"], disease="COAD")
    assert [fact.label for fact in hits.alterations] == ["BRAF V600E", "KRAS G12D"]


def test_a_drug_that_is_nearly_known_is_named(vcf):
    (report,) = pgx.call(vcf, drugs=["simvastatine"])
    assert any('did you mean "simvastatin"?' in finding.message for finding in report.findings)


def test_segments_name_the_option_of_the_command(tmp_path):
    path = tmp_path / "a.seg"
    path.write_text("ID\tchrom\tloc.start\tloc.end\tnum.mark\tseg.mean\nT1\t1\t1\t1000\t10\t0.1\n")
    with pytest.raises(UsageError, match="--genes FILE"):
        oncology.read_alterations(path, kind="segments")


def test_help_has_a_short_name_and_findings_say_how_to_list_them(genorx, vcf, tmp_path):
    assert genorx("pgx", "-h").status == 0
    quiet = genorx("pgx", vcf, "--out", tmp_path / "p.json")
    if "not listed here" in quiet.err:
        assert "--debug lists them all" in quiet.err


def test_the_page_of_evidence_names_the_releases_that_it_rests_on(genorx, tmp_path):
    page = tmp_path / "e.html"
    assert genorx("evidence", "--variants", "BRAF V600E", "--disease", "MEL", "--out", page, "-q").status == 0
    end = page.read_text().rpartition("<footer")[2]
    for each in ("genorx ", "civic-evidence 20", "label-evidence 20", "disease-vocabularies oncotree_"):
        assert each in end
