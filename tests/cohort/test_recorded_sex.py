"""The recorded sex against the sample's; what a study says of it on loading and in its audit."""

import pandas as pd
import pytest

import genorx as gx
from genorx.cohort.recorded_sex import recorded_sex, sex_column, sex_findings
from genorx.variants.assembly import LENGTHS
from genorx.variants.sex_chromosomes import SexCalls


def calls(*, x, y="unknown", **more):
    """Made calls: ``x`` one or two, ``y`` called, not called or unknown."""
    heterozygous, homozygous = {"two": (40, 20), "one": (1, 199), "between": (20, 80), "unknown": (3, 3)}[x]
    y_records, y_called = {"called": (20, 20), "not called": (20, 0), "unknown": (0, 0)}[y]
    values = {
        "heterozygous": heterozygous,
        "homozygous": homozygous,
        "haploid": 0,
        "haploid_changed": 0,
        "known": heterozygous + homozygous,
        "places": 50,
        "y_records": y_records,
        "y_called": y_called,
        "y_heterozygous": 0,
    }
    return SexCalls(**(values | more))


@pytest.mark.parametrize(
    ("name", "cells", "read"),
    [
        ("sex", ["M", "f", "Male", "FEMALE", "x", None], ["male", "female", "male", "female"]),
        ("gender", ["1", "2", "1.0", "9"], ["male", "female", "male"]),
        ("sex", ["0", "1", "1"], []),  # nobody knows which is which
        ("female", ["1", "0", "yes"], ["female", "male", "female"]),
        ("male", ["1", "0"], ["male", "female"]),
        ("male", ["Y", "n", "y"], ["male", "female", "male"]),  # words for yes and no as in any table
        ("female", ["f", "t", "y"], ["female"]),  # false, or female?
        ("Geschlecht", ["m", "w"], ["male", "female"]),
    ],
)
def test_words_and_codes_of_the_sex_are_read(name, cells, read):
    assert recorded_sex(pd.Series(cells, name=name, dtype="string")).tolist() == read


def test_the_column_of_the_sex_is_found_by_its_name():
    assert sex_column(["age", "Sex at birth", "sex_hormone"]) == "Sex at birth"
    assert sex_column(["sexual_function", "sextile"]) is None


@pytest.mark.parametrize(
    ("sex", "x", "y", "code"),
    [
        ("male", "two", "not called", "sex-mismatch"),
        ("male", "two", "unknown", "sex-mismatch"),
        ("male", "two", "called", "sex-not-clear"),  # Klinefelter
        ("male", "one", "called", None),
        ("male", "one", "not called", None),  # Y is lost from the blood of old men
        ("male", "between", "called", "sex-not-clear"),
        ("male", "unknown", "not called", None),
        ("female", "one", "called", "sex-mismatch"),
        ("female", "one", "unknown", "sex-mismatch"),
        ("female", "one", "not called", "sex-not-clear"),  # Turner
        ("female", "two", "called", None),  # stray calls of Y
        ("female", "two", "not called", None),
        ("female", "between", "not called", "sex-not-clear"),
        ("female", "unknown", "called", None),
    ],
)
def test_only_the_other_sex_is_a_mismatch(sex, x, y, code):
    cells = pd.Series([sex], index=["P1"], name="sex")
    found = sex_findings(cells, {"P1": calls(x=x, y=y)}, "clinical.csv")
    assert [each.code for each in found] == ([code] if code else [])
    for each in found:
        assert each.severity == ("serious" if code == "sex-mismatch" else "warning")
        assert each.patient_id == "P1"


def test_haploid_calls_of_x_are_one(tmp_path):
    cells = pd.Series(["F"], index=["P1"], name="sex")
    haploid = calls(x="one", y="called", heterozygous=0, homozygous=0, haploid=40, haploid_changed=15, known=40)
    (finding,) = sex_findings(cells, {"P1": haploid}, "clinical.csv")
    assert "one X chromosome (40 of 40 calls on X have one allele, Y is called at 20 of 20 records)" in finding.message


