"""Tables of development data and snapshots read as patients; exclusions are counted.

Covariates are read leniently: text in a numeric column is kept as text, since a look has to report that a site has
begun to send words.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genorx.cohort.tables.numbers import read_numbers
from genorx.cohort.tables.raw import RawTable, parse_numbers, read_raw, text_of
from genorx.cohort.tables.table_faults import TableFaults
from genorx.errors import TableError, UsageError, listed_columns, shown
from genorx.monitor.table_roles import TableRoles
from genorx.outcomes.recalibration.likelihood import LIKELIHOODS
from genorx.outcomes.recalibration.patients import ARM, Patients

Floats = NDArray[np.float64]
_ROUNDED = 0.01  # tolerated rise of survival with time: numbers in tables are rounded
_MOST_RISING = 0.1  # largest share of patients in whom it may rise more
Table = pd.DataFrame | str | Path


def read_patients(table: Table, roles: TableRoles, *, base: bool) -> Patients:
    """Return the patients of a table.

    Parameters
    ----------
    table : DataFrame or path
        Table, or the path of a CSV (gzipped or not) or Parquet file.
    roles : TableRoles
    base : bool
        Whether the table has the development data: without id and day of arrival.

    Raises
    ------
    TableError
        If a required column is absent (``no-column``), a time, event or prediction of the model is invalid
        (``not-a-number``, ``negative-time``, ``bad-event``, ``bad-expected``, ``bad-survival``), or the survival at the
        horizon contradicts the expected hazard (``horizon-survival``).
    """
    cells = _Cells(table, "base" if base else "new")
    numbers = _outcome(cells, roles, base=base)
    known = ~np.any([np.isnan(each) for each in numbers.values()], axis=0)
    left_out = {"without time, event or predictions of the model": int((~known).sum())}
    parts = range(len(roles.parts))
    begun = np.any([numbers[f"expected{each}"] > 0 for each in parts], axis=0)
    left_out["with an expected hazard of 0, in whom no event is possible"] = int((known & ~begun).sum())
    ids = None if base else cells.text(roles.id)
    covariates = pd.DataFrame({name: cells.mixed(name) for name in roles.covariates if cells.has(name)})
    doubled = _doubled(ids, numbers, covariates)
    nameless = np.zeros(len(known), dtype=bool) if ids is None else pd.isna(ids)
    left_out["without an id"] = int((known & nameless).sum())
    known &= ~nameless
    left_out["on a row whose patient occurs earlier in the table"] = int((known & doubled).sum())
    _refuse_survival(cells, roles)
    if base and roles.kind == "survival":
        _refuse_other_horizon(cells, roles, numbers, known)
    made = Patients(
        ids=ids,
        arrived=numbers.get("arrived"),
        time=numbers["time"],
        event=np.where(known, numbers["event"], 0).astype(np.int64),
        expected=np.column_stack([numbers[f"expected{each}"] for each in parts]),
        index=np.column_stack([numbers[f"index{each}"] for each in parts]),
        covariates=covariates,
        site=cells.text(roles.site) if roles.site and cells.has(roles.site) else None,
        arm=cells.text(roles.arm) if roles.arm and cells.has(roles.arm) else None,
        lag=_optional(cells, roles.recorded_after),
        groups=pd.DataFrame(
            {name: cells.text(name) for name in roles.subgroups if cells.has(name)}, index=range(len(known))
        ),
        left_out={reason: count for reason, count in left_out.items() if count},
        doubled=int((known & doubled).sum()),
        name=cells.name,
    )
    return made.rows(known & ~doubled)


def _optional(cells: _Cells, name: str | None) -> Floats | None:
    return cells.number(name) if name and cells.has(name) else None


def _refuse_survival(cells: _Cells, roles: TableRoles) -> None:
    values = _optional(cells, roles.survival_at_horizon)
    if values is not None and roles.survival_at_horizon:
        hint = "a probability lies between 0 and 1; is it written in percent?"
        cells.refuse(
            roles.survival_at_horizon, (values < 0) | (values > 1), "is not a probability", "bad-survival", hint
        )


def _refuse_other_horizon(
    cells: _Cells, roles: TableRoles, numbers: dict[str, Floats], known: NDArray[np.bool_]
) -> None:
    """Check the survival at the horizon against the expected hazards: it is lower than that before, if time is one.

    Survival never rises, so that no patient should contradict it.  A horizon in another unit contradicts it in at least
    a third of the patients.
    """
    column, survival = roles.survival_at_horizon, _optional(cells, roles.survival_at_horizon)
    if survival is None:
        return
    known = known & ~np.isnan(survival)
    end = np.exp(-np.sum([numbers[f"expected{number}"] for number in range(len(roles.parts))], axis=0))
    early = numbers["time"] <= roles.horizon
    rises = np.where(early, survival - end, end - survival) > _ROUNDED
    wrong = int((rises & known).sum())
    if wrong > _MOST_RISING * int(known.sum()):
        reason = (
            f"the survival at the horizon {roles.horizon:g} contradicts the expected hazard at {shown(roles.time)!r}: "
            f"in {wrong} of {int(known.sum())} patients it would rise with time"
        )
        hint = f"give the horizon in the unit of {shown(roles.time)!r}, and both columns from the same model"
        raise TableError(reason, file=cells.name, place=f'column "{shown(column)}"', hint=hint, code="horizon-survival")


def _outcome(cells: _Cells, roles: TableRoles, *, base: bool) -> dict[str, Floats]:
    """Return time, event, arrival and the model's predictions; an impossible value is refused with its row."""
    found = {"time": cells.number(roles.time), "event": cells.number(roles.event)}
    if not base:
        found["arrived"] = cells.number(roles.arrived)
    cells.refuse(roles.time, found["time"] < 0, "is negative", "negative-time", "follow-up begins at 0")
    codes = range(len(roles.parts) + 1)
    wrong = ~np.isin(found["event"], codes) & ~np.isnan(found["event"])
    hint = f"events are coded {', '.join(map(str, codes))}"
    cells.refuse(roles.event, wrong, "is not an event", "bad-event", hint)
    likelihood = LIKELIHOODS[roles.kind]
    for number, part in enumerate(roles.parts):
        expected = cells.number(part.expected)
        impossible, hint = likelihood.impossible(expected), f"it is {likelihood.expectation}"
        cells.refuse(part.expected, impossible, likelihood.rule, "bad-expected", hint)
        found[f"expected{number}"], found[f"index{number}"] = expected, cells.number(part.index)
    return found


