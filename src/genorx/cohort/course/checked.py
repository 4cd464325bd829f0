"""Rules that courses and strategies keep however they were made; estimators check them before a fit.

Tables are checked with their rows and columns in ``cohort.course.placing`` and ``cohort.design.strategies``.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from genorx.cohort.course.course import Course, state_order
from genorx.cohort.course.strategy import Strategy, StrategyDesign
from genorx.errors import UsageError, shown

_ENTRIES = ("patient_id", "state", "time")
_BEGINS = ("patient_id", "treatment", "time")


def check_course(course: Course) -> None:
    """Check that each patient moves from the start along the transitions until follow-up ends.

    Raises
    ------
    UsageError
        If transitions form a cycle (``course-ring``) or name an unknown state (``unknown-state``), a column is absent
        (``no-column``), or the entries of a patient are not a course: ``course-state``, ``course-start``,
        ``course-order``, ``course-transition``, ``course-after-follow-up``, ``course-without-end``.
    """
    names = {state for pair in course.transitions for state in pair} | {course.start, *course.alive}
    if unknown := sorted(names - set(course.states)):
        raise UsageError(f"{shown(unknown[0])} is none of the states", code="unknown-state")
    if len(state_order(course.states, course.transitions)) < len(course.states):
        raise UsageError("transitions form a cycle", hint="a state is entered at most once", code="course-ring")
    _check_columns(course.entries, _ENTRIES, "entries of the course")
    followed, rows = course.followed, course.entries
    _refuse(
        followed.index.to_series(), ~(np.isfinite(followed) & (followed > 0)), "has no follow-up", "course-without-end"
    )
    _check_entries(course, rows)


def _check_entries(course: Course, rows: pd.DataFrame) -> None:
    patient, state = rows["patient_id"], rows["state"]
    time = rows["time"].to_numpy(dtype=float)
    first = ~patient.duplicated().to_numpy()
    _refuse(patient, ~state.isin(course.states), "enters a state that is none of the states", "course-state")
    _refuse(patient, first & ((state != course.start) | (time != 0)), "does not enter the start at 0", "course-start")
    absent = course.patients[~course.patients.isin(patient)]
    _refuse(absent.to_series(), np.ones(len(absent), dtype=bool), "enters no state", "course-start")
    later = np.append(True, (patient.to_numpy()[1:] == patient.to_numpy()[:-1]) & (np.diff(time) > 0))
    _refuse(patient, ~(first | later), "does not enter one state after the other, in time", "course-order")
    moves = list(zip(state.shift(1), state, strict=True))
    allowed = np.array([move in course.transitions for move in moves], dtype=bool)
    _refuse(patient, ~(first | allowed), "makes a move that is no transition", "course-transition")
    end = patient.map(course.followed).to_numpy(dtype=float)
    _refuse(patient, ~(time <= end), "enters a state after the end of follow-up", "course-after-follow-up")


def check_strategies(design: StrategyDesign, course: Course) -> None:
    """Check the strategies, and that each treatment began once for a patient, during follow-up.

    Raises
    ------
    UsageError
        If the reference is no strategy (``unknown-reference``), a strategy is not a rule (``wrong-value``) or acts in a
        state that is unknown or that no patient leaves (``strategy-in-absorbing``); if a column is absent
        (``no-column``), a treatment began twice (``treatment-twice``), at a time that is missing
        (``time-missing``), before 0 (``treatment-before-start``) or after follow-up (``treatment-after-follow-up``).
    """
    if design.reference not in design.names:
        text = f"reference {shown(design.reference)} is not a strategy"
        raise UsageError(text, hint=f"strategies: {', '.join(map(shown, design.names))}", code="unknown-reference")
    if len(set(design.names)) < len(design.names):
        raise UsageError("two strategies have the same name", code="wrong-value")
    for each in design.strategies:
        _check_rule(each, course)
    begins = design.begins
    _check_columns(begins, _BEGINS, "begins of the design")
    begins = begins[begins["patient_id"].isin(course.patients)]
    patient, time = begins["patient_id"], begins["time"].to_numpy(dtype=float)
    twice = begins.duplicated(["patient_id", "treatment"]).to_numpy()
    _refuse(patient, twice, "begins a treatment twice: the first one counts", "treatment-twice")
    _refuse(patient, np.isnan(time), "begins a treatment at an unknown time: leave the patient out", "time-missing")
    _refuse(patient, time < 0, "begins a treatment before the start, 0", "treatment-before-start")
    end = patient.map(course.followed).to_numpy(dtype=float)
    _refuse(patient, time > end, "begins a treatment after the end of follow-up", "treatment-after-follow-up")


def _check_rule(strategy: Strategy, course: Course) -> None:
    name, share = shown(strategy.name), strategy.share
    if (strategy.state is None) != (strategy.treatment is None):
        raise UsageError(f"strategy {name} needs both a state and a treatment, or neither", code="wrong-value")
    if strategy.within is not None and not 0 < strategy.within < np.inf:
        raise UsageError(f"strategy {name}: within is {strategy.within:g}, not a time above 0", code="wrong-value")
    if share != "observed" and (isinstance(share, str) or not 0 <= share <= 1):
        raise UsageError(f"strategy {name}: share is {shown(share)}, not from 0 to 1, or observed", code="wrong-value")
    if strategy.state is not None and (strategy.state not in course.states or strategy.state in course.absorbing):
        text = f"strategy {name} acts in {shown(strategy.state)}, which no patient leaves"
        raise UsageError(text, code="strategy-in-absorbing")


def _check_columns(frame: pd.DataFrame, columns: Sequence[str], what: str) -> None:
    for column in columns:
        if column not in frame.columns:
            raise UsageError(f"the {what} have no column {column}", code="no-column")


def _refuse(patient: pd.Series, wrong: object, reason: str, code: str) -> None:
    """Raise an error that names the first patient of whom a rule is not kept."""
    places = np.flatnonzero(np.asarray(wrong, dtype=bool))
    if places.size:
        first = shown(patient.iloc[int(places[0])])
        raise UsageError(f'patient "{first}" {reason} ({places.size} in all)', code=code)
