"""One row per patient by a map: selection of records by column, time window, unit and rule."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genorx._core.units import UnitError, convert
from genorx.errors import Finding, InputError, Severity, shown
from genorx.interop.reading.codes import has_code, keys_of, look_alikes
from genorx.interop.reading.columns import DATES
from genorx.interop.reading.dates import first_day, last_day
from genorx.interop.reading.index_days import Index, index_days
from genorx.interop.reading.map_file import MapColumn, read_map
from genorx.interop.reading.record_tables import with_ages
from genorx.interop.reading.rows import TEXT_TYPE

if TYPE_CHECKING:
    from genorx.interop.reading.record_tables import RecordTables

_NEVER = -(10**9)  # day of a record without date: before all others
#: States of records of something that did not happen: by definition of FHIR R4, before any of it took place.
#: Source: https://hl7.org/fhir/R4, value sets event-status, medicationrequest-status, medication-statement-status,
#: medicationdispense-status and observation-status.
_NOT_DONE = frozenset(
    {"not-done", "preparation", "cancelled", "draft", "not-taken", "intended", "declined", "registered"}
)
_NOT_CONFIRMED = frozenset({"unconfirmed", "provisional", "differential"})


class _Findings:
    """Findings while columns are built, counted by column."""

    def __init__(self) -> None:
        self.counts: Counter[tuple[str, Severity, str, str]] = Counter()

    def add(self, code: str, severity: Severity, text: str, column: str, number: int) -> None:
        if number:
            self.counts[code, severity, text, column] += int(number)

    def findings(self) -> tuple[Finding, ...]:
        return tuple(
            Finding(
                code=code, severity=severity, message=text.replace("{n}", f"{number:,}"), place=f'column "{column}"'
            )
            for (code, severity, text, column), number in self.counts.items()
        )


def wide_table(tables: RecordTables, source: str | Path | Mapping[str, Any], index: Index | None) -> pd.DataFrame:
    """Return the wide table of a map; see ``RecordTables.wide``."""
    columns = read_map(source)
    patients = tables.patients.drop_duplicates("patient_id")
    patients = patients[patients["patient_id"].notna()]
    names = pd.Index(patients["patient_id"].astype(object), name="patient_id")
    days = index_days(index, [str(name) for name in names])
    stated = _Findings()
    if days is not None:
        without = sum(str(name) not in days for name in names)
        stated.add("no-index", "warning", "{n} patients have no index day; their values are missing", "index", without)
        text = "no records of {n} patients of the index"
        stated.add("index-of-unknown", "warning", text, "index", len(set(days) - {str(name) for name in names}))
    made: dict[str, Any] = {
        "sex": patients["sex"].array,
        "age_years": with_ages(patients, days).array,
    }
    for column in columns:
        if column.days is not None and days is None:
            hint = "give index= (a day, a mapping or a CSV), or leave days out"
            raise InputError(f"column {column.name!r} requests days, but there is no index", hint=hint, code="no-index")
        made[column.name] = _values(_Records(tables, column, names, days, stated), column)
    frame = pd.DataFrame(made, index=names)
    frame.attrs["findings"] = stated.findings()
    return frame


class _Records:
    """Records for a column: those with its codes, of patients of the table, within its time window."""

    def __init__(
        self,
        tables: RecordTables,
        column: MapColumn,
        names: pd.Index[Any],
        days: Mapping[str, date] | None,
        stated: _Findings,
    ) -> None:
        self.column, self.stated, self.names = column, stated, names
        frame = tables.frame(column.table)
        found = has_code(frame, tables.other_codes.get(column.table), column, tables.descendants)
        self._note_codes(frame, found)
        frame = self._done(frame[found])
        of = names.get_indexer(pd.Index(frame["patient_id"].astype(object)))
        self.indexed = np.array([days is None or str(each) in days for each in names], dtype=bool)
        self.frame, self.of = frame[of >= 0].reset_index(drop=True), of[of >= 0]
        self.day = np.full(len(self.frame), _NEVER, dtype=np.int64)
        keep = self._within(days)
        self.frame, self.of, self.day = self.frame[keep].reset_index(drop=True), self.of[keep], self.day[keep]

    def _note_codes(self, frame: pd.DataFrame, found: NDArray[np.bool_]) -> None:
        """State that no record has a code of the column, and count those whose code looks like one."""
        column = self.column
        if not found.any():
            made = "0" if column.pick in ("any", "count") and column.absent == "no" else "missing"
            text = f"no record has a code of this column: it is {made} for all"
            self.stated.add("code-unseen", "info" if len(self.names) == 1 else "warning", text, column.name, 1)
        keys = keys_of(frame[~found])
        alike = look_alikes(keys.unique(), column)
        if alike:
            names = ", ".join(shown(each) for each in alike[:3]) + (" and others" if len(alike) > 3 else "")
            text = f"{{n}} records are not used: another system or spelling of a code of this column ({names})"
            self.stated.add("code-alike", "serious", text, column.name, int(keys.isin(alike).sum()))

    def _done(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return the records of what took place; others are counted."""
        stated, name = self.stated, self.column.name
        if "status" in frame.columns and self.column.table != "conditions":
            undone = frame["status"].isin(_NOT_DONE).to_numpy(dtype=bool)
            text = "{n} records are left out: what did not take place, by their status"
            stated.add("not-done", "warning", text, name, int(undone.sum()))
            frame = frame[~undone]
        if self.column.table == "conditions":
            unsure = frame["verification"].isin(_NOT_CONFIRMED).to_numpy(dtype=bool)
            text = "{n} records are used of diagnoses not confirmed (unconfirmed, provisional, differential)"
            stated.add("diagnosis-unconfirmed", "warning", text, name, int(unsure.sum()))
        return frame

    def _within(self, days: Mapping[str, date] | None) -> NDArray[np.bool_]:
        """Return which records are in the column's window; those after it, and those without a date, are counted."""
        stated, name = self.stated, self.column.name
        texts = self.frame[DATES[self.column.table]]
        dated = texts.notna().to_numpy(dtype=bool)
        spans = {text: (first_day(text).toordinal(), last_day(text).toordinal()) for text in texts.dropna().unique()}
        first = np.array([spans[text][0] if known else _NEVER for text, known in zip(texts, dated, strict=True)])
        last = np.array([spans[text][1] if known else _NEVER for text, known in zip(texts, dated, strict=True)])
        first, last = first.astype(np.int64), last.astype(np.int64)
        self.day = last
        if days is None:
            stated.add("undated", "warning", "{n} records are used without a date", name, int((~dated).sum()))
            return np.ones(len(texts), dtype=bool)
        indexed = np.array([days[str(each)].toordinal() if str(each) in days else _NEVER for each in self.names])
        index = indexed[self.of] if len(self.of) else np.empty(0, dtype=np.int64)
        known = index != _NEVER
        lower, upper = self.column.days if self.column.days is not None else (-np.inf, 0.0)
        after = dated & known & (first > index + upper)
        inside: NDArray[np.bool_] = dated & known & (last <= index + upper) & (first >= index + lower)
        outside = dated & known & (last < index + lower)
        unclear = known & ~after & ~inside & ~outside
        if self.column.days is None:
            inside |= known & ~dated
        text = "{n} records are left out: later than the index day"
        stated.add("after-index", "warning", text, name, int((after & (first > index)).sum()))
        taken = int((unclear & inside).sum())
        stated.add("undated", "warning", "{n} records are used without a date", name, taken)
        text = "{n} records are left out: without a date, perhaps not within the days of the column"
        stated.add("undated", "warning", text, name, int((unclear & ~inside).sum()))
        return inside


