"""Outdated facts: a release older than three years is reported wherever its facts are used."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date

from genorx._core.provenance import today
from genorx._core.time_units import DAYS_PER_YEAR
from genorx.errors import Finding

_YEARS = 3
_MONTH = re.compile(r"\d{4}-\d{2}")


def stale_knowledge(name: str, releases: Iterable[str], day: str | None = None) -> list[Finding]:
    """Return a finding if the oldest release is older than three years.

    Parameters
    ----------
    name : str
        Name of the pack or layer of evidence.
    releases : iterable of str
        Releases that begin with a day or a month (``2026-05-01``, ``2026-05``); the age of others is not known.
    day : str, optional
        Day of use (``YYYY-MM-DD``); by default today.
    """
    days = [each for each in map(release_day, releases) if each is not None]
    now = release_day(day or today())
    if not days or now is None or (now - min(days)).days <= _YEARS * DAYS_PER_YEAR:
        return []
    text = f"the pack {name!r} has facts of {min(days).isoformat()}, over {_YEARS} years old"
    return [Finding(code="stale-knowledge", severity="warning", message=text, place=name)]


def release_day(text: str) -> date | None:
    """Return the date at the begin of a release, the first of the month if it has no day; None without a date.

    >>> release_day("2026-05"), release_day("2026-05-17 build 3"), release_day("v3.1")
    (datetime.date(2026, 5, 1), datetime.date(2026, 5, 17), None)
    """
    for known in (text[:10], f"{text[:7]}-01" if _MONTH.fullmatch(text[:7]) else ""):
        try:
            return date.fromisoformat(known)
        except ValueError:
            continue
    return None
