"""A table of patients from a file, with ids as written there, as input of models."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from genorx.published.inputs.inputs import TableSource

if TYPE_CHECKING:
    from genorx.cohort.tables.numbers import Decimal


def read_patients(table: Path, id_column: str | None = None) -> tuple[pd.DataFrame, TableSource]:
    """Return the cells of a table with a column ``patient_id``, and their source.

    Parameters
    ----------
    table : path
        The file.
    id_column : str, optional
        Column of patient ids; by default found by its name.

    Raises
    ------
    TableError
        If the file is not a table, or an id is absent or appears twice.
    """
    from genorx.cohort.tables.ids import find_id_column, read_ids
    from genorx.cohort.tables.raw import read_raw
    from genorx.cohort.tables.table_faults import TableFaults

    raw = read_raw(table)
    faults = TableFaults(table)
    ids, findings = read_ids(raw, id_column or find_id_column(raw), faults)
    faults.raise_if_any()
    source = TableSource(file=str(table), rows=raw.rows, findings=(*raw.findings, *findings))
    cells = raw.cells if raw.decimal == "." else raw.cells.apply(partial(_with_point, decimal=raw.decimal))
    return cells.assign(patient_id=ids), source


def _with_point(column: pd.Series[Any], decimal: Decimal) -> pd.Series[Any]:
    """Return a column whose numbers have a decimal point, of a file that writes another sign."""
    from genorx.cohort.tables.numbers import read_number

    texts = [text for text in column.dropna().unique() if decimal in text]
    numbers = {text: read_number(text, decimal) for text in texts}
    return column.replace({text: repr(number) for text, number in numbers.items() if number is not None})
