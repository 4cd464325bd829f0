"""The visits of a course on the open days of a calendar: as a table, JSON, iCalendar and FHIR.

Days of visits are set by ``placing``, instants by ``times``, identities for calendars by ``identities``.  Nothing is
booked: visits are proposals, and overlapping ones are not separated.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime, time
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from genorx._core.output import to_json
from genorx._core.short_repr import short
from genorx.care.days import read_instant
from genorx.care.schedule.calendar import Calendar
from genorx.care.schedule.icalendar import icalendar_text
from genorx.care.schedule.identities import Identity
from genorx.care.schedule.placing import Place
from genorx.care.showing import Shown, rows_frame, written
from genorx.errors import Finding, InputError

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanHead:
    """Patient, option, regimen, start and author of a plan: the object ``plan`` of ``plan.json``.

    ``option_label`` is the label of the option on pages; a record has it only if there is one.
    """

    id: str
    patient_id: str | None
    option: str | None
    regimen: str
    start: str
    author: str | None = None
    option_label: str | None = None

    def to_dict(self) -> dict[str, str | None]:
        """Return plain values."""
        values: dict[str, str | None] = asdict(self)
        if self.option_label is None:
            del values["option_label"]
        return values


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One visit: its cycle and day (0 for the laboratory), the planned and the actual date, and the reason.

    ``start`` and ``end`` are instants with offset; None without a time zone.
    """

    patient_id: str | None
    cycle: int
    day: int
    kind: str
    planned: str | None
    date: str
    moved_days: int
    start: str | None
    end: str | None
    name: str
    reason: str
    source: str


#: Columns of whole numbers.
WHOLE = ("cycle", "day", "moved_days")


@short
@dataclass(frozen=True, kw_only=True)
class Schedule(Shown):
    """The visits of a course.

    Attributes
    ----------
    plan : PlanHead
        Patient, option, regimen and start.
    label : str
        Name of the regimen.
    calendar : Calendar
        Calendar of the site.
    listed : tuple of Visit
        Visits in order of cycle and day.
    findings : tuple of Finding
    without_day : tuple of Place
        Visits without an open day.
    known : tuple of Identity
        Identity of each visit for calendars, including visits of a former schedule that were dropped.
    """

    plan: PlanHead
    label: str
    calendar: Calendar
    listed: tuple[Visit, ...]
    findings: tuple[Finding, ...] = ()
    without_day: tuple[Place, ...] = ()
    known: tuple[Identity, ...] = field(default=(), repr=False)

    heading = "Schedule"

    @property
    def title(self) -> str:
        """Title of the page."""
        return f"Schedule: {self.label}"

    @cached_property
    def visits(self) -> pd.DataFrame:
        """One row per visit: ``patient_id, cycle, day, kind, planned, date, moved_days, start, end, name, ...``."""
        return rows_frame(self.listed, Visit, WHOLE)

    def to_frame(self) -> pd.DataFrame:
        """Return a copy of the visits as a frame."""
        return self.visits.copy()

    def to_records(self) -> dict[str, Any]:
        """Return ``plan``, ``calendar``, ``visits`` and ``findings`` as plain values."""
        return {
            "plan": self.plan.to_dict() | {"identities": [each.model_dump() for each in self.known]},
            "calendar": self.calendar.to_dict(),
            "visits": [asdict(each) for each in self.listed],
            "findings": [each.to_dict() for each in self.findings],
        }

    def to_json(self, path: str | Path | None = None) -> str:
        """Return the schedule as JSON, and write it if a path is given; ``previous=`` reads it."""
        return written(to_json(self.to_records()), path)

    def to_ics(self, path: str | Path | None = None, *, created: str | datetime | None = None) -> str:
        """Return the visits as iCalendar text without the patient, and write it if a path is given.

        Parameters
        ----------
        path : path, optional
            File to write.
        created : str or datetime with a time zone, optional
            DTSTAMP; by default the start of the plan at 00:00 UTC.
        """
        first = datetime.combine(date.fromisoformat(self.plan.start), time(), tzinfo=UTC)
        stamp = first if created is None else read_instant(created, "created")
        return written(icalendar_text(self.label, self.known, stamp), path)

    def to_fhir(self) -> dict[str, Any]:
        """Return the visits as a FHIR Bundle of proposed Appointments.

        Raises
        ------
        InputError
            ``no-time-zone`` for a calendar without a time zone: an Appointment starts at an instant.
        """
        from genorx.interop.fhir_out.appointments import ProposedVisit, appointment_bundle

        if self.calendar.zone is None:
            hint = 'add timezone = "Europe/Berlin" to [calendar]'
            raise InputError("the calendar has no time zone", file=self.calendar.file, hint=hint, code="no-time-zone")
        uids = {(each.kind, each.cycle, each.day): each.uid for each in self.known if each.status == "tentative"}
        visits = [
            ProposedVisit(
                uid=uids[each.kind, each.cycle, each.day],
                description=f"{self.label} cycle {each.cycle} day {each.day}: {each.name}",
                start=each.start or "",
                end=each.end or "",
                minutes=self.calendar.minutes,
            )
            for each in self.listed
        ]
        return appointment_bundle(visits, self.plan.patient_id)

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the visits over time, one row per cycle, with their shifts; return the Axes."""
        from genorx.care.schedule.timeline import plot_schedule

        return plot_schedule(self, ax=ax)

    def section_html(self) -> str:
        """Return the schedule as a section: findings, timeline, one row per visit."""
        from genorx.care.schedule.page import schedule_section

        return schedule_section(self)
