"""Builder of the ten tables while a file is read; each distinct text is stored once."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genorx.interop.reading.columns import COLUMNS, FLAG, TEXT, kind_of

TEXT_TYPE = pd.StringDtype("python")  # the same in every version of pandas, with or without pyarrow
_CODED = ("measurements", "conditions", "medications", "procedures", "events")
#: Least number of rows for which memory is saved.
_LARGE = 100_000
Rename = Callable[[str], str | None]
#: Key of a row's other codings, ``SYSTEM|CODE`` by line; they are no column of a table.
OTHERS = "others"


class _Texts:
    """A text column in coded form; while all texts are equal, only their number is stored."""

    def __init__(self) -> None:
        self.numbers: dict[str, int] = {}
        self._codes: array[int] | None = None
        self._first: str | None = None
        self._same = 0

    def append(self, value: str | None) -> None:
        if self._codes is None:
            if value == self._first and self._same:
                self._same += 1
                return
            if not self._same:
                self._first, self._same = value, 1
                return
        self.codes.append(-1 if value is None else self.numbers.setdefault(value, len(self.numbers)))

    @property
    def known(self) -> bool:
        """Return whether any text is not missing."""
        return self._first is not None or bool(self.numbers)

    @property
    def codes(self) -> array[int]:
        """Code of the text of each row; -1 if missing."""
        if self._codes is None:
            code = -1 if self._first is None else self.numbers.setdefault(self._first, len(self.numbers))
            self._codes = array("i", [code]) * self._same
        return self._codes

    def column(self, keep: NDArray[np.bool_] | None, rename: Rename | None) -> Any:
        if self._codes is None and self._same > _LARGE:
            return self._constant(self._same if keep is None else int(keep.sum()), rename)
        codes = np.frombuffer(self.codes, dtype=np.int32) if self.codes else np.empty(0, dtype=np.int32)
        names: list[Any] = list(self.numbers)
        if rename is not None:
            names = [rename(name) for name in names]
        known = np.array([pd.NA if name is None else name for name in (*names, None)], dtype=object)
        return _of_objects(known[codes if keep is None else codes[keep]])

    def _constant(self, size: int, rename: Rename | None) -> Any:
        """Return a constant column, stored once in memory: it is copied before a cell is changed."""
        value = self._first if rename is None or self._first is None else rename(self._first)
        one = np.array([pd.NA if value is None else value], dtype=object)
        rows = np.lib.stride_tricks.as_strided(one, (size,), (0,))  # pandas refuses a read-only array
        column = _of_objects(rows)
        rows.flags.writeable = False
        return column


def _of_objects(values: NDArray[np.object_]) -> Any:
    """Return texts and missing values as an array of text, without a copy."""
    return pd.array(values, dtype=TEXT_TYPE, copy=False)


class _Sources:
    """A text column with mostly distinct values: one byte buffer, and the end of each text."""

    def __init__(self) -> None:
        self.text, self.ends = bytearray(), array("q", [0])

    def append(self, value: str | None) -> None:
        self.text += (value or "").encode()
        self.ends.append(len(self.text))

    def column(self, keep: NDArray[np.bool_] | None, _: Rename | None) -> Any:
        size = len(self.ends) - 1
        if size > _LARGE and (compact := _compact(self.text, self.ends)) is not None:
            return compact if keep is None else compact[keep]
        parts = (self.text[start:end].decode() for start, end in pairwise(self.ends))
        texts = np.fromiter(parts, dtype=object, count=size)
        return pd.array(texts if keep is None else texts[keep], dtype=TEXT_TYPE)


def _compact(text: bytearray, ends: array[int]) -> Any:
    """Return texts in Arrow memory layout, if pyarrow is installed: a fifth of the size of Python's own."""
    try:
        import pyarrow as pa
    except ImportError:
        return None
    buffers = (pa.py_buffer(ends), pa.py_buffer(text))
    found = pa.LargeStringArray.from_buffers(len(ends) - 1, *buffers)
    return pd.array(found, dtype=pd.StringDtype("pyarrow"))


