"""The index day of each patient: one day for all, a mapping, or a CSV with ``patient_id,index_date``."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path

from genorx._core.files import FileKind
from genorx.errors import InputError, shown
from genorx.interop.reading.dates import as_day

#: What a caller may give.
Index = str | Path | date | Mapping[str, str | date]
_FILE = FileKind(name="table of index days", error=InputError, code="index", absent="file-not-found")


def index_days(index: Index | None, patients: Iterable[str]) -> dict[str, date] | None:
    """Return the index day of each patient that has one; None where no index is given.

    Raises
    ------
    InputError
        ``index`` for what is no day, or a file that is no such table.
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
    rows = csv.reader(io.StringIO(_FILE.read_text(path)))
    header = [name.strip() for name in next(rows, [])]
    if not {"patient_id", "index_date"} <= set(header):
        hint = "its columns are patient_id and index_date"
        raise InputError("this is no day, and no table of index days", file=path, hint=hint, code="index")
    of, when = header.index("patient_id"), header.index("index_date")
    days: dict[str, date] = {}
    for number, row in enumerate(rows, start=2):
        if not any(cell.strip() for cell in row):
            continue
        if len(row) != len(header):
            raise InputError(
                "the row has another number of cells than the header", file=path, place=f"row {number}", code="index"
            )
        patient = row[of].strip()
        if days.setdefault(patient, day := _day(row[when], path, f"row {number}")) != day:
            raise InputError("a patient has two index days", file=path, place=f"row {number}", code="index")
    return days


def _day(value: object, path: Path | None, place: str) -> date:
    found = as_day(value)
    if found is None:
        raise InputError(
            "the index day is no day", file=path, place=shown(place), hint="write YYYY-MM-DD", code="index"
        )
    return found
