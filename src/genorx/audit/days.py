"""Days as integers: days since 1970-01-01, with one value for "not known".

A column has many cells and few distinct days: each text is parsed once.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Days = NDArray[np.int32]

#: A day that is not known; it is earlier than every other.
NO_DAY = int(np.iinfo(np.int32).min)
#: An open start and an open end of a period: before and after every calendar day.
FIRST_DAY, LAST_DAY = -1_000_000, 4_000_000
_EPOCH = date(1970, 1, 1).toordinal()
_DAY = re.compile(r"(\d{4})-?(\d\d)-?(\d\d)(?:[T ][\d:.]+(?:Z|[+-][\d:]+)?)?", re.ASCII)


def day_of(text: str) -> int | None:
    """Parse ``2024-01-05`` or ``20240105`` as a day, ignoring a time of day; None for any other text.

    >>> day_of("1970-01-02"), day_of("20240105"), day_of("2024-02-30"), day_of("00000000")
    (1, 19727, None, None)
    """
    found = _DAY.fullmatch(text)
    return None if found is None else calendar_day(int(found[1]), int(found[2]), int(found[3]))


def calendar_day(year: int, month: int, day: int) -> int | None:
    """Return the number of a calendar day; None if the calendar has no such day."""
    try:
        return date(year, month, day).toordinal() - _EPOCH
    except ValueError:
        return None


def iso(day: int) -> str:
    """Format a day as ISO text; empty if not known.

    >>> iso(19727), iso(NO_DAY)
    ('2024-01-05', '')
    """
    return "" if day == NO_DAY else date.fromordinal(int(day) + _EPOCH).isoformat()


def read_days(texts: pd.Series[Any]) -> tuple[Days, NDArray[np.bool_]]:
    """Parse a column of days, and return a mask of invalid texts; an empty one is not known and valid.

    Parameters
    ----------
    texts : Series of str, length n

    Returns
    -------
    days : array of int32, shape (n,)
        ``NO_DAY`` where the text is empty or invalid.
    wrong : array of bool, shape (n,)
        True where the text is invalid.
    """
    codes, known = pd.factorize(texts)
    found = [(NO_DAY if not text else day_of(text)) for text in map(str, known)] + [NO_DAY]
    days = np.array([NO_DAY if day is None else day for day in found], dtype=np.int32)
    wrong = np.array([day is None for day in found])
    return days[codes], wrong[codes]


def days_of(texts: pd.Series[Any]) -> Days:
    """Parse a column whose texts are ISO days or empty, as in a table of claims."""
    return read_days(texts)[0]


def iso_texts(days: Days) -> NDArray[np.object_]:
    """Format days as ISO texts, shape as ``days``; empty where not known."""
    known, codes = np.unique(days, return_inverse=True)
    return np.array([iso(day) for day in known], dtype=object)[codes]
