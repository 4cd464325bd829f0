"""The audit of a study: everything wrong with it, at once."""

import json
import tomllib
from pathlib import Path

import jsonschema
import pytest

from genorx.cohort import Study
from genorx.cohort.checks.audit_json import study_schemas
from genorx.errors import StudyError

CLINICAL = "pid,age_years,sex,site,relapse_day\n" + "".join(
    f"{i:03d},{40 + i % 30},{'mf'[i % 2]},{'AB'[i // 30]},{100 + i * 7 % 50}\n" for i in range(60)
)
LAB = "pid,crp\n" + "".join(f"{i:03d},{'' if i < 30 else i}\n" for i in range(60))
OUTCOMES = "pid,days,died\n" + "".join(f"{i:03d},{10 + (i * 7) % 50},{(i // 2) % 2}\n" for i in range(60))


@pytest.fixture
def audit_of(make_study):
    def audit(**tables):
        files = {"c.csv": CLINICAL, "l.csv": LAB, "o.csv": OUTCOMES} | {f"{k}.csv": v for k, v in tables.items()}
        return Study.read(make_study(files, roles={"c.csv": "clinical", "l.csv": "laboratory"})).audit()

    return audit


def test_a_sound_study_can_be_loaded(audit_of):
    """By hand: 60 patients everywhere; site A has no CRP at all; relapse_day is after time zero."""
    audit = audit_of()
    assert audit.ok
    assert (audit.in_any, audit.in_all, audit.in_cohort) == (60, 60, 60)
    assert audit.patients["only_here"].tolist() == [0, 0, 0]
    assert audit.site == "site"
    crp = audit.missing_by_site.query("column == 'crp'").set_index("site")
    assert crp["missing_share"].to_dict() == {"A": 1.0, "B": 0.0}
    codes = {finding.code for finding in audit.findings}
    assert {"missing-by-site", "after-time-zero"} <= codes
    assert [row["code"] for row in audit.to_dict()["leakage_suspects"]] == ["after-time-zero"]
    used = audit.columns.set_index("column")["used"]
    assert not used["relapse_day"]
    assert used["age_years"]


def test_every_fault_of_every_table_is_in_the_frame(audit_of):
    """Two doubled patients, a wrong event code: three errors with their places, and the rest is still read."""
    audit = audit_of(c=CLINICAL + "000,1,m,A,5\n001,1,m,A,5\n", o=OUTCOMES.replace("000,10,0", "000,10,7"))
    assert not audit.ok
    frame = audit.to_frame()
    errors = frame[frame["severity"] == "error"]
    assert errors["code"].tolist() == ["duplicate-patient", "duplicate-patient", "event-coding"]
    assert errors["place"].tolist() == ['row 62 column "pid"', 'row 63 column "pid"', 'row 2 column "died"']
    assert audit.patients["table"].tolist() == ["l.csv", "o.csv"]
    assert "cannot be loaded" in str(audit)


def test_what_cannot_be_loaded_is_what_the_audit_calls_a_fault(audit_of, make_study):
    """A fault of the audit is the error of load: lost leading zeros in all of a table."""
    outcomes = "pid,days,died\n" + "".join(f"{i},{10 + i},{i % 2}\n" for i in range(1, 60))
    audit = audit_of(o=outcomes)
    with pytest.raises(StudyError) as caught:
        Study.read(make_study({}, roles={"c.csv": "clinical", "l.csv": "laboratory"})).load()
    assert str(caught.value) == str(audit.faults[0])
    assert audit.faults[0].code == "no-patient-in-common"
    assert "leading zeros" in audit.faults[0].hint


def test_patients_in_one_table_only_are_counted(audit_of):
    audit = audit_of(l=LAB + "900,1\n901,2\n")
    assert audit.patients.set_index("table")["only_here"].to_dict() == {"c.csv": 0, "l.csv": 2, "o.csv": 0}
    assert (audit.in_any, audit.in_all, audit.in_cohort) == (62, 60, 60)


def test_negative_follow_up_and_events_without_time_are_topics(audit_of):
    audit = audit_of(o=OUTCOMES.replace("000,10,0", "000,-4,0").replace("002,24,1", "002,,1"))
    assert [row["code"] for row in audit.to_dict()["impossible_values"]] == ["event-without-time", "negative-follow-up"]
    assert audit.outcomes.set_index("outcome").loc["os", "lost"] == 2


@pytest.mark.parametrize("broken", [False, True])
def test_the_json_of_an_audit_follows_its_schema(audit_of, broken):
    audit = audit_of(c=CLINICAL + "000,1,m,A,5\n" if broken else CLINICAL)
    text = json.dumps(audit.to_dict(), allow_nan=False)
    jsonschema.validate(json.loads(text), study_schemas()["audit"])


def test_the_same_files_give_the_same_bytes(audit_of):
    assert json.dumps(audit_of().to_dict()) == json.dumps(audit_of().to_dict())


def test_the_html_escapes_what_the_files_say(audit_of):
    html = audit_of(c=CLINICAL.replace("sex", "<script>"))._repr_html_()
    assert "<script>" not in html
    assert "&lt;script&gt;" in html


