"""Opening of DICOM files, and their header elements as plain values.

Only elements needed for images and masks are read; names and birth dates are never read.
"""

from __future__ import annotations

import struct
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from genorx._core.extras import require
from genorx._core.numerals import whole_number
from genorx.errors import GenorxError, ImageError

#: Errors of pydicom for damaged files and elements.
DAMAGED = (
    *(AttributeError, EOFError, IndexError, KeyError, LookupError, NotImplementedError, OSError, OverflowError),
    *(RuntimeError, TypeError, ValueError, struct.error),
)


def opened(path: str | Path, *, pixels: bool = True) -> Any | None:
    """Return the data set of a DICOM file, or None if it is not DICOM."""
    pydicom = require("pydicom", extra="imaging")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return pydicom.dcmread(path, stop_before_pixels=not pixels)
    except (pydicom.errors.InvalidDicomError, *DAMAGED):
        return None


@contextmanager
def elements_of(path: str | Path, code: str) -> Iterator[None]:
    """Turn an error of an impossible header value into an error of the file.

    Raises
    ------
    ImageError
        With ``code``.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except GenorxError:
        raise
    except DAMAGED as error:
        raise ImageError("an element of the header is missing or invalid", file=path, code=code) from error


def text(dataset: Any, name: str) -> str:
    """Return an element as stripped text; empty if it is absent."""
    value = dataset.get(name)
    return "" if value is None else str(value).strip()


def number(dataset: Any, name: str) -> float | None:
    """Return an element as a finite number; None if it is absent or empty."""
    value = dataset.get(name)
    if value is None or value == "":
        return None
    found = float(value)
    return found if np.isfinite(found) else None


def numbers(dataset: Any, name: str, size: int) -> NDArray[np.float64] | None:
    """Return an element of ``size`` finite numbers; None if it is absent or has another size."""
    value = dataset.get(name)
    if value is None or value == "" or len(value) != size:
        return None
    found = np.array([float(each) for each in value])
    return found if np.isfinite(found).all() else None


def sequence(dataset: Any, name: str) -> list[Any]:
    """Return the items of a sequence; empty if it is absent."""
    value = dataset.get(name)
    return [] if value is None else list(value)


def functional_group(dataset: Any, group: Any, name: str) -> Any:
    """Return the first item of a functional group: per frame, otherwise shared by all frames, otherwise None."""
    shared = [item for each in sequence(dataset, "SharedFunctionalGroupsSequence") for item in sequence(each, name)]
    return next(iter([*sequence(group, name), *shared]), None)


def iso_date(value: str) -> str:
    """Return a DICOM date as ISO text; empty if invalid.

    >>> iso_date("20240229"), iso_date("20230229"), iso_date("")
    ('2024-02-29', '', '')
    """
    day = _day(value)
    return "" if day is None else day.date().isoformat()


def moment(date: str, time: str) -> datetime | None:
    """Combine a DICOM date and time; None if one is absent or impossible.

    >>> moment("20240229", "101500.5")
    datetime.datetime(2024, 2, 29, 10, 15, 0, 500000)
    """
    day, elapsed = _day(date), time_of_day(time)
    return None if day is None or elapsed is None else day + elapsed


def moment_of(value: str) -> datetime | None:
    """Parse a DICOM date-time (local; an offset from UTC is ignored)."""
    local = value.partition("+")[0].partition("-")[0]
    return moment(local[:8], local[8:])


def time_of_day(value: str) -> timedelta | None:
    """Parse a DICOM time (HHMMSS.FFFFFF, also cut after the minutes) as time since midnight."""
    clock, _, fraction = value.partition(".")
    parts = [whole_number(clock[at : at + 2]) for at in range(0, len(clock), 2)]
    if not 1 <= len(parts) <= 3 or None in parts or len(clock) % 2:
        return None
    hours, minutes, seconds = ([each or 0 for each in parts] + [0, 0])[:3]
    micro = whole_number((fraction + "000000")[:6])
    if micro is None or hours > 23 or minutes > 59 or seconds > 60:
        return None
    return timedelta(hours=hours, minutes=minutes, seconds=seconds, microseconds=micro)


def _day(value: str) -> datetime | None:
    digits = value.replace(".", "")
    if len(digits) != 8 or whole_number(digits) is None:
        return None
    try:
        return datetime(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return None
