"""Ages from birth dates: the date is removed from a table first, and stored nowhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from genorx._core.time_units import DAYS_PER_YEAR
from genorx.cohort.tables.dates import days_of
from genorx.cohort.tables.raw import TEXT, RawTable
from genorx.errors import TableError, shown

#: Name of the new column.
AGE = "age_years"


def with_ages(raw: RawTable, births: Mapping[str, str]) -> RawTable:
    """Return a table with the age in years in place of the date of birth.

    Parameters
    ----------
    raw : RawTable
    births : mapping of column to column
        Column of birth dates, and column of the dates at which the age is computed.

    Raises
    ------
    TableError
        ``no-column``; ``birth-date`` for a cell that is no date, dates whose order cannot be determined, a birth after
        the date of the age, or a table that has the age already.  No error shows a cell.
    """
    for birth, day in births.items():
        if AGE in raw.columns:
            reason = f'the table has "{AGE}" already, which would be computed from "{shown(birth)}"'
            raise TableError(reason, file=raw.path, hint="exclude one of the two", code="birth-date")
        years = _years(raw, birth, day)
        texts = [None if np.isnan(age) else f"{age:.2f}".replace(".", raw.decimal) for age in years]
        cells = raw.cells.drop(columns=birth).assign(**{AGE: pd.array(texts, dtype=TEXT)})
        columns = tuple(name for name in raw.columns if name != birth)
        raw = replace(raw, cells=cells, columns=(*columns, AGE), floats=raw.floats - {birth} | {AGE})
    return raw


def _years(raw: RawTable, birth: str, day: str) -> np.ndarray:
    born, then = _days(raw, birth), _days(raw, day)
    years: np.ndarray = (then - born) / DAYS_PER_YEAR
    before = np.flatnonzero(years < 0)
    if before.size:
        raise _fault(raw, birth, int(before[0]), f'the birth is after the day of "{shown(day)}"')
    return years


def _days(raw: RawTable, column: str) -> np.ndarray:
    texts = [None if pd.isna(cell) else str(cell) for cell in raw.text(column)]
    days, problem, at = days_of(texts)
    if problem is not None:
        raise _fault(raw, column, at, problem)
    return np.array([np.nan if each is None else each for each in days], dtype=float)


def _fault(raw: RawTable, column: str, at: int | None, reason: str) -> TableError:
    return TableError(
        reason, file=raw.path, place=raw.place(at, column), hint="write days as 1961-03-31", code="birth-date"
    )
