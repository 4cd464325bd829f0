"""A table of patients from a file, with ids as written there, as input of models."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from genorx.published.inputs.inputs import TableSource


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
    return raw.cells.assign(patient_id=ids), source
