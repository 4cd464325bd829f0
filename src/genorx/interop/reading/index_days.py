"""The index day of each patient: one day for all, a mapping, or a CSV with ``patient_id,index_date``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path

from genorx._core.delimited import read_delimited
from genorx._core.files import FileKind
from genorx.errors import InputError, shown
from genorx.interop.reading.dates import as_day

#: Types of an index given by a caller.
Index = str | Path | date | Mapping[str, str | date]
_FILE = FileKind(name="table of index days", error=InputError, code="index", absent="file-not-found")


def index_days(index: Index | None, patients: Iterable[str]) -> dict[str, date] | None:
    """Return the index day of each patient who has one; None if no index is given.

    Raises
    ------
    InputError
        ``index`` if it is neither a date nor a table of index days.
    """
    if index is None:
        return None
    if isinstance(index, Mapping):
        return {str(patient): _day(day, None, str(patient)) for patient, day in index.items()}
    day = as_day(index)
    if day is not None:
        return dict.fromkeys(patients, day)
    return _read(Path(str(index)))


def _read(path: Path) -> dict[str, date]:
    table = read_delimited(path, _FILE, code="index", twice="index")
    if not {"patient_id", "index_date"} <= set(table.columns):
        hint = "its columns are patient_id and index_date"
        raise InputError("this is neither a date nor a table of index days", file=path, hint=hint, code="index")
    days: dict[str, date] = {}
    for line, row in zip(table.lines, table.rows, strict=True):
        day = _day(row["index_date"], path, f"row {line}")
        if days.setdefault(row["patient_id"], day) != day:
            raise InputError("a patient has two index days", file=path, place=f"row {line}", code="index")
    return days


def _day(value: object, path: Path | None, place: str) -> date:
    found = as_day(value)
    if found is None:
        raise InputError(
            "the index day is not a date", file=path, place=shown(place), hint="write YYYY-MM-DD", code="index"
        )
    return found
