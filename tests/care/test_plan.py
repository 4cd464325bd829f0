"""Plans: steps in order of time, checks that follow from the patient, findings, and the way back from JSON."""

import json
import uuid

import pytest

from genorx import care
from genorx.care.regimen import Regimen
from genorx.errors import InputError, UsageError

DEMO = Regimen(
    "r", 21, [1, 8], 2, drugs=["a", "b"], laboratory=["neutrophils"], source="paper",
    checks=[{"name": "gene", "when": "before_start", "reason": "why", "source": "label"},
            {"name": "pain", "when": "before_cycle", "reason": "why", "source": "label"},
            {"name": "ECG", "when": "day", "day": 5, "reason": "QT", "source": "label"}],
    holds=[{"measure": "neutrophils", "below": 1.5, "unit": "10*9/L", "action": "hold", "source": "label"}],
)  # fmt: skip


def test_steps_stand_in_order_of_time():
    """By hand from the regimen: per cycle what comes before day 1, then day by day."""
    plan = care.plan(None, None, regimen=DEMO, start="2026-03-02")
    stated = [(s.kind, s.cycle, s.day, s.name) for s in plan.steps.itertuples()]
    of_cycle = [("check", 0, "pain"), ("laboratory", 0, "neutrophils"), ("hold", 0, "neutrophils below 1.5 10*9/L"),
                ("treatment", 1, "a, b"), ("check", 5, "ECG"), ("treatment", 8, "a, b")]  # fmt: skip
    wanted = [(kind, cycle, day, name) for cycle in (1, 2) for kind, day, name in of_cycle]
    assert stated == [("check", 1, 0, "gene"), *wanted]
    assert plan.steps.step.tolist() == list(range(1, 14))
    assert plan.steps.source.str.len().min() > 0
    assert list(plan.steps) == ["patient_id", "step", "kind", "cycle", "day", "name", "code", "system", "reason",
                                "source"]  # fmt: skip


def test_each_row_of_guidance_that_asks_something_is_a_check_before_cycle_1(ranking):
    """docs/guide/care_plan.md: any action but standard and no_recommendation; GENE: DRUG, PHENOTYPE: ACTION."""
    plan = care.plan(ranking, "folfiri", start="2026-03-02", patient_id="P1")
    first = plan.listed[0]
    assert (first.kind, first.cycle, first.day) == ("check", 1, 0)
    assert (first.name, first.reason, first.source) == (
        "UGT1A1: irinotecan",
        "Poor Metabolizer: reduce",
        "CPIC guideline",
    )
    assert sum(": " in each.name for each in plan.listed) == 1
    assert plan.findings == ()


def test_two_rows_are_two_checks_and_the_plan_is_made_though_not_advised(ranking_file):
    plan = care.plan(ranking_file, "capecitabine", start="2026-03-02", patient_id="P2")
    assert [each.name for each in plan.listed[:2]] == ["DPYD: capecitabine"] * 2
    assert [each.source for each in plan.listed[:2]] == ["CPIC guideline", "DPWG guideline"]
    assert [(each.code, each.severity, each.patient_id) for each in plan.findings] == [
        ("plan-not-advised", "serious", "P2")
    ]


def test_an_option_without_estimate_is_planned_with_a_warning(ranking):
    plan = care.plan(ranking, "old", regimen=DEMO, start="2026-03-02", patient_id="P1")
    assert [(each.code, each.severity) for each in plan.findings] == [("plan-no-estimate", "warning")]
    assert "age is outside" in plan.findings[0].message


def test_a_row_without_source_says_so(ranking):
    record = json.loads(ranking.to_json())[0]
    record["options"][0]["safety"][0]["source"] = ""
    plan = care.plan(record, "folfiri", start="2026-03-02")
    assert plan.listed[0].source == "guidance in the ranking, source not named"


def test_pharmacogenes_add_what_the_ranking_does_not_hold(ranking, reports):
    """The rows of the patient's report on the regimen's drugs, each once; of another's nothing, and a finding."""
    record = json.loads(ranking.to_json())[0] | {"patient_id": "S0001"}
    report = next(each for each in reports if each.sample == "S0001")
    asking = [row for drug in ("irinotecan", "fluorouracil", "leucovorin") for row in report.drugs.get(drug, ())
              if row.row.action not in ("standard", "no_recommendation")]  # fmt: skip
    bare = care.plan(record, "folfiri", start="2026-03-02")
    stated = care.plan(record, "folfiri", start="2026-03-02", pgx=reports)
    assert len(stated.listed) == len(bare.listed) + len(asking)
    other = care.plan(record | {"patient_id": "P9"}, "folfiri", start="2026-03-02", pgx=reports)
    assert [each.code for each in other.findings] == ["pgx-no-report"]


