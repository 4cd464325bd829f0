"""Batch reading of a patient table, and of all its ids, for tables that exceed memory.

Reading a whole table at once is ``cohort.tables.raw``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from genorx._core.extras import require
from genorx.cohort.tables.decode import first_bytes, read_bytes
from genorx.cohort.tables.raw import PARQUET, RawTable, TextTable, text_of, with_decimal
from genorx.cohort.tables.raw_parquet import open_parquet, parquet_faults, raw_of_arrow
from genorx.errors import TableError


class Rows(Protocol):
    """Some rows of a table as stored in its file: compact to send to another process, which converts them to cells."""

    def raw(self) -> RawTable:
        """Return the cells as text.

        Raises
        ------
        TableError
        """
        ...


def raw_batches(path: Path, size: int) -> Iterator[Rows]:
    """Yield the rows of a CSV, TSV or Parquet table, ``size`` at a time, as ``read_raw`` would give them all.

    Raises
    ------
    TableError
        As ``read_raw``, here or when the cells of the rows are read; ``decimal-comma`` where numbers have decimal
        commas, which only the whole table can show.
    """
    if is_parquet(path):
        yield from _parquet_batches(path, size)
        return
    text = TextTable.of(read_bytes(path), path)
    shape, records = replace(text, text=""), text.records()
    head, chunk = next(records), list(islice(records, size))
    while True:
        yield _TextRows(shape=shape, head=head, body=chunk)
        chunk = list(islice(records, size))
        if not any(any(record) for _, record in chunk):  # nothing, or blank rows after the last patient
            return


@dataclass(frozen=True, kw_only=True)
class _TextRows:
    """Records of a table of text; ``shape`` is that table without its text."""

    shape: TextTable
    head: tuple[int, list[str]]
    body: list[tuple[int, list[str]]]

    def raw(self) -> RawTable:
        made = self.shape.raw(*map(list, zip(self.head, *self.body, strict=True)))
        _refuse_decimal_commas(made)
        return made


@dataclass(frozen=True, kw_only=True)
class _ArrowRows:
    """A batch of an Arrow table; ``first`` is the number of its first row in the table."""

    path: Path
    batch: Any
    first: int

    def raw(self) -> RawTable:
        arrow = require("pyarrow", extra="parquet")
        with parquet_faults(self.path):
            return raw_of_arrow(arrow.Table.from_batches([self.batch]), self.path, first=self.first)


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
            next(_parquet_batches(path, 1)).raw().require_column(column, what="patient id column")
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


def _parquet_batches(path: Path, size: int) -> Iterator[Rows]:
    first = 1
    with parquet_faults(path):
        for batch in open_parquet(path).iter_batches(batch_size=size):
            yield _ArrowRows(path=path, batch=batch, first=first)
            first += batch.num_rows
        if first == 1:  # no rows: the reader of whole tables raises the error
            raw_of_arrow(open_parquet(path).read(), path)


def _refuse_decimal_commas(raw: RawTable) -> None:
    """Raise an error for decimal commas: whether a comma is one depends on all rows together."""
    if with_decimal(raw).decimal == ",":
        hint = "write numbers with points, or leave --batch out"
        reason = "numbers have decimal commas, which are not allowed in a table that is read in batches"
        raise TableError(reason, file=raw.path, hint=hint, code="decimal-comma")
