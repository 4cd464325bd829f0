"""The visits of a course on the open days of a calendar: as a table, JSON, iCalendar and FHIR.

On which day a visit falls is ``placing``, at which instant ``times``, what a calendar knows it by ``identities``.
Nothing is booked: visits are proposed, and no two of them are kept apart.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from datetime import UTC, date, datetime, time
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
from pydantic import ValidationError

from genorx._core.output import to_json, write_text
from genorx._core.provenance import today as day_now
from genorx.care.days import day_of, read_instant
from genorx.care.json_values import read_value
from genorx.care.regimen.regimen import Regimen, window_fault
from genorx.care.schedule.calendar import Calendar, read_calendar
from genorx.care.schedule.icalendar import icalendar_text
from genorx.care.schedule.identities import Identity, identities, previous_identities
from genorx.care.schedule.placing import LABORATORY_DAY, Place, place_visits
from genorx.care.schedule.times import Span, time_finding, visit_span
from genorx.errors import Finding, InputError, shown

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanHead:
    """Whose plan it is, and of what: the object ``plan`` of ``plan.json``."""

    id: str
    patient_id: str | None
    option: str | None
    regimen: str
    start: str
    author: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One visit: its cycle and day (0 for the laboratory), the day planned and the real one, and why.

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


VISIT_COLUMNS = tuple(each.name for each in fields(Visit))


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """The visits of a course.

    Attributes
    ----------
    plan : PlanHead
    label : str
        What the regimen is called.
    calendar : Calendar
    listed : tuple of Visit
        In order of cycle and day.
    findings : tuple of Finding
    without_day : tuple of Place
        Visits that have no open day.
    known : tuple of Identity
        What calendars are to know of the visits, and of those of a former schedule that are gone.
    """

    plan: PlanHead
    label: str
    calendar: Calendar
    listed: tuple[Visit, ...]
    findings: tuple[Finding, ...] = ()
    without_day: tuple[Place, ...] = ()
    known: tuple[Identity, ...] = field(default=(), repr=False)

    @cached_property
    def visits(self) -> pd.DataFrame:
        """One row a visit: ``patient_id, cycle, day, kind, planned, date, moved_days, start, end, name, ...``."""
        rows = [asdict(each) for each in self.listed]
        return pd.DataFrame({name: pd.Series([row[name] for row in rows], dtype=_type(name)) for name in VISIT_COLUMNS})

    def to_frame(self) -> pd.DataFrame:
        """Return the visits as a frame of its own."""
        return self.visits.copy()

    def to_records(self) -> dict[str, Any]:
        """Return ``plan``, ``calendar``, ``visits`` and ``findings`` as plain values."""
        return {
            "plan": asdict(self.plan) | {"identities": [each.model_dump() for each in self.known]},
            "calendar": self.calendar.to_dict(),
            "visits": [asdict(each) for each in self.listed],
            "findings": [each.to_dict() for each in self.findings],
        }

    def to_json(self, path: str | Path | None = None) -> str:
        """Return the schedule as JSON, and write it where a path is given; ``previous=`` reads it."""
        return _written(to_json(self.to_records()), path)

    def to_ics(self, path: str | Path | None = None, *, created: str | datetime | None = None) -> str:
        """Return the visits as iCalendar text without a patient, and write it where a path is given.

        Parameters
        ----------
        created : moment with a zone, optional
            DTSTAMP; default the plan's start at 00:00 UTC.
        """
        first = datetime.combine(date.fromisoformat(self.plan.start), time(), tzinfo=UTC)
        stamp = first if created is None else read_instant(created, "created")
        return _written(icalendar_text(self.label, self.known, stamp), path)

    def to_fhir(self) -> dict[str, Any]:
        """Return the visits as a FHIR Bundle of Appointments that are proposed.

        Raises
        ------
        InputError
            ``no-time-zone``: an Appointment starts at an instant.
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
        """Draw the visits over time, a row a cycle; moved ones with their shift; return the Axes."""
        from genorx.care.schedule.timeline import plot_schedule

        return plot_schedule(self, ax=ax)

    def to_html(self) -> str:
        """Return the schedule as one HTML page."""
        from genorx.care.schedule.page import schedule_page

        return schedule_page(self)

    def section_html(self) -> str:
        """Return the schedule as a section of a report (``Ranking.report(path, sections=[...])``)."""
        from genorx.care.schedule.page import schedule_section

        return schedule_section(self)

    def _repr_html_(self) -> str:
        from genorx.care.schedule.page import schedule_part

        return schedule_part(self)


def _type(name: str) -> str:
    return "int64" if name in ("cycle", "day", "moved_days") else "object"


def _written(text: str, path: str | Path | None) -> str:
    if path is not None:
        write_text(text, path)
    return text


