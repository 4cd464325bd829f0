"""Time-to-event outcomes: usable times and events, and length of follow-up.

Unknown is not "no event": a patient without time or event is absent from the outcome, and counted.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, ClassVar

import pandas as pd

from genorx.cohort.horizons import HorizonCheck
from genorx.cohort.kinds.base import DataKind, KeyFault, OutcomeRole, Reading, missing_key
from genorx.cohort.outcome_units import LONGEST_LIFE_YEARS, beyond_a_life, check_unit_name, doubted_days
from genorx.errors import Finding, shown

if TYPE_CHECKING:
    from genorx.cohort.design.design import Design
    from genorx.cohort.kinds.base import Better
    from genorx.cohort.outcome import Outcome
    from genorx.cohort.patient_rows import PatientRows
    from genorx.cohort.study_file.sections import OutcomeSection

_SOME = 5
_UNITS = ("days", "weeks", "months", "years")


class TimedData(DataKind):
    """Columns ``time`` (in the unit of the study, from its origin) and ``event`` (bool)."""

    timed = True
    allowed: ClassVar[tuple[str, ...]] = ("horizons",)
    directions = ("longer", "shorter")
    rare = "events"

    def direction(self, role: OutcomeRole) -> Better:  # noqa: ARG002 (of values it depends on the role)
        """Return that longer is better."""
        return "longer"

    def key_faults(self, where: tuple[str, ...], section: OutcomeSection, *, needs_horizon: bool) -> Iterator[KeyFault]:
        """Yield also a unit that is not of time, and a missing list of reporting times."""
        yield from super().key_faults(where, section, needs_horizon=needs_horizon)
        if section.unit is not None and section.unit not in _UNITS:
            reason = f'unit "{shown(section.unit)}" is not a unit of time'
            yield KeyFault((*where, "unit"), reason, f"use {', '.join(_UNITS)}")
        if needs_horizon and not section.horizons:
            hint = "name the times at which the outcome is reported, such as horizons = [365]"
            yield missing_key(where, "horizons", hint)

    def horizons(self, section: OutcomeSection, horizon: float | None) -> tuple[float, ...]:
        """Return the reporting times: the outcome's own, otherwise that of the ranking."""
        return tuple(sorted(set(section.horizons))) or ((horizon,) if horizon is not None else ())

    def about_times(
        self, name: str, section: OutcomeSection, frame: pd.DataFrame, file: str, *, horizon: float | None
    ) -> Iterator[Finding]:
        """Yield findings about absent events, and horizons that do not fit the follow-up."""
        horizons = HorizonCheck(
            name=name, unit=str(section.unit), horizons=self.horizons(section, horizon), ranked=horizon, times=frame
        )
        yield from _no_event(name, frame, file)
        yield from doubted_days(name, frame["time"].to_numpy(dtype=float), str(section.unit), file)
        yield from self.unseen(name, section, frame, file)
        yield from horizons.late(file)
        yield from horizons.odd(file)

    def unseen(self, name: str, section: OutcomeSection, frame: pd.DataFrame, file: str) -> Iterator[Finding]:  # noqa: ARG002
        """Yield findings about end points without events."""
        yield from ()

    def happened(self, outcome: Outcome) -> pd.Series[bool]:
        """Return a mask of patients with the event."""
        return outcome.frame["event"].astype(bool)

    def rarer(self, outcome: Outcome, rows: pd.DataFrame) -> int:  # noqa: ARG002 (values need it)
        """Return the number of events: censored patients are not known to be event-free."""
        return int(rows["event"].astype(bool).sum())

    def number(self, outcome: Outcome) -> pd.Series[float]:
        """Return the times."""
        return outcome.frame["time"]

    def rows(self, outcome: Outcome, known: pd.DataFrame, design: Design | None) -> pd.DataFrame:
        """Return follow-up from the design's origin, longer than 0."""
        if design is None:
            return known[known["time"] > 0]
        return design.follow_up(known, unit=outcome.unit or "days")


class EventData(TimedData):
    """One time and event per row: survival, competing causes."""

    needed: ClassVar[tuple[str, ...]] = ("time", "event", "unit")

    def read(self, name: str, section: OutcomeSection, rows: PatientRows, *, horizon: float | None) -> Reading:
        """Return times and events; see ``DataKind.read``."""
        columns = (str(section.time), str(section.event))
        unit = str(section.unit)
        check_unit_name(columns[0], unit, rows.file)
        time, ended = rows.numbers(columns[0]).astype(float), self.ended(section, rows)
        sorter = _Sorter(rows=rows, time=time, event=ended.clip(upper=1.0), name=name, unit=unit, columns=columns)
        kept = sorter.known()
        frame = self.columns(time[kept], ended[kept])
        horizons = self.horizons(section, horizon)
        findings = (*sorter.findings, *self.about_times(name, section, frame, rows.name, horizon=horizon))
        fields = {"horizons": horizons} | self.fields(section)
        return Reading(frame=frame, lost=sorter.lost, findings=findings, fields=fields)

    @abstractmethod
    def ended(self, section: OutcomeSection, rows: PatientRows) -> pd.Series[float]:
        """Return how each patient's follow-up ended: 0 for censoring, 1 and up for an event, missing if not known."""

    def columns(self, time: pd.Series[float], ended: pd.Series[float]) -> pd.DataFrame:
        """Return the outcome frame from the known times and ends."""
        return pd.DataFrame({"time": time, "event": ended.astype(bool)})

    def fields(self, section: OutcomeSection) -> dict[str, Any]:  # noqa: ARG002 (causes need it)
        """Return fields of ``Outcome`` other than the horizons."""
        return {}


class _Sorter:
    """Split of patients into those with a usable time and event, and the others by reason."""

    def __init__(
        self, *, rows: PatientRows, time: pd.Series, event: pd.Series, name: str, unit: str, columns: tuple[str, str]
    ) -> None:
        self.rows, self.time, self.event, self.name, self.unit, self.columns = rows, time, event, name, unit, columns
        self.lost: dict[str, pd.Index] = {}
        self.findings: list[Finding] = []

    def known(self) -> pd.Series:
        """Return a mask of patients with a usable outcome."""
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


def _no_event(name: str, frame: pd.DataFrame, file: str) -> Iterator[Finding]:
    if len(frame) and not frame["event"].any():
        message = f'no event of "{shown(name)}" was seen: nothing can be fitted'
        yield Finding(code="no-events", severity="serious", message=message, place=file)
