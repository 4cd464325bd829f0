"""States as a table stores them, in either form: one row per patient and state, or one column per state.

Whether they form a valid course is checked in ``cohort.course.placing``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from genorx._core.nearest import did_you_mean
from genorx._core.words import plain_level
from genorx.cohort.course.course import absorbing_states
from genorx.cohort.outcome_units import check_unit_name
from genorx.cohort.tables.levels import level_description
from genorx.cohort.tables.raw import parse_numbers
from genorx.errors import shown

if TYPE_CHECKING:
    from genorx.cohort.patient_rows import PatientRows
    from genorx.cohort.study_file.sections import OutcomeSection
    from genorx.cohort.tables.table_faults import TableFaults

#: State of a long table that only marks the end of follow-up.
CENSORED = "censored"


@dataclass(frozen=True, kw_only=True)
class StateRows:
    """State entries of a table, and the ends of follow-up.

    Attributes
    ----------
    entries : DataFrame
        ``patient_id``, ``state``, ``time`` (missing where not known), ``row`` of the file, ``column`` of the time.
    ends : Series of float, index ``patient_id``
        End of follow-up; missing where the table does not give it.
    end_column : str
        Column of the end of follow-up.
    """

    entries: pd.DataFrame
    ends: pd.Series[float]
    end_column: str


def state_rows(section: OutcomeSection, rows: PatientRows, faults: TableFaults) -> StateRows:
    """Return the state entries in a table.

    Raises
    ------
    TableError
        If a column is absent or not numeric.
    StudyError
        ``unit-contradiction`` if the name of a column of times has another unit than the study.
    """
    for column in time_columns(section):
        if column in rows.raw.columns:
            check_unit_name(column, str(section.unit), rows.file)
    return _wide(section, rows, faults) if section.times else _long(section, rows, faults)


def time_columns(section: OutcomeSection) -> list[str]:
    """Return the columns that hold times of a multistate outcome."""
    times = list(section.times.values()) or [section.time or "time"]
    return [*times, *([section.followed] if section.followed is not None else [])]


def _long(section: OutcomeSection, rows: PatientRows, faults: TableFaults) -> StateRows:
    state_column, time_column = section.state or "state", section.time or "time"
    states = rows.raw.text(state_column).map(plain_level, na_action="ignore").astype(object)
    frame = pd.DataFrame(
        {
            "patient_id": rows.patient.to_numpy(dtype=object),
            "state": states.where(states.notna(), None).to_numpy(),
            "time": parse_numbers(rows.raw, time_column).to_numpy(dtype=float, na_value=np.nan),
            "row": rows.raw.rows,
            "column": time_column,
        }
    )
    known = [*section.states, *([] if CENSORED in section.states else [CENSORED])]
    _check_states(frame, known, state_column, faults)
    ended = frame[frame["state"] == CENSORED] if CENSORED not in section.states else frame.iloc[:0]
    _check_ended(frame, ended, section, faults)
    ends = ended.groupby("patient_id")["time"].max().reindex(rows.patients)
    if section.followed is not None:
        times = parse_numbers(rows.raw, section.followed).to_numpy(dtype=float, na_value=np.nan)
        last = pd.Series(times, index=frame["patient_id"]).groupby(level=0).max()
        ends = ends.fillna(last.reindex(rows.patients))
    entries = frame[frame["state"].isin(section.states)].reset_index(drop=True)
    return StateRows(entries=entries, ends=ends.astype(float), end_column=section.followed or time_column)


def _check_ended(frame: pd.DataFrame, ended: pd.DataFrame, section: OutcomeSection, faults: TableFaults) -> None:
    """Report as faults a follow-up that ends twice, or after the patient entered an absorbing state."""
    first = ended.groupby("patient_id")["time"].transform("first")
    for row in ended.loc[ended["time"].notna() & (ended["time"] != first), "row"].tolist():
        reason = "the end of follow-up differs from that of another row of the patient"
        faults.add(reason, code="contradiction", row=int(row), column=section.time or "time")
    absorbing = absorbing_states(section.states, [(origin, target) for origin, target in section.transitions])
    absorbed = frame[frame["state"].isin(absorbing)].groupby("patient_id")["time"].min()
    for row in ended.loc[ended["time"] > ended["patient_id"].map(absorbed), "row"].tolist():
        reason = f"{shown(CENSORED)} after an absorbing state was entered"
        faults.add(reason, code="course-after-absorbing", row=int(row), column=section.time or "time")


def _check_states(frame: pd.DataFrame, known: list[str], column: str, faults: TableFaults) -> None:
    for state, row in zip(frame["state"], frame["row"], strict=True):
        if state in known:
            continue
        empty = pd.isna(state)
        listed = f"states: {', '.join(map(shown, known))}"
        hint = listed if empty else did_you_mean(state, known, listed)
        content = "no state" if empty else f"{level_description(state, known)}, which is none of the states"
        faults.add(f"the cell holds {content}", code="course-state", row=int(row), column=column, hint=hint)


def _wide(section: OutcomeSection, rows: PatientRows, faults: TableFaults) -> StateRows:
    last = None if section.event is None else _ended_by(section)
    ends = pd.Series(np.nan, index=rows.patients)
    frames = []
    for state, column in section.times.items():
        time = rows.numbers(column).astype(float)
        if state == last:
            event = _events(str(section.event), rows, faults)
            ends = time.where(event.notna())
            time = time.where(event == 1.0)
        there = time.notna().to_numpy(dtype=bool)
        frame = pd.DataFrame({"patient_id": rows.patient.to_numpy(dtype=object)[there], "state": state})
        frames.append(frame.assign(time=time.to_numpy()[there], row=rows.raw.rows[there], column=column))
    if section.followed is not None:
        ends = rows.numbers(section.followed).astype(float).fillna(ends)
    end_column = section.followed or (section.times[last] if last is not None else "")
    return StateRows(entries=pd.concat(frames, ignore_index=True), ends=ends.astype(float), end_column=end_column)


def _ended_by(section: OutcomeSection) -> str:
    """Return the absorbing state whose time is the end of follow-up where the event is 0."""
    absorbing = absorbing_states(section.states, [(origin, target) for origin, target in section.transitions])
    return next(state for state in section.times if state in absorbing)


def _events(column: str, rows: PatientRows, faults: TableFaults) -> pd.Series[float]:
    event = rows.numbers(column).astype(float)
    for position in np.flatnonzero((event.notna() & ~event.isin([0.0, 1.0])).to_numpy(dtype=bool)):
        hint = "1 where the last state was entered at its time, 0 where follow-up ended then"
        faults.add(
            "an event is 0 or 1", code="event-coding", row=int(rows.raw.rows[position]), column=column, hint=hint
        )
    return event
