"""Smoking, alcohol, body size: known columns, what follows from them, and where they contradict each other.

Not known is not "no": a patient whose status is missing contradicts nothing, and nothing is derived from it.
A pack-year is 20 cigarettes a day for a year.  Drinks are US standard drinks of 14 g ethanol (NIAAA), UK units 8 g;
both are said to be assumed, since the size of a drink differs between countries (Kalinowski A, Humphreys K 2016,
Addiction 111:1293).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd

from genorx._core.units import UnitError, conversion
from genorx.cohort.columns import Reading, TypedColumn, name_form
from genorx.cohort.variables import VARIABLES, find_variable
from genorx.errors import Finding
from genorx.features.spec import FeatureSpec

CIGARETTES_A_PACK = 20
#: Start of the note on a column that a computed feature stands for.
GIVEN_AS = "given as"
_STATUS = re.compile(r"smok(ing|er|e)(_status|_history|_habit)?|tobacco(_use|_status)?|smoking_category")
_EVER = re.compile(r"(ever_smok(er|ed|ing)|smok(ed|ing)_ever)")
_CURRENT = re.compile(r"(current(ly)?|active|present)_smok(er|ing|es)")
_DRINKER = re.compile(r"(alcohol(_use|_status|_drinker|py)?|drinker|drinking(_status)?|drinks_alcohol)")
_QUIT = re.compile(r"(smok\w*_)?(years|months|days)_since_(quit\w*|cessation|stopp\w*)(_smoking)?|quit_(age|year)\w*")
_NEVER = re.compile(r"(never|non|no|not)([ _-]?smok\w*| a smoker)?|lifelong (non|never)[ -]?smoker", re.IGNORECASE)
_FORMER = re.compile(r"(former|ex|past|previous|quit)([ _-]?smok\w*)?", re.IGNORECASE)
_NOW = re.compile(r"(current|active|daily|yes|present)(ly)?([ _-]?smok\w*)?|smoker", re.IGNORECASE)
_ABSTAINS = re.compile(r"(none|never|no|non[ _-]?drinker|abstain\w*|abstinent|teetotal\w*|0)", re.IGNORECASE)


def smoking_status(level: str) -> str | None:
    """Return ``never``, ``former`` or ``current`` for a level of a smoking column, or None where it is not clear.

    >>> smoking_status("Ex-smoker"), smoking_status("never smoked"), smoking_status("occasionally")
    ('former', 'never', None)
    """
    for status, pattern in (("never", _NEVER), ("former", _FORMER), ("current", _NOW)):
        if pattern.fullmatch(level.strip()):
            return status
    return None


class _Known:
    """The table's columns by what they mean; a meaning that two columns share is not used."""

    def __init__(self, columns: list[TypedColumn]) -> None:
        self.columns = {column.name: column for column in columns if column.values is not None}

    def _one(self, fits: Callable[[TypedColumn], bool]) -> TypedColumn | None:
        found = [column for column in self.columns.values() if fits(column)]
        return found[0] if len(found) == 1 else None

    def named(self, pattern: re.Pattern[str], *kinds: str) -> TypedColumn | None:
        """Return the one column of these kinds whose name fits."""
        return self._one(lambda each: each.kind in kinds and bool(pattern.fullmatch(name_form(each.name))))

    def measured(self, name: str) -> TypedColumn | None:
        """Return the one column of numbers that is a known variable."""
        return self._one(
            lambda each: each.kind in ("number", "integer") and find_variable(each.name) is VARIABLES[name]
        )

    def values(self, name: str) -> pd.Series | None:
        """Return the numbers of a known variable in its own unit, or None where it or its unit is not known."""
        column = self.measured(name)
        if column is None or column.values is None:
            return None
        unit = column.unit
        numbers = column.values.astype("Float64")
        if unit is None:  # a name that fits, a range that fits; without a unit only counts and years are safe
            return numbers if name in ("cigarettes_per_day", "smoking_duration", "age", "pack_years") else None
        try:
            linear = conversion(unit, VARIABLES[name].unit, name)
        except UnitError:
            return None
        return numbers * linear.slope + linear.intercept


def add_lifestyle(
    reading: Reading, columns: list[TypedColumn], *, training: bool = True
) -> tuple[list[TypedColumn], tuple[Finding, ...]]:
    """Return the columns with what follows from them, and their contradictions.

    Adds ``bmi_kg_per_m2`` from weight and height, ``pack_years`` from cigarettes a day and years, and replaces drinks
    or units of alcohol by ``alcohol_g_per_day``, each where the table has not got it; in training only where it varies.
    """
    known = _Known(columns if reading.role not in ("expression", "imaging") else [])
    status = _status(known)
    findings = [*_smoking(reading, known, status), *_alcohol(reading, known), *_body(reading, known)]
    kept, grams = _grams(reading, known, columns)
    made = [each for each in (_bmi(reading, known), _pack_years(reading, known, status), grams) if each is not None]
    if training:
        made = [each for each in made if each.values is not None and each.values.nunique() > 1]
    return [*kept, *made], tuple(findings)


def _status(known: _Known) -> pd.Series | None:
    """Return never, former, current or missing, from a status column; "ever smoked: no" says never."""
    column = known.named(_STATUS, "category", "ordinal")
    if column is None or column.values is None:
        ever = known.named(_EVER, "boolean")
        if ever is None or ever.values is None:
            return None
        return ever.values.astype(object).map(lambda yes: None if yes else "never", na_action="ignore")
    return column.values.astype(object).map(lambda level: smoking_status(str(level)), na_action="ignore")


