"""Conversion of tables to JSON values and back: missing numbers are null."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd


def to_records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return one object per row; a missing or non-finite number is None.

    >>> to_records(pd.DataFrame({"a": [1.5, float("nan")]}))
    [{'a': 1.5}, {'a': None}]
    """
    names = [str(name) for name in frame.columns]
    return [
        {name: _plain(value) for name, value in zip(names, row, strict=True)}
        for row in frame.itertuples(index=False, name=None)
    ]


def rounded_records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return one object per row, numbers with at most ten decimals."""
    records: list[dict[str, Any]] = json.loads(frame.to_json(orient="records", double_precision=10))
    return records


def from_records(rows: Sequence[Mapping[str, Any]], columns: Sequence[str] = ()) -> pd.DataFrame:
    """Return the table of a list of records; ``columns`` are those of an empty one."""
    frame = pd.DataFrame(list(rows)) if rows else pd.DataFrame(columns=list(columns))
    return frame.infer_objects()


def _plain(value: Any) -> Any:
    value = value.item() if hasattr(value, "item") else value
    if value is None or (isinstance(value, float) and value - value != 0):
        return None
    return value
