"""A data frame as the text that its file would contain, so that the same rules apply.

pandas frames with their index, and any table that supports Arrow (polars, pyarrow) or the dataframe interchange
protocol.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from genorx._core.extras import require
from genorx._core.limits import check
from genorx.cohort.tables.ids import id_column
from genorx.cohort.tables.raw import RawTable, check_names, text_of, without_unnamed
from genorx.cohort.tables.table_faults import TableFaults
from genorx.errors import TableError, UsageError, shown

#: Whole numbers of Arrow, which would become floats where one is missing.
_WHOLE = {kind.casefold(): pd.api.types.pandas_dtype(kind) for kind in ("Int8", "Int16", "Int32", "Int64")}
_WHOLE |= {kind.casefold(): pd.api.types.pandas_dtype(kind) for kind in ("UInt8", "UInt16", "UInt32", "UInt64")}
_NESTED = (list, tuple, dict, set, frozenset, bytes, bytearray, memoryview, np.ndarray, pd.Series, pd.DataFrame)


def raw_of_frame(frame: Any, path: Path, *, patient_id: str) -> RawTable:
    """Return a data frame's cells as text.

    Parameters
    ----------
    frame : DataFrame of pandas, polars or pyarrow, or a structured array
    path : Path
        Name of the table in errors and findings.
    patient_id : str
        Column or index that names the patient.

    Raises
    ------
    UsageError
        If it is no table (``not-a-frame``).
    TableError
        If it has no rows, duplicate columns, a patient id twice, or cells that are not single values.
    LimitError
        If it has more rows or cells than the limit.
    """
    return _raw_of_pandas(as_pandas(frame, str(path)), path, patient_id)


def as_pandas(frame: Any, name: str) -> pd.DataFrame:
    """Return any table as a pandas frame.

    Raises
    ------
    UsageError
        ``not-a-frame``
    """
    if isinstance(frame, pd.DataFrame):
        return frame
    if isinstance(frame, np.ndarray) and frame.dtype.names:
        return pd.DataFrame({field: frame[field] for field in frame.dtype.names})
    if hasattr(frame, "__arrow_c_stream__") and hasattr(frame, "columns"):  # not a single column
        table = require("pyarrow", extra="parquet").table(frame)
        made: pd.DataFrame = table.to_pandas(types_mapper=lambda arrow: _WHOLE.get(str(arrow)))
        return made
    if hasattr(frame, "__dataframe__"):
        return pd.api.interchange.from_dataframe(frame)
    hint = "give a data frame of pandas, polars or pyarrow, or a structured array with named fields"
    if isinstance(frame, pd.Series):
        hint = "one row of a frame is frame.iloc[[0]], one column frame[[name]], each with two brackets"
    raise UsageError(f"{shown(name)} is a {type(frame).__name__}, which is not a table", hint=hint, code="not-a-frame")


def frame_id(frame: pd.DataFrame) -> str | None:
    """Return the patient column of a frame; None if its index identifies the patient.

    That is ``patient_id``; otherwise the index, unless the index is the default numbering of pandas and a column names
    the patient.

    >>> rows = pd.DataFrame({"subject": ["a", "b"], "age": [50, 60]})
    >>> frame_id(rows), frame_id(rows.set_index("subject")), frame_id(rows[["age"]])
    ('subject', None, None)
    """
    if "patient_id" in frame.columns:
        return "patient_id"
    return id_column(name for name in frame.columns if isinstance(name, str)) if is_numbered(frame) else None


def is_numbered(frame: pd.DataFrame) -> bool:
    """Return whether the index has only the default numbers of pandas, or a subset of them."""
    return frame.index.name is None and pd.api.types.is_integer_dtype(frame.index.dtype)


def frame_digest(raw: RawTable) -> str:
    """Return the digest of a table's cells: equal for equal columns and text, whatever their source."""
    digest = hashlib.sha256()
    for name in raw.columns:
        cells = raw.cells[name].to_numpy(dtype=object, na_value="\0")
        digest.update("\x1e".join([name, *cells.tolist(), ""]).encode("utf-8", "surrogatepass"))
    return digest.hexdigest()


