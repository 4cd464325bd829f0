"""``genorx rank`` with guidance on drugs: DPYD *2A/*2A must not have fluorouracil (CPIC, Strong)."""

import io
import json
import shutil

import pandas as pd
import pytest

from genorx.datasets import write_pgx_cohort


@pytest.fixture
def germline(fitted, genorx, tmp_path):
    """A file in which the demo's first patient is DPYD *2A/*2A, and that patient's id."""
    first = json.loads(genorx("rank", fitted.model, fitted.patients, "--out", "-", "--quiet").out)[0]["patient_id"]
    path = tmp_path / "germline.vcf"
    write_pgx_cohort(path, n=1, frequencies={"DPYD": {"c.1905+1G>A (*2A)": 1.0}})
    path.write_text(path.read_text().replace("\tS0001\n", f"\t{first}\n"))
    return path, first


def test_an_option_with_a_drug_to_avoid_is_not_advised(fitted, genorx, germline):
    path, first = germline
    more = ("--pgx", path, "--drugs", "chemotherapy=fluorouracil, leucovorin")
    result = genorx("rank", fitted.model, fitted.patients, "--out", "-", *more)
    assert result.status == 0
    records = {record["patient_id"]: record for record in json.loads(result.out)}
    options = {option["option"]: option for option in records[first]["options"]}
    assert options["chemotherapy"]["advice"] == "not_advised"
    assert "avoid" in {row["action"] for row in options["chemotherapy"]["safety"]}
    assert "drug-avoided" in result.err
    others = [record for patient, record in records.items() if patient != first]
    assert all("pgx-no-report" in [f["code"] for f in record["findings"]] for record in others)
    assert not any(option["safety"] for record in others for option in record["options"])


@pytest.mark.parametrize("text", ["chemotherapy", "=fluorouracil", "chemotherapy="])
def test_drugs_that_name_no_option_or_no_drug_are_wrong_usage(fitted, genorx, germline, text):
    result = genorx("rank", fitted.model, fitted.patients, "--out", "-", "--pgx", germline[0], "--drugs", text)
    assert result.status == 2
    assert "names no option or no drug" in result.err


def test_drugs_without_a_file_are_wrong_usage(fitted, genorx):
    result = genorx("rank", fitted.model, fitted.patients, "--out", "-", "--drugs", "chemotherapy=fluorouracil")
    assert result.status == 2
    assert "pgx-and-drugs" in result.err


def test_calls_made_elsewhere_count_for_the_patient_whom_they_name(fitted, genorx, germline, tmp_path):
    """HLA-B *57:01 must not have abacavir (CPIC, Strong); the file says nothing of HLA-B."""
    path, first = germline
    table = tmp_path / "calls.tsv"
    table.write_text(f"sample\tgene\tdiplotype\n{first}\tHLA-B\t*57:01/*07:02\nnobody\tHLA-B\t*57:01/*57:01\n")
    more = ("--pgx", path, "--drugs", "chemotherapy=abacavir")
    plain = genorx("rank", fitted.model, fitted.patients, "--out", "-", *more)
    result = genorx("rank", fitted.model, fitted.patients, "--out", "-", *more, "--outside", table)
    for out, advised in ((plain.out, True), (result.out, False)):
        record = next(each for each in json.loads(out) if each["patient_id"] == first)
        option = next(each for each in record["options"] if each["option"] == "chemotherapy")
        assert ("avoid" not in {row["action"] for row in option["safety"]}) is advised
    assert "outside-unknown-sample" in result.err


def test_outside_calls_without_a_variant_file_are_wrong_usage(fitted, genorx, tmp_path):
    table = tmp_path / "calls.tsv"
    table.write_text("CYP2D6\t*4/*4\n")
    result = genorx("rank", fitted.model, fitted.patients, "--out", "-", "--outside", table)
    assert result.status == 2
    assert "--pgx" in result.err


def test_questions_know_that_an_option_is_to_be_avoided(fitted, genorx, germline, tmp_path):
    """The advice now is that of ``rank`` with the same guidance; what is asked is the value that was taken out."""
    path, first = germline
    home = shutil.copytree(fitted.patients.parent, tmp_path / "home")
    table = pd.read_csv(home / "patients" / "laboratory.csv", dtype=str)
    table.loc[table["patient_id"] == first, table.columns[-1]] = None
    table.to_csv(home / "patients" / "laboratory.csv", index=False)
    reports = tmp_path / "pgx.json"
    assert genorx("pgx", path, "--out", reports).status == 0
    asked = ("care", "questions", fitted.model, home / "patients.toml", "--cohort", fitted.study, "--draws", "2")
    asked += ("--patient", first, "--out", "-", "--drugs", "chemotherapy=fluorouracil")
    guided = genorx(*asked, "--pgx", reports)
    assert guided.status == 0, guided.err
    assert "drug-avoided" in guided.err
    assert pd.read_csv(io.StringIO(guided.out))["column"].tolist() == [table.columns[-1]]
    alone = genorx(*asked)
    assert (alone.status, "pgx-and-drugs" in alone.err) == (2, True)
