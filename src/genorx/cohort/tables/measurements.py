"""Numeric columns: units converted, impossible values removed, missing codes and mixed units reported.

No value is removed unreported: each value that is not kept, and each doubt, is a finding with its rows.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genorx._core.feature_spec import FeatureSpec
from genorx._core.unit_words import unit_in_words, unit_name
from genorx._core.units import Linear, UnitError, conversion, unit_of_name
from genorx.cohort.tables.columns import ColumnSpec, Reading
from genorx.cohort.tables.numbers import number_hint, read_numbers, why_no_number
from genorx.cohort.tables.unit_doubts import UnitDoubt, doubt_unit, median_fits, to_known
from genorx.cohort.tables.variables import Variable
from genorx.errors import Finding, Severity, shown

# codes that programs and people write for "not known"
_CODES = frozenset(
    {-1, -8, -9, -88, -98, -99, -998, -999, -9998, -9999, 8, 9, 88, 98, 99, 888, 998, 999, 9998, 9999, 99999}
)
_MIN_OTHERS = 5  # fewer other values have no spread


@dataclass(frozen=True, kw_only=True)
class Measurement:
    """Numbers of a column in ``unit``; missing is ``<NA>``; ``known`` if name or unit identify the measurement."""

    values: pd.Series
    unit: str | None
    known: bool
    findings: tuple[Finding, ...]


def read_measurement(
    reading: Reading, name: str, cells: pd.Series, declared: ColumnSpec, *, fitted: FeatureSpec | None = None
) -> Measurement:
    """Return a column's numbers in the unit of the schema.

    Parameters
    ----------
    reading : Reading
    name : str
    cells : Series of text
    declared : ColumnSpec
        Declaration of the column; its ``unit`` is that of the file.  If its ``type`` is given, text is a fault, and
        numbers outside the spread of the others are values, not missing codes.
    fitted : FeatureSpec, optional
        Feature of a fitted model.  Its unit and range then replace those of the column, so that a patient's value does
        not depend on the other patients of the file.
    """
    numbers, findings = _numbers(reading, name, cells, strict=declared.type is not None, each=fitted is not None)
    variable = reading.measured(name, cells, declared.unit or (fitted.unit if fitted else None))
    stated = declared.unit or unit_of_name(name)[1]
    spread = None if fitted is None else _spread_in_file(fitted, stated or fitted.unit, name)
    numbers, suspects = _without_codes(reading, name, numbers, spread=spread, keep=declared.type is not None)
    target = None if fitted is None else fitted.unit
    source, assumed = _source_unit(reading, name, numbers, stated, variable=variable, target=target)
    # a unit that was only assumed is no reason to change values
    unit = target or unit_of_name(name)[1] or (variable.unit if variable and declared.unit else None) or source
    doubt = doubt_unit(numbers, source, variable)
    doubts = [] if doubt is None else _doubted(reading, name, numbers, doubt, each=fitted is not None)
    numbers, unit = _converted(reading, name, numbers, source, unit)
    impossible: list[Finding] = []
    if fitted is not None or doubt is None or doubt.rows is not None:
        numbers, impossible = _possible(reading, name, numbers, unit, variable, each=fitted is not None)
    return Measurement(
        values=numbers,
        unit=unit,
        known=variable is not None or unit is not None,
        findings=(*findings, *suspects, *assumed, *_other_name(reading, name, declared), *doubts, *impossible),
    )


def _doubted(reading: Reading, name: str, numbers: pd.Series, doubt: UnitDoubt, *, each: bool) -> list[Finding]:
    """Return one finding about the column, or one for each doubtful patient."""
    if not each or doubt.rows is None:
        return [reading.finding("unit-suspect", "serious", doubt.stated(reading), name)]
    return [
        reading.finding(
            "unit-suspect", "serious", f"{name} {doubt.description_of(float(numbers.iloc[row]))}", name, row
        )
        for row in np.flatnonzero(doubt.rows).tolist()
    ]


def _other_name(reading: Reading, name: str, declared: ColumnSpec) -> list[Finding]:
    """Report a column whose name has another unit than the one declared for its file."""
    stem, named = unit_of_name(name)
    if named is None or declared.unit is None:
        return []
    try:
        same = conversion(declared.unit, named, stem) == Linear(1.0)
    except UnitError:  # a fault, which is reported when the values are converted
        return []
    message = f"the study declares {shown(declared.unit)}, the column's name has {named}: values were converted to it"
    return [] if same else [reading.finding("unit-converted", "warning", message, name)]


def _numbers(
    reading: Reading, name: str, cells: pd.Series, *, strict: bool, each: bool
) -> tuple[pd.Series, list[Finding]]:
    """Return numbers; infinity and unclear commas are faults, text is a fault (strict) or a finding."""
    read = read_numbers(list(dict.fromkeys(cells.dropna().to_numpy(dtype=object).tolist())), reading.raw.decimal)
    values = pd.Series([read.get(text) for text in cells.to_numpy(dtype=object)], index=cells.index, dtype="Float64")
    why: dict[tuple[str, str], list[str]] = {}
    for text, number in read.items():
        if number is None:
            why.setdefault(why_no_number(text), []).append(text)
    findings = []
    for (code, rule), texts in why.items():
        mask = cells.isin(texts)
        limit = code == "detection-limit"
        if code in ("infinite-value", "decimal-comma") or (strict and not limit):
            reading.fault(rule, code, name, mask, hint=number_hint(code))
            continue
        finding: tuple[str, Severity] = (code, "warning") if limit else ("mixed-column", "serious")
        message = f"{rule} and was taken as missing"
        if each:
            findings += [reading.finding(*finding, message, name, int(place)) for place in np.flatnonzero(mask)]
        else:
            findings.append(reading.finding(*finding, f"{message}: {reading.rows(mask)}", name))
    return values, findings


def _spread_in_file(fitted: FeatureSpec, unit: str | None, name: str) -> tuple[float, float] | None:
    """Return the training range in the unit of the file, or None if not known."""
    if fitted.lower is None or fitted.upper is None:
        return None
    if unit is None or fitted.unit is None:
        return fitted.lower, fitted.upper
    try:
        back = conversion(fitted.unit, unit, unit_of_name(name)[0])
    except UnitError:  # reported when the values are converted
        return None
    return float(back(fitted.lower)), float(back(fitted.upper))


def _without_codes(
    reading: Reading, name: str, numbers: pd.Series, *, spread: tuple[float, float] | None, keep: bool
) -> tuple[pd.Series, list[Finding]]:
    """Report values that look like missing codes: farther from all others than the spread of the others.

    ``spread`` is the range of training; without it the other values of the column are used.
    """
    findings = []
    for code in sorted(_CODES & set(numbers.dropna().tolist()), key=abs, reverse=True):
        others = numbers[numbers.notna() & (numbers != code)].to_numpy(dtype=float)
        rest = np.array([value for value in others if value not in _CODES] if spread is None else spread)
        if (spread is None and len(others) < _MIN_OTHERS) or not _outside(float(code), rest):
            continue
        mask = (numbers == code).fillna(False)
        taken = "kept, since the study declares the type" if keep else "taken as missing"
        message = f"{code:g} lies outside all other values, like a missing code, and was {taken}"
        message = f"{message}: {reading.rows(mask)}; declare `missing = [{code:g}]` if it is one"
        findings.append(reading.finding("missing-code-suspect", "serious", message, name))
        if not keep:
            numbers = numbers.mask(mask)
    return numbers, findings


def _outside(code: float, rest: NDArray[np.float64]) -> bool:
    """Return whether ``code`` is a negative among non-negative values, or farther off than the others' spread."""
    if not len(rest):
        return False
    low, high = float(rest.min()), float(rest.max())
    if code < 0 <= low:
        return code <= -8 or bool(np.all(rest % 1 == 0))  # -1 among decimals may be a value
    return max(code - high, low - code) > max(high - low, 1.0)


