"""Days on which a site is closed: single days, spans, and the all-day events of an iCalendar file.

Source of iCalendar: RFC 5545, sections 3.1 (folding), 3.3.4 (DATE), 3.6.1 (VEVENT; DTEND is the day after the last).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from pathlib import Path

from genorx._core.files import FileKind
from genorx.care.days import day_of
from genorx.errors import InputError, shown

_FILE = FileKind(name="calendar", error=InputError, code="calendar", absent="file-not-found")
#: Largest number of days of one span: a site that closes for longer has another calendar.
MOST_DAYS = 36_600
_LINE = re.compile(r"(?P<name>[A-Za-z0-9-]+)(?P<parameters>(?:;[^:\"]*(?:\"[^\"]*\")?[^:\"]*)*):(?P<value>.*)")
_DAY = re.compile(r"(\d{4})(\d\d)(\d\d)", re.ASCII)
_DURATION = re.compile(r"P(?:(\d{1,4})W|(\d{1,5})D)", re.ASCII)


def closed_days(closed: object, *, file: str | Path | None = None) -> frozenset[date]:
    """Return the days that are closed.

    Parameters
    ----------
    closed : list of days and spans, or name of an .ics file
        A span is ``{start=, end=}``, both days included.  The name is relative to ``file``.
    file : path, optional
        File of the calendar, for errors and relative names.

    Raises
    ------
    InputError
        ``no-date`` for an invalid day; ``calendar`` for any other value.
    """
    if isinstance(closed, str | Path) and str(closed).lower().endswith(".ics"):
        return read_closed(Path(file or "").parent / closed)
    if isinstance(closed, str | bytes | Mapping) or not isinstance(closed, Iterable):
        hint = "a list of days, of {start =, end =}, or the name of an .ics file"
        raise InputError("closed: not a list", file=file, place="closed", hint=hint, code="calendar")
    return frozenset(day for at, each in enumerate(closed) for day in _entry(each, f"closed[{at}]", file))


def _entry(entry: object, key: str, file: str | Path | None) -> Iterable[date]:
    if not isinstance(entry, Mapping):
        return (day_of(entry, key, file=file),)
    if set(entry) != {"start", "end"}:
        reason = f"{key}: a span has the keys start and end"
        raise InputError(reason, file=file, place=key, code="calendar")
    first, last = (day_of(entry[name], f"{key}.{name}", file=file) for name in ("start", "end"))
    if last < first:
        raise InputError(f"{key}: the end is before the start", file=file, place=key, code="calendar")
    return _span(first, (last - first).days + 1, key, file)


def _span(first: date, length: int, key: str, file: str | Path | None) -> list[date]:
    if length > MOST_DAYS or first.toordinal() + length > date.max.toordinal():
        reason = f"{key}: {length:,} days are too many for one span"
        raise InputError(reason, file=file, place=key, code="calendar")
    return [first + timedelta(days=shift) for shift in range(length)]


def read_closed(path: str | Path) -> frozenset[date]:
    """Return the days of the all-day events of an iCalendar file, without events with a time and cancelled ones.

    Raises
    ------
    InputError
        ``calendar`` for a file that is not iCalendar, or an event that repeats or ends before it starts.
    """
    lines = list(_lines(_FILE.read_text(path)))
    if not any(name == "BEGIN" and value.upper() == "VCALENDAR" for _, name, value in lines):
        raise InputError("there is no VCALENDAR: the file is not iCalendar", file=path, code="calendar")
    return frozenset(day for line, event in _events(lines) for day in _days_of(event, line, path))


def _lines(text: str) -> Iterator[tuple[int, str, str]]:
    """Yield number, name and value of each unfolded line."""
    whole: list[tuple[int, str]] = []
    for number, line in enumerate(text.splitlines(), start=1):
        if line[:1] in (" ", "\t") and whole:
            whole[-1] = (whole[-1][0], whole[-1][1] + line[1:])
        else:
            whole.append((number, line))
    for number, line in whole:
        found = _LINE.match(line)
        if found:
            yield number, found["name"].upper(), found["value"].strip()


def _events(lines: Iterable[tuple[int, str, str]]) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield line and properties of each event, without those of its alarms."""
    open_parts: list[str] = []
    event: dict[str, str] = {}
    start = 0
    for number, name, value in lines:
        if name == "BEGIN":
            open_parts.append(value.upper())
            if open_parts[-1] == "VEVENT":
                event, start = {}, number
        elif name == "END" and open_parts:
            if open_parts.pop() == "VEVENT":
                yield start, event
        elif open_parts and open_parts[-1] == "VEVENT":
            event[name] = value


def _days_of(event: Mapping[str, str], line: int, path: str | Path) -> list[date]:
    first = _day(event.get("DTSTART", ""), line, path)
    if first is None or event.get("STATUS", "").upper() == "CANCELLED":
        return []
    if "RRULE" in event or "RDATE" in event:
        hint = "write each of its days as a separate event"
        raise InputError("an all-day event repeats", file=path, place=line, hint=hint, code="calendar")
    after = _day(event.get("DTEND", ""), line, path)
    duration = _DURATION.fullmatch(event.get("DURATION", ""))
    length = 1
    if after is not None:
        length = max((after - first).days, 1) if after >= first else 0
    elif duration is not None:
        length = 7 * int(duration[1] or 0) + int(duration[2] or 0)
    if length < 1:
        raise InputError("an all-day event ends before it starts", file=path, place=line, code="calendar")
    return _span(first, length, f"line {line}", path)


def _day(text: str, line: int, path: str | Path) -> date | None:
    found = _DAY.fullmatch(text)
    if found is None:
        return None  # with a time, or absent
    year, month, day = (int(part) for part in found.groups())
    try:
        return date(year, month, day)
    except ValueError as error:
        reason = f"{shown(text)} is not a calendar date"
        raise InputError(reason, file=path, place=line, code="no-date") from error
