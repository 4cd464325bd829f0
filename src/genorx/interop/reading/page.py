"""Display of record tables without patients: rows by table, range of dates, units by code, findings."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from genorx._core.page import findings_block, html_table, notebook_part
from genorx.interop.reading.columns import COLUMNS, DATES

if TYPE_CHECKING:
    from genorx.interop.reading.record_tables import RecordTables

_MOST_CODES = 30


def tables_html(tables: RecordTables) -> str:
    """Return an HTML fragment for a notebook."""
    rows = [_row(name, tables.frame(name)) for name in COLUMNS]
    parts = [
        html_table(("Table", "Rows", "Patients", "First date", "Last date"), rows, caption="Records"),
        _units_table(tables.measurements),
        findings_block(tables.findings),
    ]
    return notebook_part("\n".join(part for part in parts if part))


def _row(name: str, frame: pd.DataFrame) -> tuple[str, ...]:
    dates = frame[DATES[name]].dropna() if name in DATES else pd.Series(dtype=object)
    span = (str(dates.min()), str(dates.max())) if len(dates) else ("", "")
    return (name, f"{len(frame):,}", f"{frame['patient_id'].nunique():,}", *span)


def _units_table(measurements: pd.DataFrame) -> str:
    """Return the units of the numbers of each code, most frequent first, and how many are not shown."""
    numbers = measurements[measurements["value"].notna()]
    keys = ["system", "code", "unit"]
    grouped = numbers.groupby(keys, dropna=False, sort=False)["name"].agg(["first", "size"]).reset_index()
    grouped = grouped.sort_values("size", ascending=False, kind="stable")
    rows = [
        (f"{row['system']}|{row['code']}", _known(row["first"]), _known(row["unit"]), f"{row['size']:,}")
        for row in grouped.head(_MOST_CODES).to_dict("records")
    ]
    more = len(grouped) - len(rows)
    caption = "Measurements: units by code" + (
        f"; the {len(rows)} most frequent, {more:,} more are not shown" if more else ""
    )
    return html_table(("Code", "Name", "Unit", "Rows"), rows, caption=caption)


def _known(value: object) -> str:
    return "" if pd.isna(value) else str(value)  # type: ignore[call-overload]
