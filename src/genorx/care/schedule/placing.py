"""Placement of a regimen's visits on days: whole days within a window, without times.

The rules, in order.  A visit planned for day d with window w takes the first open day of d, d+1, ..., d+w, otherwise
the first of d-1, ..., d-w, otherwise it has no day.  Day 1 of a later cycle is planned one cycle after the actual day 1
of the previous cycle (after its planned day if that had none); day k is planned k-1 days after the actual day 1 of its
cycle, and does not move the next cycle.  Before each day 1 with a visit there is a laboratory visit: on the nearest
open day of the three before it.  Worked by hand in ``docs/guide/care_plan.md``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from genorx.care.regimen.regimen import Regimen
from genorx.errors import InputError

#: Days before a treatment on which its laboratory visit may be.
LABORATORY_DAYS = (1, 2, 3)
LABORATORY_DAY = 0
IsOpen = Callable[[date], bool]


@dataclass(frozen=True, slots=True)
class Place:
    """A visit's cycle and day, the planned day (None for the laboratory), and the placed day, if any."""

    cycle: int
    day: int
    planned: date | None
    real: date | None


def place_visits(regimen: Regimen, start: date, window: int, is_open: IsOpen) -> list[Place]:
    """Place every visit of a regimen, by cycle and day; one without an open day stays unplaced.

    A laboratory visit is listed only before a day 1 that has a visit.

    Raises
    ------
    InputError
        ``no-date`` for a course that leaves the years 1 to 9999.
    """
    try:
        return list(_places(regimen, start, window, is_open))
    except OverflowError as error:
        hint = "dates are in the years 1 to 9999"
        raise InputError("start: the course leaves the calendar", place="start", hint=hint, code="no-date") from error


def _places(regimen: Regimen, start: date, window: int, is_open: IsOpen) -> Iterator[Place]:
    planned = start
    for cycle in range(1, regimen.cycles + 1):
        first = open_day(planned, window, is_open)
        if regimen.laboratory and first is not None:
            yield Place(cycle, LABORATORY_DAY, None, _laboratory_day(first, is_open))
        yield Place(cycle, 1, planned, first)
        base = first or planned
        for day in regimen.days[1:]:
            wanted = base + timedelta(days=day - 1)
            yield Place(cycle, day, wanted, open_day(wanted, window, is_open))
        if cycle < regimen.cycles:
            planned = base + timedelta(days=regimen.cycle_days)


def open_day(planned: date, window: int, is_open: IsOpen) -> date | None:
    """Return the open day for a visit; None if its window has none."""
    shifts = (*range(window + 1), *range(-1, -window - 1, -1))
    days = (planned + timedelta(days=shift) for shift in shifts)
    return next((day for day in days if is_open(day)), None)


def _laboratory_day(treatment: date, is_open: IsOpen) -> date | None:
    days = (treatment - timedelta(days=before) for before in LABORATORY_DAYS)
    return next((day for day in days if is_open(day)), None)
