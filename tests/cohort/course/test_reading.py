"""Courses from tables in both forms, and every input that makes none: refused with row and column, or named."""

import pytest

from genorx.cohort.outcome import read_outcome
from genorx.cohort.patient_rows import patient_rows
from genorx.cohort.study_file.sections import OutcomeSection
from genorx.cohort.tables.raw import read_raw
from genorx.errors import StudyError, TableError

SAID = {
    "table": "o.csv",
    "kind": "multistate",
    "states": ["ill", "remission", "relapse", "dead"],
    "transitions": [["ill", "remission"], ["ill", "dead"], ["remission", "relapse"], ["remission", "dead"]],
    "start": "ill",
    "unit": "days",
    "horizons": [100.0],
}
SAID["transitions"] = [*SAID["transitions"], ["relapse", "dead"]]
WIDE = {"times": {"remission": "cr_day", "relapse": "relapse_day", "dead": "os_days"}, "event": "died"}
REST = "z,remission,9\nz,censored,200\n"  # somebody followed


def read(folder, text, **more):
    path = folder / "o.csv"
    path.write_text(text, encoding="utf-8")
    section = OutcomeSection(**(SAID | more))
    return read_outcome("course", section, patient_rows(read_raw(path), "pid", unique=bool(section.times)))


def codes(got):
    return {finding.code: finding for finding in got.findings}


def test_a_row_a_state_and_a_column_a_state_say_the_same(tmp_path):
    """By hand: a has everything, b dies in induction, c is followed for 90 days in remission."""
    long = "a,ill,0\na,remission,20\na,relapse,60\na,dead,150\nb,dead,12\nc,remission,30\nc,censored,90\n"
    tall = read(tmp_path, f"pid,state,time\n{long}").outcome
    columns = "pid,cr_day,relapse_day,os_days,died\n"
    wide = read(tmp_path, f"{columns}a,20,60,150,1\nb,,,12,1\nc,30,,90,0\n", **WIDE).outcome
    for one in (tall, wide):
        assert one.course.followed.to_dict() == {"a": 150.0, "b": 12.0, "c": 90.0}
        assert one.course.entries.to_numpy().tolist() == [
            *(["a", "ill", 0.0], ["a", "remission", 20.0], ["a", "relapse", 60.0], ["a", "dead", 150.0]),
            *(["b", "ill", 0.0], ["b", "dead", 12.0], ["c", "ill", 0.0], ["c", "remission", 30.0]),
        ]
        assert one.frame["event"].tolist() == [True, True, False]
        assert one.course.alive == ("ill", "remission", "relapse")
        assert one.course.horizons == (100.0,)


def test_the_end_of_follow_up_may_be_a_column(tmp_path):
    text = "pid,state,time,seen_until\na,remission,20,80\na,ill,0,80\nb,dead,12,12\n"
    got = read(tmp_path, text, followed="seen_until").outcome.course
    assert got.followed.to_dict() == {"a": 80.0, "b": 12.0}
    columns = "pid,cr_day,relapse_day,os_days,seen_until\n"
    times = {"times": WIDE["times"], "followed": "seen_until"}
    got = read(tmp_path, f"{columns}a,20,,,80\nb,,,12,\n", **times).outcome.course
    assert got.followed.to_dict() == {"a": 80.0, "b": 12.0}


@pytest.mark.parametrize(
    ("rows", "code", "place"),
    [
        ("a,relapse,20\na,remission,40\na,dead,60\n", "course-order", 'row 2 column "time"'),
        ("a,remission,-4\na,dead,60\n", "course-order", 'row 2 column "time"'),
        ("a,relapse,20\na,dead,60\n", "course-transition", 'row 2 column "time"'),
        ("a,dead,60\na,remission,70\n", "course-after-absorbing", 'row 3 column "time"'),
        ("a,remission,20\na,remission,30\na,dead,60\n", "course-state-twice", 'row 3 column "time"'),
        ("a,ill,3\na,dead,60\n", "course-start", 'row 2 column "time"'),
        ("a,remision,20\na,dead,60\n", "course-state", 'row 2 column "state"'),
        ("a,,20\na,dead,60\n", "course-state", 'row 2 column "state"'),
        ("a,remission,20\na,censored,10\n", "course-after-follow-up", 'row 2 column "time"'),
        ("a,remission,soon\na,dead,60\n", "not-a-number", 'row 2 column "time"'),
        ("a,dead,60\na,censored,61\n", "course-after-absorbing", 'row 3 column "time"'),
        ("a,remission,20\na,censored,90\na,censored,91\n", "contradiction", 'row 4 column "time"'),
    ],
)
def test_what_contradicts_the_transitions_is_refused_with_its_cell(tmp_path, rows, code, place):
    with pytest.raises(TableError) as caught:
        read(tmp_path, f"pid,state,time\n{rows}{REST}")
    assert (caught.value.code, caught.value.place) == (code, place)


