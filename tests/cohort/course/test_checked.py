"""Courses and strategies that were made in Python: what no table reader has checked is refused before a fit."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from genorx.cohort.course import Strategy
from genorx.cohort.course.checked import check_course, check_strategies
from genorx.datasets import make_course_cohort
from genorx.effects import StrategyEffect
from genorx.errors import UsageError
from genorx.outcomes import MultistateModel

MADE = make_course_cohort(60, states=5, seed=1)
COURSE, DESIGN = MADE.course, MADE.design


def rows(change):
    return replace(COURSE, entries=change(COURSE.entries.copy()))


def times(change):
    def changed(frame):
        frame["time"] = change(frame["time"].to_numpy(copy=True))
        return frame

    return rows(changed)


def at(place, value):
    def change(values):
        values[place] = value
        return values

    return change


def states(change):
    def changed(frame):
        frame["state"] = change(frame["state"].to_numpy(dtype=object, copy=True))
        return frame

    return rows(changed)


def begins(**columns):
    return replace(DESIGN, begins=DESIGN.begins.assign(**columns))


def test_what_a_table_or_a_simulation_gives_is_valid():
    check_course(COURSE)
    check_strategies(DESIGN, COURSE)


@pytest.mark.parametrize(
    ("course", "code"),
    [
        (times(at(1, np.nan)), "course-order"),
        (times(at(0, 5.0)), "course-start"),
        (rows(lambda frame: frame.iloc[::-1]), "course-start"),
        (rows(lambda frame: frame.iloc[1:]), "course-start"),
        (rows(lambda frame: frame[frame["patient_id"] != "P0001"]), "course-start"),
        (states(at(1, "cured")), "course-state"),
        (states(at(1, "second_remission")), "course-transition"),
        (rows(lambda frame: frame.drop(columns="time")), "no-column"),
        (replace(COURSE, followed=COURSE.followed * 0.5), "course-after-follow-up"),
        (replace(COURSE, followed=COURSE.followed * np.nan), "course-without-end"),
        (replace(COURSE, followed=COURSE.followed * 0), "course-without-end"),
        (replace(COURSE, transitions=(*COURSE.transitions, ("relapse", "remission"))), "course-ring"),
        (replace(COURSE, transitions=(*COURSE.transitions, ("relapse", "cured"))), "unknown-state"),
        (replace(COURSE, alive=("well",)), "unknown-state"),
    ],
)
def test_what_is_no_course_is_refused_by_every_model(course, code):
    for fit in (
        lambda: MultistateModel(MADE.specs).fit(MADE.features, course),
        lambda: StrategyEffect(specs=MADE.specs).fit(MADE.features, course, DESIGN),
    ):
        with pytest.raises(UsageError) as caught:
            fit()
        assert caught.value.code == code


@pytest.mark.parametrize(
    ("design", "code"),
    [
        (replace(DESIGN, reference="nobody"), "unknown-reference"),
        (replace(DESIGN, strategies=(*DESIGN.strategies, Strategy(name="never"))), "wrong-value"),
        (begins(time=np.nan), "time-missing"),
        (begins(time=-1.0), "treatment-before-start"),
        (begins(time=1e6), "treatment-after-follow-up"),
        (replace(DESIGN, begins=pd.concat([DESIGN.begins, DESIGN.begins])), "treatment-twice"),
        (replace(DESIGN, begins=DESIGN.begins.drop(columns="treatment")), "no-column"),
    ],
)
def test_what_cannot_have_begun_is_refused_before_a_fit(design, code):
    with pytest.raises(UsageError) as caught:
        StrategyEffect(specs=MADE.specs).fit(MADE.features, COURSE, design)
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        ({"state": "remission"}, "wrong-value"),
        ({"treatment": "transplant"}, "wrong-value"),
        ({"state": "dead", "treatment": "transplant"}, "strategy-in-absorbing"),
        ({"state": "cured", "treatment": "transplant"}, "strategy-in-absorbing"),
        ({"state": "remission", "treatment": "transplant", "within": 0.0}, "wrong-value"),
        ({"state": "remission", "treatment": "transplant", "within": np.nan}, "wrong-value"),
        ({"state": "remission", "treatment": "transplant", "share": 1.2}, "wrong-value"),
        ({"state": "remission", "treatment": "transplant", "share": np.nan}, "wrong-value"),
        ({"state": "remission", "treatment": "transplant", "share": "all"}, "wrong-value"),
    ],
)
def test_what_is_no_rule_is_refused(rule, code):
    with pytest.raises(UsageError) as caught:
        check_strategies(replace(DESIGN, strategies=(*DESIGN.strategies, Strategy(name="new", **rule))), COURSE)
    assert caught.value.code == code


def test_patients_without_a_course_may_have_treatments():
    """They are not of the fit: in the table of a study they are named."""
    more = pd.DataFrame({"patient_id": ["X"], "treatment": ["transplant"], "time": [-5.0], "state": ["remission"]})
    check_strategies(replace(DESIGN, begins=pd.concat([DESIGN.begins, more])), COURSE)
