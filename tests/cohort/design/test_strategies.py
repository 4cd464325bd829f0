"""Treatments placed into the states in which they began, and rows that cannot be."""

import pytest

from genorx.cohort.study import Study
from genorx.errors import StudyError, SupportError, TableError

STUDY = """[study]
name = "s"
patient_id = "pid"
[[tables]]
path = "c.csv"
role = "clinical"
[outcomes.course]
kind = "multistate"
table = "course.csv"
states = ["ill", "remission", "relapse", "dead"]
transitions = [
  ["ill", "remission"], ["ill", "dead"], ["remission", "relapse"], ["remission", "dead"], ["relapse", "dead"]]
start = "ill"
unit = "days"
horizons = [100]
[treatment]
table = "t.csv"
design = "strategy"
start = "day"
[strategies.first]
in = "remission"
treatment = "transplant"
within = 50
[strategies.later]
in = "relapse"
treatment = "transplant"
[strategies.never]
"""
COURSE = (
    "pid,state,time\n"
    "a,remission,20\na,dead,150\n"
    "b,remission,10\nb,relapse,40\nb,dead,90\n"
    "c,remission,30\nc,censored,200\n"
    "d,dead,5\n"
)
BEGAN = "pid,treatment,day\na,transplant,60\na,transplant,70\nb,transplant,40\nc,transplant,95\nd,chemo,1\n"


def study(folder, treatments=BEGAN, text=STUDY, course=COURSE):
    (folder / "study.toml").write_text(text, encoding="utf-8")
    (folder / "c.csv").write_text("pid,age_years\na,50\nb,60\nc,70\nd,40\n", encoding="utf-8")
    (folder / "course.csv").write_text(course, encoding="utf-8")
    (folder / "t.csv").write_text(treatments, encoding="utf-8")
    return Study.read(folder / "study.toml")


def test_the_first_of_each_treatment_is_placed_into_its_state(tmp_path):
    """By hand: b began on the day of the relapse, in relapse; c 65 days after remission, after the window of 50."""
    cohort = study(tmp_path).load()
    assert cohort.design is None
    assert cohort.strategies.begins.to_numpy().tolist() == [
        ["a", "transplant", 60.0, "remission"],
        ["b", "transplant", 40.0, "relapse"],
        ["c", "transplant", 95.0, "remission"],
    ]
    assert cohort.strategies.reference == "never"
    assert cohort.strategies.treatments == ("transplant",)
    named = [finding.message for finding in cohort.findings if finding.code == "outside-strategies"]
    assert len(named) == 1
    assert named[0].startswith("1 of 3 treatments")


def test_the_audit_counts_transitions_and_who_did_as_a_strategy_says(tmp_path):
    audit = study(tmp_path).audit()
    assert audit.ok
    assert audit.options[["option", "patients", "events", "switched_after"]].to_numpy().tolist() == [
        ["first", 1, 1, 1],
        ["later", 1, 1, 0],
        ["never", 1, 1, 0],
    ]
    events = audit.transitions.set_index(["from", "to"])["events"]
    assert events.to_dict() == {
        ("ill", "remission"): 3,
        ("ill", "dead"): 1,
        ("remission", "relapse"): 1,
        ("remission", "dead"): 1,
        ("relapse", "dead"): 1,
    }
    assert audit.to_dict()["transitions"][0]["events"] == 3
    assert "Transitions" in str(audit)


def test_days_are_converted_to_the_unit_of_the_course(tmp_path):
    rows = "pid,treatment,day\na,transplant,210\nb,transplant,350\n"
    begins = study(tmp_path, rows, STUDY.replace('"days"', '"weeks"')).load().strategies.begins
    assert begins["time"].tolist() == [30.0, 50.0]
    assert begins["state"].tolist() == ["remission", "relapse"]


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ("d,transplant,40", "treatment-in-absorbing"),
        ("c,transplant,220", "treatment-after-follow-up"),
        ("c,transplant,-2", "treatment-before-start"),
        ("c,transplant,soon", "not-a-number"),
    ],
)
def test_a_treatment_that_began_in_no_state_is_refused_with_its_cell(tmp_path, row, code):
    with pytest.raises(TableError) as caught:
        study(tmp_path, BEGAN + row + "\n").load()
    assert (caught.value.code, caught.value.place) == (code, 'row 7 column "day"')


