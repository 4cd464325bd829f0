"""Contradictions between columns of smoking, alcohol and body size, patient by patient.

Not known is not "no": a patient whose status is missing contradicts nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd

from genorx.cohort.lifestyle.alcohol_frequency import times_per_day
from genorx.cohort.lifestyle.columns import KnownColumns, abstains, body_mass

_AMOUNTS = (
    ("pack_years", "pack-years"),
    ("cigarettes_per_day", "cigarettes a day"),
    ("smoking_duration", "years of smoking"),
)


@dataclass(frozen=True, kw_only=True)
class Contradiction:
    """A rule and the patients who violate it.

    Attributes
    ----------
    code : str
        Code of the finding.
    column : str
        Column at which it is reported.
    message : str
    where : Series of bool
        True for patients who violate the rule; missing where it is not known.
    """

    code: str
    column: str
    message: str
    where: pd.Series


def contradictions(known: KnownColumns) -> Iterator[Contradiction]:
    """Yield every rule for which the columns are present."""
    yield from _smoking(known)
    yield from _quitting(known)
    yield from _alcohol(known)
    yield from _body(known)


def _smoking(known: KnownColumns) -> Iterator[Contradiction]:
    status, code = known.smoking(), "smoking-contradiction"
    if status is not None:
        for name, what in _AMOUNTS:
            amount, column = known.values(name), known.measured(name)
            if amount is not None and column is not None:
                message, where = f"never smoked, but {what} above 0", (status == "never") & (amount > 0)
                yield Contradiction(code=code, column=column.name, message=message, where=where)
        current = known.named("current_smoker")
        if current is not None and current.values is not None:
            now = current.values
            where = (now.eq(1) & status.isin(["never", "former"])) | (now.eq(0) & (status == "current"))
            message = "smoking status and current smoking contradict each other"
            yield Contradiction(code=code, column=current.name, message=message, where=where)
    years, age, column = known.values("smoking_duration"), known.values("age"), known.measured("smoking_duration")
    if years is not None and age is not None and column is not None:
        message = "years of smoking exceed the age"
        yield Contradiction(code=code, column=column.name, message=message, where=years > age)


def _quitting(known: KnownColumns) -> Iterator[Contradiction]:
    status = known.smoking()
    for name in ("quit_time", "quit_age", "quit_year"):
        column = known.named(name)
        if status is not None and column is not None and column.values is not None:
            message = "a time of quitting in a patient who never smoked or still smokes"
            where = status.isin(["never", "current"]) & (column.values > 0)
            yield Contradiction(code="smoking-contradiction", column=column.name, message=message, where=where)
    quit_age, age = known.named("quit_age"), known.values("age")
    if quit_age is not None and quit_age.values is not None and age is not None:
        where = quit_age.values.astype("Float64") > age
        message = "the age at quitting exceeds the age"
        yield Contradiction(code="smoking-contradiction", column=quit_age.name, message=message, where=where)


def _alcohol(known: KnownColumns) -> Iterator[Contradiction]:
    status, frequency = known.words("alcohol_status"), known.words("alcohol_frequency")
    stated = ((status, abstains), (frequency, _none))
    sober = [each.map(rule, na_action="ignore") for each, rule in stated if each is not None]
    for name in ("alcohol", "drinks_per_occasion"):
        amount, column = known.values(name), known.measured(name)
        if amount is None or column is None:
            continue
        message = "does not drink, but alcohol above 0"
        for each in sober:
            where = each.eq(True) & (amount > 0)
            yield Contradiction(code="alcohol-contradiction", column=column.name, message=message, where=where)


def _none(level: str) -> bool:
    return times_per_day(level) == 0


def _body(known: KnownColumns) -> Iterator[Contradiction]:
    given, column, computed = known.values("bmi"), known.measured("bmi"), body_mass(known)
    if given is not None and column is not None and computed is not None:
        message = "body mass index differs by more than 1 kg/m2 from weight and height"
        where = (given - computed).abs() > 1
        yield Contradiction(code="bmi-contradiction", column=column.name, message=message, where=where)
