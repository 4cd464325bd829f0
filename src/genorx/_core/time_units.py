"""Lengths of units of time in days, the only place of these, and the date of a time; it imports nothing but dates."""

from datetime import date, timedelta

DAYS_PER_MONTH, DAYS_PER_YEAR = 30.4375, 365.25  # UCUM mo_j, a_j
#: Days per unit of time, by the words of a study file; a month is a twelfth of a year.
DAYS_PER_UNIT = {"days": 1.0, "weeks": 7.0, "months": DAYS_PER_MONTH, "years": DAYS_PER_YEAR}

_FIRST = date(1970, 1, 1)


def day_of(when: float, unit: str) -> date:
    """Return the date of a time in a unit since 1970.

    >>> day_of(659.922, "months").isoformat()
    '2024-12-29'
    """
    return _FIRST + timedelta(days=round(when * DAYS_PER_UNIT[unit]))
