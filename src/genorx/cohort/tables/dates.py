"""Detection of the order of day, month and year in a column."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from genorx._core.provenance import today

_ISO = re.compile(r"(\d{4})-(\d{2})-(\d{2})(?:[T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?)?", re.ASCII)
_OTHER = re.compile(r"(\d{1,2})([./-])(\d{1,2})\2(\d{4}|\d{2})", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class DateForms:
    """Counts of texts by date order; ``open`` ones fit day-month and month-day alike."""

    iso: int
    day_first: int
    month_first: int
    open: int
    other: int

    @property
    def dates(self) -> int:
        """Number of texts that are dates."""
        return self.iso + self.day_first + self.month_first + self.open

    @property
    def problem(self) -> str | None:
        """The reason why the order is unclear, or None."""
        orders = [self.iso > 0, self.day_first > 0, self.month_first > 0]
        if sum(orders) > 1:
            counts = f"{self.iso} year first, {self.day_first} day first, {self.month_first} month first"
            return f"dates are written in two orders ({counts})"
        if self.open and self.iso:
            return f"dates are written in two ways ({self.iso} year first, {self.open} with day or month first)"
        if self.open and not any(orders):
            return f"it cannot be determined whether day or month comes first in {self.open} dates"
        return None


def date_forms(texts: Iterable[str]) -> DateForms:
    """Count the date orders of texts.

    >>> date_forms(["31/12/2020", "12/31/2020"]).problem
    'dates are written in two orders (0 year first, 1 day first, 1 month first)'
    """
    counts = {"iso": 0, "day_first": 0, "month_first": 0, "open": 0, "other": 0}
    for text in texts:
        counts[_form(text)] += 1
    return DateForms(**counts)


def days_of(texts: Sequence[str | None]) -> tuple[list[int | None], str | None, int | None]:
    """Return the ordinal number of each text's day (year 1 begins with 1); None if it is no date.

    Also returned are the problem, if any (a text that is no date, or dates whose order of day and month cannot be
    determined), and the position of the text concerned.  A time of the day is ignored.

    >>> days_of(["2020-01-31", None, "2020-02-01T10:00"])[0]
    [737455, None, 737456]
    >>> days_of(["31/01/2020", "01/02/2020"])[0], days_of(["01/02/2020"])[1]
    ([737455, 737456], 'it cannot be determined whether day or month comes first in 1 dates')
    """
    known = [text for text in texts if text is not None]
    forms = date_forms(known)
    if forms.other or forms.problem:
        wrong = next((at for at, text in enumerate(texts) if text is not None and _form(text) == "other"), None)
        problem = "the cell is no date" if wrong is not None else forms.problem
        return [], problem, next(iter(range(len(texts))), None) if wrong is None else wrong
    order = "month_first" if forms.month_first else "day_first"
    return [None if text is None else _day(text, order) for text in texts], None, None


def iso_day(text: str) -> date | None:
    """Return the day of a date written with the year first, ignoring a time of the day; None for any other text.

    >>> iso_day("2020-01-31"), iso_day("2020-01-311"), iso_day("20200131"), iso_day("2020-02-30")
    (datetime.date(2020, 1, 31), None, None, None)
    """
    match = _ISO.fullmatch(text)
    if match is None or not exists(int(match[1]), int(match[2]), int(match[3])):
        return None
    return date(int(match[1]), int(match[2]), int(match[3]))


def _day(text: str, order: str) -> int:
    if (known := iso_day(text)) is not None:
        return known.toordinal()
    match = _OTHER.fullmatch(text)
    if match is None:
        raise ValueError("no date")  # the form was checked before
    day, month = (match[1], match[3]) if order == "day_first" else (match[3], match[1])
    return date(_full_year(match[4]), int(month), int(day)).toordinal()


def _full_year(text: str) -> int:
    """Return a four-digit year; one of two digits belongs to the hundred years that end with the current one."""
    year = int(text)
    if len(text) == 4:
        return year
    now = date.fromisoformat(today()).year
    return now - (now - year) % 100


def _form(text: str) -> str:
    if _ISO.fullmatch(text):
        return "other" if iso_day(text) is None else "iso"
    if not (match := _OTHER.fullmatch(text)):
        return "other"
    first, second = int(match[1]), int(match[3])
    day_first, month_first = exists(2000, second, first), exists(2000, first, second)
    if day_first and month_first and first != second:
        return "open"
    if not (day_first or month_first):
        return "other"
    return "open" if first == second else ("day_first" if day_first else "month_first")


def exists(year: int, month: int, day: int) -> bool:
    """Return whether a day is in the calendar.

    >>> exists(2020, 2, 29), exists(2021, 2, 29), exists(0, 1, 1)
    (True, False, False)
    """
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True
