"""Outcomes from tables: what is known, what is not, and what is refused."""

import pytest

from genorx.cohort.design.inputs import treatment_rows
from genorx.cohort.outcome import read_outcome
from genorx.cohort.patient_rows import patient_rows
from genorx.cohort.study_file.sections import OutcomeSection, TreatmentSection
from genorx.cohort.tables.raw import read_raw
from genorx.errors import StudyError, TableError

SURVIVAL = OutcomeSection(table="o.csv", kind="survival", time="days", event="died", unit="days", horizons=[30, 10])
BINARY = OutcomeSection(table="o.csv", kind="binary", value="died", role="harm")


def read(folder, text, section=SURVIVAL, **more):
    path = folder / "o.csv"
    path.write_text(text, encoding="utf-8")
    return read_outcome("os", section, patient_rows(read_raw(path), "pid", unique=True), **more)


def test_unknown_outcomes_are_absent_and_counted(tmp_path):
    """By hand: b has no time, c no event, d is negative, e is zero; a and f are known."""
    got = read(tmp_path, "pid,days,died\na,40,1\nb,,1\nc,5,\nd,-3,0\ne,0,1\nf,7,0\n")
    assert got.outcome.frame.index.tolist() == ["a", "f"]
    assert got.outcome.frame["event"].tolist() == [True, False]
    assert {reason: len(lost) for reason, lost in got.lost.items()} == {
        "time or event not known": 2,
        "follow-up below 0": 1,
        "follow-up of 0": 1,
    }
    found = {finding.code: finding for finding in got.findings}
    assert set(found) == {"event-without-time", "time-without-event", "negative-follow-up", "zero-follow-up"}
    assert found["negative-follow-up"].place == 'o.csv: row 5 column "days"'
    assert found["negative-follow-up"].severity == "serious"


def test_horizons_are_sorted_and_one_beyond_follow_up_is_named(tmp_path):
    got = read(tmp_path, "pid,days,died\na,20,1\nb,25,0\n")
    assert got.outcome.horizons == (10.0, 30.0)
    assert [finding.code for finding in got.findings] == ["horizon-beyond-follow-up"]


def test_a_time_longer_than_a_life_is_left_out_and_named(tmp_path):
    """1e300 days passed for a follow-up; 125 years of 365.25 days are 45,656.25."""
    got = read(tmp_path, "pid,days,died\na,1e300,1\nb,45656,0\nc,45657,1\nd,31,1\n")
    assert got.outcome.frame.index.tolist() == ["b", "d"]
    (finding,) = [each for each in got.findings if each.code == "impossible-follow-up"]
    assert (finding.severity, finding.place) == ("serious", 'o.csv: row 2 column "days"')
    assert "a, c" in finding.message


def test_a_unit_in_the_name_of_the_times_that_contradicts_the_study_is_refused(tmp_path):
    """A follow-up of 24 in os_months is not one of 24 days."""
    section = SURVIVAL.model_copy(update={"time": "os_months"})
    with pytest.raises(StudyError) as caught:
        read(tmp_path, "pid,os_months,died\na,24,1\nb,25,0\n", section)
    assert (caught.value.code, caught.value.place) == ("unit-contradiction", 'column "os_months"')


@pytest.mark.parametrize(
    ("column", "unit", "refused"), [("hb_g_per_dl", "g/L", True), ("dose_mg_week", "mg/week", False)]
)
def test_an_amount_whose_column_names_another_unit_is_refused(tmp_path, column, unit, refused):
    section = OutcomeSection(table="o.csv", kind="continuous", value=column, unit=unit)
    if not refused:
        assert read(tmp_path, f"pid,{column}\na,24\nb,25\n", section).outcome.unit == unit
        return
    with pytest.raises(StudyError) as caught:
        read(tmp_path, f"pid,{column}\na,12\nb,11\n", section)
    assert (caught.value.code, caught.value.place) == ("unit-contradiction", f'column "{column}"')


def test_days_of_a_treatment_whose_column_names_months_are_refused(tmp_path):
    """The start of a treatment is read in days."""
    path = tmp_path / "t.csv"
    path.write_text("pid,arm,start_months\na,A,2\nb,B,\n", encoding="utf-8")
    section = TreatmentSection(table="t.csv", reference="B", column="arm", start="start_months")
    with pytest.raises(StudyError) as caught:
        treatment_rows(section, patient_rows(read_raw(path), "pid", unique=False))
    assert caught.value.code == "unit-contradiction"


def test_the_horizon_of_the_ranking_is_taken_where_none_is_named(tmp_path):
    section = SURVIVAL.model_copy(update={"horizons": []})
    assert read(tmp_path, "pid,days,died\na,20,1\nb,25,0\n", section, horizon=12.0).outcome.horizons == (12.0,)


