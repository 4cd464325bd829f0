"""Visits as iCalendar text: the same bytes for the same visits, and no patient in it.

Source: RFC 5545, sections 3.1 (lines of 75 octets), 3.3.11 (escaping), 3.6.1 (VEVENT).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta

from genorx._visible import visible
from genorx.care.schedule.identities import Identity

_OCTETS = 75
_ESCAPES = {"\\": "\\\\", ";": "\\;", ",": "\\,"}


def icalendar_text(label: str, identities: Iterable[Identity], stamp: datetime) -> str:
    """Return visits as the text of an ``.ics`` file, with CRLF at the end of each line.

    Parameters
    ----------
    label : str
        Name of the regimen.
    identities : iterable of Identity
        Visits as known to calendars.
    stamp : datetime
        Time of creation (DTSTAMP).
    """
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//genorx//care//EN", "CALSCALE:GREGORIAN"]
    for each in identities:
        lines += _event(label, each, stamp)
    return "".join(f"{part}\r\n" for line in (*lines, "END:VCALENDAR") for part in _folded(line))


def _event(label: str, visit: Identity, stamp: datetime) -> list[str]:
    return [
        "BEGIN:VEVENT",
        f"UID:{visit.uid}",
        f"SEQUENCE:{visit.sequence}",
        f"DTSTAMP:{_utc(stamp)}",
        *_when(visit),
        f"SUMMARY:{_escaped(_summary(label, visit))}",
        f"STATUS:{visit.status.upper()}",
        "END:VEVENT",
    ]


def _when(visit: Identity) -> tuple[str, str]:
    """Return start and end: instants in UTC, or whole days, with the day after as the end."""
    if visit.start is None or visit.end is None:
        day = date.fromisoformat(visit.date)
        after = day + timedelta(days=1)
        return f"DTSTART;VALUE=DATE:{day:%Y%m%d}", f"DTEND;VALUE=DATE:{after:%Y%m%d}"
    return tuple(f"{name}:{_utc(datetime.fromisoformat(text))}" for name, text in
                 (("DTSTART", visit.start), ("DTEND", visit.end)))  # type: ignore[return-value]  # fmt: skip


def _utc(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _summary(label: str, visit: Identity) -> str:
    kind = " (laboratory)" if visit.kind == "laboratory" else ""
    return f"{label} cycle {visit.cycle} day {visit.day}{kind}"


def _escaped(text: str) -> str:
    return "".join(_ESCAPES.get(sign, sign) for sign in visible(text, one_line=True))


def _folded(line: str) -> Iterator[str]:
    """Yield a line in pieces of at most 75 octets, continuation lines after a space; characters are not split."""
    piece = ""
    for sign in line:
        if len((piece + sign).encode()) > _OCTETS:
            yield piece
            piece = " "
        piece += sign
    yield piece
