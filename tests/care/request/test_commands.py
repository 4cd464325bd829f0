"""Commands for prior authorisation: exit statuses, files, and that nothing personal is said."""

import json
from pathlib import Path

import jsonschema
import pytest

from genorx.care.request.schema import request_schemas
from genorx.cli.app import run


@pytest.fixture
def ranking_json(ranked, tmp_path):
    path = tmp_path / "ranking.json"
    path.write_text(json.dumps([ranked, ranked | {"patient_id": "P0008"}]))
    return path


@pytest.fixture
def authorize(ranking_json, request_file, tmp_path):
    def done(*more, patient="P0007"):
        named = ["--option", "folfiri", "--request", str(request_file), "--created", "2026-03-01T10:00:00Z"]
        whose = ["--patient", patient] if patient else []
        out = ["--out", str(tmp_path / "bundle.json")]
        return run(["care", "authorize", str(ranking_json), *named, *whose, *out, *map(str, more)])

    return done


def _without_gender(request_file):
    request_file.write_text(request_file.read_text(encoding="utf-8").replace('gender = "female"\n', ""))


def test_a_request_and_what_it_lacks_are_written(authorize, request_file, tmp_path):
    _without_gender(request_file)
    assert authorize("--missing", tmp_path / "missing.json") == 0
    rows = json.loads((tmp_path / "missing.json").read_text())
    assert [(row["resource"], row["path"], row["level"], row["item"]) for row in rows] == [
        ("Patient", "gender", "mandatory", None)
    ]
    jsonschema.validate(rows, request_schemas()["request_missing"])
    assert json.loads((tmp_path / "bundle.json").read_text())["entry"][0]["resource"]["resourceType"] == "Claim"


def test_strict_writes_nothing_where_something_mandatory_is_missing(authorize, request_file, tmp_path, capfd):
    """docs/guide/care_request.md: exit 4, ``request-incomplete``, no bundle."""
    _without_gender(request_file)
    assert authorize("--strict", "--missing", tmp_path / "missing.json", "--errors", "json") == 4
    error = json.loads(capfd.readouterr().err)
    assert error["code"] == "request-incomplete"
    assert "Patient gender" in error["reason"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["ranking.json", "request.toml"]


def test_strict_writes_a_request_that_is_complete(authorize, tmp_path):
    assert authorize("--strict", "--version", "2.2.1") == 0
    assert (tmp_path / "bundle.json").exists()


@pytest.mark.parametrize(
    ("more", "patient", "status", "code"),
    [
        ((), None, 2, "patient-needed"),
        ((), "P9", 2, "no-such-patient"),
        (("--option", "folfirri"), "P0007", 2, "no-such-option"),
        (("--created", "now"), "P0007", 2, "created"),
        (("--request", "absent.toml"), "P0007", 3, "file-not-found"),
        (("--report", "absent.html"), "P0007", 3, "file-not-found"),
    ],
)
def test_a_call_that_cannot_be_has_its_code(authorize, more, patient, status, code, capfd, tmp_path):
    assert authorize(*more, "--errors", "json", patient=patient) == status
    assert json.loads(capfd.readouterr().err)["code"] == code
    assert not (tmp_path / "bundle.json").exists()


def test_what_is_read_is_json_of_its_schema(authorize, tmp_path):
    assert authorize() == 0
    out, bundle = tmp_path / "request.json", tmp_path / "bundle.json"
    assert run(["care", "read-request", str(bundle), "--out", str(out)]) == 0
    found = json.loads(out.read_text())
    assert [each["services"] for each in found["items"]] == [["51499"], ["INF-1"]]
    jsonschema.validate(found, request_schemas()["payer_request"])


def test_an_answer_beside_its_request(authorize, tmp_path, shared, capfd):
    """A published answer is to another request than ours; alone it is read."""
    assert authorize() == 0
    answer, out = shared / "data/administration/pas_2.0.1/denial_json_response.json", tmp_path / "answer.json"
    assert run(["care", "read-response", str(answer), "--out", str(out)]) == 0
    jsonschema.validate(json.loads(out.read_text()), request_schemas()["payer_response"])
    beside = ["--request", str(tmp_path / "bundle.json"), "--errors", "json"]
    capfd.readouterr()
    assert run(["care", "read-response", str(answer), *beside, "--out", str(tmp_path / "other.json")]) == 3
    assert json.loads(capfd.readouterr().err)["code"] == "other-request"


def test_nothing_personal_is_said(authorize, request_file, ranked, ranking_json, tmp_path, capfd, personal):
    """Every message, log and file but the bundle, over a request that is written and requests that are refused."""
    ranked["options"][0]["advice"] = "not_advised"
    ranking_json.write_text(json.dumps([ranked]))
    text = request_file.read_text(encoding="utf-8")
    said = []
    for changed in (
        text,
        text.replace('gender = "female"', 'gender = "Wendelgard"'),
        text.replace("birth_date = 1961-07-19", 'birth_date = "1961-02-30"'),
        text.replace('family = "Quarkenbrück"', 'family = ["Quarkenbrück"]'),
        text.replace("birth_date = 1961-07-19", "birth_date = 1961-02-30"),
    ):
        request_file.write_text(changed, encoding="utf-8")
        authorize("--missing", tmp_path / "missing.json", "--debug")
        said.extend(capfd.readouterr())
    said.append((tmp_path / "missing.json").read_text())
    assert [each for each in personal for one in said if each in one] == []
    assert "request-not-advised" in said[1]


def test_schemas_on_disk_are_those_of_the_code():
    folder = Path(__file__).resolve().parents[3] / "data_schemas"
    for name, schema in request_schemas().items():
        written = json.loads((folder / f"{name}.schema.json").read_text(encoding="utf-8"))
        assert written == schema, "run scripts/write_schemas.py"
