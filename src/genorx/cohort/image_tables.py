"""Tables of image features in a study: one dated row per image, of which one per patient is kept.

An image from after time zero may show effects of the options: its row is left out.  Features with poor test-retest
agreement are left out too.  Images are measured in ``genorx.imaging``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genorx.cohort.faults import Faults
from genorx.cohort.patient_rows import PatientRows, patient_rows
from genorx.cohort.tables.by_name import Tables
from genorx.cohort.tables.columns import ColumnSpec
from genorx.cohort.tables.dates import days_of
from genorx.cohort.tables.raw import RawTable, parse_numbers
from genorx.cohort.tables.table import SEVERAL_ROWS, TableSpec
from genorx.cohort.time_zero import as_floats, by_row, time_zero_of
from genorx.errors import Finding, StudyError, TableError, shown
from genorx.imaging import stability
from genorx.imaging.codes import is_tag
from genorx.imaging.feature_table import PROVENANCE

if TYPE_CHECKING:
    from genorx.cohort.study_file.sections import StudyFile
    from genorx.cohort.study_file.table_section import TableSection

_LONG = {"tag", "ibsi", "value"}
_ONE_EACH = ("config", "settings")
_OTHERS = ("pyradiomics.", "mirp.", "ibsi.")
_MIN_ICC = 0.75
_WHY = "says where the image comes from"
Days = NDArray[np.float64]


def image_table(
    spec: TableSpec, raw: RawTable, section: TableSection, study: StudyFile, tables: Tables, *, training: bool
) -> tuple[TableSpec, RawTable, tuple[Finding, ...]]:
    """Return the specification of an image table, its rows, one per patient, and the exclusions.

    Parameters
    ----------
    spec : TableSpec
    raw : RawTable
        All rows of the table.
    section : TableSection
    study : StudyFile
    tables : Tables
        Tables by their names in the study.
    training : bool
        False for patients of a fitted model, which has only stable features.

    Raises
    ------
    StudyError
        ``settings-mixed`` where rows were measured in different ways; ``image-table-long`` for a table with one row per
        feature; ``no-such-column``.
    TableError
        ``missing-id``, ``not-a-date``, ``duplicate-patient``; or as any table.
    """
    _check_measured_alike(raw, spec.path)
    rows = patient_rows(raw, spec.patient_id, unique=False)
    taken = _taken(rows, section, study, tables)
    reference = by_row(time_zero_of(study, tables), rows)
    before = taken <= reference
    kept = _one_each(rows, np.where(before, taken, np.nan), reference, section)
    chosen = replace(raw, cells=raw.cells.loc[kept].reset_index(drop=True), rows=raw.rows[kept])
    findings = list(_left_out(int((~before).sum()), spec.path))
    unstable: dict[str, str] = {}
    if section.retest is not None and training:
        unstable, found = _unstable(chosen, section, spec, tables)
        findings += found
    described = {name: _WHY for name in raw.columns if name in PROVENANCE and name != spec.patient_id}
    described |= {str(section.taken): "the day of the image"} | unstable
    columns = {name: ColumnSpec(type="number") for name in raw.columns if _is_measurement(name)}
    spec = replace(spec, columns=columns | dict(spec.columns), not_features=described)
    return (*_distinguished(spec, chosen, _shared(chosen, section, study, tables)), tuple(findings))


def _shared(raw: RawTable, section: TableSection, study: StudyFile, tables: Tables) -> dict[str, str]:
    """Return new names, tagged by table, for features that another image table also has."""
    others: set[str] = set()
    faults = Faults()  # a table that cannot be read is reported where it is read itself
    for table in study.tables:
        if table.role == section.role and table.path != section.path:
            with faults.catch():
                others |= set(tables.read(table.path).columns)
    stem = Path(section.path).name.partition(".")[0]
    return {name: f"{stem}.{name}" for name in raw.columns if _is_measurement(name) and name in others}


def _distinguished(spec: TableSpec, raw: RawTable, names: Mapping[str, str]) -> tuple[TableSpec, RawTable]:
    """Return a table and its specification with some columns renamed."""

    def new(name: str) -> str:
        return names.get(name, name)

    spec = replace(
        spec,
        exclude=tuple(new(name) for name in spec.exclude),
        columns={new(name): each for name, each in spec.columns.items()},
        not_features={new(name): why for name, why in spec.not_features.items()},
    )
    cells = raw.cells.rename(columns=dict(names))
    floats = frozenset(new(name) for name in raw.floats)
    return spec, replace(raw, columns=tuple(new(name) for name in raw.columns), cells=cells, floats=floats)


def _is_measurement(name: str) -> bool:
    return is_tag(name) or name.startswith(_OTHERS)


def _check_measured_alike(raw: RawTable, path: Path) -> None:
    if set(raw.columns) >= _LONG:
        reason = "the table has one row per feature"
        raise StudyError(reason, file=path, hint="make it with genorx image --wide", code="image-table-long")
    for name in _ONE_EACH:
        if name in raw.columns and len(raw.known(name)) > 1:
            reason = f'rows of the table were measured in different ways: "{name}" has {len(raw.known(name))} values'
            hint = "make one table per configuration, and give the tables different names"
            raise StudyError(reason, file=path, place=f'column "{name}"', hint=hint, code="settings-mixed")


def _taken(rows: PatientRows, section: TableSection, study: StudyFile, tables: Tables) -> Days:
    """Return the day of each row since the study's origin; NaN if not known."""
    column = str(section.taken)
    if section.origin is None:
        return as_floats(parse_numbers(rows.raw, column))
    origins = _origins(section.origin, study, tables)
    found = _ordinals(rows.raw.text(column), rows.raw, column)
    return found - as_floats(rows.patient.map(origins))