def _named(reading: Reading, code: str, mask: pd.Series, column: str, message: str) -> list[Finding]:
    places = np.flatnonzero(mask.fillna(False).to_numpy(dtype=bool))
    return [reading.finding(code, "serious", message, column, int(position)) for position in places]


def _smoking(reading: Reading, known: _Known, status: pd.Series | None) -> list[Finding]:
    findings: list[Finding] = []
    code = "smoking-contradiction"
    if status is not None:
        for name, what in (
            ("pack_years", "pack-years"),
            ("cigarettes_per_day", "cigarettes a day"),
            ("smoking_duration", "years of smoking"),
        ):
            amount, column = known.values(name), known.measured(name)
            if amount is not None and column is not None:
                message = f"never smoked, but {what} above 0"
                findings += _named(reading, code, (status == "never") & (amount > 0), column.name, message)
        findings += _quit(reading, known, status)
        current = known.named(_CURRENT, "boolean")
        if current is not None and current.values is not None:
            now = current.values
            clash = (now.eq(1) & status.isin(["never", "former"])) | (now.eq(0) & (status == "current"))
            message = "smoking status and current smoking contradict each other"
            findings += _named(reading, code, clash, current.name, message)
    years, age, column = known.values("smoking_duration"), known.values("age"), known.measured("smoking_duration")
    if years is not None and age is not None and column is not None:
        findings += _named(reading, code, years > age, column.name, "years of smoking exceed the age")
    return findings


def _quit(reading: Reading, known: _Known, status: pd.Series) -> list[Finding]:
    column = known.named(_QUIT, "number", "integer")
    if column is None or column.values is None:
        return []
    mask = status.isin(["never", "current"]) & (column.values > 0)
    message = "a time of quitting in a patient who never smoked or smokes"
    return _named(reading, "smoking-contradiction", mask, column.name, message)


def _alcohol(reading: Reading, known: _Known) -> list[Finding]:
    status, column = known.named(_DRINKER, "category", "ordinal", "boolean"), known.measured("alcohol")
    amount = known.values("alcohol")
    if status is None or status.values is None or column is None or amount is None:
        return []
    abstains = status.values.astype(object).map(lambda level: bool(_ABSTAINS.fullmatch(str(level))), na_action="ignore")
    mask = abstains.eq(True) & (amount > 0)
    return _named(reading, "alcohol-contradiction", mask, column.name, "does not drink, but alcohol above 0")


def _body_mass(known: _Known) -> pd.Series | None:
    weight, height = known.values("weight"), known.values("height")
    if weight is None or height is None:
        return None
    bmi = weight / (height / 100) ** 2
    low, high = VARIABLES["bmi"].possible
    return bmi.where((bmi >= low) & (bmi <= high))


def _body(reading: Reading, known: _Known) -> list[Finding]:
    given, column, computed = known.values("bmi"), known.measured("bmi"), _body_mass(known)
    if given is None or column is None or computed is None:
        return []
    mask = (given - computed).abs() > 1
    message = "body mass index differs by more than 1 kg/m2 from weight and height"
    return _named(reading, "bmi-contradiction", mask, column.name, message)


def _derived(reading: Reading, name: str, unit: str, values: pd.Series, how: str) -> TypedColumn:
    known = values.dropna()
    spec = FeatureSpec(
        name=name,
        kind="number",
        group=reading.group,
        unit=unit,
        lower=None if known.empty else float(known.min()),
        upper=None if known.empty else float(known.max()),
        source=reading.raw.path.name,
    )
    finding = reading.finding("derived-feature", "info", f"{name} was computed from {how}", name)
    note = f"computed from {how}"
    return TypedColumn(name=name, kind="number", values=values, spec=spec, unit=unit, note=note, findings=(finding,))


def _bmi(reading: Reading, known: _Known) -> TypedColumn | None:
    computed = _body_mass(known)
    if computed is None or known.measured("bmi") is not None or "bmi_kg_per_m2" in reading.raw.columns:
        return None
    return _derived(reading, "bmi_kg_per_m2", "kg/m2", computed, "weight and height")


def _pack_years(reading: Reading, known: _Known, status: pd.Series | None) -> TypedColumn | None:
    """Return pack-years; a patient who never smoked has 0 also where amount and years are missing."""
    rate, years = known.values("cigarettes_per_day"), known.values("smoking_duration")
    if rate is None or years is None or known.measured("pack_years") is not None or "pack_years" in reading.raw.columns:
        return None
    packs = rate / CIGARETTES_A_PACK * years
    if status is not None:
        packs = packs.mask(packs.isna() & (status == "never"), 0.0)
    return _derived(reading, "pack_years", "{pack}.a", packs, "cigarettes a day and years of smoking")


def _grams(reading: Reading, known: _Known, columns: list[TypedColumn]) -> tuple[list[TypedColumn], TypedColumn | None]:
    """Return columns with drinks or units of alcohol left out, and grams a day in their place."""
    column, amount = known.measured("alcohol"), known.values("alcohol")
    unit = column.unit if column else None
    if column is None or amount is None or not unit or not re.match(r"\{(drink|ukunit)\}", unit):
        return columns, None
    if "alcohol_g_per_day" in reading.raw.columns:
        return columns, None
    grams = _derived(reading, "alcohol_g_per_day", "g/d", amount, column.name)
    size = "a drink was taken as 14 g" if "drink" in unit else "a unit was taken as 8 g"
    assumed = reading.finding("alcohol-unit-assumed", "info", f"{size} of ethanol", column.name)
    note = f"{GIVEN_AS} {grams.name}"
    kept = [
        replace(each, spec=None, note=note, findings=(*each.findings, assumed)) if each is column else each
        for each in columns
    ]
    return kept, grams