def test_the_committed_schemas_are_those_of_the_code():
    folder = Path(__file__).resolve().parents[3] / "data_schemas"
    for name, schema in study_schemas().items():
        assert json.loads((folder / f"{name}.schema.json").read_text(encoding="utf-8")) == schema


def test_a_study_file_of_the_tests_follows_the_schema(write_aml_study, tmp_path):
    """The TOML of the AML study, read by the standard library, against the JSON Schema."""
    path = write_aml_study(tmp_path, tmp_path)
    jsonschema.validate(tomllib.loads(path.read_text(encoding="utf-8")), study_schemas()["study"])


def test_aml_is_audited_whole(aml, write_aml_study, tmp_path):
    """Patients as in the data's manifest; options as in the README's landmark analysis."""
    audit = Study.read(write_aml_study(tmp_path, aml)).audit()
    assert audit.ok
    assert (audit.in_any, audit.in_all, audit.in_cohort) == (1068, 1068, 1068)
    assert audit.options.query("stratum == '(all)'")["patients"].tolist() == [137, 691]
    jsonschema.validate(audit.to_dict(), study_schemas()["audit"])


def test_missing_smoking_of_iwpc_identifies_sites(shared, tmp_path):
    """README of the data: smoking wholly missing at 7 of 22 sites, under 10 % at 14."""
    from genorx.cohort.checks.site import site_findings

    table = shared / "data" / "iwpc" / "iwpc_tidy.csv.gz"
    if not table.is_file():
        pytest.skip("IWPC absent from the development data")
    text = f'[study]\nname = "IWPC"\npatient_id = "subject"\n[[tables]]\npath = "{table}"\nrole = "clinical"\n'
    (tmp_path / "study.toml").write_text(text, encoding="utf-8")
    audit = Study.read(tmp_path / "study.toml").audit()
    smoking = audit.missing_by_site.query("column == 'current_smoker'")
    assert len(smoking) == 22
    assert (smoking["missing_share"] == 1).sum() == 7
    assert (smoking["missing_share"] < 0.1).sum() == 14
    assert '"current_smoker" (7 of 22 sites)' in site_findings(smoking, "site")[0].message
    assert "missing-by-site" in {finding.code for finding in audit.findings}


def test_questions_of_the_audit_are_answered_by_faults_and_findings_alike(make_study):
    """A patient twice stops the study, a never smoker with pack-years does not: both stand under their question."""
    tables = {
        "c.csv": "pid,age_years\na,50\na,51\nb,60\n",
        "o.csv": "pid,days,died\na,40,1\nb,60,0\n",
    }
    audit = Study.read(make_study(tables)).audit().to_dict()
    assert [each["code"] for each in audit["duplicates"]] == ["duplicate-patient"]
    assert audit["duplicates"][0]["severity"] == "serious"
    lifestyle = {
        "c.csv": "pid,smoking_status,pack_years\na,never,20\nb,current,10\nc,former,5\nd,never,0\n",
        "o.csv": "pid,days,died\na,40,1\nb,60,0\nc,50,1\nd,70,0\n",
    }
    audit = Study.read(make_study(lifestyle)).audit().to_dict()
    assert "smoking-contradiction" in [each["code"] for each in audit["contradictions"]]


def test_what_is_serious_stands_on_top_and_names_hide_nothing(audit_of):
    """A doubled patient is a fault, and so on the first lines; the site's name holds an override of direction."""
    audit = audit_of(c=CLINICAL.replace(",A,", ",A\u202e,") + "000,1,m,B,5\n")
    text, page = str(audit), audit._repr_html_()
    assert "error[duplicate-patient]" in "\n".join(text.splitlines()[:4])
    assert not set("\u202e") & set(text + page)


def test_events_by_each_horizon_are_shown_with_the_patients_beyond_it(tmp_path):
    """By hand: events at 1, 2 and 4, censored at 2 and 5; by 2 (included) two events, beyond it two patients."""
    (tmp_path / "t.csv").write_text("pid,x,t,e\na,1,1,1\nb,2,2,1\nc,3,2,0\nd,4,4,1\ne,5,5,0\n")
    lines = ["[study]", 'name = "s"', 'patient_id = "pid"', "[[tables]]", 'path = "t.csv"', 'role = "clinical"']
    lines += ["[outcomes.os]", 'table = "t.csv"', 'kind = "survival"', 'time = "t"', 'event = "e"', 'unit = "years"']
    lines += [
        "horizons = [2, 4.5]",
        "[outcomes.r]",
        'table = "t.csv"',
        'kind = "binary"',
        'value = "e"',
        "[ranking]",
        'primary = "os"',
    ]
    (tmp_path / "s.toml").write_text("\n".join(lines) + "\n")
    audit = Study.read(tmp_path / "s.toml").audit()
    survival, response = audit.to_dict()["outcomes"]
    assert survival["by_horizon"] == [
        {"horizon": 2.0, "events": 2, "beyond": 2},
        {"horizon": 4.5, "events": 3, "beyond": 1},
    ]
    assert response["by_horizon"] == []
    assert "2: 2 events, 2 beyond, 4.5: 3 events, 1 beyond" in str(audit)
