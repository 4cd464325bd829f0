"""Dates of records: validated, kept in the given precision, compared by their last day.

Source: HL7 FHIR R4, types date, dateTime and instant (https://hl7.org/fhir/R4/datatypes.html).
"""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from functools import lru_cache

from genorx._core.time_units import DAYS_PER_YEAR

_MOMENT = re.compile(
    r"(\d{4})(?:-(\d\d)(?:-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.\d+)?)?(?:Z|[+-](\d\d):(\d\d))?)?)?)?",
    re.ASCII,
)
_TIME = re.compile(
    r"T(?:[01]\d|2[0-3]):[0-5]\d(?::(?:[0-5]\d|60)(?:\.\d+)?)?(?:Z|[+-](?:0\d|1[0-4]):[0-5]\d)", re.ASCII
)
_AGE = re.compile(
    r"P(?:(\d+(?:\.\d+)?)Y)?(?:(\d+(?:\.\d+)?)M)?(?:(\d+(?:\.\d+)?)W)?(?:(\d+(?:\.\d+)?)D)?(?:T.*)?", re.ASCII
)


def is_moment(text: str) -> bool:
    """Return whether text is an existing date, dateTime or instant of FHIR; a time needs its zone.

    >>> is_moment("2021-02"), is_moment("2021-02-30"), is_moment("YYYY-MM-DD"), is_moment("2021-02-03T10:00:00")
    (True, False, False, False)
    """
    return _exists(text[:10]) and (len(text) <= 10 or _TIME.fullmatch(text, 10) is not None)


@lru_cache(maxsize=1 << 16)  # records have many dates, but few distinct days
def _exists(text: str) -> bool:
    found = _MOMENT.fullmatch(text)
    if found is None:
        return False
    year, month, day, hour, minute, second, zone_hour, zone_minute = (int(part or 0) for part in found.groups())
    if not year or (found[2] and not 1 <= month <= 12) or zone_hour > 14 or zone_minute > 59:
        return False
    if hour > 23 or minute > 59 or second > 60:
        return False
    try:
        date(year, month or 1, day if found[3] else 1)
    except ValueError:
        return False
    return True


def day_of(text: str) -> str | None:
    """Return the date of a dateTime without its time, in the given precision; None if invalid.

    >>> day_of("2020-01-02T10:00:00Z"), day_of("2020-01"), day_of("2020-13-01")
    ('2020-01-02', '2020-01', None)
    """
    known = _exists(text) if len(text) <= 10 else _exists(text[:10]) and _MOMENT.fullmatch(text) is not None
    return text[:10] if known else None


def first_day(text: str) -> date:
    """Return the first day covered by a date of any precision."""
    parts = [int(part) for part in text[:10].split("-")]
    return date(*[*parts, 1, 1][:3])


def last_day(text: str) -> date:
    """Return the last day covered by a date of any precision.

    >>> last_day("2020-02").isoformat()
    '2020-02-29'
    """
    parts = [int(part) for part in text[:10].split("-")]
    if len(parts) == 3:
        return date(*parts)
    if len(parts) == 1:
        return date(parts[0], 12, 31)
    following = date(parts[0] + parts[1] // 12, parts[1] % 12 + 1, 1) if parts[0] < 9999 else date(9999, 12, 31)
    return following - timedelta(days=1)


def years_of_duration(text: str) -> float | None:
    """Return the years of an ISO 8601 duration: years + months / 12 + days / 365.25, a week being 7 days.

    >>> years_of_duration("P5Y1M"), years_of_duration("P14")
    (5.083333333333333, None)
    """
    found = _AGE.fullmatch(text)
    if found is None or not any(found.groups()):
        return None
    years, months, weeks, days = (float(part or 0) for part in found.groups())
    return years + months / 12 + (7 * weeks + days) / DAYS_PER_YEAR


def as_day(value: object) -> date | None:
    """Return the day of a date, a dateTime or its text; None if invalid.

    >>> as_day("2020-05-01T00:00:00Z")
    datetime.date(2020, 5, 1)
    """
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    text = day_of(str(value).strip())
    return date.fromisoformat(text) if text is not None and len(text) == 10 else None
