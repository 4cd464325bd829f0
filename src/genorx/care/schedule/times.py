"""Local times to instants: offsets follow the zone, also for nonexistent and ambiguous local times.

Source: RFC 5545, section 3.3.5: a local time in a gap is read with the offset before it, one that occurs twice is the
first.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from genorx.errors import Finding, Severity


@dataclass(frozen=True, slots=True)
class Span:
    """Start and end of a visit, with offsets; ``strange`` is ``missing`` or ``twice`` for such a local time."""

    start: datetime
    end: datetime
    strange: str = ""


def visit_span(day: date, clock: time, minutes: int, zone: ZoneInfo) -> Span:
    """Return start and end of a visit, ``minutes`` of elapsed time apart.

    >>> found = visit_span(date(2026, 3, 29), time(2, 30), 60, ZoneInfo("Europe/Berlin"))
    >>> found.start.isoformat(), found.end.isoformat(), found.strange
    ('2026-03-29T03:30:00+02:00', '2026-03-29T04:30:00+02:00', 'missing')
    """
    local = datetime.combine(day, clock, tzinfo=zone)  # fold 0: in a gap the offset before it, of two times the first
    instant = local.astimezone(UTC)
    start = instant.astimezone(zone)
    strange = ""
    if start.replace(tzinfo=None) != local.replace(tzinfo=None):
        strange = "missing"
    elif local.utcoffset() != local.replace(fold=1).utcoffset():
        strange = "twice"
    return Span(start, (instant + timedelta(minutes=minutes)).astimezone(zone), strange)


def time_finding(strange: str, local: str, place: str, patient_id: str | None) -> Finding:
    """Return the finding on a nonexistent or ambiguous local time."""
    code: str
    severity: Severity
    if strange == "missing":
        code, severity = "local-time-missing", "warning"
        text = f"the local time {local} does not exist, as clocks go forward: it is read with the offset before"
    else:
        code, severity = "local-time-twice", "info"
        text = f"the local time {local} occurs twice, as clocks go back: the first is taken"
    return Finding(code=code, severity=severity, message=text, patient_id=patient_id, place=place)
