"""OMOP tables to record tables; contradictions between tables are counted.

No concept list is shipped: names and UCUM codes come from the folder's own ``concept`` table.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from genorx._core.progress import track
from genorx.errors import Finding, InputError, Severity
from genorx.interop.omop.concepts import Concepts
from genorx.interop.omop.files import days, find_tables, numbers, read_columns
from genorx.interop.reading.columns import DATES
from genorx.interop.reading.index_days import Index, index_days
from genorx.interop.reading.record_tables import RecordTables, made_tables, with_ages
from genorx.interop.reading.rows import empty_frames, frame_of

_SEX = {"8507": "male", "8532": "female"}
_COMPARATORS = {"4171756": "<", "4171754": "<=", "4172704": ">", "4171755": ">="}
#: Record table, its kind, and the prefix of the columns, by table of OMOP.
_EVENTS = {
    "condition_occurrence": ("conditions", "condition"),
    "drug_exposure": ("medications", "drug"),
    "procedure_occurrence": ("procedures", "procedure"),
    "measurement": ("measurements", "measurement"),
    "observation": ("measurements", "observation"),
}


def read_omop(folder: str | Path, *, index: Index | None = None) -> RecordTables:
    r"""Return the record tables of a folder of OMOP CDM 5.3 or 5.4 tables.

    Parameters
    ----------
    folder : path
        Folder of CSV (comma or tab) or Parquet files with the names of the tables, in any case; ``person`` is required.
    index : date, mapping of person id to date, or path of a CSV, optional
        Day on which ``patients.age_years`` is computed.

    Returns
    -------
    RecordTables
        Record tables in which ``system`` is ``OMOP`` and ``code`` the concept id; for concept 0 they are ``source`` and
        the source value.

    Raises
    ------
    InputError
        ``omop-table``, ``omop-column``, ``omop``, ``date``, ``person-twice``.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> folder = Path(tempfile.mkdtemp())
    >>> text = "person_id,gender_concept_id,year_of_birth,month_of_birth,day_of_birth\n1,8507,1970,3,2\n"
    >>> _ = (folder / "person.csv").write_text(text)
    >>> read_omop(folder, index="2020-03-02").patients[["patient_id", "sex"]].values.tolist()
    [['1', 'male']]
    """
    paths, others = find_tables(Path(folder))
    raw = {name: read_columns(name, paths[name]) for name in track(_read_whole(paths), "reading OMOP")}
    concepts = Concepts.read(paths, raw)
    findings: list[Finding] = []
    frames = empty_frames()
    frames["patients"] = _persons(raw["person"], paths["person"], findings)
    if "death" in raw:
        _add_deaths(frames["patients"], raw["death"], paths["death"], findings)
    made: dict[str, list[pd.DataFrame]] = {}
    for name, (table, _) in _EVENTS.items():
        if name in raw:
            frame = _events(name, raw[name], paths[name], concepts)
            _check_times(frame, table, frames["patients"], name, findings)
            made.setdefault(table, []).append(frame)
    frames |= {table: pd.concat(parts, ignore_index=True) for table, parts in made.items()}
    if others:
        text = f"tables that are not read: {', '.join(others)}"
        findings.append(Finding(code="table-not-read", severity="info", message=text))
    patients = frames["patients"]
    patients["age_years"] = with_ages(patients, index_days(index, patients["patient_id"]))
    source = {"format": "omop", "files": sorted(path.name for path in paths.values()), **_source(raw)}
    return made_tables(frames, findings, source, descendants=concepts.descendants)


def _read_whole(paths: Mapping[str, Path]) -> list[str]:
    return [name for name in paths if name not in ("concept", "concept_ancestor")]


def _source(raw: Mapping[str, pd.DataFrame]) -> dict[str, Any]:
    if "cdm_source" not in raw or raw["cdm_source"].empty:
        return {}
    row = raw["cdm_source"].iloc[0]
    return {name: row[name] for name in ("cdm_version", "vocabulary_version") if isinstance(row[name], str)}


def _persons(frame: pd.DataFrame, path: Path, findings: list[Finding]) -> pd.DataFrame:
    ids = frame["person_id"]
    if ids.isna().any() or ids.duplicated().any():
        at = int(np.flatnonzero((ids.isna() | ids.duplicated()).to_numpy())[0])
        reason = "a person appears twice, or has no id"
        raise InputError(reason, file=path, place=f"row {at + 2}", code="person-twice")
    births = days(frame, "birth_datetime", path)
    year, month, day = (numbers(frame, f"{name}_of_birth", path) for name in ("year", "month", "day"))
    approximate = births.isna().to_numpy() & ~np.isnan(year) & (np.isnan(month) | np.isnan(day))
    parts = zip(year, np.where(np.isnan(month), 7, month), np.where(np.isnan(day), 15, day), strict=True)
    built = [None if np.isnan(y) else f"{int(y):04d}-{int(m):02d}-{int(d):02d}" for y, m, d in parts]
    births = births.where(births.notna(), pd.Series(built, index=frame.index, dtype=object))
    births = days(pd.DataFrame({"year_of_birth": births}), "year_of_birth", path)
    text = "birth dates lack month or day: July, or the 15th, was used"
    _count(findings, "birth-approximate", int(approximate.sum()), text, "person")
    columns = {"patient_id": ids, "sex": frame["gender_concept_id"].map(_SEX), "birth_date": births}
    return frame_of("patients", columns, len(frame))


def _add_deaths(patients: pd.DataFrame, frame: pd.DataFrame, path: Path, findings: list[Finding]) -> None:
    dates = days(frame, "death_date", path)
    twice = frame["person_id"].duplicated()
    text = "persons have more than one death; the first is used"
    _count(findings, "several-deaths", int(twice.sum()), text, "death")
    unknown = ~frame["person_id"].isin(patients["patient_id"])
    text = "deaths are of persons who are not in the table person"
    _count(findings, "event-of-unknown", int(unknown.sum()), text, "death")
    first = dates[~twice.to_numpy()]
    known = dict(zip(frame["person_id"][~twice.to_numpy()], first, strict=True))
    patients["death_date"] = frame_of(
        "patients", {"death_date": patients["patient_id"].astype(object).map(known)}, len(patients)
    )["death_date"]
    dead = patients["patient_id"].isin(list(known)).to_numpy(dtype=bool)
    patients["deceased"] = pd.arrays.BooleanArray(dead, ~dead)


def _events(name: str, frame: pd.DataFrame, path: Path, concepts: Concepts) -> pd.DataFrame:
    table, prefix = _EVENTS[name]
    identifier = f"{name}_id"
    start = {"condition": "condition_start_date", "drug": "drug_exposure_start_date"}.get(prefix, f"{prefix}_date")
    columns: dict[str, Any] = {
        "patient_id": frame["person_id"],
        **concepts.coded(frame[f"{prefix}_concept_id"], frame[f"{prefix}_source_value"]),
        DATES[table]: days(frame, start, path),
        "source": f"{path.name}#{name}" + ("/" + frame[identifier]).fillna(""),
    }
    if table == "conditions":
        columns |= {"kind": "disease", "excluded": np.zeros(len(frame), dtype=bool)}
    elif table == "medications":
        columns |= {"kind": "exposure", "end": days(frame, "drug_exposure_end_date", path)}
    elif table == "measurements":
        columns |= _measured(name, frame, path, concepts)
    return frame_of(table, columns, len(frame))


def _measured(name: str, frame: pd.DataFrame, path: Path, concepts: Concepts) -> dict[str, Any]:
    code = frame["value_as_concept_id"].where(frame["value_as_concept_id"] != "0")
    names = concepts.names(code)
    words = frame["value_as_string"] if name == "observation" else pd.Series(None, index=frame.index, dtype=object)
    comparator = frame["operator_concept_id"].map(_COMPARATORS) if name == "measurement" else None
    return {
        "value": numbers(frame, "value_as_number", path),
        "unit": concepts.units(frame["unit_concept_id"], frame["unit_source_value"]),
        "comparator": comparator,
        "value_system": code.map(lambda _: "OMOP", na_action="ignore"),
        "value_code": code,
        "value_text": words.where(words.notna(), names),
    }


def _check_times(frame: pd.DataFrame, table: str, patients: pd.DataFrame, name: str, findings: list[Finding]) -> None:
    """Count records of unknown persons, and those before birth or after death."""
    at = pd.Index(patients["patient_id"]).get_indexer(frame["patient_id"])
    unknown = at < 0
    text = "records are of persons who are not in the table person"
    _count(findings, "event-of-unknown", int(unknown.sum()), text, name)
    when = pd.to_datetime(frame[DATES[table]], errors="coerce").to_numpy()
    for code, column, words in (
        ("event-after-death", "death_date", "records lie after the death of their person"),
        ("event-before-birth", "birth_date", "records lie before the birth of their person"),
    ):
        limits = pd.to_datetime(patients[column], errors="coerce").to_numpy()[at]
        outside = when > limits if code == "event-after-death" else when < limits
        _count(findings, code, int((outside & ~unknown).sum()), words, name)


def _count(findings: list[Finding], code: str, number: int, text: str, place: str) -> None:
    if number:
        severity: Severity = "info" if code == "birth-approximate" else "warning"
        findings.append(Finding(code=code, severity=severity, message=f"{number:,} {text}", place=place))
