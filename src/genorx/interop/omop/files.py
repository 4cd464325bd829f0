"""Tables of an OMOP folder as text frames: CSV with comma or tab, or Parquet, with names in any case.

Source: OMOP Common Data Model 5.4, field list of OHDSI (https://ohdsi.github.io/CommonDataModel/cdm54.html).
"""

from __future__ import annotations

import csv
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

from genorx._core.extras import require
from genorx._core.files import FileKind
from genorx.errors import InputError, shown
from genorx.interop.reading.dates import day_of

#: Required columns of a table, and optional ones.
NEEDED: Final[dict[str, tuple[str, ...]]] = {
    "person": ("person_id", "gender_concept_id", "year_of_birth"),
    "observation_period": ("person_id", "observation_period_start_date"),
    "condition_occurrence": ("person_id", "condition_concept_id", "condition_start_date"),
    "drug_exposure": ("person_id", "drug_concept_id", "drug_exposure_start_date"),
    "procedure_occurrence": ("person_id", "procedure_concept_id", "procedure_date"),
    "measurement": ("person_id", "measurement_concept_id", "measurement_date"),
    "observation": ("person_id", "observation_concept_id", "observation_date"),
    "death": ("person_id", "death_date"),
    "concept": ("concept_id", "concept_name"),
    "concept_ancestor": ("ancestor_concept_id", "descendant_concept_id"),
    "cdm_source": (),
}
_USED_COLUMNS: Final[dict[str, tuple[str, ...]]] = {
    "person": ("month_of_birth", "day_of_birth", "birth_datetime"),
    "condition_occurrence": ("condition_occurrence_id", "condition_source_value"),
    "drug_exposure": ("drug_exposure_id", "drug_exposure_end_date", "drug_source_value"),
    "procedure_occurrence": ("procedure_occurrence_id", "procedure_source_value"),
    "measurement": (
        "measurement_id", "operator_concept_id", "value_as_number", "value_as_concept_id", "unit_concept_id",
        "measurement_source_value", "unit_source_value",
    ),
    "observation": (
        "observation_id", "value_as_number", "value_as_string", "value_as_concept_id", "unit_concept_id",
        "observation_source_value", "unit_source_value",
    ),
    "concept": ("vocabulary_id", "concept_code"),
    "cdm_source": ("cdm_version", "vocabulary_version"),
}  # fmt: skip
_FILE = FileKind(name="table", error=InputError, code="omop", absent="file-not-found")
_PIECE = 200_000
_KINDS = (".csv", ".tsv", ".txt", ".parquet")
_PACKED = (".gz", ".zip", ".bz2", ".xz", ".zst")


def find_tables(folder: Path) -> tuple[dict[str, Path], list[str]]:
    """Return the file of each supported table, and the names of the others.

    A file has the name of its table, in any case; ``TABLE_subset`` is a part of one.

    Raises
    ------
    InputError
        ``omop-table`` if the path is not a folder, has no table person, two files of one table, or a compressed one.
    """
    if not folder.is_dir():
        raise InputError("this is not a folder of OMOP tables", file=folder, code="omop-table")
    found: dict[str, Path] = {}
    others: list[str] = []
    for path in sorted(folder.iterdir()):
        _refuse_packed(path)
        if not path.is_file() or path.suffix.lower() not in _KINDS:
            continue
        name = _table(path)
        if name not in NEEDED:
            others.append(path.stem.lower())
        elif name in found:
            reason = f"{shown(path.name)} and {shown(found[name].name)} are both the table {name}"
            raise InputError(reason, file=folder, code="omop-table")
        else:
            found[name] = path
    if "person" not in found:
        hint = "export person.csv with the others"
        raise InputError("the folder has no table person", file=folder, hint=hint, code="omop-table")
    return found, others


def _refuse_packed(path: Path) -> None:
    """Raise an error for a compressed table, since its events would be missing without notice."""
    bare = Path(path.stem)
    if path.suffix.lower() in _PACKED and bare.suffix.lower() in _KINDS and _table(bare) in NEEDED:
        reason, hint = f"{shown(path.name)} is compressed", "decompress the tables"
        raise InputError(reason, file=path.parent, hint=hint, code="omop-table")


def _table(path: Path) -> str:
    return path.stem.lower().removesuffix("_subset")


