"""Clinical records of the patients whose claims are audited: doses, results, stays, orders, deaths.

Records are read with the checks of every table of genorx (encoding, width of rows, calendar dates); they are compared
with claims by the auditor.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genorx._core.provenance import file_digest
from genorx._core.short_repr import short
from genorx.audit.cell_columns import whole_text
from genorx.audit.exact import MOST, thousandths
from genorx.audit.fact_tables import FACT_TABLES
from genorx.audit.record_tables import RECORD_TABLES, RecordKind, RecordTable
from genorx.audit.records_omop import is_omop, read_omop_records
from genorx.audit.table_folder import CLAIMS, FolderTable, need, read_folder
from genorx.cohort.recorded_sex import sex_of
from genorx.cohort.tables.numbers import read_numbers
from genorx.cohort.tables.raw import TEXT
from genorx.errors import Finding, TableError

_OTHER_SEXES = {"other": "other", "o": "other", "": "unknown", "unknown": "unknown", "u": "unknown"}
_MG = {"mg": 1.0, "g": 1000.0, "ug": 0.001, "µg": 0.001, "μg": 0.001, "mcg": 0.001}


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordSource:
    """Source of a table of records: name, file, rows, SHA-256."""

    table: str
    file: str
    rows: int
    sha256: str


@short
@dataclass(frozen=True, kw_only=True, eq=False)
class Records:
    """Patient records by table.

    Attributes
    ----------
    tables : mapping of str to DataFrame
        Existing tables by name, always with ``patients``, with the columns of ``RECORD_TABLES``: text as text
        (``drug``, ``test`` and ``origin`` in lower case; empty if not known), days as int32 (``audit.days``, ``NO_DAY``
        if not known), ``sex`` one of female, male, other, unknown; in ``administrations`` also ``dose``, integers of
        0.001 mg (``NOT_KNOWN`` if not recorded); in each table ``row``, the row in the file.
    sources : tuple of RecordSource
        Sources of the tables, for the provenance of an answer.
    findings : tuple of Finding
        Findings of reading the tables.
    """

    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    sources: tuple[RecordSource, ...] = ()
    findings: tuple[Finding, ...] = ()

    @classmethod
    def load(cls, folder: str | Path) -> Records:
        """Load the records of a folder of tables, CSV or Parquet, named as in ``RECORD_TABLES``, or of OMOP tables.

        Raises
        ------
        TableError
            ``no-file`` (no such folder), ``table-missing`` (no table of patients), ``column-missing``,
            ``duplicate-patient``, ``not-a-date``, ``not-a-number``, ``dose-unit``, and as ``read_raw``.
        """
        if is_omop(Path(folder)):
            frames, notes = read_omop_records(Path(folder))
            return cls(tables=frames, sources=_omop_sources(Path(folder), frames), findings=notes)
        found, findings = read_folder(Path(folder), RECORD_TABLES, others=(*FACT_TABLES, CLAIMS))
        if "patients" not in found:
            hint = "patients.csv with patient_id, sex, birth, death"
            raise TableError("there is no table of patients", file=folder, hint=hint, code="table-missing")
        tables = {name: _typed(table, RECORD_TABLES[name]) for name, table in found.items()}
        sources = tuple(
            RecordSource(table=name, file=each.raw.path.name, rows=len(tables[name]), sha256=each.sha256)
            for name, each in found.items()
        )
        more = tuple(finding for each in found.values() for finding in each.findings)
        return cls(tables=tables, sources=sources, findings=(*findings, *more))

    def __contains__(self, table: str) -> bool:
        return table in self.tables

    def table(self, name: str) -> pd.DataFrame | None:
        """Return a table, or None if it is absent."""
        return self.tables.get(name)


def _omop_sources(folder: Path, frames: Mapping[str, pd.DataFrame]) -> tuple[RecordSource, ...]:
    files = {"patients": "person", "administrations": "drug_exposure", "results": "measurement"}
    paths = {path.name.partition(".")[0].lower(): path for path in sorted(folder.iterdir()) if path.is_file()}
    return tuple(
        RecordSource(table=name, file=path.name, rows=len(frames[name]), sha256=file_digest(path))
        for name, source in files.items()
        if name in frames and (path := paths.get(source)) is not None
    )


def _typed(table: FolderTable, kind: RecordTable) -> pd.DataFrame:
    need(table, [name for name in kind.columns if name not in kind.optional])
    made = {name: _column(table, name, how) for name, how in kind.columns.items()}
    table.refuse((table.texts("patient_id") == "").to_numpy(bool), "patient_id", "empty", code="missing-id")
    if kind.name == "patients":
        _refuse_twice(table)
    if kind.name == "administrations":
        made["dose"] = _doses(table)
    table.faults.raise_if_any()
    return pd.DataFrame({**made, "row": table.raw.rows}, copy=False)


def _column(table: FolderTable, name: str, kind: RecordKind) -> Any:
    if kind == "day":
        return table.days(name, code="not-a-date")
    codes, known = pd.factorize(table.texts(name))
    texts = [str(text).strip() for text in known]
    if kind == "folded":
        texts = [text.casefold() for text in texts]
    if kind == "provider":
        texts = [whole_text(text) for text in texts]
    if kind == "sex":
        sexes = [sex_of(text) or _OTHER_SEXES.get(text.casefold()) for text in texts]
        wrong = np.array([sex is None for sex in sexes], dtype=bool)[codes]
        table.refuse(wrong, name, "the cell is none of female, male, other, unknown", code="unknown-level")
        texts = [sex or "unknown" for sex in sexes]
    return pd.array(np.array(texts, dtype=object)[codes], dtype=TEXT)


def _refuse_twice(table: FolderTable) -> None:
    ids = table.texts("patient_id")
    twice = (ids.duplicated() & (ids != "")).to_numpy(bool)
    table.refuse(twice, "patient_id", "the patient has another row", code="duplicate-patient")


def _doses(table: FolderTable) -> NDArray[np.int64]:
    """Return doses as integers of 0.001 mg, from ``dose_mg``, or ``dose`` with its ``unit``."""
    if "dose_mg" in table.raw.columns:
        return thousandths(_numbers(table, "dose_mg"))
    need(table, ("dose", "unit"))
    codes, known = pd.factorize(table.texts("unit"))
    factors = np.array([_MG.get(str(unit).strip().casefold(), np.nan) for unit in known])[codes]
    doses = _numbers(table, "dose")
    table.refuse(np.isnan(factors) & ~np.isnan(doses), "unit", "the cell is none of mg, g, ug", code="dose-unit")
    return thousandths(doses * factors)


def _numbers(table: FolderTable, name: str) -> NDArray[np.float64]:
    codes, known = pd.factorize(table.texts(name))
    values = read_numbers([str(text) for text in known], table.raw.decimal) if len(known) else {}
    read = [np.nan if not text else values[text] for text in map(str, known)]
    wrong = np.array([value is None or value < 0 or value > MOST for value in read], dtype=bool)[codes]
    table.refuse(wrong, name, "the cell is not a number of 0 or more", code="not-a-number")
    numbers: NDArray[np.float64] = np.array([np.nan if value is None else value for value in read])[codes]
    return np.where(wrong, np.nan, numbers)
