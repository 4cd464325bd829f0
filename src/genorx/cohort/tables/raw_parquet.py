"""A Parquet table as text cells: numbers keep every digit, categories their levels.

The table of cells, and text files, are in ``cohort.tables.raw``.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from genorx._core.extras import require
from genorx._core.limits import check, check_unpacked
from genorx.cohort.tables.raw import RawTable, check_names, text_of, without_unnamed
from genorx.cohort.tables.table_faults import TableFaults
from genorx.errors import GenorxError, TableError


def read_parquet(path: Path) -> RawTable:
    """Return a Parquet table as text; numbers keep every digit."""
    with parquet_faults(path):
        return raw_of_arrow(open_parquet(path).read(), path)


@contextmanager
def parquet_faults(path: Path) -> Iterator[None]:
    """Turn errors of damaged Parquet data into errors of the file.

    Raises
    ------
    TableError
        ``damaged-file``; also for names or texts that are not UTF-8, and dates that do not exist.
    """
    arrow = require("pyarrow", extra="parquet")
    try:
        yield
    except (arrow.ArrowException, OSError, ValueError, OverflowError) as error:
        if isinstance(error, GenorxError):
            raise
        raise TableError("the Parquet data are truncated or damaged", file=path, code="damaged-file") from error


def open_parquet(path: Path) -> Any:
    """Return an open Parquet file that is within the limits."""
    parquet = require("pyarrow.parquet", extra="parquet")
    file = parquet.ParquetFile(path)
    meta = file.metadata
    check("rows", meta.num_rows, file=path)
    check("cells", meta.num_rows * meta.num_columns, file=path)
    groups = [meta.row_group(number) for number in range(meta.num_row_groups)]
    check_unpacked(sum(group.total_byte_size for group in groups), path.stat().st_size, file=path)
    return file


def raw_of_arrow(table: Any, path: Path, *, first: int = 1) -> RawTable:
    """Return an Arrow table as text, its rows numbered from ``first``; numbers keep every digit.

    Raises
    ------
    TableError
        If it has no rows, duplicate columns, or cells that are not single values.
    """
    types = require("pyarrow", extra="parquet").types
    names = [str(name).strip() for name in table.column_names]
    columns = dict(zip(names, table.columns, strict=True))
    faults = TableFaults(path)
    check_names(names, table.num_rows, faults)
    for name, column in zip(names, table.columns, strict=True):
        if types.is_nested(column.type) or types.is_binary(column.type):
            faults.add(f"cells are {column.type}, not single values", code="nested-column", column=name)
    faults.raise_if_any()
    cells = pd.concat([text_of(column.to_pylist()) for column in table.columns], axis=1)
    cells.columns = pd.Index(names)
    coded = {name: column for name, column in columns.items() if types.is_dictionary(column.type)}
    levels = {name: _dictionary(column) for name, column in coded.items()}
    raw = RawTable(
        path=path,
        columns=tuple(names),
        cells=cells,
        rows=np.arange(first, first + table.num_rows),
        floats=frozenset(name for name, column in columns.items() if types.is_floating(column.type)),
        categories=levels,
        ordered=frozenset(name for name, column in coded.items() if column.type.ordered),
    )
    return without_unnamed(raw)


def _dictionary(column: Any) -> tuple[str, ...]:
    """Return the levels of a column that Arrow stores as codes."""
    whole = column.unify_dictionaries()
    values = whole.chunk(0).dictionary.to_pylist() if whole.num_chunks else []
    return tuple(text_of(values).dropna())
