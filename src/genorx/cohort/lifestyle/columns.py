"""Detection of columns on smoking, alcohol, activity, diet and body size.

Features derived from them are in ``cohort.lifestyle.derived``, their contradictions in
``cohort.lifestyle.contradictions``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

import pandas as pd

from genorx._core.units import UnitError, conversion, unit_of_name
from genorx.cohort.tables.columns import TypedColumn, name_form
from genorx.cohort.tables.variables import VARIABLES, find_variable

_WORDED = ("category", "ordinal")
_NUMBERS = ("number", "integer")
# names of columns that are no measurement, by meaning, and the kinds that they may have
_NAMED: dict[str, tuple[re.Pattern[str], tuple[str, ...]]] = {
    "smoking_status": (
        re.compile(r"smok(ing|er|e)(_status|_history|_habit)?|tobacco(_use|_status)?|smoking_category"),
        _WORDED,
    ),
    "ever_smoker": (re.compile(r"(ever_smok(er|ed|ing)|smok(ed|ing)_ever)"), ("boolean",)),
    "current_smoker": (re.compile(r"(current(ly)?|active|present)_smok(er|ing|es)"), ("boolean",)),
    "quit_time": (
        re.compile(r"(smok\w*_)?(years|months|days)_since_(quit\w*|cessation|stopp\w*)(_smoking)?|quit_years"),
        _NUMBERS,
    ),
    "quit_age": (re.compile(r"quit_age\w*|age_(at_)?quit\w*(_smoking)?"), _NUMBERS),
    "quit_year": (re.compile(r"quit_year(_\w+)?|year_(of_)?quit\w*(_smoking)?"), _NUMBERS),
    "alcohol_status": (
        re.compile(r"(alcohol(_use|_status|_drinker|py)?|drinker|drinking(_status)?|drinks_alcohol)"),
        (*_WORDED, "boolean"),
    ),
    "alcohol_frequency": (re.compile(r"(alcohol|drink(s|ing)?)_?freq(uency)?|how_often_(alcohol|drink\w*)"), _WORDED),
    "drinks_in_words": (
        re.compile(r"drinks_(per|on_a)_(occasion|(typical_)?drinking_day|typical_day)|alcohol_?how_?much"),
        _WORDED,
    ),
    "alcohol_type": (re.compile(r"(alcohol|drink)_?type|type_of_(alcohol|drink)"), _WORDED),
    "activity_level": (
        re.compile(r"(physical_)?activity_(level|category)|physical_activity|activity|exercise(_level)?"),
        _WORDED,
    ),
    "diet": (re.compile(r"diet(_\w+)?"), (*_WORDED, "boolean", *_NUMBERS)),
}
_PAST_WEIGHT = re.compile(r"(body_)?w(eigh)?t_(\d+)_(month|mo|year|yr)s?_(ago|before)")
_NEVER = re.compile(r"(never|non|no|not)([ _-]?smok\w*| a smoker)?|lifelong (non|never)[ -]?smoker", re.IGNORECASE)
_FORMER = re.compile(r"(former|ex|past|previous|quit)([ _-]?smok\w*)?", re.IGNORECASE)
_NOW = re.compile(r"(current|active|daily|yes|present)(ly)?([ _-]?smok\w*)?|smoker", re.IGNORECASE)
_ABSTAINS = re.compile(r"(none|never|no|non[ _-]?drinker|abstain\w*|abstinent|teetotal\w*|0)", re.IGNORECASE)
# without a unit of their own only counts and years are safe
_SAFE = ("cigarettes_per_day", "smoking_duration", "age", "pack_years", "years_since_quitting", "drinks_per_occasion")


def smoking_status(level: str) -> str | None:
    """Return ``never``, ``former`` or ``current`` for a level of a smoking column, or None if unclear.

    >>> smoking_status("Ex-smoker"), smoking_status("never smoked"), smoking_status("occasionally")
    ('former', 'never', None)
    """
    for status, pattern in (("never", _NEVER), ("former", _FORMER), ("current", _NOW)):
        if pattern.fullmatch(level.strip()):
            return status
    return None


def abstains(level: str) -> bool:
    """Return whether a level of an alcohol column means that the patient does not drink."""
    return bool(_ABSTAINS.fullmatch(level.strip()))


def is_lifestyle(name: str) -> bool:
    """Return whether a column's name refers to smoking, alcohol, activity or diet.

    >>> is_lifestyle("current_smoker"), is_lifestyle("alcohol_g_per_day"), is_lifestyle("weight_kg")
    (True, True, False)
    """
    variable = find_variable(name)
    if variable is not None:
        return variable.role == "lifestyle"
    return any(pattern.fullmatch(name_form(name)) for pattern, _ in _NAMED.values())


def past_weight_years(name: str) -> float | None:
    """Return how many years ago a weight column was measured, or None if its name does not state it.

    >>> past_weight_years("weight_6_months_ago_kg"), past_weight_years("weight_kg")
    (0.5, None)
    """
    match = _PAST_WEIGHT.fullmatch(name_form(unit_of_name(name)[0]))
    if match is None or not int(match[3]):
        return None
    return int(match[3]) / (12 if match[4] in ("month", "mo") else 1)


class KnownColumns:
    """A table's columns by meaning; a meaning that two columns share is not used."""

    def __init__(self, columns: Iterable[TypedColumn]) -> None:
        self.columns = {column.name: column for column in columns if column.values is not None}

    def _one(self, fits: Callable[[TypedColumn], bool]) -> TypedColumn | None:
        found = [column for column in self.columns.values() if fits(column)]
        return found[0] if len(found) == 1 else None

    def named(self, meaning: str) -> TypedColumn | None:
        """Return the column with a meaning, such as ``smoking_status``, by name and kind; None unless there is one."""
        pattern, kinds = _NAMED[meaning]
        return self._one(lambda each: each.kind in kinds and bool(pattern.fullmatch(name_form(each.name))))

    def measured(self, name: str) -> TypedColumn | None:
        """Return the one numeric column that is a known variable."""
        return self._one(lambda each: each.kind in _NUMBERS and find_variable(each.name) is VARIABLES[name])

    def past_weight(self) -> TypedColumn | None:
        """Return the one column of an earlier weight that states how long ago it was."""
        return self._one(lambda each: each.kind in _NUMBERS and past_weight_years(each.name) is not None)

    def values(self, name: str) -> pd.Series | None:
        """Return the numbers of a known variable in its own unit, or None if absent or of unknown unit."""
        column = self.measured(name)
        return None if column is None else in_unit(column, VARIABLES[name].unit, name)

    def words(self, meaning: str) -> pd.Series | None:
        """Return the levels of a column as text, missing as None, or None if there is no such column."""
        column = self.named(meaning)
        if column is None or column.values is None:
            return None
        return column.values.astype(object).map(str, na_action="ignore")

    def drinks(self) -> TypedColumn | None:
        """Return the one column of drinks at a time, in numbers or in words."""
        return self.measured("drinks_per_occasion") or self.named("drinks_in_words")

    def smoking(self) -> pd.Series | None:
        """Return never, former, current or missing, from a status column; "ever smoked: no" means never."""
        words = self.words("smoking_status")
        if words is not None:
            return words.map(smoking_status, na_action="ignore")
        ever = self.named("ever_smoker")
        if ever is None or ever.values is None:
            return None
        return ever.values.astype(object).map(lambda yes: None if yes else "never", na_action="ignore")


def in_unit(column: TypedColumn, unit: str, name: str) -> pd.Series | None:
    """Convert a column's numbers to a unit, or return None if its own unit is unknown or of another dimension."""
    if column.values is None:
        return None
    numbers = column.values.astype("Float64")
    if column.unit is None:
        return numbers if name in _SAFE else None
    try:
        linear = conversion(column.unit, unit, name)
    except UnitError:
        return None
    return numbers * linear.slope + linear.intercept


def body_mass(known: KnownColumns) -> pd.Series | None:
    """Return body mass index from weight and height; missing where implausible."""
    weight, height = known.values("weight"), known.values("height")
    if weight is None or height is None:
        return None
    bmi = weight / (height / 100) ** 2
    low, high = VARIABLES["bmi"].possible
    return bmi.where((bmi >= low) & (bmi <= high))
