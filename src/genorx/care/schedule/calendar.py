"""Opening days of a site: weekdays, closed days, and the local time of visits."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, time
from functools import cached_property
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel

from genorx._core.files import FileKind
from genorx.care.schedule.closed_days import closed_days
from genorx.cohort.faults import Faults
from genorx.cohort.study_file.toml_sections import CLOSED, TomlSections, parse_toml
from genorx.errors import InputError, shown

_FILE = FileKind(name="calendar", error=InputError, code="calendar", absent="file-not-found")
_NAMES = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_MOST_MINUTES = 24 * 60


@dataclass(frozen=True)
class Calendar:
    """The open days of a site, and the times of visits.

    Attributes
    ----------
    weekdays : str or list of int
        Open weekdays: ``"mon-fri"``, ``"mon,wed,fri"``, or numbers with Monday 0.
    closed : list of days and spans, or name of an .ics file
        Closed days.  A span is ``{"start": ..., "end": ...}``, both days included; of a file, the days of all-day
        events.
    timezone : str, optional
        IANA name; without it visits have dates but no times.
    visit_time, laboratory_time : str or time
        Local time of treatments and of laboratory visits, ``HH:MM``.
    minutes : int
        Length of a visit in minutes.
    file : path, optional
        File from which it was read; names of files in ``closed`` are relative to it.

    Raises
    ------
    InputError
        ``no-open-day``, ``no-date``, ``time-zone``, ``calendar``; all faults are reported at once.
    """

    weekdays: str | Iterable[int] = "mon-fri"
    closed: Any = ()
    timezone: str | None = None
    visit_time: str | time = "09:00"
    laboratory_time: str | time = "08:00"
    minutes: int = 60
    file: str | Path | None = field(default=None, compare=False, repr=False)

    def __post_init__(self) -> None:
        faults = Faults()
        for part in ("open_weekdays", "closed_days", "zone", "visit_clock", "laboratory_clock"):
            with faults.catch():
                getattr(self, part)
        whole = isinstance(self.minutes, int) and not isinstance(self.minutes, bool)
        if not whole or not 1 <= self.minutes <= _MOST_MINUTES:
            faults.add(self._fault("minutes", f"a whole number of 1 to {_MOST_MINUTES} is needed"))
        faults.raise_if_any()

    def _fault(self, key: str, reason: str, *, code: str = "calendar", hint: str | None = None) -> InputError:
        return InputError(f"{key}: {reason}", file=self.file, place=key, hint=hint, code=code)

    @cached_property
    def open_weekdays(self) -> frozenset[int]:
        """Numbers of the weekdays that are open, Monday 0."""
        found = _of_names(self.weekdays) if isinstance(self.weekdays, str) else _of_numbers(self.weekdays)
        if found is None:
            hint = 'such as "mon-fri", "mon,wed,fri" or [0, 2, 4]'
            raise self._fault("weekdays", "not weekdays", hint=hint)
        if not found:
            raise self._fault("weekdays", "no weekday is open", code="no-open-day")
        return found

    @cached_property
    def closed_days(self) -> frozenset[date]:
        """Days that are closed."""
        return closed_days(self.closed, file=self.file)

    @cached_property
    def zone(self) -> ZoneInfo | None:
        """The time zone, if given."""
        if self.timezone is None:
            return None
        try:
            return ZoneInfo(self.timezone)
        except (ZoneInfoNotFoundError, ValueError, TypeError, OSError) as error:
            reason = f"{shown(self.timezone)!r} is not a time zone"
            raise self._fault("timezone", reason, code="time-zone", hint="an IANA name: Europe/Berlin") from error

    @cached_property
    def visit_clock(self) -> time:
        """Local time of a treatment."""
        return self._clock("visit_time")

    @cached_property
    def laboratory_clock(self) -> time:
        """Local time of a laboratory visit."""
        return self._clock("laboratory_time")

    def _clock(self, key: str) -> time:
        stated = getattr(self, key)
        try:
            found = stated if isinstance(stated, time) else time.fromisoformat(stated)
        except (TypeError, ValueError):
            found = None
        if found is None or found.tzinfo is not None or found.microsecond:
            raise self._fault(key, "not a local time", hint="write HH:MM")
        return found

    def is_open(self, day: date) -> bool:
        """Return whether a day is open: its weekday is, and it is not closed."""
        return day.weekday() in self.open_weekdays and day not in self.closed_days

    def to_dict(self) -> dict[str, Any]:
        """Return the settings as plain values."""
        return {
            "weekdays": sorted(self.open_weekdays),
            "closed": sorted(day.isoformat() for day in self.closed_days),
            "timezone": self.timezone,
            "visit_time": f"{self.visit_clock:%H:%M}",
            "laboratory_time": f"{self.laboratory_clock:%H:%M}",
            "minutes": self.minutes,
        }


def _of_names(text: str) -> frozenset[int] | None:
    found: set[int] = set()
    for part in filter(None, (each.strip().lower() for each in text.split(","))):
        first, dash, last = (name.strip() for name in part.partition("-"))
        if first not in _NAMES or (dash and last not in _NAMES):
            return None
        start, end = _NAMES.index(first), _NAMES.index(last if dash else first)
        found.update((start + step) % 7 for step in range((end - start) % 7 + 1))
    return frozenset(found)


def _of_numbers(numbers: Any) -> frozenset[int] | None:
    if not isinstance(numbers, Iterable):
        return None
    listed = list(numbers)
    whole = all(isinstance(each, int) and not isinstance(each, bool) and 0 <= each <= 6 for each in listed)
    return frozenset(listed) if whole else None


class _CalendarTable(BaseModel):
    model_config = CLOSED
    weekdays: str | list[int] = "mon-fri"
    closed: Any = []
    timezone: str | None = None
    visit_time: Any = "09:00"
    laboratory_time: Any = "08:00"
    minutes: int = 60


class _CalendarFile(BaseModel):
    model_config = CLOSED
    calendar: _CalendarTable


_CALENDAR = TomlSections(whole=_CalendarFile, sections={("calendar",): _CalendarTable})


def read_calendar(path: str | Path) -> Calendar:
    r"""Return the calendar of a TOML file with a table ``[calendar]``.

    Raises
    ------
    InputError
        ``toml``, ``unknown-key``, ``wrong-value``; as ``Calendar``.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> folder = Path(tempfile.mkdtemp())
    >>> _ = (folder / "calendar.toml").write_text('[calendar]\nweekdays = "mon-thu"\nclosed = [2026-03-09]\n')
    >>> read_calendar(folder / "calendar.toml").weekdays
    'mon-thu'
    """
    text = _FILE.read_text(path)
    table = _CALENDAR.validated(parse_toml(text, path), text, path).calendar
    return Calendar(**dict(table), file=path)