def _values(records: _Records, column: MapColumn) -> Any:
    if column.pick in ("any", "count"):
        return _presence(records, column)
    values, limited = _in_unit(records, column)
    if values is None:
        return _texts(records, column)
    return _picked(records, column, values, limited)


def _presence(records: _Records, column: MapColumn) -> Any:
    """Return 1 or 0, or the number of records; an "excluded" record is a no, and no record is as in the map.

    A patient without an index day has no value, and a result that is absent for a reason is no record.
    """
    frame = records.frame
    if column.table == "conditions":
        excluded = frame["excluded"].fillna(False).to_numpy(dtype=bool)
    else:
        excluded = np.zeros(len(frame), dtype=bool)
    size = len(records.names)
    counts = np.bincount(records.of[~excluded & ~_without_result(frame)], minlength=size).astype(float)
    denied = np.bincount(records.of[excluded], minlength=size) > 0
    values = np.minimum(counts, 1) if column.pick == "any" else counts
    missing = (counts == 0) & ~denied & (column.absent == "missing")
    return pd.arrays.FloatingArray(values, missing | ~records.indexed)


def _without_result(frame: pd.DataFrame) -> NDArray[np.bool_]:
    """Return which measurements were not made, or have no result, for a stated reason."""
    if "absent_reason" not in frame.columns:
        return np.zeros(len(frame), dtype=bool)
    results = frame[["value", "value_code", "value_text"]].notna().any(axis=1)
    absent: NDArray[np.bool_] = (frame["absent_reason"].notna() & ~results).to_numpy(dtype=bool)
    return absent