def test_a_treatment_on_the_day_of_death_began_before_it(tmp_path):
    begins = study(tmp_path, BEGAN + "d,transplant,5\n").load().strategies.begins
    assert begins[begins["patient_id"] == "d"]["state"].tolist() == ["ill"]


def test_a_treatment_without_a_day_takes_its_patient_out_of_the_comparison(tmp_path):
    cohort = study(tmp_path, BEGAN + "d,transplant,\n").load()
    assert "d" not in cohort.outcomes["course"].course.patients
    assert [each.severity for each in cohort.findings if each.code == "treatment-without-start"] == ["serious"]


def found(cohort):
    return {finding.code: finding for finding in cohort.findings}


def test_a_treatment_spelled_otherwise_does_not_go_unnoticed(tmp_path):
    """Else d would be one of those who never had it."""
    cohort = study(tmp_path, BEGAN + "d,Transplant,1\n").load()
    finding = found(cohort)["near-duplicate-levels"]
    assert finding.severity == "serious"
    assert '"Transplant", which looks like "transplant"' in finding.message
    text = STUDY.replace("[strategies.first]", '[treatment.options.transplant]\ndrug = "HSCT"\n[strategies.first]')
    rows = "pid,drug,phase,day\na,HSCT,1,60\nb,HSCT,2,45\nc,hsct,1,95\n"
    assert "near-duplicate-levels" in found(study(tmp_path, rows, text).load())


def test_a_row_that_does_not_say_which_treatment_takes_its_patient_out_of_the_comparison(tmp_path):
    cohort = study(tmp_path, BEGAN + "d,,1\n").load()
    assert "d" not in cohort.outcomes["course"].course.patients
    assert found(cohort)["treatment-without-name"].severity == "serious"
    text = STUDY.replace(
        "[strategies.first]", '[treatment.options.transplant]\ndrug = "HSCT"\nphase = "1"\n[strategies.first]'
    )
    rows = "pid,drug,phase,day\na,HSCT,1,60\nb,HSCT,1,45\nc,HSCT,,95\nd,chemo,,1\n"
    cohort = study(tmp_path, rows, text).load()
    assert list(cohort.outcomes["course"].course.patients) == ["a", "b", "d"]  # d had no HSCT whatever the phase


def test_a_treated_patient_of_no_other_table_is_named(tmp_path):
    cohort = study(tmp_path, BEGAN + "aa,transplant,9\n").load()
    assert "aa" in found(cohort)["treatment-of-unknown-patient"].message
    assert "treatment-of-unknown-patient" not in found(study(tmp_path).load())


def test_a_strategy_that_nobody_followed_cannot_be_compared(tmp_path):
    with pytest.raises(SupportError) as caught:
        study(tmp_path, BEGAN.replace("b,transplant,40\n", "")).load()
    assert caught.value.code == "option-without-patients"
    assert caught.value.exit_code == 4


def test_treatments_may_be_named_by_conditions_on_their_rows(tmp_path):
    rows = "pid,drug,phase,day\na,HSCT,1,60\nb,HSCT,2,45\nc,auto,1,95\n"
    text = STUDY.replace("[strategies.first]", '[treatment.options.transplant]\ndrug = "HSCT"\n[strategies.first]')
    begins = study(tmp_path, rows, text).load().strategies.begins
    assert begins["patient_id"].tolist() == ["a", "b"]
    with pytest.raises(StudyError) as caught:
        study(tmp_path, rows, text.replace('"HSCT"', '"HCT"')).load()
    assert caught.value.code == "option-fits-no-row"


def test_a_treatment_that_no_row_names_is_refused(tmp_path):
    with pytest.raises(StudyError) as caught:
        study(tmp_path, BEGAN.replace("transplant", "graft")).load()
    assert caught.value.code == "option-fits-no-row"


def test_patients_whose_future_is_asked_for_need_no_course(tmp_path):
    cohort = study(tmp_path).load(outcomes=False)
    assert cohort.strategies is None
    assert len(cohort.features) == 4
