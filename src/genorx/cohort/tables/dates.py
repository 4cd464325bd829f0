"""In which order a column writes day, month and year."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

_ISO = re.compile(r"(\d{4})-(\d{2})-(\d{2})(?:[T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?)?")
_OTHER = re.compile(r"(\d{1,2})([./-])(\d{1,2})\2(\d{4}|\d{2})")


@dataclass(frozen=True, slots=True, kw_only=True)
class DateForms:
    """How many texts are dates of which order; ``open`` ones fit day-month and month-day alike."""

    iso: int
    day_first: int
    month_first: int
    open: int
    other: int

    @property
    def dates(self) -> int:
        """Texts that are dates."""
        return self.iso + self.day_first + self.month_first + self.open

    @property
    def problem(self) -> str | None:
        """What is wrong with the order, or None."""
        orders = [self.iso > 0, self.day_first > 0, self.month_first > 0]
        if sum(orders) > 1:
            counts = f"{self.iso} year first, {self.day_first} day first, {self.month_first} month first"
            return f"dates are written in two orders ({counts})"
        if self.open and self.iso:
            return f"dates are written in two ways ({self.iso} year first, {self.open} with day or month first)"
        if self.open and not any(orders):
            return f"it cannot be told whether day or month comes first in {self.open} dates"
        return None


def date_forms(texts: Iterable[str]) -> DateForms:
    """Return how texts write dates.

    >>> date_forms(["31/12/2020", "12/31/2020"]).problem
    'dates are written in two orders (0 year first, 1 day first, 1 month first)'
    """
    counts = {"iso": 0, "day_first": 0, "month_first": 0, "open": 0, "other": 0}
    for text in texts:
        counts[_form(text)] += 1
    return DateForms(**counts)


def _form(text: str) -> str:
    if match := _ISO.fullmatch(text):
        return "iso" if _exists(int(match[1]), int(match[2]), int(match[3])) else "other"
    if not (match := _OTHER.fullmatch(text)):
        return "other"
    first, second = int(match[1]), int(match[3])
    day_first, month_first = _exists(2000, second, first), _exists(2000, first, second)
    if day_first and month_first and first != second:
        return "open"
    if not (day_first or month_first):
        return "other"
    return "open" if first == second else ("day_first" if day_first else "month_first")


def _exists(year: int, month: int, day: int) -> bool:
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True