@pytest.fixture
def study(tmp_path):
    """Two patients whose records say the other sex than their germline file, and a third who fits."""
    lines = ["##fileformat=VCFv4.3"]
    lines += [f"##contig=<ID=chr{name},length={length}>" for name, length in LENGTHS["GRCh38"].items()]
    lines += ['##FORMAT=<ID=GT,Number=1,Type=String,Description="genotype">']
    lines += ["\t".join(["#CHROM", "POS", "ID", "REF", "ALT", "QUAL", "FILTER", "INFO", "FORMAT", "P1", "P2", "P3"])]
    for number in range(40):
        row = f"chrX {5_000_000 + 1_000_000 * number} . A G 50 PASS . GT 0/1 1 {'0/1' if number % 2 else '1/1'}"
        lines.append("\t".join(row.split()))
    for number in range(10):
        lines.append("\t".join(f"chrY {5_000_000 + 100_000 * number} . A G 50 PASS . GT ./. 1 ./.".split()))
    (tmp_path / "germline.vcf").write_text("\n".join(lines) + "\n")
    (tmp_path / "clinical.csv").write_text("patient_id,age_years,sex\nP1,60,M\nP2,70,F\nP3,65,F\n")
    (tmp_path / "study.toml").write_text(
        '[study]\nname = "s"\npatient_id = "patient_id"\n[[tables]]\npath = "clinical.csv"\nrole = "clinical"\n'
        '[variants]\nfiles = ["germline.vcf"]\norigin = "germline"\npanel = "sites"\n'
    )
    return tmp_path / "study.toml"


def test_a_study_names_patients_of_the_other_sex_on_loading_and_in_its_audit(study):
    """A man with 40 heterozygous sites of X; a woman with haploid X and a Y."""
    read = gx.Study.read(study)
    audit, cohort, future = read.audit(), read.load(), read.load(outcomes=False)
    for findings in (audit.findings, cohort.findings, future.findings):
        found = [each for each in findings if each.code == "sex-mismatch"]
        assert [(each.patient_id, each.severity) for each in found] == [("P1", "serious"), ("P2", "serious")]
        assert found[0].place == 'clinical.csv: column "sex"'
    stated = audit.to_dict()["contradictions"]
    assert [each["patient_id"] for each in stated if each["code"] == "sex-mismatch"] == ["P1", "P2"]


def test_a_study_names_samples_that_are_one_person_on_loading_and_in_its_audit(study):
    """P1 and P3 are alike at 60 places of chromosome 1, P2 has the other genotype at each."""
    germline = study.parent / "germline.vcf"
    lines = germline.read_text().splitlines()
    first = next(number for number, line in enumerate(lines) if line.startswith("chrX"))
    places = [
        "\t".join(
            f"chr1 {1_500_000 * (number + 1)} . A G 50 PASS . GT 0/1 {'1/1' if number % 2 else '0/0'} 0/1".split()
        )
        for number in range(60)
    ]
    germline.write_text("\n".join([*lines[:first], *places, *lines[first:]]) + "\n")
    read = gx.Study.read(study)
    audit = read.audit()
    for findings in (audit.findings, read.load().findings):
        found = [each for each in findings if each.code == "samples-alike"]
        assert [(each.patient_id, each.severity) for each in found] == [("P1", "serious"), ("P3", "serious")]
    assert [each["code"] for each in audit.to_dict()["duplicates"]] == ["samples-alike"] * 2


def test_a_sex_that_is_no_feature_is_compared_too(study):
    text = study.read_text().replace('role = "clinical"', 'role = "clinical"\nexclude = ["sex"]')
    study.write_text(text)
    found = [each for each in gx.Study.read(study).load().findings if each.code == "sex-mismatch"]
    assert [each.patient_id for each in found] == ["P1", "P2"]