class _Numbers:
    """A column of numbers or booleans; missing is NaN."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.values = array("d")

    def append(self, value: float | None) -> None:
        self.values.append(float("nan") if value is None else value)

    def column(self, keep: NDArray[np.bool_] | None, _: Rename | None) -> Any:
        values = np.frombuffer(self.values, dtype=np.float64) if self.values else np.empty(0)
        values = values.copy() if keep is None else values[keep]
        missing = np.isnan(values)
        if self.kind == FLAG:
            return pd.arrays.BooleanArray(np.where(missing, 0, values).astype(bool), missing)
        return pd.arrays.FloatingArray(values, missing)


def _column(table: str, name: str) -> _Texts | _Sources | _Numbers:
    kind = kind_of(table, name)
    if kind == TEXT:
        return _Sources() if name == "source" else _Texts()
    return _Numbers(kind)


class Rows:
    """Rows by table, each with the number of its resource."""

    def __init__(self) -> None:
        self._tables = {table: {name: _column(table, name) for name in names} for table, names in COLUMNS.items()}
        self._others = {table: _Texts() for table in _CODED}
        #: Other codings by table and row label, of the tables that have any; made by ``frames``.
        self.others: dict[str, pd.Series[Any]] = {}
        self._adders = {
            table: [(name, column.append) for name, column in columns.items()]
            for table, columns in self._tables.items()
        }
        for table, column in self._others.items():
            self._adders[table].append((OTHERS, column.append))
        self._of = {table: array("i") for table in COLUMNS}

    def add(self, table: str, values: Mapping[str, Any], resource: int = 0) -> None:
        """Add a row; columns that are absent or None in ``values`` are missing."""
        get = values.get
        for name, append in self._adders[table]:
            append(get(name))
        self._of[table].append(resource)

    def count(self, table: str) -> int:
        """Return the number of rows of a table."""
        return len(self._of[table])

    def patients_of(self, table: str, drop: NDArray[np.int64]) -> dict[str, int]:
        """Return the number of rows of a table by ``patient_id``, without dropped resources."""
        column = self._tables[table]["patient_id"]
        if not isinstance(column, _Texts) or not column.codes:
            return {}
        codes = np.frombuffer(column.codes, dtype=np.int32)
        if drop.size:
            codes = codes[~np.isin(np.frombuffer(self._of[table], dtype=np.int32), drop)]
        counts = np.bincount(codes + 1, minlength=len(column.numbers) + 1)
        return {name: int(counts[number + 1]) for name, number in column.numbers.items() if counts[number + 1]}

    def frames(
        self, *, drop: NDArray[np.int64] | None = None, rename: Mapping[tuple[str, str], Rename] | None = None
    ) -> dict[str, pd.DataFrame]:
        """Return the frames, and clear the rows.

        Parameters
        ----------
        drop : array of int, optional
            Resources whose rows are left out.
        rename : mapping of (table, column) to function, optional
            Function that maps each distinct text of a column.
        """
        made = {}
        self._adders.clear()
        for table in COLUMNS:
            of = np.frombuffer(self._of[table], dtype=np.int32) if self._of[table] else np.empty(0, dtype=np.int32)
            keep = None if drop is None or not drop.size else ~np.isin(of, drop)
            columns = self._tables.pop(table)
            parts = {name: columns.pop(name).column(keep, (rename or {}).get((table, name))) for name in COLUMNS[table]}
            made[table] = pd.DataFrame(parts, copy=False)
            others = self._others.pop(table, None)
            if others is not None and others.known:
                self.others[table] = pd.Series(others.column(keep, (rename or {}).get((table, OTHERS))))
        return made


def empty_frames() -> dict[str, pd.DataFrame]:
    """Return the ten tables without rows, with all columns."""
    return Rows().frames()


def frame_of(table: str, columns: Mapping[str, Any], length: int) -> pd.DataFrame:
    """Return a table from whole columns; absent ones are missing.

    Parameters
    ----------
    columns : mapping of name to array-like or a single text
        Text with missing values, or numbers with NaN; absent columns are missing.
    length : int
        Number of rows.
    """
    made: dict[str, Any] = {}
    for name in COLUMNS[table]:
        kind, given = kind_of(table, name), columns.get(name)
        if kind == TEXT:
            made[name] = _text_array(given, length)
        elif kind == FLAG:
            made[name] = pd.array(np.full(length, pd.NA) if given is None else given, dtype="boolean")
        else:
            values = np.full(length, np.nan) if given is None else np.asarray(given, dtype=np.float64)
            made[name] = pd.arrays.FloatingArray(values, np.isnan(values))
    return pd.DataFrame(made)


def _text_array(given: Any, length: int) -> Any:
    if given is None or isinstance(given, str):
        return pd.array(np.full(length, pd.NA if given is None else given, dtype=object), dtype=TEXT_TYPE)
    values = pd.Series(given, dtype=object).to_numpy(copy=True)
    values[pd.isna(values)] = pd.NA
    return pd.array(values, dtype=TEXT_TYPE)
