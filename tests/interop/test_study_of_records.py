"""Tables of a study as FHIR, and the command that writes tables."""

import json

import pandas as pd
import pytest

import genorx as gx
from genorx.cli.app import run
from genorx.errors import GenorxError

MAP = """[[column]]
name = "creatinine_mg_per_dl"
from = "measurements"
code = ["http://loinc.org|2160-0"]
"""
STUDY = """[study]
name = "made"
patient_id = "pid"
[[tables]]
path = "b.json"
role = "clinical"
format = "fhir"
map = "map.toml"
index = "index.csv"
[outcomes.os]
table = "outcomes.csv"
kind = "survival"
time = "days"
event = "event"
unit = "days"
horizons = [365]
better = "longer"
"""


@pytest.fixture
def study(made, tmp_path):
    resources = []
    for number in range(40):
        resources.append(made.patient(f"p{number}", birthDate=f"{1940 + number}-01-01"))
        resources.append(
            made.observation(f"o{number}", patient=f"p{number}", **made.amount(0.5 + number / 40, "mg/dL"))
        )
    made.write(tmp_path, made.bundle(*resources), "b.json")
    made.write(tmp_path, MAP, "map.toml")
    rows = [f"p{number},2024-03-01" for number in range(40)]
    made.write(tmp_path, "patient_id,index_date\n" + "\n".join(rows), "index.csv")
    rows = [f"p{number},{100 + number * 37 % 41},{number % 2}" for number in range(40)]
    made.write(tmp_path, "pid,days,event\n" + "\n".join(rows), "outcomes.csv")
    return made.write(tmp_path, STUDY, "study.toml")


def test_records_are_a_table_like_any_other(study):
    cohort = gx.Study.read(study).load()
    assert cohort.features.creatinine_mg_per_dl["p4"] == pytest.approx(0.6)
    assert cohort.features.age_years["p4"] == pytest.approx(80.2, abs=0.1)
    before = gx.Study.read(study).digest()
    (study.parent / "map.toml").write_text(MAP + "# changed\n")
    assert gx.Study.read(study).digest() != before


@pytest.mark.parametrize("left", ['format = "fhir"\n', 'map = "map.toml"\n'])
def test_format_and_map_go_together(study, left):
    study.write_text(STUDY.replace(left, ""))
    with pytest.raises(GenorxError):
        gx.Study.read(study).load()


def test_the_command_writes_all_tables_or_the_wide_one(study, tmp_path):
    words = ["interop", "tables", str(tmp_path / "b.json"), "--format", "fhir", "--quiet"]
    assert run([*words, "--out", str(tmp_path / "tables")]) == 0
    assert {path.name for path in (tmp_path / "tables").iterdir()} == {
        "patients.csv", "measurements.csv", "conditions.csv", "medications.csv", "procedures.csv", "events.csv",
        "variants.csv", "genotypes.csv", "implications.csv", "risks.csv", "findings.json",
    }  # fmt: skip
    assert "birth_date" not in (tmp_path / "tables/patients.csv").read_text()
    assert json.loads((tmp_path / "tables/findings.json").read_text()) == []
    wide = tmp_path / "w.csv"
    assert run([*words, "--map", str(tmp_path / "map.toml"), "--index", "2024-03-01", "--out", str(wide)]) == 0
    assert pd.read_csv(wide).columns.tolist() == ["patient_id", "sex", "age_years", "creatinine_mg_per_dl"]


def test_the_command_ends_with_the_status_of_the_fault(tmp_path, made):
    bad = made.write(tmp_path, "<x/>")
    out = tmp_path / "o"
    assert run(["interop", "tables", str(bad), "--format", "fhir", "--out", str(out), "--quiet"]) == 3
    assert not out.exists()
    words = ["interop", "tables", str(bad), "--format", "omop", "--assembly", "GRCh38", "--out", str(out), "--quiet"]
    assert run(words) == 2
