"""What record tables show of themselves: rows by table, range of dates, units by code, findings; no patient."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

import pandas as pd

from genorx._core.page import FINDINGS_CSS, findings_block, finished
from genorx.interop.reading.columns import COLUMNS, DATES

if TYPE_CHECKING:
    from genorx.interop.reading.record_tables import RecordTables

_MOST_CODES = 30


def tables_html(tables: RecordTables) -> str:
    """Return the page's part for a notebook."""
    rows = [_row(name, tables.frame(name)) for name in COLUMNS]
    parts = [
        f"<style>{FINDINGS_CSS}</style>",
        _table("Records", ("table", "rows", "patients", "first", "last"), rows),
        _table("Units by code", ("code", "name", "unit", "rows"), _units(tables.measurements)),
        findings_block(tables.findings),
    ]
    return finished("\n".join(part for part in parts if part))


def _row(name: str, frame: pd.DataFrame) -> tuple[Any, ...]:
    dates = frame[DATES[name]].dropna() if name in DATES else pd.Series(dtype=object)
    span = (dates.min(), dates.max()) if len(dates) else ("", "")
    return (name, f"{len(frame):,}", f"{frame['patient_id'].nunique():,}", *span)


def _units(measurements: pd.DataFrame) -> list[tuple[Any, ...]]:
    numbers = measurements[measurements["value"].notna()]
    keys = ["system", "code", "unit"]
    grouped = numbers.groupby(keys, dropna=False, sort=False)["name"].agg(["first", "size"]).reset_index()
    grouped = grouped.sort_values("size", ascending=False, kind="stable").head(_MOST_CODES)
    return [
        (f"{row['system']}|{row['code']}", row["first"], row["unit"], f"{row['size']:,}")
        for row in grouped.to_dict("records")
    ]


def _table(title: str, header: tuple[str, ...], rows: list[tuple[Any, ...]]) -> str:
    if not rows:
        return ""
    head = "".join(f"<th>{escape(name)}</th>" for name in header)
    lines = ("".join(f"<td>{escape('' if pd.isna(cell) else str(cell))}</td>" for cell in row) for row in rows)
    body = "".join(f"<tr>{line}</tr>" for line in lines)
    return f"<table><caption>{escape(title)}</caption><tr>{head}</tr>{body}</table>"