def test_the_same_plan_has_the_same_id_and_bytes(ranking, monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "0")
    one, two = (care.plan(ranking, "folfiri", start="2026-03-02", patient_id="P1") for _ in range(2))
    assert one.to_json() == two.to_json()
    assert uuid.UUID(one.head.id).version == 5
    for change in ({"start": "2026-03-03"}, {"patient_id": "P2"}, {"regimen": "capecitabine"}):
        other = care.plan(ranking, "folfiri", **{"start": "2026-03-02", "patient_id": "P1"} | change)
        assert other.head.id != one.head.id


def test_the_json_has_its_keys_and_reads_back(ranking, tmp_path):
    plan = care.plan(ranking, "folfiri", start="2026-03-02", patient_id="P1")
    plan.to_json(tmp_path / "plan.json")
    record = json.loads((tmp_path / "plan.json").read_text())
    assert list(record) == ["plan", "steps", "regimen", "findings", "provenance"]
    assert record["plan"] == {"id": plan.head.id, "patient_id": "P1", "option": "folfiri", "regimen": "folfiri",
                              "start": "2026-03-02", "author": None}  # fmt: skip
    assert "local protocol has priority" in record["provenance"]["regimens"]
    back = care.read_plan(tmp_path / "plan.json")
    assert back == plan
    assert back.to_json() == plan.to_json()


@pytest.mark.parametrize(("spoil", "code"), [
    (lambda r: r.pop("plan"), "plan-schema"), (lambda r: r["plan"].update(id=3), "plan-schema"),
    (lambda r: r.update(steps=3), "plan-schema"), (lambda r: r.update(findings=[{"code": "no-slot"}]), "plan-schema"),
    (lambda r: r["steps"][0].update(cycle="x"), "plan-schema"),
    (lambda r: r.update(findings=[{"code": "no-slot", "severity": "grave", "message": "m"}]), "plan-schema"),
    (lambda r: r["plan"].update(start="2026-02-29"), "no-date"),
    (lambda r: r["regimen"].update(cycle_days=0), "regimen"), (lambda r: r["regimen"].update(colour=1), "unknown-key"),
])  # fmt: skip
def test_a_plan_that_is_none_is_refused(tmp_path, spoil, code):
    record = json.loads(care.plan(None, None, regimen=DEMO, start="2026-03-02").to_json())
    spoil(record)
    (tmp_path / "plan.json").write_text(json.dumps(record))
    with pytest.raises(InputError) as error:
        care.read_plan(tmp_path / "plan.json")
    assert error.value.code == code


@pytest.mark.parametrize("start", ["2026-02-29", "2026-13-01", "tomorrow", "2026-03-02T09:00:00Z", "20260302", 5, None])
def test_a_start_that_is_no_date_is_refused(start):
    with pytest.raises(InputError) as error:
        care.plan(None, None, regimen=DEMO, start=start)
    assert (error.value.code, error.value.place) == ("no-date", "start")


@pytest.mark.parametrize(("option", "more", "code"), [
    ("folfirri", {}, "no-such-option"), ("old", {}, "no-such-regimen"), (None, {}, "no-such-option"),
    ("folfiri", {"regimen": "folfirri"}, "no-such-regimen"), ("folfiri", {"patient_id": "P3"}, "no-such-patient"),
    ("folfiri", {"patient_id": None}, "patient-needed"),
])  # fmt: skip
def test_names_that_are_unknown_are_wrong_usage(ranking, option, more, code):
    with pytest.raises(UsageError) as error:
        care.plan(ranking, option, **{"start": "2026-03-02", "patient_id": "P1"} | more)
    assert (error.value.code, error.value.exit_code) == (code, 2)


def test_without_a_ranking_a_regimen_is_needed():
    with pytest.raises(UsageError) as error:
        care.plan(None, None, start="2026-03-02")
    assert error.value.code == "regimen-needed"
    assert care.plan(None, None, regimen="capox", start="2026-03-02").head.patient_id is None


def test_a_replaced_regimen_is_told_in_its_plans_alone(tmp_path, ranking):
    (tmp_path / "own.toml").write_text('[regimen.capox]\ncycle_days = 7\ndays = [1]\ncycles = 1\nsource = "local"\n')
    own = tmp_path / "own.toml"
    stated = care.plan(None, None, regimens=own, regimen="capox", start="2026-03-02")
    assert [each.code for each in stated.findings] == ["regimen-replaced"]
    assert stated.provenance["regimens"] == "the user's own"
    assert care.plan(ranking, "folfiri", regimens=own, start="2026-03-02", patient_id="P1").findings == ()