@pytest.mark.parametrize(
    ("row", "code", "place"),
    [
        ("a,20,10,60,1", "course-order", 'row 2 column "relapse_day"'),
        ("a,-4,,60,1", "course-order", 'row 2 column "cr_day"'),
        ("a,,20,60,1", "course-transition", 'row 2 column "relapse_day"'),
        ("a,70,,60,1", "course-after-absorbing", 'row 2 column "cr_day"'),
        ("a,70,,60,0", "course-after-follow-up", 'row 2 column "cr_day"'),
        ("a,soon,,60,1", "not-a-number", 'row 2 column "cr_day"'),
        ("a,20,,60,1\na,20,,60,1", "duplicate-patient", 'row 3 column "pid"'),
    ],
)
def test_a_table_with_a_column_per_state_is_refused_for_the_same_reasons(tmp_path, row, code, place):
    with pytest.raises(TableError) as caught:
        read(tmp_path, f"pid,cr_day,relapse_day,os_days,died\n{row}\nz,9,,200,0\n", **WIDE)
    assert (caught.value.code, caught.value.place) == (code, place)


def test_follow_up_may_end_on_the_day_of_death_and_be_told_twice(tmp_path):
    rows = "a,dead,60\na,censored,60\nb,remission,3\nb,censored,90\nb,censored,90\n"
    got = read(tmp_path, f"pid,state,time\n{rows}{REST}").outcome.course
    assert got.followed.to_dict() == {"a": 60.0, "b": 90.0, "z": 200.0}


def test_a_near_name_of_a_state_is_proposed(tmp_path):
    with pytest.raises(TableError, match='did you mean "remission"'):
        read(tmp_path, f"pid,state,time\na,remision,20\n{REST}")


def test_all_contradictions_are_told_at_once(tmp_path):
    with pytest.raises(TableError) as caught:
        read(tmp_path, f"pid,state,time\na,relapse,20\na,dead,60\nb,relapse,9\nb,dead,60\n{REST}")
    assert len(caught.value.faults) == 2


def test_the_last_state_of_a_wide_table_is_coded_0_or_1(tmp_path):
    with pytest.raises(TableError) as caught:
        read(tmp_path, "pid,cr_day,relapse_day,os_days,died\na,,,12,2\n", **WIDE)
    assert (caught.value.code, caught.value.place) == ("event-coding", 'row 2 column "died"')


def test_two_states_of_one_day_are_half_a_day_apart_and_named(tmp_path):
    rows = "a,remission,20\na,relapse,20\na,dead,20\nb,remission,30\nb,censored,30\n"
    got = read(tmp_path, f"pid,state,time\n{rows}{REST}")
    times = got.outcome.course.entries.query("patient_id == 'a'")
    assert times["state"].tolist() == ["ill", "remission", "relapse", "dead"]
    assert times["time"].tolist() == [0.0, 20.0, 20.5, 21.0]
    assert got.outcome.course.followed["a"] == 21.0
    assert codes(got)["same-day-states"].place == 'o.csv: row 3 column "time"'
    assert "half a day" in codes(got)["same-day-states"].message


def test_half_a_day_is_one_in_every_unit(tmp_path):
    rows = "a,remission,2\na,dead,2\nz,censored,30\n"
    got = read(tmp_path, f"pid,state,time\n{rows}", unit="months").outcome.course
    assert got.followed["a"] == pytest.approx(2 + 0.5 / 30.4375)


def test_who_is_not_followed_is_counted_and_left_out(tmp_path):
    rows = "a,remission,20\nb,remission,\nb,dead,30\nc,censored,0\nd,censored,60000\n"
    got = read(tmp_path, f"pid,state,time\n{rows}{REST}")
    assert got.outcome.frame.index.tolist() == ["z"]
    assert {reason: lost.tolist() for reason, lost in got.lost.items()} == {
        "time of a state not known": ["b"],
        "end of follow-up not known": ["a"],
        "follow-up of 0": ["c"],
        "follow-up longer than a life": ["d"],
    }
    named = {"course-time-unknown", "course-end-unknown", "zero-follow-up", "impossible-follow-up"}
    assert named <= set(codes(got))
    assert codes(got)["course-time-unknown"].place == "o.csv: row 3"


def test_a_table_that_never_says_until_when_is_refused(tmp_path):
    """Else everybody who relapsed would be followed until the relapse, and nobody die of it."""
    with pytest.raises(TableError) as caught:
        read(tmp_path, "pid,state,time\na,remission,20\nb,dead,30\n")
    assert caught.value.code == "course-without-end"


def test_transitions_that_nobody_made_are_named(tmp_path):
    rows = "".join(f"p{n},remission,20\np{n},dead,{40 + n}\n" for n in range(12))
    got = read(tmp_path, f"pid,state,time\n{rows}q,dead,3\n{REST}")
    never = [each.message for each in got.findings if each.code == "transition-never-seen"]
    assert [message.split(" in ")[0] for message in never] == [
        "no patient went from remission to relapse",
        "no patient went from relapse to dead",
    ]


def test_times_in_another_unit_are_refused_or_doubted(tmp_path):
    with pytest.raises(StudyError) as caught:
        read(tmp_path, "pid,state,time_months\na,dead,3\n", time="time_months")
    assert caught.value.code == "unit-contradiction"
    rows = "".join(f"p{n},dead,{10 * (n + 1)}\n" for n in range(200))
    got = read(tmp_path, f"pid,state,time\n{rows}", horizons=[1.0, 3.0])
    with pytest.raises(StudyError, match="years") as caught:
        got.outcome.check_horizons(None, tmp_path / "study.toml")
    assert caught.value.code == "horizon-unit"
