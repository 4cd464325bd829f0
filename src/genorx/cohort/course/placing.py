"""Validation of courses: each state follows one that leads to it, until follow-up ends.

Two states entered on one day are ordered by the transitions, with no time between them: the later one is put half a day
later, since a state of no duration would contribute no time at risk (Putter H et al. 2007, Stat Med 26:2389, section
2).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genorx._core.time_units import DAYS_PER_UNIT
from genorx.cohort.course.course import Course, absorbing_states, in_order
from genorx.cohort.outcome_units import LONGEST_LIFE_YEARS, beyond_a_life
from genorx.errors import Finding, TableError, shown

if TYPE_CHECKING:
    from genorx.cohort.course.rows import StateRows
    from genorx.cohort.patient_rows import PatientRows
    from genorx.cohort.study_file.sections import OutcomeSection
    from genorx.cohort.tables.table_faults import TableFaults

_SOME = 5
Lost = dict[str, pd.Index]


@dataclass(frozen=True, kw_only=True)
class PlacedCourse:
    """A course, the patients excluded by reason, and findings."""

    course: Course
    lost: Lost
    findings: tuple[Finding, ...]


def place_states(
    name: str,
    section: OutcomeSection,
    rows: PatientRows,
    reported: StateRows,
    *,
    horizons: tuple[float, ...],
    faults: TableFaults,
) -> PlacedCourse:
    """Return the course of all patients in whom it is known; contradictions of the transitions are added to ``faults``.

    Raises
    ------
    TableError
        All faults: a state before the one that leads to it (``course-order``), a change that is no transition
        (``course-transition``), a state after an absorbing one (``course-after-absorbing``) or after the end of
        follow-up (``course-after-follow-up``), a state twice (``course-state-twice``), the start state later than 0
        (``course-start``); ``course-without-end`` where no end of follow-up is recorded for any patient.
    """
    placing = _Placing(name=name, section=section, rows=rows, reported=reported, faults=faults)
    entries = placing.known_times()
    placing.check_entries(entries)
    faults.raise_if_any()
    entries = placing.with_start(entries)
    placing.check_moves(entries)
    followed = placing.followed(entries)
    faults.raise_if_any()
    entries, followed = placing.apart(entries, followed)
    followed = placing.usable(followed)
    course = Course(
        states=tuple(section.states),
        transitions=placing.transitions,
        start=str(section.start),
        alive=tuple(section.alive) or tuple(state for state in section.states if state not in placing.absorbing),
        unit=str(section.unit),
        horizons=horizons,
        entries=entries.loc[entries["patient_id"].isin(followed.index), ["patient_id", "state", "time"]].reset_index(
            drop=True
        ),
        followed=followed,
    )
    findings = (*placing.findings, *_unseen_transitions(name, course, rows.name))
    return PlacedCourse(course=course, lost=placing.lost, findings=findings)


class _Placing:
    """Conversion of a table's states to a course."""

    def __init__(
        self, *, name: str, section: OutcomeSection, rows: PatientRows, reported: StateRows, faults: TableFaults
    ) -> None:
        self.name, self.section, self.rows, self.reported, self.faults = name, section, rows, reported, faults
        self.transitions = tuple((origin, target) for origin, target in section.transitions)
        self.absorbing = absorbing_states(section.states, self.transitions)
        self.lost: Lost = {}
        self.findings: list[Finding] = []

    def known_times(self) -> pd.DataFrame:
        """Return the entries of patients whose every state entry has a time."""
        entries = self.reported.entries
        timeless = entries[entries["time"].isna()]
        if len(timeless):
            lost = pd.Index(timeless["patient_id"].unique())
            self._lose("time of a state not known", lost, "course-time-unknown", "a state without a time", timeless)
        return entries[~entries["patient_id"].isin(timeless["patient_id"])]

    def check_entries(self, entries: pd.DataFrame) -> None:
        """Report as faults: states entered twice, times before 0, and a start state entered later."""
        start = str(self.section.start)
        for row in entries[entries.duplicated(["patient_id", "state"])].itertuples():
            hint = "a state is entered at most once: a second remission is a state of its own"
            self._fault(row, f"{shown(row.state)} is entered a second time", "course-state-twice", hint)
        for row in entries[entries["time"] < 0].itertuples():
            self._fault(row, f"{shown(row.state)} is entered before the start, 0", "course-order")
        for row in entries[(entries["state"] == start) & (entries["time"] > 0)].itertuples():
            hint = "times are counted from the start state on"
            self._fault(row, f"{shown(start)} is the start and is entered at 0", "course-start", hint)

    def with_start(self, entries: pd.DataFrame) -> pd.DataFrame:
        """Return the sorted entries, with the start state at 0 where the table lacks it."""
        start = str(self.section.start)
        unknown = pd.Index([]) if not self.lost else next(iter(self.lost.values()))
        patients = self.rows.patients[~self.rows.patients.isin(unknown)]
        has = set(entries.loc[entries["state"] == start, "patient_id"])
        added = [patient for patient in patients if patient not in has]
        more = pd.DataFrame({"patient_id": added, "state": start, "time": 0.0, "row": 0, "column": ""})
        both = pd.concat([entries, more], ignore_index=True) if added else entries
        return in_order(both, patients, self.section.states, self.transitions)

    def check_moves(self, entries: pd.DataFrame) -> None:
        """Report as a fault each change of state that is not an allowed transition; of a wrong order, the first."""
        before = entries.shift(1)
        moved = (entries["patient_id"] == before["patient_id"]).to_numpy(dtype=bool)
        wrong_order = set()
        for row, origin in zip(entries[moved].itertuples(), before.loc[moved, "state"], strict=True):
            if (origin, row.state) in self.transitions or row.patient_id in wrong_order:
                continue
            if origin in self.absorbing:
                reason = f"{shown(row.state)} is entered after {shown(origin)}, which is absorbing"
                self._fault(row, reason, "course-after-absorbing")
            elif (leading := self._later(row, entries)) is not None:
                wrong_order.add(row.patient_id)
                reason = f"{shown(row.state)} is entered before {shown(leading)}, which leads to it"
                self._fault(row, reason, "course-order")
            else:
                listed = ", ".join(f"{shown(one)} to {shown(other)}" for one, other in self.transitions)
                reason = f"from {shown(origin)} to {shown(row.state)} is no transition"
                self._fault(row, reason, "course-transition", f"transitions: {listed}")

    def _later(self, row: Any, entries: pd.DataFrame) -> str | None:
        """Return a state that leads to that of a row and that the patient enters later."""
        own = entries[entries["patient_id"] == row.patient_id]
        later = own.loc[own["time"] > row.time, "state"]
        return next((state for state in later if (state, row.state) in self.transitions), None)

    def followed(self, entries: pd.DataFrame) -> pd.Series[float]:
        """Return the end of each patient's follow-up, missing where not known.

        Raises
        ------
        TableError
            ``course-without-end``
        """
        last = entries.groupby("patient_id", sort=False).tail(1).set_index("patient_id", drop=False)
        absorbed = last["state"].isin(self.absorbing)
        ends = self.reported.ends.reindex(last.index)
        for row in last[(ends < last["time"]).to_numpy(dtype=bool)].itertuples():
            column = str(row.column or self.reported.end_column)
            reason = f"{shown(row.state)} is entered after the end of follow-up"
            self.faults.add(reason, code="course-after-follow-up", row=self._row(row), column=column)
        if len(last) and not absorbed.all() and ends[~absorbed].isna().all():
            raise TableError(
                "the end of follow-up of patients in no absorbing state is not recorded",
                file=self.rows.file,
                hint=f'rows with the state "{"censored"}", or followed = "COLUMN"',
                code="course-without-end",
            )
        return ends.mask(absorbed, last["time"])

    def apart(self, entries: pd.DataFrame, followed: pd.Series[float]) -> tuple[pd.DataFrame, pd.Series[float]]:
        """Return entries and ends, with states entered on the same day spaced by half a day."""
        half = 0.5 / DAYS_PER_UNIT[str(self.section.unit)]
        place = entries.groupby("patient_id", sort=False).cumcount().to_numpy()
        time = entries["time"].to_numpy(dtype=float).copy()
        same = np.zeros(len(time), dtype=bool)
        same[1:] = (place[1:] > 0) & (time[1:] == time[:-1])
        moved = time.copy()
        for step in range(1, int(place.max(initial=0)) + 1):
            here = np.flatnonzero(place == step)
            moved[here] = np.where(moved[here] > moved[here - 1], moved[here], moved[here - 1] + half)
        if same.any():
            self._say_same_day(entries, same)
        shifted = entries.assign(time=moved)
        last = shifted.groupby("patient_id", sort=False)["time"].last()
        return shifted, followed.where(followed.isna() | (followed >= last.reindex(followed.index)), last)

    def usable(self, followed: pd.Series[float]) -> pd.Series[float]:
        """Return the ends of follow-up that are known, later than 0, and within a lifetime."""
        open_ = followed.isna()
        if open_.any():
            what = "neither an absorbing state nor an end of follow-up"
            self._lose("end of follow-up not known", followed.index[open_], "course-end-unknown", what)
        zero = (followed == 0).to_numpy(dtype=bool)
        if zero.any():
            self._lose("follow-up of 0", followed.index[zero], "zero-follow-up", "follow-up of 0")
        unit = str(self.section.unit)
        endless = beyond_a_life(np.asarray(followed, dtype=np.float64), unit)
        if endless.any():
            what = f"follow-up of more than {LONGEST_LIFE_YEARS:g} years if it is in {unit}"
            self._lose("follow-up longer than a life", followed.index[endless], "impossible-follow-up", what)
        kept: NDArray[np.bool_] = ~(open_.to_numpy(dtype=bool) | zero | endless)
        return followed[kept].astype(float).rename("followed")

    def _say_same_day(self, entries: pd.DataFrame, same: NDArray[np.bool_]) -> None:
        first = entries[same].iloc[0]
        count = int(entries.loc[same, "patient_id"].nunique())
        message = (
            f'{count} patients have entered two states of "{shown(self.name)}" on one day, the first is '
            f'"{shown(first["patient_id"])}" ({shown(first["state"])}): the later one is taken as half a day later'
        )
        column = first["column"] or self.reported.end_column
        row = int(first["row"]) or self.rows.row_of(str(first["patient_id"]))
        place = f'{self.rows.name}: row {row} column "{shown(column)}"'
        self.findings.append(Finding(code="same-day-states", severity="warning", message=message, place=place))

    def _lose(self, reason: str, patients: pd.Index, code: str, what: str, entries: pd.DataFrame | None = None) -> None:
        self.lost[reason] = patients
        some = ", ".join(shown(patient) for patient in patients[:_SOME]) + (", ..." if len(patients) > _SOME else "")
        message = f'{len(patients)} patients have {what} and are left out of "{shown(self.name)}": {some}'
        row = self.rows.row_of(str(patients[0])) if entries is None else int(entries["row"].iloc[0])
        severity: Literal["warning", "serious"] = "warning" if code == "zero-follow-up" else "serious"
        place = f"{self.rows.name}: row {row}"
        self.findings.append(Finding(code=code, severity=severity, message=message, place=place))

    def _row(self, entry: Any) -> int:
        """Return the row of an entry; for an added start state, the patient's first row."""
        return int(entry.row) or self.rows.row_of(str(entry.patient_id))

    def _fault(self, entry: Any, reason: str, code: str, hint: str = "") -> None:
        self.faults.add(reason, code=code, row=self._row(entry), column=entry.column or None, hint=hint)


def _unseen_transitions(name: str, course: Course, file: str) -> Iterator[Finding]:
    """Yield a finding for each transition that was never observed."""
    for row in course.counts().itertuples():
        change = f"{shown(row[1])} to {shown(row[2])}"
        if row.events == 0:
            message = f'no patient went from {change} in "{shown(name)}": nothing can be fitted to it'
            yield Finding(code="transition-never-seen", severity="serious", message=message, place=file)
