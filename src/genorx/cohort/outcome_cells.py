"""Outcomes given by dates or by event words, converted to columns of times and 0/1 events.

After that they are read as any other outcome (``cohort.kinds``).  A table with both columns stays as it is.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pandas as pd

from genorx._core.time_units import DAYS_PER_UNIT
from genorx.cohort.patient_rows import PatientRows
from genorx.cohort.tables.dates import days_of
from genorx.cohort.tables.raw import TEXT, RawTable
from genorx.errors import TableError, cell_description, shown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from genorx.cohort.study_file.sections import OutcomeSection


def with_times_and_events(section: OutcomeSection, rows: PatientRows) -> tuple[OutcomeSection, PatientRows]:
    """Return an outcome and its table with times in place of dates, and events coded 0 and 1.

    Raises
    ------
    TableError
        ``outcome-date`` for a cell that is no date, or dates whose order of day and month cannot be determined;
        ``event-coding`` where no patient has the value that codes the event, or the other values are several.
    """
    if section.since is not None and section.until is not None:
        rows = _with_time(section, rows)
        section = section.model_copy(update={"time": section.until, "since": None, "until": None})
    if section.event_value is not None and section.event is not None:
        rows = replace(rows, raw=_with_event(rows.raw, section.event, section.event_value))
        section = section.model_copy(update={"event_value": None})
    return section, rows


def _with_time(section: OutcomeSection, rows: PatientRows) -> PatientRows:
    """Return the table with the time between two days in place of the later one, in the outcome's unit."""
    first, last = (_days(rows.raw, str(column)) for column in (section.since, section.until))
    scale = DAYS_PER_UNIT[str(section.unit)]
    times = [None if a is None or b is None else repr((b - a) / scale) for a, b in zip(first, last, strict=True)]
    return replace(rows, raw=_with_column(rows.raw, str(section.until), times))


def _with_column(raw: RawTable, column: str, texts: Sequence[str | None]) -> RawTable:
    if raw.decimal == ",":
        texts = [None if text is None else text.replace(".", ",") for text in texts]
    return replace(raw, cells=raw.cells.assign(**{column: pd.array(list(texts), dtype=TEXT)}))


def _days(raw: RawTable, column: str) -> list[int | None]:
    cells = raw.text(column)
    texts = [None if pd.isna(cell) else str(cell) for cell in cells]
    days, problem, at = days_of(texts)
    if problem is not None:
        raise TableError(
            problem,
            file=raw.path,
            place=raw.place(at, column),
            hint="write days as 2024-03-31; an empty cell is a day that is not known",
            code="outcome-date",
        )
    return days


def _with_event(raw: RawTable, column: str, value: str) -> RawTable:
    """Return the table with 1 for the event words and 0 for the single other value."""
    cells = raw.text(column)
    others = [text for text in dict.fromkeys(cells.dropna()) if text != value]
    happened = cells == value
    if len(others) > 1 or not bool(happened.fillna(False).any()):
        listed = ", ".join(cell_description(text) for text in others[:5]) + (", ..." if len(others) > 5 else "")
        nobody = f"no patient has {shown(value)!r}; cells hold {listed or 'nothing'}"
        several = f"beside {shown(value)!r} there are several values: {listed}"
        raise TableError(
            several if len(others) > 1 and bool(happened.fillna(False).any()) else nobody,
            file=raw.path,
            place=f'column "{shown(column)}"',
            hint="event_value is the cell of a patient with the event; all other patients need one other value",
            code="event-coding",
        )
    coded = [None if pd.isna(cell) else ("1" if cell == value else "0") for cell in cells]
    return _with_column(raw, column, coded)
