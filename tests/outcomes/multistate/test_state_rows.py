"""Rows of follow-up in one state, by hand."""

import numpy as np
import pandas as pd

from genorx.cohort.course import Course
from genorx.outcomes.multistate.entry_time import EntryTime, entry_cells
from genorx.outcomes.multistate.state_rows import Spells, StateRows


def _course() -> Course:
    entries = [("A", "well", 0.0), ("A", "ill", 10.0), ("A", "dead", 30.0), ("B", "well", 0.0), ("B", "ill", 4.0)]
    return Course(
        states=("well", "ill", "dead"),
        transitions=(("well", "ill"), ("well", "dead"), ("ill", "dead")),
        start="well",
        alive=("well", "ill"),
        unit="days",
        entries=pd.DataFrame(entries, columns=["patient_id", "state", "time"]),
        followed=pd.Series({"A": 30.0, "B": 24.0}),
    )


def test_a_treatment_that_begins_in_the_state_splits_the_stay():
    spells = Spells.of(_course(), "ill", pd.Index(["B", "A"]))
    assert spells.entry.tolist() == [4.0, 10.0]
    assert spells.cause.tolist() == [0, 1]
    rows = StateRows.make(spells, [np.array([9.0, np.nan])], "forward")
    found = sorted(zip(rows.spell, rows.treated, rows.begin, rows.end, rows.cause, strict=True))
    assert found == [(0, 0, 4.0, 9.0, 0), (0, 1, 9.0, 24.0, 0), (1, 0, 10.0, 30.0, 1)]
    reset = StateRows.make(spells, [np.array([9.0, np.nan])], "reset")
    assert sorted(reset.begin.tolist()) == [0.0, 0.0, 5.0]
    assert sorted(reset.end.tolist()) == [5.0, 20.0, 20.0]


def test_what_begins_on_the_day_of_entry_is_treated_from_then_and_on_the_last_day_is_not():
    spells = Spells.of(_course(), "ill", pd.Index(["A", "B"]))
    rows = StateRows.make(spells, [np.array([10.0, 24.0])], "forward")
    found = sorted(zip(rows.spell, rows.treated, rows.begin, rows.end, strict=True))
    assert found == [(0, 1, 10.0, 30.0), (1, 0, 4.0, 24.0)]


def test_of_two_treatments_the_later_counts():
    spells = Spells.of(_course(), "ill", pd.Index(["A"]))
    rows = StateRows.make(spells, [np.array([20.0]), np.array([15.0])], "forward")
    found = sorted(zip(rows.begin, rows.end, rows.treated, rows.cause, strict=True))
    assert found == [(10.0, 15.0, 0, 0), (15.0, 20.0, 2, 0), (20.0, 30.0, 1, 1)]


def test_the_time_of_entry_is_standardised_and_cells_cover_all_steps():
    entry = np.random.default_rng(0).exponential(100, 500)
    column = EntryTime.fit(entry).column(entry)
    assert abs(column.mean()) < 0.1
    assert abs(column.std() - 1) < 0.1
    assert EntryTime.fit(np.zeros(50)) is None
    cells, means = entry_cells(np.linspace(0, 100, 41))
    assert cells[0] == 0
    assert set(np.diff(cells)) <= {0, 1}
    assert means.size == cells[-1] + 2
    assert np.all(np.diff(means) > 0)
