"""Possibility of an option for a patient, by conditions on features that the study names.

A condition that is not met makes an option impossible; one whose feature is missing leaves the question open, which is
neither yes nor no.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import pandas as pd
from pandas.api.types import is_numeric_dtype

from genorx._core.words import boolean_of, plain_level
from genorx.errors import StudyError, shown

if TYPE_CHECKING:
    from genorx.cohort.study_file.sections import PossibleSection


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """One condition of an option: a feature has one of some values, or is between two limits.

    Attributes
    ----------
    option, column : str
    values : tuple of str
        Values that meet the condition, as text; empty for limits.
    lower, upper : float or None
        Limits, inclusive, in the feature's unit.
    """

    option: str
    column: str
    values: tuple[str, ...] = ()
    lower: float | None = None
    upper: float | None = None

    def met(self, value: Any) -> bool | None:
        """Return whether a patient's value meets the condition; None where it is missing."""
        if pd.isna(value):
            return None
        if self.values:
            return _text(value) in self.values
        number = float(value)
        return (self.lower is None or number >= self.lower) and (self.upper is None or number <= self.upper)

    def stated(self) -> str:
        """Describe the condition, such as ``age_years at most 70``."""
        if self.values:
            return f"{shown(self.column)} {' or '.join(map(shown, self.values))}"
        limits = [f"at least {self.lower:g}"] if self.lower is not None else []
        limits += [f"at most {self.upper:g}"] if self.upper is not None else []
        return f"{shown(self.column)} {' and '.join(limits)}"

    def to_dict(self) -> dict[str, Any]:
        """Return the condition as JSON values."""
        return asdict(self) | {"values": list(self.values)}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Return the condition of a dictionary from ``to_dict``."""
        return cls(**(dict(values) | {"values": tuple(values["values"])}))


@dataclass(frozen=True, slots=True, kw_only=True)
class Possibility:
    """Whether an option is possible for a patient: True, False, or None if not known, with the reason."""

    answer: bool | None
    reason: str = ""


def conditions_of(
    sections: Mapping[str, Sequence[PossibleSection]], features: pd.DataFrame, *, path: Path
) -> tuple[Condition, ...]:
    """Return the conditions of a study.

    Raises
    ------
    StudyError
        If the column of a condition is no feature of the study (``no-such-column``), or has limits but is not numeric
        (``wrong-value``).
    """
    found = []
    for option, section in sections.items():
        for each in section:
            if each.column not in features.columns:
                raise StudyError(
                    f'"{shown(each.column)}", of a condition for option {shown(option)}, is no feature',
                    file=path,
                    hint="name a column of [[tables]] that is used as a feature",
                    code="no-such-column",
                )
            if not each.within and not is_numeric_dtype(features[each.column].dtype):
                reason = f'"{shown(each.column)}" is not numeric and cannot have limits'
                raise StudyError(reason, file=path, hint='name its levels by "in"', code="wrong-value")
            values = tuple(_text(value) for value in each.within)
            found.append(
                Condition(option=option, column=each.column, values=values, lower=each.lower, upper=each.upper)
            )
    return tuple(found)


def possibility(
    option: str, patient: pd.Series[Any] | Mapping[str, Any], conditions: Iterable[Condition]
) -> Possibility:
    """Return whether an option is possible for a patient with the given features."""
    unknown = ""
    for condition in conditions:
        if condition.option != option:
            continue
        met = condition.met(patient[condition.column])
        if met is False:
            value = _text(patient[condition.column])
            reason = f"not possible: {condition.stated()} is needed, {shown(condition.column)} is {shown(value)}"
            return Possibility(answer=False, reason=reason)
        if met is None and not unknown:
            unknown = f"{condition.stated()} is needed, and {shown(condition.column)} is missing"
    return Possibility(answer=None, reason=unknown) if unknown else Possibility(answer=True)


def possible_table(features: pd.DataFrame, options: Sequence[str], conditions: Sequence[Condition]) -> pd.DataFrame:
    """Return True, False or None by patient and option.

    Raises
    ------
    StudyError
        If the option of a condition is none of ``options`` (``unknown-option``).
    """
    for condition in conditions:
        if condition.option not in options:
            hint = f"options: {', '.join(map(shown, options))}"
            raise StudyError(f'"{shown(condition.option)}" is not an option', hint=hint, code="unknown-option")
    if not conditions:
        return pd.DataFrame(True, index=features.index, columns=list(options), dtype=object)
    rows = [
        [possibility(option, patient, conditions).answer for option in options] for _, patient in features.iterrows()
    ]
    return pd.DataFrame(rows, index=features.index, columns=list(options), dtype=object)


def _text(value: Any) -> str:
    """Format a value as levels are compared: booleans as 1 and 0, whole numbers without a point."""
    if isinstance(value, str):
        yes = boolean_of(value)
        return plain_level(value) if yes is None else str(yes)
    return f"{float(value):g}"
