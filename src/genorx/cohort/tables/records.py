"""Records of an exchange format (FHIR, OMOP, phenopackets) as a table with one row per patient, by the user's map.

After that the table is treated as one of a CSV file; the formats are read by ``interop``.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from genorx.cohort.tables.ages import with_ages
from genorx.cohort.tables.by_name import Tables
from genorx.cohort.tables.raw import RawTable, text_of
from genorx.errors import TableError

if TYPE_CHECKING:
    from genorx.cohort.study_file.table_section import TableSection
    from genorx.interop.reading import RecordTables


def read_section(section: TableSection, among: Tables, patient_id: str) -> RawTable:
    """Return the cells of a table of a study, in any format.

    Parameters
    ----------
    section : TableSection
    among : Tables
        Tables by their names in the study.
    patient_id : str
        Column that names the patient in every table of the study.

    Returns
    -------
    RawTable
        Cells as text, with ages in place of the dates of birth that the study names.

    Raises
    ------
    InputError
        If the table, the records or the map cannot be read.
    """
    births = {name: column.age_on for name, column in section.columns.items() if column.age_on is not None}
    return with_ages(_cells(section, among, patient_id), births)


def _cells(section: TableSection, among: Tables, patient_id: str) -> RawTable:
    if section.format is None:
        return among.read(section.path)
    path = among.path(section.path)
    tables = _read(section, path)
    index = None if section.index is None else among.path(section.index)
    wide = tables.wide(among.path(str(section.map)), index)
    if wide.empty:
        raise TableError("the records hold no patient", file=path, code="empty-table")
    cells = {patient_id: pd.Series(wide.index.astype(str))} | {name: wide[name] for name in wide.columns}
    texts = {name: text_of([None if pd.isna(each) else each for each in column]) for name, column in cells.items()}
    floats = [name for name in wide.columns if pd.api.types.is_float_dtype(wide[name].dtype)]
    return RawTable(
        path=path,
        columns=tuple(texts),
        cells=pd.DataFrame(texts),
        rows=np.arange(1, len(wide) + 1),
        findings=tuple(tables.findings),
        floats=frozenset(floats),
    )


def files_of_section(section: TableSection, folder: Path) -> list[Path]:
    """Return the files of a table: its own, those of a folder, its map and its index."""
    path = folder / section.path
    if section.format is None:
        return [path]
    own = sorted(each for each in path.rglob("*") if each.is_file()) if path.is_dir() else [path]
    return [*own, *(folder / name for name in (section.map, section.index) if name is not None)]


def _read(section: TableSection, path: Path) -> RecordTables:
    readers: dict[str, Any] = {"fhir": _fhir, "omop": _omop, "phenopackets": _phenopackets}
    tables: RecordTables = readers[str(section.format)](path)
    return tables


def _fhir(path: Path) -> RecordTables:
    from genorx.interop.fhir_in import read_fhir

    return read_fhir(path)


def _omop(path: Path) -> RecordTables:
    from genorx.interop.omop import read_omop

    return read_omop(path)


def _phenopackets(path: Path) -> RecordTables:
    from genorx.interop.phenopackets import read_phenopackets

    return read_phenopackets(path)