def read_columns(table: str, path: Path) -> pd.DataFrame:
    """Return the supported columns of a table, as text; empty cells are missing.

    Raises
    ------
    InputError
        ``omop-column`` if a required column is absent; ``omop`` if the file is not a table.
    """
    return pd.concat(list(iter_columns(table, path)), ignore_index=True)


def iter_columns(table: str, path: Path) -> Iterator[pd.DataFrame]:
    """Yield the columns of a table in batches; see ``read_columns``."""
    if path.suffix.lower() == ".parquet":
        yield _parquet(table, path)
        return
    with _FILE.open(path) as handle:
        head = handle.readline(1 << 20)
    tab = head.count(b"\t") > head.count(b",")
    try:
        with _pieces(table, path, tab=tab) as pieces:
            for piece in pieces:
                if not isinstance(piece.index, pd.RangeIndex):  # the first cells were read as row names
                    raise ValueError
                yield _checked(table, path, piece)
    except InputError:
        raise
    except UnicodeDecodeError as error:
        raise InputError("the text is not UTF-8", file=path, hint="save it as UTF-8", code="omop") from error
    except ValueError as error:  # including those of the parser, and of an empty file
        raise InputError(
            "the file is no table: rows differ in length, or it is empty", file=path, code="omop"
        ) from error


def _pieces(table: str, path: Path, *, tab: bool) -> Any:
    return pd.read_csv(
        path,
        sep="\t" if tab else ",",
        quoting=csv.QUOTE_NONE if tab else csv.QUOTE_MINIMAL,
        dtype=str,
        keep_default_na=False,
        na_values=[""],
        encoding="utf-8-sig",
        usecols=lambda name: name.strip().lower() in _columns(table),
        chunksize=_PIECE,
    )


def _columns(table: str) -> Collection[str]:
    return {*NEEDED[table], *_USED_COLUMNS.get(table, ())}


def _parquet(table: str, path: Path) -> pd.DataFrame:
    require("pyarrow", extra="parquet")
    import pyarrow.parquet as pq

    try:
        names = pq.read_schema(path).names
        frame = pq.read_table(path, columns=[name for name in names if name.lower() in _columns(table)]).to_pandas()
    except (OSError, ValueError) as error:
        raise InputError("the file is not a Parquet table", file=path, code="omop") from error
    return _checked(table, path, frame.apply(_as_text))


def _as_text(column: pd.Series[Any]) -> pd.Series[Any]:
    if pd.api.types.is_float_dtype(column.dtype):
        texts = column.map(lambda value: repr(value).removesuffix(".0"), na_action="ignore")
    else:
        texts = column.astype(object).map(str, na_action="ignore")
    return texts.astype(object).where(column.notna(), None)


def _checked(table: str, path: Path, frame: pd.DataFrame) -> pd.DataFrame:
    frame = frame.rename(columns=lambda name: str(name).strip().lower())
    for name in NEEDED[table]:
        if name not in frame.columns:
            raise InputError(f"the table {table} has no column {name}", file=path, place=1, code="omop-column")
    for name in _columns(table):
        if name not in frame.columns:
            frame[name] = None
        elif name.endswith("_id"):
            frame[name] = frame[name].str.removesuffix(".0")
    return frame


def numbers(frame: pd.DataFrame, column: str, path: Path) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Return a column as numbers, missing as NaN.

    Raises
    ------
    InputError
        ``omop`` for text that is not a number, with its row.
    """
    values = pd.to_numeric(frame[column], errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
    wrong = np.flatnonzero(np.isnan(values) & frame[column].notna().to_numpy())
    if wrong.size:
        place = f'row {wrong[0] + 2} column "{column}"'
        raise InputError("the value must be a number", file=path, place=place, code="omop")
    return values


def days(frame: pd.DataFrame, column: str, path: Path) -> pd.Series[Any]:
    """Return a column as days, without time.

    Raises
    ------
    InputError
        ``date`` for text that is not a date, with its row.
    """
    known = {text: day_of(str(text).strip()) for text in frame[column].dropna().unique()}
    made = frame[column].map(known)
    wrong = np.flatnonzero(made.isna().to_numpy() & frame[column].notna().to_numpy())
    if wrong.size:
        place = f'row {wrong[0] + 2} column "{column}"'
        raise InputError("this is not a valid date", file=path, place=place, code="date")
    return made
