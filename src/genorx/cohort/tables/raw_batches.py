"""Batch reading of a patient table, and of all its ids, for tables that exceed memory.

The whole table at once is ``cohort.tables.raw``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np

from genorx._core.extras import require
from genorx.cohort.tables.decode import first_bytes, read_bytes
from genorx.cohort.tables.raw import PARQUET, RawTable, TextTable, text_of, with_decimal
from genorx.cohort.tables.raw_parquet import open_parquet, parquet_faults, raw_of_arrow
from genorx.errors import TableError


def raw_batches(path: Path, size: int) -> Iterator[RawTable]:
    """Yield the rows of a CSV, TSV or Parquet table, ``size`` at a time, as ``read_raw`` would give them all.

    Raises
    ------
    TableError
        As ``read_raw``; ``decimal-comma`` where numbers have decimal commas, which only the whole table tells.
    """
    if is_parquet(path):
        yield from _parquet_batches(path, size)
        return
    text = TextTable.of(read_bytes(path), path)
    records = text.records()
    head, chunk = next(records), list(islice(records, size))
    while True:
        raw = text.raw([head[0], *(row for row, _ in chunk)], [head[1], *(record for _, record in chunk)])
        _refuse_decimal_commas(raw)
        yield raw
        chunk = list(islice(records, size))
        if not any(any(record) for _, record in chunk):  # nothing, or blank rows behind the last patient
            return


def ids_of(path: Path, column: str) -> RawTable:
    """Return the patient column of a table, for all its rows.

    Raises
    ------
    TableError
        As ``read_raw``; ``no-id-column`` if there is no such column.
    """
    if is_parquet(path):
        with parquet_faults(path):
            file = open_parquet(path)
            names = {str(name).strip(): name for name in file.schema_arrow.names}
            if column in names:
                return raw_of_arrow(file.read(columns=[names[column]]), path)
            next(_parquet_batches(path, 1)).require_column(column, what="patient id column")
    text = TextTable.of(read_bytes(path), path)
    records = text.records()
    head, *first = islice(records, 2)
    whole = text.raw([head[0], *(row for row, _ in first)], [head[1], *(record for _, record in first)])
    whole.require_column(column, what="patient id column")
    place = head[1].index(column)
    found = [(row, record[place]) for row, record in text.records() if any(record) and len(record) > place][1:]
    cells = text_of([cell or None for _, cell in found]).to_frame(column)
    rows = np.array([row for row, _ in found], dtype=np.int64)
    return replace(whole, columns=(column,), cells=cells, rows=rows, findings=())


def is_parquet(path: Path) -> bool:
    """Return whether a file is Parquet, by its first bytes."""
    return first_bytes(path, len(PARQUET)) == PARQUET


def _parquet_batches(path: Path, size: int) -> Iterator[RawTable]:
    arrow, first = require("pyarrow", extra="parquet"), 1
    with parquet_faults(path):
        for batch in open_parquet(path).iter_batches(batch_size=size):
            yield raw_of_arrow(arrow.Table.from_batches([batch]), path, first=first)
            first += batch.num_rows
        if first == 1:  # no rows: the reader of whole tables says so
            raw_of_arrow(open_parquet(path).read(), path)


def _refuse_decimal_commas(raw: RawTable) -> None:
    """Raise an error for decimal commas: whether a comma is one depends on all rows together."""
    if with_decimal(raw).decimal == ",":
        hint = "write numbers with points, or leave --batch out"
        reason = "numbers have decimal commas, which a table that is read in batches may not have"
        raise TableError(reason, file=raw.path, hint=hint, code="decimal-comma")
