"""The commands plan, schedule, cards and read-hook: files by suffix, exit statuses, schemas, nothing half written."""

import csv
import io
import json
from pathlib import Path

import jsonschema
import pytest

from genorx import care
from genorx.care.json_schemas import care_schemas
from genorx.cli.app import run

FOLDER = Path(__file__).resolve().parents[2] / "data_schemas"


@pytest.fixture
def calendar(tmp_path):
    path = tmp_path / "ward.toml"
    path.write_text('[calendar]\ntimezone = "Europe/Berlin"\nclosed = [2026-03-09]\n')
    return path


@pytest.fixture
def plan_file(ranking_file, tmp_path):
    out = tmp_path / "plan.json"
    line = ["care", "plan", str(ranking_file), "--option", "folfiri", "--start", "2026-03-02", "--patient", "P1"]
    assert run([*line, "--out", str(out), "--quiet"]) == 0
    return out


def valid(name, record):
    schema = care_schemas()[name]
    jsonschema.validate(record, schema, cls=jsonschema.Draft202012Validator)


@pytest.mark.parametrize("name", sorted(care_schemas()))
def test_the_schema_file_is_the_one_that_the_code_makes(name):
    schema = care_schemas()[name]
    jsonschema.Draft202012Validator.check_schema(schema)
    on_disk = json.loads((FOLDER / f"{name}.schema.json").read_text(encoding="utf-8"))
    assert on_disk == schema, "run scripts/write_schemas.py"


def test_a_plan_is_written_and_valid(plan_file):
    record = json.loads(plan_file.read_text())
    valid("plan", record)
    assert record["plan"]["author"] is None


def test_a_schedule_is_written_by_the_suffix(plan_file, calendar, tmp_path, capfd):
    line = ["care", "schedule", str(plan_file), "--calendar", str(calendar), "--today", "2026-01-01", "--quiet"]
    outs = {suffix: tmp_path / f"visits{suffix}" for suffix in (".csv", ".json", ".ics", ".fhir.json")}
    for out in outs.values():
        assert run([*line, "--out", str(out)]) == 0
    made = care.read_plan(plan_file).schedule(calendar, today="2026-01-01")
    rows = list(csv.DictReader(io.StringIO(outs[".csv"].read_text())))
    assert list(rows[0]) == list(made.visits)
    assert [row["date"] for row in rows] == [each.date for each in made.listed]
    valid("schedule", json.loads(outs[".json"].read_text()))
    assert outs[".ics"].read_bytes().decode() == made.to_ics()
    assert json.loads(outs[".fhir.json"].read_text()) == made.to_fhir()
    capfd.readouterr()
    assert run([*line, "--out", "-"]) == 0
    assert json.loads(capfd.readouterr().out) == json.loads(outs[".json"].read_text())
    moved = tmp_path / "again.ics"
    calendar.write_text(calendar.read_text().replace("2026-03-09", "2026-03-02"))
    assert run([*line, "--previous", str(outs[".json"]), "--created", "2026-01-05T00:00:00Z", "--out", str(moved)]) == 0
    text = moved.read_text()
    assert "SEQUENCE:1" in text
    assert "DTSTAMP:20260105T000000Z" in text


def test_a_regimen_alone_can_be_scheduled(calendar, tmp_path):
    out = tmp_path / "s.json"
    line = ["care", "schedule", "--regimen", "capox", "--start", "2026-03-02", "--calendar", str(calendar)]
    assert run([*line, "--window", "5", "--out", str(out), "--quiet"]) == 0
    record = json.loads(out.read_text())
    valid("schedule", record)
    assert (record["plan"]["patient_id"], record["plan"]["regimen"]) == (None, "capox")


