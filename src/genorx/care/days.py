"""Days given by callers: strict calendar dates."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

from genorx.errors import InputError, shown
from genorx.interop.reading.dates import is_moment


def day_of(value: object, key: str, *, file: str | Path | None = None) -> date:
    """Return a day from a date, or text YYYY-MM-DD.

    Parameters
    ----------
    value : date or str
        A date, or text YYYY-MM-DD.
    key : str
        Name of the day, for the error.
    file : path, optional
        File of the value, for the error.

    Raises
    ------
    InputError
        ``no-date``, also for a day that does not exist (2026-02-29), and for a time.
    """
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    if isinstance(value, str) and len(value) == 10 and is_moment(value):
        return date.fromisoformat(value)
    stated = shown(repr(value)) if isinstance(value, str | datetime) else f"a {type(value).__name__}"
    reason = f"{key}: {stated} is not a calendar date"
    raise InputError(reason, file=file, place=key, hint="write YYYY-MM-DD", code="no-date")


def read_instant(value: str | datetime, key: str) -> datetime:
    """Return a time with its zone.

    Raises
    ------
    InputError
        ``no-date`` for an invalid time, or one without a zone.
    """
    try:
        found = value if isinstance(value, datetime) else datetime.fromisoformat(value)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        hint = "write 2026-03-02T09:00:00+01:00"
        reason = f"{key}: {shown(repr(str(value)))} is not a time with a zone"
        raise InputError(reason, place=key, hint=hint, code="no-date")
    return found