def _origins(column: str, study: StudyFile, tables: Tables) -> pd.Series:
    """Return the origin date of a patient's days, as an ordinal number."""
    for table in study.tables:
        if table.role in SEVERAL_ROWS or table.format is not None:
            continue
        rows = patient_rows(tables.read(table.path), study.study.patient_id, unique=True)
        if column in rows.raw.columns:
            return pd.Series(
                _ordinals(rows.raw.text(column), rows.raw, column), index=rows.patient.to_numpy(dtype=object)
            )
    reason = f'no other table has the column "{shown(column)}" of origin'
    raise StudyError(reason, hint="it names the date from which days count, one per patient", code="no-such-column")


def _ordinals(cells: pd.Series, raw: RawTable, column: str) -> Days:
    """Convert dates to ordinal numbers."""
    days, problem, at = days_of([None if pd.isna(cell) else str(cell).strip() for cell in cells])
    if problem is not None:
        place = f'column "{shown(column)}"' if at is None else raw.place(at, column)
        raise TableError(problem, file=raw.path, place=place, hint="write dates as 2024-02-29", code="not-a-date")
    return np.array([np.nan if day is None else day for day in days], dtype=float)


def _one_each(rows: PatientRows, taken: Days, reference: Days, section: TableSection) -> NDArray[np.int64]:
    """Return the positions of the kept rows: one per patient, in the order of the file."""
    rule = section.several or "last"
    keys: dict[str, Callable[[], Days]] = {
        "last": lambda: -taken,
        "first": lambda: taken,
        "nearest": lambda: np.where(np.isfinite(reference), np.abs(taken - reference), -taken),
    }
    known = np.flatnonzero(~np.isnan(taken))
    frame = pd.DataFrame({"patient": rows.patient.to_numpy(dtype=object)[known], "position": known})
    frame["key"] = keys[rule]()[known] if rule in keys else 0.0
    best = frame.groupby("patient", sort=False)["key"].transform("min")
    kept = frame[frame["key"] == best]
    double = kept["patient"].duplicated()
    if double.any():
        position = int(kept.loc[double, "position"].iloc[0])
        reason = "a patient has several images" if rule not in keys else "a patient has two images on one day"
        hint = 'several = "last", "first" or "nearest" chooses one' if rule not in keys else "keep one of them"
        place = rows.raw.place(position)
        raise TableError(reason, file=rows.raw.path, place=place, hint=hint, code="duplicate-patient")
    return kept["position"].to_numpy(dtype=np.int64)


def _left_out(number: int, path: Path) -> tuple[Finding, ...]:
    if not number:
        return ()
    rows = "1 row is" if number == 1 else f"{number} rows are"
    message = f"{rows} from after the patient's time zero, or of an unknown day, and left out"
    return (Finding(code="image-after-time-zero", severity="warning", message=message, place=path.name),)


# stability


def _unstable(
    chosen: RawTable, section: TableSection, spec: TableSpec, tables: Tables
) -> tuple[dict[str, str], list[Finding]]:
    """Return features with poor test-retest agreement, each with the reason, and the finding."""
    limit = _MIN_ICC if section.min_icc is None else section.min_icc
    again = tables.read(str(section.retest))
    agreement = stability(*_repetitions(chosen, again, spec.patient_id))
    low = agreement.index[agreement["lower"] < limit]
    here = [str(name) for name in low if name in chosen.columns]
    if not here:
        return {}, []
    measured = [name for name in chosen.columns if _is_measurement(name)]
    unknown = sum(name not in agreement.index for name in measured)
    more = f"; {unknown} features are not in {again.path.name} and were kept" if unknown else ""
    message = f"{len(here)} of {len(measured)} features have a lower limit of agreement (ICC) under {limit:g}{more}"
    found = Finding(code="unstable-feature", severity="warning", message=message, place=spec.path.name)
    return dict.fromkeys(here, f"repeated measurements agree too little (lower limit of the ICC under {limit:g})"), [
        found
    ]


def _repetitions(chosen: RawTable, retest: RawTable, patient_id: str) -> list[pd.DataFrame]:
    """Return repeated measurements as tables of one row per patient.

    A table with several rows per patient holds all of them; one with one row per patient repeats the study's own.
    """
    patient_rows(retest, patient_id, unique=False)
    _check_measured_alike(retest, retest.path)
    again = _measurements(retest, patient_id)
    counts = again.index.value_counts()
    if (counts == 1).all():
        return [_measurements(chosen, patient_id), again]
    least = int(counts[counts > 1].min())
    number = again.groupby(level=0, sort=False).cumcount()
    several = again.index.isin(counts.index[counts >= least])
    return [again[several & (number == time).to_numpy()] for time in range(least)]


def _measurements(raw: RawTable, patient_id: str) -> pd.DataFrame:
    found = {}
    for name in raw.columns:
        if _is_measurement(name):
            found[name] = as_floats(parse_numbers(raw, name))
    if not found:
        raise TableError("the table has no image feature", file=raw.path, code="no-features")
    return pd.DataFrame(found, index=pd.Index(raw.cells[patient_id].to_numpy(dtype=object), name="patient_id"))