def test_the_plan_leaves_as_fhir(ranking):
    """docs/guide/care_plan.md: a collection with CarePlan first, then ServiceRequests, all draft proposals."""
    plan = care.plan(ranking, "folfiri", start="2026-03-02", patient_id="P1")
    bundle = plan.to_fhir()
    first, *others = [each["resource"] for each in bundle["entry"]]
    assert (bundle["type"], first["resourceType"], first["status"], first["intent"]) == (
        "collection", "CarePlan", "draft", "proposal")  # fmt: skip
    assert {(each["resourceType"], each["status"], each["intent"]) for each in others} == {
        ("ServiceRequest", "draft", "proposal")
    }
    assert len(others) == sum(each.kind != "hold" for each in plan.listed)
    urls = {each["fullUrl"] for each in bundle["entry"]}
    assert [each["reference"]["reference"] in urls for each in first["activity"]] == [True] * len(others)
    assert len(urls) == len(bundle["entry"])
    assert first["subject"]["identifier"]["value"] == "P1"


def test_the_fhir_is_r4(ranking):
    from fhir.resources.R4B.bundle import Bundle

    plan = care.plan(ranking, "folfiri", start="2026-03-02", patient_id="P1")
    Bundle.model_validate(plan.to_fhir())
    Bundle.model_validate(plan.schedule(care.Calendar(timezone="Europe/Berlin")).to_fhir())


def test_a_plan_shows_itself_with_its_findings_and_escapes_texts():
    made = Regimen("<b>x</b>", 14, [1], 2, source="<script>alert(1)</script>", title="<i>T</i>")
    plan = care.plan(None, None, regimen=made, start="2026-03-02")
    for page in (plan.to_html(), plan._repr_html_()):
        assert "<svg" in page
        assert "<script" not in page
        assert "&lt;i&gt;T&lt;/i&gt;" in page
        assert "The local protocol has priority" in page
        assert "No check follows from guidance on this patient, which does not mean that the treatment is safe" in page


def test_a_plan_and_its_schedule_stand_in_the_report(ranking, tmp_path):
    """docs/guide/care_plan.md: the timeline is a section of the report."""
    plan = care.plan(ranking, "capecitabine", start="2026-03-02", patient_id="P1")
    ranking.report(tmp_path / "r.html", sections=[plan, plan.schedule(care.Calendar(), today="2026-01-01")])
    page = (tmp_path / "r.html").read_text()
    assert page.count("<h2>Capecitabine</h2>") == 2
    assert "plan-not-advised" in page
    assert "Proposed visits" in page


def test_the_timeline_returns_its_axes_and_says_moves_by_shape_and_number():
    from matplotlib import pyplot

    plan = care.plan(None, None, regimen=DEMO, start="2026-03-02")
    _, (one, two) = pyplot.subplots(2)
    assert plan.plot(one) is one
    assert [each.get_text() for each in one.get_yticklabels()] == ["cycles", "treatment", "laboratory", "checks"]
    closed = ["2026-03-09", "2026-03-23", "2026-03-24", "2026-03-25"]
    schedule = plan.schedule(care.Calendar(closed=closed), window=2, today="2026-01-01")
    assert schedule.plot(two) is two
    assert [each.get_text() for each in two.texts if each.get_text().startswith("+")] == ["+1"]
    assert [each.get_text() for each in two.get_legend().get_texts()] == ["moved, days beside it", "no open day"]
    pyplot.close("all")


@pytest.mark.parametrize(
    ("option", "regimen", "belongs"),
    [
        ("folfiri", "folfiri", True),
        ("folfiri", "folfox4", False),  # FOLFIRI has irinotecan, FOLFOX4 oxaliplatin
        ("capecitabine", "capox", True),  # a drug of it, with another
        ("capecitabine", "folfiri", False),
        ("folfiri", DEMO, False),
    ],
)
def test_a_regimen_that_belongs_to_another_option_is_reported(ranking, option, regimen, belongs):
    """By the drugs of the trials that regimens.toml names; the plan is made, for the choice is the user's."""
    plan = care.plan(ranking, option, regimen=regimen, start="2026-03-02", patient_id="P1")
    found = [each for each in plan.findings if each.code == "regimen-other-option"]
    assert [(each.severity, each.patient_id) for each in found] == ([] if belongs else [("warning", "P1")])
    assert all(option in each.message for each in found)