def _in_unit(records: _Records, column: MapColumn) -> tuple[NDArray[np.float64] | None, NDArray[np.bool_]]:
    """Return the values in the column's unit, NaN if missing; None if no record has a number."""
    frame = records.frame
    values = frame["value"].to_numpy(dtype=np.float64, na_value=np.nan)
    limited = frame["comparator"].notna().to_numpy(dtype=bool) & ~np.isnan(values)
    if len(frame) and np.isnan(values).all() and column.unit is None:
        return None, limited
    text = "{n} values lie below or above a limit of detection, and are missing"
    records.stated.add("detection-limit", "warning", text, column.name, int(limited.sum()))
    values = np.where(limited, np.nan, values)
    if column.unit is None:
        return values, limited
    units = frame["unit"]
    unknown = units.isna().to_numpy(dtype=bool) & ~np.isnan(values)
    text = f"{{n}} values are read as {column.unit}: without a unit"
    records.stated.add("unit-assumed", "warning", text, column.name, int(unknown.sum()))
    for unit in units.dropna().unique():
        chosen = (units == unit).fillna(False).to_numpy(dtype=bool)
        if np.isnan(values[chosen]).all():
            continue
        try:
            values[chosen] = convert(values[chosen], unit, column.unit, column.analyte)
        except UnitError as error:
            raise InputError(error.reason, place=f'column "{column.name}"', hint=error.hint, code="unit") from error
    return values, limited


def _picked(records: _Records, column: MapColumn, values: NDArray[np.float64], limited: NDArray[np.bool_]) -> Any:
    size = len(records.names)
    keep = ~np.isnan(values) | (limited if column.pick in ("last", "first") else False)
    of, day, values = records.of[keep], records.day[keep], values[keep]
    made = np.full(size, np.nan)
    if column.pick in ("last", "first"):
        order = np.lexsort((np.arange(len(of)), day, of))
        order = order if column.pick == "last" else order[::-1]
        _note_one_day(records, column, of[order], day[order], values[order])
        made[of[order]] = values[order]  # the last one written is kept
    elif len(of):
        grouped = pd.Series(values).groupby(of).agg(column.pick)
        made[grouped.index.to_numpy()] = grouped.to_numpy()
    return pd.arrays.FloatingArray(made, np.isnan(made))


def _note_one_day(
    records: _Records, column: MapColumn, of: NDArray[np.int64], day: NDArray[np.int64], values: NDArray[Any]
) -> None:
    """Count patients whose selected record, the last in this order, differs from others of its day."""
    chosen = pd.DataFrame({"of": of, "day": day, "value": values})
    chosen = chosen[chosen["day"] == chosen.groupby("of")["day"].transform("last")]
    differ = int((chosen.groupby("of")["value"].nunique(dropna=False) > 1).sum())
    text = f"{{n}} patients have records that differ on the selected day: the {column.pick} one in the files is used"
    records.stated.add("several-on-day", "warning", text, column.name, differ)


def _texts(records: _Records, column: MapColumn) -> Any:
    """Return the code, otherwise the text, of the selected record, for non-numeric findings (a stage)."""
    made = np.full(len(records.names), pd.NA, dtype=object)
    if column.pick not in ("last", "first"):
        return pd.array(np.full(len(made), np.nan), dtype="Float64")
    texts = records.frame["value_code"].fillna(records.frame["value_text"])
    keep = texts.notna().to_numpy(dtype=bool)
    of, day, found = records.of[keep], records.day[keep], texts[keep].to_numpy(dtype=object)
    order = np.lexsort((np.arange(len(of)), day, of))
    order = order if column.pick == "last" else order[::-1]
    _note_one_day(records, column, of[order], day[order], found[order])
    made[of[order]] = found[order]
    return pd.array(made, dtype=TEXT_TYPE)
