"""Outcomes from their tables: time and event, or a value, of the patients in whom they are known.

Unknown is not "no event": a patient without time or event is absent from the outcome, and counted.  Values are
``cohort.outcome_values``.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pandas as pd

from genorx.cohort.cohort import TIMED, Outcome
from genorx.cohort.outcome_units import LONGEST_LIFE_YEARS, beyond_a_life, check_unit_name, horizon_unit_finding
from genorx.cohort.outcome_values import ReadOutcome, read_value, yes_no
from genorx.cohort.patient_rows import PatientRows
from genorx.cohort.study_file.better import better_of
from genorx.cohort.tables.numbers import is_number
from genorx.errors import Finding, TableError, shown

if TYPE_CHECKING:
    from genorx.cohort.study_file.sections import OutcomeSection

_SOME = 5


def read_outcome(name: str, section: OutcomeSection, rows: PatientRows, *, horizon: float | None = None) -> ReadOutcome:
    """Return one outcome of all patients in whom it is known.

    Parameters
    ----------
    name : str
    section : OutcomeSection
    rows : PatientRows
        The outcome's table, one row a patient.
    horizon : float, optional
        Horizon of a time to an event that names none itself.

    Raises
    ------
    TableError
        If a column is absent, a cell is not a number, events are not coded 0 and 1 (``event-coding``) or not by the
        causes named (``cause-coding``), or a value is none of its kind (``value-coding``).
    StudyError
        ``unit-contradiction`` if the column of times names another unit than the study.
    """
    return _timed(name, section, rows, horizon) if section.kind in TIMED else read_value(name, section, rows)


def _timed(name: str, section: OutcomeSection, rows: PatientRows, horizon: float | None) -> ReadOutcome:
    time_column, event_column, unit = str(section.time), str(section.event), str(section.unit)
    check_unit_name(time_column, unit, rows.file)
    time = rows.numbers(time_column).astype(float)
    competing = section.kind == "competing"
    cause = _causes(rows, event_column, section.causes) if competing else None
    event = yes_no(rows, event_column, code="event-coding") if cause is None else cause.clip(upper=1.0)
    sorter = _Sorter(rows=rows, time=time, event=event, name=name, unit=unit, columns=(time_column, event_column))
    kept = sorter.known()
    frame = pd.DataFrame({"time": time[kept], "event": event[kept].astype(bool)})
    if cause is not None:
        frame["cause"] = cause[kept].astype(int)
    horizons = tuple(sorted(set(section.horizons))) or ((horizon,) if horizon is not None else ())
    outcome = Outcome(
        name=name,
        kind=section.kind,
        frame=frame,
        unit=unit,
        horizons=horizons,
        better=better_of(section),
        role=section.role,
        causes=tuple(section.causes),
        cause=section.cause,
    )
    findings = (*sorter.findings, *_follow_up_findings(outcome, rows.name, horizon))
    return ReadOutcome(outcome=outcome, lost=sorter.lost, findings=findings)


def _causes(rows: PatientRows, column: str, causes: list[str]) -> pd.Series:
    """Return the cause that ended the time, 0 for none, missing where it is not known.

    Raises
    ------
    TableError
        ``cause-coding`` for a code without a name, and for names in place of codes.
    """
    cells = rows.text(column)
    words = cells[cells.isin([cause for cause in causes if not is_number(cause)])]
    if len(words):
        raise _cause_fault(
            rows, column, causes, f"{len(words)} cells hold the name of a cause in place of its code", words
        )
    cause = rows.numbers(column).astype(float)
    strange = cause[cause.notna() & ~cause.isin(range(len(causes) + 1))]
    if len(strange):
        reason = f"code {strange.iloc[0]:g} of {len(strange)} cells names no cause"
        raise _cause_fault(rows, column, causes, reason, strange)
    return cause


def _cause_fault(rows: PatientRows, column: str, causes: list[str], reason: str, where: pd.Series) -> TableError:
    named = ", ".join(f"{code} {shown(cause)}" for code, cause in enumerate(causes, start=1))
    return TableError(
        reason,
        file=rows.file,
        place=f'row {rows.row_of(str(where.index[0]))} column "{shown(column)}"',
        hint=f"0 is none; causes are {named}",
        code="cause-coding",
    )


class _Sorter:
    """Who has a usable time and event; the others by reason."""

    def __init__(
        self, *, rows: PatientRows, time: pd.Series, event: pd.Series, name: str, unit: str, columns: tuple[str, str]
    ) -> None:
        self.rows, self.time, self.event, self.name, self.unit, self.columns = rows, time, event, name, unit, columns
        self.lost: dict[str, pd.Index] = {}
        self.findings: list[Finding] = []

    def known(self) -> pd.Series:
        """Return True for patients whose outcome is usable."""
        time, event = self.time, self.event
        no_time, no_event = time.isna(), event.isna()
        negative, zero = (time < 0).fillna(False), (time == 0).fillna(False) & ~no_event
        endless = pd.Series(beyond_a_life(time.to_numpy(dtype=float), self.unit), index=time.index)
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
        if endless.any():
            what = f"{time_column} of more than {LONGEST_LIFE_YEARS:g} years if it is in {self.unit}"
            self._name("impossible-follow-up", endless, what, time_column, lost="follow-up longer than a life")
        return ~(no_time | no_event | negative | zero | endless)

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


def _follow_up_findings(outcome: Outcome, file: str, ranked_at: float | None) -> list[Finding]:
    findings = []
    time, event = outcome.frame["time"], outcome.frame["event"]
    if len(time) and not event.any():
        message = f'no event of "{shown(outcome.name)}" was seen: nothing can be fitted'
        findings.append(Finding(code="no-events", severity="serious", message=message, place=file))
    for code, cause in enumerate(outcome.causes, start=1):
        if event.any() and not (outcome.frame["cause"] == code).any():
            message = f'nobody had the cause "{shown(cause)}" of "{shown(outcome.name)}"'
            findings.append(Finding(code="cause-never-seen", severity="warning", message=message, place=file))
    last = float(time.max()) if len(time) else 0.0
    beyond = [horizon for horizon in outcome.horizons if horizon > last]
    if beyond:
        message = (
            f'horizon {beyond[0]:g} {outcome.unit} of "{shown(outcome.name)}" is beyond the last follow-up, {last:g}'
        )
        findings.append(Finding(code="horizon-beyond-follow-up", severity="warning", message=message, place=file))
    asked = () if ranked_at is None or ranked_at in outcome.horizons else (ranked_at,)
    for horizons in filter(None, (outcome.horizons, asked)):
        doubt = horizon_unit_finding(outcome, horizons, file)
        findings += [] if doubt is None else [doubt]
    return findings


def limited_to(outcome: Outcome, patients: pd.Index) -> Outcome:
    """Return the outcome of those patients only, in their order."""
    known = patients[patients.isin(outcome.frame.index)]
    return replace(outcome, frame=outcome.frame.loc[known])
