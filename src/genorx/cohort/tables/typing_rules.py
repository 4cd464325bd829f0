"""Conversion of a column to a feature: in training by declaration or guess, in prediction by the fitted model."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd

from genorx._core.feature_spec import FeatureKind, FeatureSpec
from genorx._core.units import unit_of_name
from genorx._core.words import MISSING_TEXT
from genorx.cohort.tables.columns import (
    ColumnSpec,
    Guess,
    Reading,
    TypedColumn,
    boolean_column,
    category_column,
    guess_type,
)
from genorx.cohort.tables.dates import date_forms
from genorx.cohort.tables.levels import boolean_systems, level_description, near_duplicates, near_levels
from genorx.cohort.tables.measurements import read_measurement
from genorx.cohort.tables.numbers import is_number, unit_of_cells
from genorx.cohort.tables.raw import RawTable
from genorx.errors import Finding, shown

_MANY_LEVELS = 100  # of a category; more are taken for names, whose spellings are not compared
_LEFT_OUT = {
    "empty": ("empty-column", "warning", "the column has no values and was left out"),
    "text": ("free-text", "warning", "the column holds free text and was left out; declare `type` if it is a category"),
    "identifier": ("identifier-column", "warning", "the column identifies persons or records and was left out"),
    "personal": ("personal-data", "serious", "the column seems to hold personal data by its name and was left out"),
    "site": ("site-code", "warning", "the column holds the site and was left out of the features; it can be a stratum"),
}


def type_column(reading: Reading, name: str, declared: ColumnSpec) -> TypedColumn:
    """Return a typed column of a training table.

    Parameters
    ----------
    reading : Reading
        Table being read; its ``faults`` collect contradictions of the declaration.
    name : str
    declared : ColumnSpec
    """
    cells = reading.raw.text(name, missing=declared.missing)
    variable = reading.measured(name, cells, declared.unit)
    # without a unit, 0 and 1 of "alcohol" mean no and yes
    measure = bool(declared.unit or unit_of_name(name)[1] or (variable and not variable.stated))
    guess = "category" if declared.levels else guess_type(name, cells, reading.raw.decimal, measure=measure)
    declared = declared if measure else _as_held(reading.raw, name, declared, guess)
    kind = declared.type or guess
    if cells.isna().all():
        kind = "empty"
    if kind in ("text", "category") and declared.type is None and (within := _unit_within(declared, cells)):
        return _left_out(name, "text", reading.finding("unit-in-cells", "serious", within, name))
    if kind in _LEFT_OUT:
        code, severity, message = _LEFT_OUT[kind]
        return _left_out(name, kind, reading.finding(code, severity, message, name))  # type: ignore[arg-type]
    if kind == "date":
        return _date(reading, name, cells)
    makers: dict[str, Callable[[Reading, str, pd.Series, ColumnSpec], TypedColumn]] = {
        "number": _number,
        "integer": _number,
        "boolean": _boolean,
        "category": _category,
        "ordinal": _ordinal,
    }
    column = makers[kind](reading, name, cells, declared)
    if kind == "category" and declared.type is None and (unit := declared.unit or unit_of_name(name)[1]):
        message = (
            f"a unit is given ({shown(unit)}), but most cells are not plain numbers; the column was taken as a category"
        )
        column = replace(column, findings=(*column.findings, reading.finding("mixed-column", "serious", message, name)))
    if column.values is not None and column.values.nunique(dropna=True) < 2 and not declared.levels:
        return _constant(reading, column)
    return column


def _unit_within(declared: ColumnSpec, cells: pd.Series) -> str:
    """Return the advice on cells that hold numbers with a unit; empty for other cells."""
    unit = None if declared.levels else unit_of_cells([str(text) for text in cells.dropna().unique()])
    if unit is None:
        return ""
    return (
        f"the cells hold numbers with a unit ({shown(unit)}), and the column was left out: "
        "remove the unit from the cells and declare it as `unit`; declare `type` if they are levels"
    )


def _as_held(raw: RawTable, name: str, declared: ColumnSpec, guess: Guess) -> ColumnSpec:
    """Return a column's declaration; without one, a typed table's dtype declares a category, or an ordered one."""
    silent = declared.type is None and not declared.levels and raw.cells[name].nunique() > 1
    if not silent or name not in raw.categories or guess not in ("category", "number"):
        return declared  # free text, ids and names stay what they are, however they are stored
    if name in raw.ordered:
        return replace(declared, type="ordinal", levels=raw.categories[name])
    return replace(declared, type="category") if guess == "number" else declared


def _left_out(name: str, kind: str, *findings: Finding) -> TypedColumn:
    return TypedColumn(name=name, kind=kind, note=findings[0].message, findings=findings)


def _constant(reading: Reading, column: TypedColumn) -> TypedColumn:
    known = 0 if column.values is None else int(column.values.notna().sum())
    code, message = "constant-column", "all known values of the column are the same, and it was left out"
    if not known:
        code, message = "empty-column", "no value of the column could be kept, and it was left out"
    finding = reading.finding(code, "warning", message, column.name)
    return replace(column, spec=None, note=message, findings=(*column.findings, finding))


def _date(reading: Reading, name: str, cells: pd.Series) -> TypedColumn:
    forms = date_forms(str(text) for text in cells.dropna())
    if forms.problem:
        finding = reading.finding("date-order", "serious", f"{forms.problem}; the column was left out", name)
        return _left_out(name, "date", finding)
    message = "the column holds dates and was left out; a number of days can be a feature"
    return _left_out(name, "date", reading.finding("date-column", "warning", message, name))


def _number(reading: Reading, name: str, cells: pd.Series, declared: ColumnSpec) -> TypedColumn:
    measured = read_measurement(reading, name, cells, declared)
    values, known = measured.values, measured.values.dropna()
    whole = bool((known % 1 == 0).all())
    if declared.type == "integer" and not whole:
        reading.fault(
            "the value has decimals, the study declares integer",
            "not-an-integer",
            name,
            (values % 1 != 0).fillna(False),
        )
    if declared.type is None and not measured.known and set(known.unique()) == {0.0, 1.0}:
        spec = FeatureSpec(name=name, kind="boolean", group=reading.group, source=reading.raw.path.name)
        return TypedColumn(
            name=name, kind="boolean", values=values.astype("Int8"), spec=spec, findings=measured.findings
        )
    integer = declared.type == "integer" or (declared.type is None and whole and measured.unit is None)
    kind: FeatureKind = "integer" if integer and whole else "number"
    spec = FeatureSpec(
        name=name,
        kind=kind,
        group=reading.group,
        unit=measured.unit,
        lower=None if known.empty else float(known.min()),
        upper=None if known.empty else float(known.max()),
        source=reading.raw.path.name,
    )
    values = values.astype("Int64") if kind == "integer" else values
    return TypedColumn(name=name, kind=kind, values=values, spec=spec, unit=measured.unit, findings=measured.findings)


def _boolean(reading: Reading, name: str, cells: pd.Series, _: ColumnSpec) -> TypedColumn:
    values, bad = boolean_column(cells)
    if bad.any():
        reading.fault("the value is neither yes nor no, the study declares boolean", "not-boolean", name, bad)
    findings = []
    if boolean_systems(str(text) for text in cells.dropna().unique()) > 1:
        message = "yes and no are written in more than one way; they were read as the same"
        findings.append(reading.finding("mixed-boolean", "warning", message, name))
    spec = FeatureSpec(name=name, kind="boolean", group=reading.group, source=reading.raw.path.name)
    return TypedColumn(name=name, kind="boolean", values=values, spec=spec, findings=tuple(findings))


def _category(reading: Reading, name: str, cells: pd.Series, declared: ColumnSpec) -> TypedColumn:
    values, levels, bad = category_column(cells, declared.levels)
    if bad.any():
        rule = f"the value is none of the levels that the study declares ({', '.join(map(shown, levels[:10]))})"
        reading.fault(rule, "undeclared-level", name, bad)
    findings = [] if declared.levels else [*_spellings(reading, name, levels), *_numbers_among(reading, name, cells)]
    spec = FeatureSpec(name=name, kind="category", group=reading.group, levels=levels, source=reading.raw.path.name)
    return TypedColumn(name=name, kind="category", values=values, spec=spec, findings=tuple(findings))


def _spellings(reading: Reading, name: str, levels: tuple[str, ...]) -> list[Finding]:
    """Return findings on levels that look like spellings of one another, or of a missing word."""
    found, pairs = [], near_duplicates(levels)
    if pairs:
        stated = "; ".join(f"{shown(first)!r} and {shown(second)!r}" for first, second in pairs[:5])
        message = f"levels look like spellings of one level and were not merged: {stated}"
        found.append(reading.finding("near-duplicate-levels", "warning", message, name))
    unknown = {level: near_levels(level, MISSING_TEXT) for level in levels} if len(levels) <= _MANY_LEVELS else {}
    for level, words in unknown.items():
        if words:
            nearest = min((abs(len(word) - len(level)), word) for word in words)[1]
            message = (
                f"the level {shown(level)!r} looks like {nearest!r} and was kept as a level: if it means that the "
                f"value is not known, declare missing = [{json.dumps(shown(level), ensure_ascii=False)}]"
            )
            found.append(reading.finding("near-missing-word", "warning", message, name))
    return found


def _numbers_among(reading: Reading, name: str, cells: pd.Series) -> list[Finding]:
    numeric = cells.isin([text for text in cells.dropna().unique() if is_number(text)])
    text = cells.notna() & ~numeric
    if not 0.5 < numeric.sum() / max(int(cells.notna().sum()), 1) < 1:
        return []
    message = f"the column holds numbers and text and was taken as a category: text in {reading.rows(text)}"
    return [reading.finding("mixed-column", "warning", message, name)]


def _ordinal(reading: Reading, name: str, cells: pd.Series, declared: ColumnSpec) -> TypedColumn:
    values, levels, bad = category_column(cells, declared.levels, ordered=True)
    if bad.any():
        rule = f"the value is none of the levels that the study declares ({', '.join(map(shown, levels[:10]))})"
        reading.fault(rule, "undeclared-level", name, bad)
    if not declared.levels and not all(is_number(level) for level in levels):
        hint = "give `levels` from lowest to highest"
        reading.fault("the order of an ordinal's levels is not given", "ordinal-levels", name, hint=hint)
    spec = FeatureSpec(name=name, kind="ordinal", group=reading.group, levels=levels, source=reading.raw.path.name)
    return TypedColumn(name=name, kind="ordinal", values=values, spec=spec)


def fit_column(reading: Reading, spec: FeatureSpec, declared: ColumnSpec) -> TypedColumn:
    """Return a column typed as a fitted model expects; invalid values become missing and are reported by patient.

    Parameters
    ----------
    reading : Reading
    spec : FeatureSpec
    declared : ColumnSpec
        Unit and missing codes of the new file.
    """
    cells = reading.raw.text(spec.name, missing=declared.missing)
    if spec.kind in ("number", "integer"):
        return _fit_number(reading, spec, cells, declared)
    if spec.kind == "boolean":
        values, bad = boolean_column(cells)
        known = "yes and no"
    else:
        values, levels, bad = category_column(cells, spec.levels, ordered=spec.kind == "ordinal")
        known = ", ".join(shown(level) for level in levels[:10])
    findings = []
    for position in np.flatnonzero(bad):
        stated = level_description(str(cells.iloc[position]), spec.levels)
        message = f"{spec.name} is {stated}; the model knows {known}; it was taken as missing"
        findings.append(reading.finding("unseen-level", "serious", message, spec.name, int(position)))
    return TypedColumn(name=spec.name, kind=spec.kind, values=values, spec=spec, findings=tuple(findings))


def _fit_number(reading: Reading, spec: FeatureSpec, cells: pd.Series, declared: ColumnSpec) -> TypedColumn:
    measured = read_measurement(reading, spec.name, cells, declared, fitted=spec)
    values, findings = measured.values, list(measured.findings)
    if spec.kind == "integer":
        fraction = (values % 1 != 0).fillna(False)
        for position in np.flatnonzero(fraction):
            message = f"{spec.name} {values.iloc[position]:g} has decimals, the model has whole numbers"
            findings.append(reading.finding("not-an-integer", "serious", message, spec.name, int(position)))
        values = values.mask(fraction).astype("Int64")
    findings += outside_training(reading, spec, values)
    return TypedColumn(
        name=spec.name,
        kind=spec.kind,
        values=values,
        spec=spec,
        unit=measured.unit,
        findings=tuple(findings),
    )


def outside_training(reading: Reading, spec: FeatureSpec, values: pd.Series) -> list[Finding]:
    """Return a finding for each patient with a value outside the training range."""
    low, high = (end if end is not None else np.nan for end in (spec.lower, spec.upper))
    findings, numbers = [], values.to_numpy(dtype=float, na_value=np.nan)
    for position in spec.places_outside(numbers):
        value = numbers[position]
        severity = spec.outside(float(value))
        if severity is not None:
            message = f"{spec.name} {value:g} is outside the training range, {low:g} to {high:g}"
            findings.append(reading.finding("outside-training-range", severity, message, spec.name, position))
    return findings