def test_events_coded_1_and_2_are_refused_with_the_cure(tmp_path):
    """lung of R's survival has status 1/2: taken as 0/1 every censored patient would have died."""
    with pytest.raises(TableError) as caught:
        read(tmp_path, "pid,days,died\na,40,1\nb,30,2\nc,3,1\n")
    assert (caught.value.code, caught.value.place) == ("event-coding", 'row 3 column "died"')
    assert "1/2" in caught.value.hint


def test_an_event_that_is_a_word_is_refused(tmp_path):
    with pytest.raises(TableError) as caught:
        read(tmp_path, "pid,days,died\na,40,dead\nb,30,0\n")
    assert (caught.value.code, caught.value.place) == ("event-coding", 'row 2 column "died"')
    assert "dead" not in str(caught.value)


def test_what_stands_in_a_cell_is_not_repeated_by_an_error(tmp_path):
    """A name that slipped into the column of events is nobody's business."""
    with pytest.raises(TableError) as caught:
        read(tmp_path, "pid,days,died\na,40,Mustermann Max\nb,30,0\n")
    assert caught.value.reason == "text of 14 characters in the first of 1 cell is neither 0 nor 1"


def test_a_time_that_is_no_number_is_refused_with_its_row(tmp_path):
    with pytest.raises(TableError) as caught:
        read(tmp_path, "pid,days,died\na,40,1\nb,soon,0\n")
    assert caught.value.place == 'row 3 column "days"'


def test_an_outcome_without_events_is_named(tmp_path):
    got = read(tmp_path, "pid,days,died\na,40,0\nb,30,0\n")
    assert "no-events" in {finding.code for finding in got.findings}


def test_yes_and_no_make_a_binary_outcome_and_harm_is_better_low(tmp_path):
    got = read(tmp_path, "pid,died\na,yes\nb,No\nc,\nd,TRUE\n", BINARY)
    assert got.outcome.frame["value"].to_dict() == {"a": 1.0, "b": 0.0, "d": 1.0}
    assert got.outcome.better == "lower"
    assert len(got.lost["value not known"]) == 1


def test_a_binary_outcome_of_one_value_is_named_and_another_value_refused(tmp_path):
    got = read(tmp_path, "pid,died\na,yes\nb,1\n", BINARY)
    assert [finding.code for finding in got.findings] == ["no-events"]
    with pytest.raises(TableError) as caught:
        read(tmp_path, "pid,died\na,3\nb,1\n", BINARY)
    assert caught.value.code == "value-coding"


def test_a_patient_with_two_outcomes_is_refused(tmp_path):
    with pytest.raises(TableError) as caught:
        read(tmp_path, "pid,days,died\na,40,1\na,30,0\n")
    assert (caught.value.code, caught.value.place) == ("duplicate-patient", 'row 3 column "pid"')