def _doubled(ids: NDArray[Any] | None, numbers: dict[str, Floats], covariates: pd.DataFrame) -> NDArray[np.bool_]:
    """Return a mask of rows that repeat a patient: the same id, or identical values under another id."""
    if ids is None:
        return np.zeros(len(covariates), dtype=bool)
    content = covariates.assign(_arrived=numbers["arrived"], _time=numbers["time"], _event=numbers["event"])
    named = pd.Series(ids)
    again: NDArray[np.bool_] = (named.notna() & named.duplicated() | content.duplicated()).to_numpy()
    return again


class _Cells:
    """Columns of a frame or file, read by role."""

    def __init__(self, table: Table, what: str) -> None:
        self.raw: RawTable | None = None
        if isinstance(table, pd.DataFrame):
            self.name, self.frame = what, table.reset_index(drop=True)
            if self.frame.columns.duplicated().any():
                raise TableError("two columns have the same name", file=what, code="doubled-column")
        elif isinstance(table, str | Path):
            self.raw = read_raw(table)
            self.name, self.frame = self.raw.path.name, self.raw.cells
        else:
            raise UsageError(f"a table is a frame or a path, not a {type(table).__name__}", code="usage")

    def has(self, name: str) -> bool:
        return name in self.frame.columns

    def _require(self, name: str) -> None:
        if self.raw is not None:
            self.raw.require_column(name)
        elif not self.has(name):
            hint = listed_columns(map(str, self.frame.columns))
            raise TableError(f"there is no column {shown(name)!r}", file=self.name, hint=hint, code="no-column")

    def number(self, name: str) -> Floats:
        """Return a numeric column; a non-numeric cell is refused with its row."""
        self._require(name)
        if self.raw is not None:
            return np.array(parse_numbers(self.raw, name).to_numpy(dtype=float, na_value=np.nan))
        values = pd.to_numeric(self.frame[name], errors="coerce").to_numpy(dtype=float, na_value=np.nan)
        bad = np.isnan(values) & self.frame[name].notna().to_numpy() | np.isinf(values)
        self.refuse(name, bad, "is not a finite number", "not-a-number", "leave the cell empty if it is not known")
        return np.array(values)

    def text(self, name: str) -> NDArray[Any]:
        """Return a column as text; a missing cell is None."""
        self._require(name)
        column = self.raw.text(name) if self.raw is not None else self.frame[name]
        stated = text_of(column.astype(object).where(column.notna(), None)).astype(object)
        return np.array(stated.where(stated.notna(), None), dtype=object)

    def mixed(self, name: str) -> pd.Series[Any]:
        """Return a covariate: floats if every non-missing cell is a number, otherwise text."""
        if self.raw is None and pd.api.types.is_numeric_dtype(self.frame[name].dtype):
            return pd.Series(self.frame[name].to_numpy(dtype=float, na_value=np.nan))
        text = pd.Series(self.text(name), dtype=object)
        known = text.dropna().astype(str)
        read = read_numbers(list(dict.fromkeys(known)), "." if self.raw is None else self.raw.decimal)
        return text if None in read.values() else text.map(read).astype(float)

    def refuse(self, name: str, bad: NDArray[np.bool_], rule: str, code: str, hint: str) -> None:
        """Raise the faults of a column's cells, with their rows."""
        where = np.flatnonzero(bad)
        if not where.size:
            return
        faults = TableFaults(Path(self.name) if self.raw is None else self.raw.path)
        for position in where:
            row = int(position) + 1 if self.raw is None else int(self.raw.rows[position])
            faults.add(f"{name} {rule}", code=code, row=row, column=name, hint=hint)
        faults.raise_if_any()