@pytest.mark.parametrize(("words", "status", "code"), [
    (["--regimen", "capox", "--start", "2026-02-29", "--out", "s.json"], 3, "no-date"),
        (["--regimen", "capox", "--start", "2026-W09-1", "--out", "s.json"], 3, "no-date"),
    (["--regimen", "capoxx", "--start", "2026-03-02", "--out", "s.json"], 2, "no-such-regimen"),
    (["--regimen", "capox", "--start", "2026-03-02", "--window", "21", "--out", "s.json"], 3, "regimen"),
    (["--regimen", "capox", "--start", "2026-03-02", "--out", "s.txt"], 2, "usage"),
    (["--regimen", "capox", "--out", "s.json"], 2, "usage"), (["PLAN", "--regimen", "capox", "--out", "s.json"], 2,
    "usage"),
    (["--regimen", "capox", "--start", "2026-03-02", "--today", "x", "--out", "s.json"], 3, "no-date"),
    (["--regimen", "capox", "--start", "2026-03-02", "--created", "2026-01-01T00:00:00Z", "--out", "s.json"], 2,
     "usage"),
])  # fmt: skip
def test_a_schedule_that_cannot_be_made_leaves_no_file(words, status, code, calendar, plan_file, tmp_path, capfd,
                                                       monkeypatch):  # fmt: skip
    monkeypatch.chdir(tmp_path)
    words = [str(plan_file) if word == "PLAN" else word for word in words]
    capfd.readouterr()
    assert run(["care", "schedule", *words, "--calendar", str(calendar)]) == status
    assert capfd.readouterr().err.startswith(f"error[{code}]")
    assert not list(tmp_path.glob("s.*"))


def test_without_a_zone_fhir_is_refused(calendar, tmp_path, capfd):
    calendar.write_text("[calendar]\n")
    out = tmp_path / "s.fhir.json"
    line = ["care", "schedule", "--regimen", "capox", "--start", "2026-03-02", "--calendar", str(calendar)]
    assert run([*line, "--out", str(out), "--quiet"]) == 3
    assert capfd.readouterr().err.startswith(f"error[no-time-zone] {calendar}")
    assert not out.exists()


@pytest.mark.parametrize(("change", "status", "code"), [
    ({"--patient": None}, 2, "patient-needed"), ({"--patient": "P7"}, 2, "no-such-patient"),
    ({"--option": "folfirri"}, 2, "no-such-option"), ({"--start": "soon"}, 3, "no-date"),
])  # fmt: skip
def test_a_plan_that_cannot_be_made_says_why(change, status, code, ranking_file, tmp_path, capfd):
    named = {"--option": "folfiri", "--start": "2026-03-02", "--patient": "P1"} | change
    words = [word for name, value in named.items() if value is not None for word in (name, value)]
    assert run(["care", "plan", str(ranking_file), *words, "--out", str(tmp_path / "p.json")]) == status
    assert capfd.readouterr().err.startswith(f"error[{code}]")
    assert not (tmp_path / "p.json").exists()


def test_findings_are_said_and_quiet_silences_them(ranking_file, tmp_path, capfd):
    line = ["care", "plan", str(ranking_file), "--option", "capecitabine", "--start", "2026-03-02", "--patient", "P1"]
    assert run([*line, "--out", str(tmp_path / "p.json")]) == 0
    assert "finding[plan-not-advised] serious" in capfd.readouterr().err
    assert run([*line, "--out", str(tmp_path / "p.json"), "--quiet"]) == 0
    assert capfd.readouterr().err == ""


def test_cards_and_calls_are_written_and_valid(ranking_file, tmp_path):
    order = {"resourceType": "MedicationRequest", "id": "1", "medicationCodeableConcept": {"text": "capecitabine"}}
    call = {"hook": "order-sign", "hookInstance": "i", "context": {"patientId": "P1", "o": order}}
    (tmp_path / "call.json").write_text(json.dumps(call))
    outs = [tmp_path / "cards.json", tmp_path / "read.json"]
    line = ["care", "cards", str(ranking_file), "--hook", "order-sign", "--request", str(tmp_path / "call.json")]
    assert run([*line, "--patient", "P1", "--out", str(outs[0]), "--quiet"]) == 0
    assert run(["care", "read-hook", str(tmp_path / "call.json"), "--out", str(outs[1]), "--quiet"]) == 0
    record = json.loads(outs[0].read_text())
    valid("cards", record)
    assert record["cards"][0]["suggestions"][0]["actions"][0]["resourceId"] == "MedicationRequest/1"
    valid("hook", json.loads(outs[1].read_text()))
    assert run(["care", "check-cards", str(outs[0])]) == 0


def test_a_hook_that_is_unknown_ends_with_2(ranking_file, tmp_path, capfd):
    line = ["care", "cards", str(ranking_file), "--hook", "encounter-start", "--patient", "P1"]
    assert run([*line, "--out", str(tmp_path / "c.json")]) == 2
    assert capfd.readouterr().err.startswith("error[hook-unknown]")
