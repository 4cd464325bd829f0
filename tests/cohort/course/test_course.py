"""A course through states: spells, counts, survival, all by hand on three patients."""

import pandas as pd
import pytest

from genorx.cohort.course import Course
from genorx.cohort.course.course import state_order


@pytest.fixture
def course():
    """a: 10 days, remission, dead at 50; b: followed for 20 days; c: in remission at 5, the last day of follow-up."""
    rows = [("a", "ill", 0), ("a", "remission", 10), ("a", "dead", 50), ("b", "ill", 0), ("c", "ill", 0)]
    entries = pd.DataFrame([*rows, ("c", "remission", 5)], columns=["patient_id", "state", "time"])
    return Course(
        states=("ill", "remission", "dead"),
        transitions=(("ill", "remission"), ("ill", "dead"), ("remission", "dead")),
        start="ill",
        alive=("ill", "remission"),
        unit="days",
        entries=entries,
        followed=pd.Series({"a": 50.0, "b": 20.0, "c": 5.0}).rename_axis("patient_id"),
    )


def test_spells_last_from_entry_to_the_next_state_or_the_end_of_follow_up(course):
    got = course.spells.astype(object).where(course.spells.notna(), None).to_numpy().tolist()
    assert got == [
        ["a", "ill", 0.0, 10.0, "remission"],
        ["a", "remission", 10.0, 50.0, "dead"],
        ["b", "ill", 0.0, 20.0, None],
        ["c", "ill", 0.0, 5.0, "remission"],
    ]


def test_counts_are_events_patients_at_risk_and_their_time(course):
    assert course.counts().to_numpy().tolist() == [
        ["ill", "remission", 2, 3, 35.0],
        ["ill", "dead", 0, 3, 35.0],
        ["remission", "dead", 1, 1, 40.0],
    ]


def test_survival_is_the_time_in_the_states_that_count_as_alive(course):
    frame = course.survival()
    assert frame["time"].tolist() == [50.0, 20.0, 5.0]
    assert frame["event"].tolist() == [True, False, False]


def test_a_part_of_the_patients_keeps_their_order(course):
    part = course.only(["c", "a"])
    assert part.patients.tolist() == ["c", "a"]
    assert part.entries["patient_id"].tolist() == ["c", "c", "a", "a", "a"]
    assert part.entered("remission").to_dict() == {"c": 5.0, "a": 10.0}


def test_states_come_after_all_that_lead_to_them_and_a_ring_is_left_out():
    pairs = [("remission", "dead"), ("ill", "remission"), ("ill", "dead")]
    assert state_order(["dead", "remission", "ill"], pairs) == ("ill", "remission", "dead")
    assert state_order(["a", "b"], [("a", "b"), ("b", "a")]) == ()