@dataclass(frozen=True, kw_only=True)
class ModelNumbers:
    """The frozen model's predictions for patients, with or without outcomes.

    Attributes
    ----------
    frame : DataFrame
        Whole table.
    survival : array of float, shape (n,)
        Survival at the horizon.
    index : array of float, shape (n, n_parts)
        Linear predictors.
    shares : array of float, shape (n, n_parts)
        Share of each part in the cumulative hazard; 1 for a single part.
    described : DataFrame
        As ``Patients.described``.
    """

    frame: pd.DataFrame
    survival: Floats
    index: Floats
    shares: Floats
    described: pd.DataFrame


def model_numbers(table: Table, roles: TableRoles) -> ModelNumbers:
    """Return the predictions to which an update is applied.

    Raises
    ------
    TableError
        If a column is absent, or a survival is not a probability (``bad-survival``).
    """
    cells = _Cells(table, "table")
    index = np.column_stack([cells.number(part.index) for part in roles.parts])
    survival = cells.number(str(roles.survival_at_horizon))
    _refuse_survival(cells, roles)
    shares = np.ones_like(index)
    if len(roles.parts) > 1:
        expected = np.column_stack([cells.number(part.expected) for part in roles.parts])
        whole = expected.sum(axis=1, keepdims=True)
        shares = np.divide(expected, whole, out=np.full_like(expected, 1.0 / len(roles.parts)), where=whole > 0)
    covariates = pd.DataFrame({name: cells.mixed(name) for name in roles.covariates if cells.has(name)})
    groups = [name for name in roles.subgroups if name not in covariates and cells.has(name)]
    described = covariates.assign(**{name: cells.text(name) for name in groups})
    if roles.arm and cells.has(roles.arm) and ARM not in described:
        described[ARM] = cells.text(roles.arm)
    frame = cells.frame.copy() if not isinstance(table, pd.DataFrame) else table.copy()  # with its own index
    if cells.raw is not None and roles.survival_at_horizon:
        frame[roles.survival_at_horizon] = survival
    return ModelNumbers(frame=frame, survival=survival, index=index, shares=shares, described=described)
