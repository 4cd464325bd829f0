"""Construction of a schedule: visits of a plan placed on open days, with times and calendar identities."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, time
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from genorx._core.provenance import today as day_now
from genorx.care.days import day_of
from genorx.care.json_values import read_value
from genorx.care.regimen.regimen import Regimen, window_fault
from genorx.care.schedule.calendar import Calendar, read_calendar
from genorx.care.schedule.identities import Identity, identities, previous_identities
from genorx.care.schedule.placing import LABORATORY_DAY, Place, place_visits
from genorx.care.schedule.schedule import PlanHead, Schedule, Visit
from genorx.care.schedule.times import Span, time_finding, visit_span
from genorx.errors import Finding, InputError, shown


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
    plan : PlanHead
        Plan of the visits, with the patient and the start.
    regimen : Regimen
    calendar : Calendar or path
    window : int, optional
        Days by which a visit may move; by default that of the regimen.
    previous : Schedule, its JSON or path, optional
        Schedule already sent: visits keep their identifiers, changed ones get the next sequence number, removed ones
        are cancelled.
    today : day, optional
        Day of the schedule; by default the current day.

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
        raise InputError("start: the course leaves the years 1 to 9999", place="start", code="no-date") from error


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


def _no_days(places: list[Place], window: int, patient_id: str | None) -> Iterator[Finding]:
    """Yield a finding for each visit without an open day."""
    for each in places:
        if each.real is not None:
            continue
        where = {"patient_id": patient_id, "place": f"cycle {each.cycle} day {each.day or 1}"}
        if each.day == LABORATORY_DAY:
            text = "no open day among the three before this visit: no laboratory visit"
            yield Finding(code="no-lab-slot", severity="warning", message=text, **where)
        else:
            text = f"no open day within {window} days of {each.planned}: this visit is not in the schedule"
            yield Finding(code="no-slot", severity="serious", message=text, **where)


def _past(start: date, today: str | date | None, patient_id: str | None) -> list[Finding]:
    now = day_of(day_now() if today is None else today, "today")
    if start >= now:
        return []
    text = f"the start {start} is before today, {now}"
    return [Finding(code="start-in-past", severity="warning", message=text, patient_id=patient_id, place="start")]


def _strange(place: Place, span: Span | None, calendar: Calendar, patient_id: str | None) -> list[Finding]:
    if span is None or not span.strange:
        return []
    local = f"{place.real} {_clock(place, calendar):%H:%M}"
    return [time_finding(span.strange, local, f"cycle {place.cycle} day {place.day}", patient_id)]


def _before(previous: Schedule | Mapping[str, Any] | str | Path | None, plan: PlanHead) -> dict[str, Identity]:
    """Return the calendar identities in a previous schedule of the patient, by UID."""
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
        hint = "give the JSON output of genorx care schedule"
        raise InputError(
            "the previous schedule is not a schedule", file=file, hint=hint, code="schedule-schema"
        ) from error
    if patient != plan.patient_id:
        reason = f"the previous schedule is of {shown(patient)!r}, not of {shown(plan.patient_id)!r}"
        raise InputError(reason, file=file, code="other-patient")
    return found
