"""Outcomes from their tables: time and event, or yes and no, of the patients in whom they are known.

Unknown is not "no event": a patient without time or event is absent from the outcome, and counted.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from genorx.cohort.cohort import Outcome
from genorx.cohort.levels import boolean_of, plain_level
from genorx.cohort.patient_rows import PatientRows
from genorx.cohort.study_rules import better_of
from genorx.errors import Finding, TableError, shown

if TYPE_CHECKING:
    from genorx.cohort.study_file import OutcomeSection

_SOME = 5


@dataclass(frozen=True, kw_only=True)
class ReadOutcome:
    """An outcome, the patients of its table in whom it cannot be used by reason, and what must be known about it."""

    outcome: Outcome
    lost: dict[str, pd.Index]
    findings: tuple[Finding, ...]


def read_outcome(name: str, section: OutcomeSection, rows: PatientRows, *, horizon: float | None = None) -> ReadOutcome:
    """Return one outcome of all patients in whom it is known.

    Parameters
    ----------
    name : str
    section : OutcomeSection
    rows : PatientRows
        The outcome's table, one row a patient.
    horizon : float, optional
        Horizon of a survival outcome that names none itself.

    Raises
    ------
    TableError
        If a column is absent, a cell is not a number, or events are not coded 0 and 1 (``event-coding``).
    """
    if section.kind == "survival":
        return _survival(name, section, rows, horizon)
    return _binary(name, section, rows)


def _survival(name: str, section: OutcomeSection, rows: PatientRows, horizon: float | None) -> ReadOutcome:
    time_column, event_column, unit = str(section.time), str(section.event), str(section.unit)
    time = rows.numbers(time_column).astype(float)
    event = _yes_no(rows, event_column, code="event-coding")
    sorter = _Sorter(rows=rows, time=time, event=event, name=name, columns=(time_column, event_column))
    kept = sorter.known()
    frame = pd.DataFrame({"time": time[kept], "event": event[kept].astype(bool)})
    horizons = tuple(sorted(set(section.horizons))) or ((horizon,) if horizon is not None else ())
    outcome = Outcome(
        name=name,
        kind="survival",
        frame=frame,
        unit=unit,
        horizons=horizons,
        better=better_of(section),
        role=section.role,
    )
    findings = (*sorter.findings, *_follow_up_findings(outcome, rows.name))
    return ReadOutcome(outcome=outcome, lost=sorter.lost, findings=findings)


class _Sorter:
    """Who has a usable time and event; the others by reason."""

    def __init__(
        self, *, rows: PatientRows, time: pd.Series, event: pd.Series, name: str, columns: tuple[str, str]
    ) -> None:
        self.rows, self.time, self.event, self.name, self.columns = rows, time, event, name, columns
        self.lost: dict[str, pd.Index] = {}
        self.findings: list[Finding] = []

    def known(self) -> pd.Series:
        """Return True for patients whose outcome is usable."""
        time, event = self.time, self.event
        no_time, no_event = time.isna(), event.isna()
        negative, zero = (time < 0).fillna(False), (time == 0).fillna(False) & ~no_event
        unknown = no_time | no_event
        self.lost["time or event not known"] = unknown.index[unknown.to_numpy(dtype=bool)]
        time_column, event_column = (shown(column) for column in self.columns)
        self._name("event-without-time", no_time & (event == 1.0), f"an event and no {time_column}", time_column)
        self._name("time-without-event", no_event & ~no_time, f"a time and no {event_column}", event_column)
        self._name("negative-follow-up", negative, f"{time_column} below 0", time_column, lost="follow-up below 0")
        events = int((zero & (event == 1.0)).sum())
        self._name(
            "zero-follow-up", zero, f"{time_column} 0 ({events} with the event)", time_column, lost="follow-up of 0"
        )
        return ~(no_time | no_event | negative | zero)

    def _name(self, code: str, where: pd.Series, what: str, column: str, *, lost: str | None = None) -> None:
        patients = where.index[where.to_numpy(dtype=bool)]
        if lost is not None:
            self.lost[lost] = patients
        if not len(patients):
            return
        some = ", ".join(shown(patient) for patient in patients[:_SOME])
        more = ", ..." if len(patients) > _SOME else ""
        message = f'{len(patients)} patients have {what} and are left out of "{shown(self.name)}": {some}{more}'
        self.findings.append(
            Finding(
                code=code,
                severity="warning" if code == "zero-follow-up" else "serious",
                message=message,
                place=f'{self.rows.name}: row {self.rows.row_of(str(patients[0]))} column "{column}"',
            )
        )


def _follow_up_findings(outcome: Outcome, file: str) -> list[Finding]:
    findings = []
    time, event = outcome.frame["time"], outcome.frame["event"]
    if len(time) and not event.any():
        message = f'no event of "{shown(outcome.name)}" was seen: nothing can be fitted'
        findings.append(Finding(code="no-events", severity="serious", message=message, place=file))
    last = float(time.max()) if len(time) else 0.0
    beyond = [horizon for horizon in outcome.horizons if horizon > last]
    if beyond:
        message = (
            f'horizon {beyond[0]:g} {outcome.unit} of "{shown(outcome.name)}" is beyond the last follow-up, {last:g}'
        )
        findings.append(Finding(code="horizon-beyond-follow-up", severity="warning", message=message, place=file))
    return findings


def _binary(name: str, section: OutcomeSection, rows: PatientRows) -> ReadOutcome:
    value = _yes_no(rows, str(section.value), code="value-coding")
    known = value.notna()
    outcome = Outcome(
        name=name,
        kind="binary",
        frame=pd.DataFrame({"value": value[known].astype(float)}),
        better=better_of(section),
        role=section.role,
    )
    lost = {"value not known": value.index[~known.to_numpy(dtype=bool)]}
    findings: tuple[Finding, ...] = ()
    if outcome.frame["value"].nunique() < 2:
        message = f'"{shown(name)}" has one value only: nothing can be fitted'
        findings = (Finding(code="no-events", severity="serious", message=message, place=rows.name),)
    return ReadOutcome(outcome=outcome, lost=lost, findings=findings)


def _yes_no(rows: PatientRows, column: str, *, code: str) -> pd.Series:
    """Return 1.0, 0.0 and missing of a column of 0/1, yes/no or true/false.

    Raises
    ------
    TableError
        For any other value; 1/2 coding is named as such.
    """
    cells = rows.text(column)
    read = [None if pd.isna(cell) else boolean_of(str(cell)) for cell in cells]
    value = pd.Series([np.nan if each is None else float(each) for each in read], index=cells.index, dtype=float)
    strange = cells[cells.notna() & value.isna()]
    if len(strange):
        hint = "1 is the event, 0 its absence; empty where it is not known"
        if {plain_level(str(cell)) for cell in cells.dropna()} <= {"1", "2"}:
            hint = f'it is coded 1/2: make it 0/1 (subtract 1 where 2 is the event) before "{shown(column)}" is used'
        raise TableError(
            f'value "{shown(strange.iloc[0])}" of {len(strange)} cells is neither 0 nor 1',
            file=rows.file,
            place=f'row {rows.row_of(str(strange.index[0]))} column "{shown(column)}"',
            hint=hint,
            code=code,
        )
    return value


def limited_to(outcome: Outcome, patients: pd.Index) -> Outcome:
    """Return the outcome of those patients only, in their order."""
    known = patients[patients.isin(outcome.frame.index)]
    return replace(outcome, frame=outcome.frame.loc[known])