def _raw_of_pandas(frame: pd.DataFrame, path: Path, patient_id: str) -> RawTable:
    check("rows", len(frame), file=path)
    check("cells", frame.size, file=path)
    if frame.columns.nlevels > 1:
        hint = "give each column one name, such as by frame.columns.map('_'.join)"
        raise TableError("names of columns have several levels", file=path, code="nested-column", hint=hint)
    frame, labelled = _with_id(frame, path, patient_id)
    names = ["" if name is None else str(name).strip() for name in frame.columns]
    faults = TableFaults(path)
    check_names(names, len(frame), faults)
    texts = [_column(frame.iloc[:, place], name, faults) for place, name in enumerate(names)]
    faults.raise_if_any()
    cells = pd.concat(texts, axis=1)
    cells.columns = pd.Index(names)
    types = dict(zip(names, frame.dtypes, strict=True))
    levels = {name: dtype.categories for name, dtype in types.items() if isinstance(dtype, pd.CategoricalDtype)}
    raw = RawTable(
        path=path,
        columns=tuple(names),
        cells=cells,
        rows=np.arange(1, len(frame) + 1),
        floats=frozenset(name for name, dtype in types.items() if pd.api.types.is_float_dtype(dtype)),
        categories={name: tuple(text_of(each.tolist()).dropna()) for name, each in levels.items()},
        ordered=frozenset(name for name in levels if types[name].ordered),
        labels=tuple(cells[patient_id].fillna("").tolist()) if labelled else (),
    )
    return without_unnamed(raw)


def _with_id(frame: pd.DataFrame, path: Path, patient_id: str) -> tuple[pd.DataFrame, bool]:
    """Return the frame with its index as a column if it identifies the patient, and whether it does."""
    here = patient_id in [str(name).strip() for name in frame.columns]
    if patient_id in frame.index.names and not here:
        return frame.reset_index(), frame.index.nlevels == 1
    both = frame.index.name == patient_id and patient_id in frame.columns
    if both and not frame.index.equals(pd.Index(frame[patient_id])):
        reason = f"the index and a column are both named {shown(patient_id)!r}, and differ"
        hint = "drop one of the two: frame.reset_index(drop=True) keeps the column"
        raise TableError(reason, file=path, code="doubled-column", hint=hint)
    if not here and not isinstance(frame.index, pd.RangeIndex):
        raise TableError(
            f"there is no patient id column {shown(patient_id)!r}, and the index has another name",
            file=path,
            code="no-id-column",
            hint=f'if the index names the patient: frame.rename_axis("{shown(patient_id)}")',
        )
    return frame, False


def _column(column: pd.Series[Any], name: str, faults: TableFaults) -> pd.Series[Any]:
    """Return a column as text; cells that are not scalar are a fault."""
    values = _values(column)
    if any(isinstance(value, timedelta) for value in values):
        hint = "convert them to numbers in the intended unit, such as column / pd.Timedelta(days=1), or drop the column"
        faults.add("cells are durations without a unit", code="duration-column", column=name, hint=hint)
    nested = next((type(value).__name__ for value in values if isinstance(value, _NESTED)), None)
    if nested is not None:
        hint = "decode it to text" if nested == "bytes" else "give each of its values a column of its own"
        faults.add(f"cells are {nested}, not single values", code="nested-column", column=name, hint=hint)
    return text_of(values)


def _values(column: pd.Series[Any]) -> Sequence[Any]:
    """Return the values as Python objects, None if missing; single-precision floats by their shortest digits."""
    missing = column.isna().to_numpy(dtype=bool)
    size = getattr(column.dtype, "itemsize", 8)
    if getattr(column.dtype, "kind", "") == "f" and size < 8:
        short = column.to_numpy(dtype=f"f{size}", na_value=np.nan)
        return [None if absent else float(str(value)) for value, absent in zip(short, missing, strict=True)]
    plain = column.astype(object).to_numpy()
    return [
        None if absent else value.item() if isinstance(value, np.generic) else value
        for value, absent in zip(plain, missing, strict=True)
    ]