def make_schedule(
    plan: PlanHead,
    regimen: Regimen,
    calendar: Calendar | str | Path,
    *,
    window: int | None = None,
    previous: Schedule | Mapping[str, Any] | str | Path | None = None,
    today: str | date | None = None,
) -> Schedule:
    """Return the visits of a plan on the open days of a calendar.

    Parameters
    ----------
    calendar : Calendar or path
    window : int, optional
        Days by which a visit may move; default the regimen's.
    previous : Schedule, its JSON or path, optional
        What calendars have: visits keep their names, changed ones count up, those that are gone are cancelled.
    today : day, optional
        Default the clock's.

    Raises
    ------
    InputError
        ``regimen`` for a window as long as the cycle; ``schedule-schema``, ``other-patient`` for ``previous``;
        ``no-date``.
    """
    opening = calendar if isinstance(calendar, Calendar) else read_calendar(calendar)
    start = day_of(plan.start, "start")
    days = regimen.window if window is None else window
    if reason := window_fault(days, regimen.cycle_days):
        raise InputError(f"window: {reason}", place="window", code="regimen")
    before = _before(previous, plan)
    places = place_visits(regimen, start, days, opening.is_open)
    findings = [*_past(start, today, plan.patient_id), *_no_days(places, days, plan.patient_id)]
    visits = []
    for place in places:
        if place.real is not None:
            span = _span(place, place.real, opening)
            visits.append(_visit(place, place.real, span, plan, regimen))
            findings += _strange(place, span, opening, plan.patient_id)
    return Schedule(
        plan=plan,
        label=regimen.label,
        calendar=opening,
        listed=tuple(visits),
        findings=tuple(findings),
        without_day=tuple(each for each in places if each.real is None),
        known=identities(plan.id, visits, before),
    )


def _clock(place: Place, calendar: Calendar) -> time:
    return calendar.laboratory_clock if place.day == LABORATORY_DAY else calendar.visit_clock


def _span(place: Place, day: date, calendar: Calendar) -> Span | None:
    if calendar.zone is None:
        return None
    try:
        return visit_span(day, _clock(place, calendar), calendar.minutes, calendar.zone)
    except OverflowError as error:
        raise InputError("start: the course leaves the calendar", place="start", code="no-date") from error


def _visit(place: Place, day: date, span: Span | None, plan: PlanHead, regimen: Regimen) -> Visit:
    laboratory = place.day == LABORATORY_DAY
    moved = (day - place.planned).days if place.planned is not None else 0
    return Visit(
        patient_id=plan.patient_id,
        cycle=place.cycle,
        day=place.day,
        kind="laboratory" if laboratory else "treatment",
        planned=None if place.planned is None else place.planned.isoformat(),
        date=day.isoformat(),
        moved_days=moved,
        start=None if span is None else span.start.isoformat(),
        end=None if span is None else span.end.isoformat(),
        name=", ".join(regimen.laboratory) if laboratory else regimen.label,
        reason=f"before day 1 of cycle {place.cycle}" if laboratory else _why(place, moved),
        source=regimen.source,
    )


def _why(place: Place, moved: int) -> str:
    if not moved:
        return "as planned"
    days = f"{abs(moved)} day{'' if abs(moved) == 1 else 's'}"
    return f"{days} {'later' if moved > 0 else 'earlier'}: {place.planned} is not open"


def _place(place: Place) -> str:
    return f"cycle {place.cycle} day {place.day or 1}"


def _no_days(places: list[Place], window: int, patient_id: str | None) -> list[Finding]:
    """Return the visits that have no open day."""
    found = []
    for each in places:
        if each.real is not None:
            continue
        if each.day == LABORATORY_DAY:
            text = "no open day among the three before this visit: no laboratory visit"
            found.append(Finding(code="no-lab-slot", severity="warning", message=text, patient_id=patient_id,
                                 place=_place(each)))  # fmt: skip
        else:
            text = f"no open day within {window} days of {each.planned}: this visit is not in the schedule"
            found.append(Finding(code="no-slot", severity="serious", message=text, patient_id=patient_id,
                                 place=_place(each)))  # fmt: skip
    return found


def _past(start: date, today: str | date | None, patient_id: str | None) -> list[Finding]:
    now = day_of(day_now() if today is None else today, "today")
    if start >= now:
        return []
    text = f"the start {start} lies before today, {now}"
    return [Finding(code="start-in-past", severity="warning", message=text, patient_id=patient_id, place="start")]


def _strange(place: Place, span: Span | None, calendar: Calendar, patient_id: str | None) -> list[Finding]:
    if span is None or not span.strange:
        return []
    local = f"{place.real} {_clock(place, calendar):%H:%M}"
    return [time_finding(span.strange, local, f"cycle {place.cycle} day {place.day}", patient_id)]


def _before(previous: Schedule | Mapping[str, Any] | str | Path | None, plan: PlanHead) -> dict[str, Identity]:
    """Return what calendars have of a former schedule of the patient, by name."""
    if previous is None:
        return {}
    file = str(previous) if isinstance(previous, str | Path) else None
    record: Any = previous
    if isinstance(previous, Schedule):
        record = previous.to_records()
    elif file is not None:
        record = read_value(file, "schedule", "schedule-schema")
    try:
        patient = record["plan"]["patient_id"]
        found = previous_identities(record)
    except (KeyError, TypeError, AttributeError, ValidationError) as error:
        hint = "give what genorx care schedule wrote as JSON"
        raise InputError("this is no schedule", file=file, hint=hint, code="schedule-schema") from error
    if patient != plan.patient_id:
        reason = f"the former schedule is that of {shown(patient)!r}, not of {shown(plan.patient_id)!r}"
        raise InputError(reason, file=file, code="other-patient")
    return found
