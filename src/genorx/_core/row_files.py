"""Row files written in batches, with the same bytes for any batch sizes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from genorx._core.extras import require

if TYPE_CHECKING:
    import pandas as pd

_GROUP = 50_000  # rows per row group of Parquet, for any batches


class ParquetRows:
    """A Parquet file to which frames of one shape are appended; row groups have a fixed size."""

    def __init__(self, path: Path) -> None:
        self.arrow = require("pyarrow", extra="parquet")
        self.parquet = require("pyarrow.parquet", extra="parquet")
        self.path, self.waiting, self.writer = path, [], None  # type: Path, list[Any], Any

    def add(self, frame: pd.DataFrame) -> None:
        """Append rows; complete row groups are written."""
        self.waiting.append(self.arrow.Table.from_pandas(frame, schema=self._schema(frame), preserve_index=False))
        while sum(each.num_rows for each in self.waiting) >= _GROUP:
            whole = self.arrow.concat_tables(self.waiting).combine_chunks()
            self._write(whole.slice(0, _GROUP))
            self.waiting = [whole.slice(_GROUP)]

    def end(self) -> None:
        """Write the remaining rows."""
        if self.waiting:
            left = self.arrow.concat_tables(self.waiting).combine_chunks()
            if left.num_rows or self.writer is None:
                self._write(left)
        if self.writer is not None:
            self.writer.close()

    def _schema(self, frame: pd.DataFrame) -> Any:
        """Return the column types: numbers stay numbers, everything else is text, even if all values are missing."""
        from pandas.api.types import is_float_dtype, is_integer_dtype

        def kind(column: pd.Series[Any]) -> Any:
            if is_float_dtype(column.dtype):
                return self.arrow.float64()
            return self.arrow.int64() if is_integer_dtype(column.dtype) else self.arrow.string()

        return self.arrow.schema([(str(name), kind(frame[name])) for name in frame.columns])

    def _write(self, table: Any) -> None:
        if self.writer is None:
            self.writer = self.parquet.ParquetWriter(self.path, table.schema)
        self.writer.write_table(table.combine_chunks(), row_group_size=_GROUP)


@contextmanager
def parquet_rows(path: Path) -> Iterator[ParquetRows]:
    """Yield a Parquet file to append to; it appears under its name when the block ends."""
    rows = ParquetRows(path)
    yield rows
    rows.end()