def test_a_row_without_patient_is_refused_in_a_long_table(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("pid,drug\na,x\n,y\na,z\n", encoding="utf-8")
    with pytest.raises(TableError) as caught:
        patient_rows(read_raw(path), "pid", unique=False)
    assert (caught.value.code, caught.value.place) == ("missing-id", 'row 3 column "pid"')


COMPETING = OutcomeSection(
    table="o.csv", kind="competing", time="days", event="died", unit="days", horizons=[10], causes=["relapse", "death"]
)


def test_competing_events_keep_their_cause(tmp_path):
    """By hand: a relapsed, b died, c is censored, d is not known."""
    got = read(tmp_path, "pid,days,died\na,40,1\nb,30,2\nc,3,0\nd,5,\n", COMPETING).outcome
    assert got.frame["cause"].tolist() == [1, 2, 0]
    assert got.frame["event"].tolist() == [True, True, False]
    assert (got.causes, got.timed, got.happened.tolist()) == (("relapse", "death"), True, [True, True, False])


@pytest.mark.parametrize(("cell", "row"), [("3", 3), ("-1", 3), ("1.5", 3)])
def test_a_code_without_a_cause_is_refused(tmp_path, cell, row):
    with pytest.raises(TableError) as caught:
        read(tmp_path, f"pid,days,died\na,40,1\nb,30,{cell}\n", COMPETING)
    assert (caught.value.code, caught.value.place) == ("cause-coding", f'row {row} column "died"')
    assert "2 death" in caught.value.hint


def test_a_cause_that_nobody_had_is_named(tmp_path):
    got = read(tmp_path, "pid,days,died\na,40,1\nb,30,0\n", COMPETING)
    assert [finding.code for finding in got.findings] == ["cause-never-seen"]


@pytest.mark.parametrize(
    ("kind", "cell", "code"),
    [("count", "-1", "negative-count"), ("count", "1.5", "not-a-count"), ("ordinal", "6", "unknown-grade")],
)
def test_a_value_that_is_none_of_its_kind_is_refused(tmp_path, kind, cell, code):
    section = OutcomeSection(table="o.csv", kind=kind, value="v")
    with pytest.raises(TableError) as caught:
        read(tmp_path, f"pid,v\na,1\nb,{cell}\n", section)
    assert (caught.value.code, caught.value.place) == (code, 'row 3 column "v"')


def test_an_amount_keeps_its_unit_and_its_unknowns_are_absent(tmp_path):
    section = OutcomeSection(table="o.csv", kind="continuous", value="dose", unit="mg/wk")
    got = read(tmp_path, "pid,dose\na,21.5\nb,\nc,-3\n", section)
    assert got.outcome.frame["value"].tolist() == [21.5, -3.0]
    assert (got.outcome.unit, got.outcome.better) == ("mg/wk", "higher")
    assert {reason: list(lost) for reason, lost in got.lost.items()} == {"value not known": ["b"]}


def test_grades_of_toxicity_count_from_3_on_unless_said_otherwise(tmp_path):
    """CTCAE calls grade 3 severe; the levels are places in the list, lowest first."""
    text = "pid,grade\na,0\nb,2\nc,3.0\nd,5\n"
    section = OutcomeSection(table="o.csv", kind="ordinal", value="grade", role="harm")
    got = read(tmp_path, text, section).outcome
    assert (got.levels, got.at_least, got.better) == (tuple("012345"), "3", "lower")
    assert got.happened.tolist() == [False, False, True, True]
    milder = read(tmp_path, text, section.model_copy(update={"at_least": 2})).outcome
    assert milder.happened.tolist() == [False, True, True, True]


def test_grades_have_the_names_and_the_order_that_the_study_gives(tmp_path):
    section = OutcomeSection(table="o.csv", kind="ordinal", value="r", levels=["PD", "SD", "PR", "CR"], at_least="PR")
    got = read(tmp_path, "pid,r\na,CR\nb,SD\nc,PR\n", section).outcome
    assert got.frame["value"].tolist() == [3.0, 1.0, 2.0]
    assert got.happened.tolist() == [True, False, True]


def test_grades_that_a_program_gave_a_point_are_found_in_levels_with_one(tmp_path):
    levels = ["1.0", "2.0", "3.0"]
    section = OutcomeSection(table="o.csv", kind="ordinal", value="g", levels=levels, at_least="2.0")
    got = read(tmp_path, "pid,g\na,1.0\nb,3\nc,2.0\n", section).outcome
    assert got.frame["value"].tolist() == [0.0, 2.0, 1.0]


def _doses(folder, seventh, unit="mg/week"):
    """Doses 20 to 49 mg/week of 30 patients, that of p7 as given."""
    rows = [f"p{i},{seventh if i == 7 else 20 + i}" for i in range(30)]
    section = OutcomeSection(table="o.csv", kind="continuous", value="amount", unit=unit)
    return read(folder, "pid,amount\n" + "\n".join(rows) + "\n", section)


def test_a_dose_far_beyond_all_others_is_named_and_stays(tmp_path):
    """315 mg/week: the paper's outlier; p7 stands in row 9 of the file."""
    got = _doses(tmp_path, 315)
    found = [(one.code, one.severity, one.patient_id, one.place) for one in got.findings]
    assert found == [("outcome-outlier", "serious", "p7", 'o.csv: row 9 column "amount"')]
    assert "315 mg/week" in got.findings[0].message
    assert got.outcome.frame.loc["p7", "value"] == 315


@pytest.mark.parametrize("none", [0, -3])
def test_a_dose_of_none_is_named(tmp_path, none):
    got = _doses(tmp_path, none)
    assert [(one.code, one.place) for one in got.findings] == [("dose-not-positive", 'o.csv: row 9 column "amount"')]


def test_an_amount_that_is_no_dose_may_be_zero_or_less(tmp_path):
    assert _doses(tmp_path, -3, unit="kg").findings == ()


def test_a_value_that_nobody_has_is_not_called_one_value(tmp_path):
    got = read(tmp_path, "pid,died\na,\nb,\n", BINARY)
    assert [one.code for one in got.findings] == ["no-events"]
    assert "not known for any patient" in got.findings[0].message


def test_names_of_causes_in_place_of_codes_are_refused_with_the_codes(tmp_path):
    with pytest.raises(TableError) as caught:
        read(tmp_path, "pid,days,died\na,40,0\nb,30,death\nc,20,relapse\n", COMPETING)
    assert (caught.value.code, caught.value.place) == ("cause-coding", 'row 3 column "died"')
    assert "1 relapse, 2 death" in caught.value.hint