def _source_unit(
    reading: Reading,
    name: str,
    numbers: pd.Series,
    stated: str | None,
    *,
    variable: Variable | None,
    target: str | None,
) -> tuple[str | None, list[Finding]]:
    """Return the unit of the file's values: the declared one, the model's, or a fitting one."""
    if stated:
        return stated, []
    if target:
        message = f"no unit is given; the model's unit, {shown(unit_name(target))}, was assumed"
        return target, [reading.finding("unit-assumed", "info", message, name)]
    if variable is None or not variable.unit or numbers.isna().all():
        return None, []
    if variable.stated:
        message = f"no unit is given ({_listed(variable)}), and none is assumed; no feature is computed from the column"
        message = f"{message}: declare `unit`"
        return None, [reading.finding("unit-not-told", "serious", message, name)]
    fitting = [unit for unit in (variable.unit, *variable.other_units) if median_fits(numbers, unit, variable)]
    if not fitting or (variable.unit not in fitting and len(fitting) > 1):
        which = f"more than one: {' and '.join(fitting)}" if fitting else f"none of {_listed(variable)}"
        message = (
            f"no unit is given, and the values (median {numbers.median():g}) fit {which}; they are taken as they are"
        )
        return None, [reading.finding("unit-unclear", "warning", f"{message}: declare `unit`", name)]
    stated, *others = (unit_name(unit) for unit in fitting)
    also = f"; {' and '.join(others)} would fit too" if others else ""
    message = f"no unit is given; the values fit {stated}, which is assumed{also}"
    return fitting[0], [reading.finding("unit-assumed", "info", message, name)]


