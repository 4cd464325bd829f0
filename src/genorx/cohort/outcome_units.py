"""Plausibility of the units of times and amounts, by the column's name and the human lifespan.

Nothing is converted: only the user can know which of the two is wrong.  Horizons are checked in ``cohort.horizons``.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from genorx._core.time_units import DAYS_PER_UNIT
from genorx._core.units import Linear, UnitError, conversion, unit_of_name
from genorx.errors import Finding, InputError, StudyError, shown

#: Longer than the longest known life, 122 years (Robine JM, Allard M 1998, Science 279:1834).
LONGEST_LIFE_YEARS = 125.0
#: Times in days that may be years: many patients, no time longer than this, hardly two that end at the longest time.
_FEWEST, _LONGEST_YEARS, _END_TOGETHER = 50, 10.0, 0.05


def check_unit_name(column: str, unit: str, file: str) -> None:
    """Check that a column of an outcome or of days does not name another unit than the declared one.

    Raises
    ------
    StudyError
        ``unit-contradiction``.
    """
    stem, named = unit_of_name(column)
    if named is None:
        return
    try:
        same = conversion(named, unit, stem) == Linear(1.0)
    except UnitError:  # a unit in free text, or a name that only seems to end in a unit
        return
    if not same:
        raise StudyError(
            f'the column is read in {shown(unit)}, "{shown(column)}" has another unit in its name',
            file=file,
            place=f'column "{shown(column)}"',
            hint="state the unit of the numbers, or correct the name of the column",
            code="unit-contradiction",
        )


def time_unit_of_name(column: str) -> str | None:
    """Return the unit of time in the name of a column, such as the months of ``os_months``; None if it has none.

    >>> time_unit_of_name("os_months"), time_unit_of_name("time")
    ('months', None)
    """
    stem, named = unit_of_name(column)
    for unit in DAYS_PER_UNIT if named is not None else ():
        try:
            if conversion(str(named), unit, stem) == Linear(1.0):
                return unit
        except UnitError:  # a unit of another kind
            return None
    return None


def stated_time_unit(given: object, column: str, file: str | Path | None) -> str:
    """Return the unit of a column of times: the given one, else that in its name; empty if it is in neither.

    Raises
    ------
    InputError
        ``spec-value`` for a unit that is none of days, weeks, months and years.
    StudyError
        ``unit-contradiction`` if the name of the column has another unit than the given one.

    >>> stated_time_unit("months", "time", "spec.json"), stated_time_unit("", "os_days", "spec.json")
    ('months', 'days')
    """
    if given == "":
        return time_unit_of_name(column) or ""
    if not isinstance(given, str) or given not in DAYS_PER_UNIT:
        reason = f"'unit' is not one of {', '.join(DAYS_PER_UNIT)}"
        raise InputError(reason, file=file, code="spec-value")
    check_unit_name(column, given, "the specification" if file is None else Path(file).name)
    return given


def beyond_a_life(time: NDArray[np.float64], unit: str) -> NDArray[np.bool_]:
    """Return which times exceed a human lifetime; missing ones do not."""
    return np.asarray(time * DAYS_PER_UNIT[unit] > LONGEST_LIFE_YEARS * DAYS_PER_UNIT["years"])


def may_be_years(time: NDArray[np.float64], unit: str) -> bool:
    """Return whether times in days look like years: short, and with decimals that days seldom have.

    Days counted between dates are whole; days of hours or minutes, or rounded to one decimal, are recognised.
    Follow-up that ends for many patients on one day, as in studies of early mortality, is no reason for doubt either.

    >>> may_be_years(np.arange(7, 3000, 7) / 365.25, "days"), may_be_years(np.arange(60) / 24, "days")
    (True, False)
    """
    known = time[np.isfinite(time)]
    if unit != "days" or len(known) < _FEWEST or known.max() > _LONGEST_YEARS:
        return False
    if np.mean(known == known.max()) >= _END_TOGETHER:
        return False
    ordinary = _near_whole(known * 10, 1e-6) | _near_whole(known * 24, 0.12)  # half of a hundredth day, in hours
    minutes = _near_whole(known * 1440, 0.072) & ~_near_whole(known * 100, 1e-6)
    return bool(np.mean(ordinary | minutes) < 0.5)


def doubted_days(name: str, time: NDArray[np.float64], unit: str, place: str) -> Iterator[Finding]:
    """Yield a finding if times that are read in days may be years."""
    if may_be_years(time, unit):
        message = (
            f'times of "{shown(name)}" are read in days; the longest is {np.nanmax(time):g}, and most have decimals, '
            "as times in years have: check their unit"
        )
        yield Finding(code="unit-unclear", severity="warning", message=message, place=place)


def _near_whole(numbers: NDArray[np.float64], tolerance: float) -> NDArray[np.bool_]:
    return np.asarray(np.abs(numbers - np.round(numbers)) <= tolerance)