def _listed(variable: Variable) -> str:
    return " or ".join((variable.unit, *variable.other_units))


def _converted(
    reading: Reading, name: str, numbers: pd.Series, source: str | None, target: str | None
) -> tuple[pd.Series, str | None]:
    if source is None or target is None or source == target:
        return numbers, target
    try:
        linear = conversion(source, target, unit_of_name(name)[0])
    except UnitError as error:
        reading.fault(error.reason, "unit", name, hint=error.hint or "")
        return numbers, target
    if linear == Linear(1.0):
        return numbers, target
    return numbers * linear.slope + linear.intercept, target


def _possible(
    reading: Reading, name: str, numbers: pd.Series, unit: str | None, variable: Variable | None, *, each: bool
) -> tuple[pd.Series, list[Finding]]:
    """Remove physiologically impossible values; one finding for each patient, or one for the column."""
    if variable is None or (variable.unit and to_known(unit, variable) is None):
        return numbers, []
    linear = to_known(unit, variable) or Linear(1.0)
    known = numbers * linear.slope + linear.intercept
    low, high = variable.possible
    # a converted value may exceed a limit by its last digit
    slack = 1e-9 * max(abs(low), abs(high))
    mask = ((known < low - slack) | (known > high + slack)).fillna(False)
    stated = f" {unit_in_words(unit)}" if unit else ""
    limits = f"outside {low:g} to {high:g} {unit_in_words(variable.unit or '')}".rstrip()
    values = [f"{numbers.iloc[place]:g}{stated}" for place in np.flatnonzero(mask)]
    return numbers.mask(mask), _impossible(reading, name, mask, values, limits, each=each)


def _impossible(
    reading: Reading, name: str, mask: pd.Series, values: list[str], limits: str, *, each: bool
) -> list[Finding]:
    """Return one finding for each patient with an impossible value, or one about the column; a single one is named."""
    finding: tuple[str, Severity] = ("impossible-value", "serious")
    if not each and len(values) > 1:
        message = f"{len(values)} values are {limits}, the first {values[0]}, and were taken as missing"
        return [reading.finding(*finding, f"{message}: {reading.rows(mask)}", name)]
    return [
        reading.finding(*finding, f"{name} {value} is {limits} and was taken as missing", name, int(place))
        for value, place in zip(values, np.flatnonzero(mask), strict=True)
    ]
