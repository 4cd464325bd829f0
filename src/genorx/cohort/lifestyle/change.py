"""Features of patients after a lifestyle change: derived features are recomputed, impossible changes refused.

A former smoker keeps pack-years; body mass index follows weight; a patient who smoked cannot become a never smoker.
The model's predictions after the change are in ``ranking.what_if``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from genorx._core.feature_spec import FeatureSpec
from genorx._core.words import boolean_of
from genorx.cohort.lifestyle.alcohol_frequency import times_per_day
from genorx.cohort.lifestyle.columns import KnownColumns, body_mass, is_lifestyle, past_weight_years, smoking_status
from genorx.cohort.lifestyle.contradictions import contradictions
from genorx.cohort.lifestyle.derived import activity, activity_level, alcohol
from genorx.cohort.tables.columns import TypedColumn, name_form
from genorx.cohort.tables.variables import VARIABLES, find_variable
from genorx.errors import UsageError, shown

_PERSON = re.compile(r"sex|gender|race\w*|ethnic\w*|ancestry|birth\w*|age\w*|height|ht|stature|family_history\w*")
_GENOTYPES = ("gene", "site", "pgx", "burden")
_BODY = ("weight", "bmi")
_PAST = ("pack_years", "smoking_duration", "years_since_quitting")
_QUIT = ("quit_time", "quit_age", "quit_year")
# amounts that are computed from parts: a change applies to the parts
_PARTS: dict[str, Callable[[KnownColumns], list[TypedColumn | None]]] = {
    "alcohol": lambda known: [known.named("alcohol_frequency"), known.drinks()],
    "activity": lambda known: list(map(known.measured, ("walking", "moderate_activity", "vigorous_activity"))),
}


@dataclass(kw_only=True)
class Changed:
    """Features after a change.

    Attributes
    ----------
    X : DataFrame
    refused : dict of patient id to str
        Why the change cannot be made to a patient; their row is as it was.
    followed : list of str
        Features that were recomputed, because they depend on the changed ones.
    kept : list of str
        Features of the same factor that stay as they are, because they describe the past.
    """

    X: pd.DataFrame
    refused: dict[str, str] = field(default_factory=dict)
    followed: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)


def why_fixed(spec: FeatureSpec) -> str | None:
    """Return why a feature cannot be changed by a patient, or None if it is modifiable.

    >>> why_fixed(FeatureSpec(name="age_years", kind="number", group="clinical"))
    'it is a fixed characteristic'
    """
    variable, known = find_variable(spec.name), _known_one(spec)
    if spec.group.split(":")[0].split(" ")[0] in _GENOTYPES:
        return "it is a genotype"
    if _PERSON.fullmatch(name_form(spec.name)) or (variable is not None and variable.name in ("age", "height")):
        return "it is a fixed characteristic"
    past = (variable is not None and variable.name in _PAST) or any(
        known.named(name) for name in ("ever_smoker", *_QUIT)
    )
    if past or past_weight_years(spec.name) is not None or spec.name == "weight_change_kg_per_year":
        return "it describes the past"
    if is_lifestyle(spec.name) or (variable is not None and variable.name in _BODY):
        return None
    if spec.group.split(":")[0] == "lifestyle":
        return None
    return "it is a measurement that no patient can set: change the factor that affects it"


def change_lifestyle(X: pd.DataFrame, specs: Sequence[FeatureSpec], changes: Mapping[str, Any]) -> Changed:
    """Return the patients' features after a change.

    Parameters
    ----------
    X : DataFrame, index ``patient_id``
        Typed as in ``specs``.
    specs : sequence of FeatureSpec
    changes : mapping of feature to value
        A level, a number in the feature's unit, yes or no; or a function of the column of numbers, such as
        ``lambda kg: kg - 5``.

    Raises
    ------
    UsageError
        If there is no such feature (``no-such-feature``), it cannot be changed (``not-modifiable``), it follows from
        others that the model has (``change-the-parts``), or the value is not valid for it (``wrong-value``).
    """
    by_name = {spec.name: spec for spec in specs}
    if not changes:
        raise UsageError("no change is named", hint='what_if({"smoking_status": "former"})', code="wrong-value")
    known = _known(X, specs)
    for name in changes:
        _check_name(name, by_name, known)
    after = X.copy()
    for name, value in changes.items():
        after[name] = _column(X[name], by_name[name], value)
    change = _Change(before=known, specs=specs, changes=changes, made=Changed(X=after))
    change.follow()
    change.refuse()
    refused = after.index.isin(list(change.made.refused))
    if refused.any():
        after.loc[refused] = X.loc[refused]
    return change.made


def _known_one(spec: FeatureSpec) -> KnownColumns:
    """Return a feature as a one-column table, to look up its meaning."""
    return KnownColumns([TypedColumn(name=spec.name, kind=spec.kind, values=pd.Series(dtype=object), unit=spec.unit)])


def _known(X: pd.DataFrame, specs: Sequence[FeatureSpec]) -> KnownColumns:
    return KnownColumns(
        TypedColumn(name=spec.name, kind=spec.kind, values=X[spec.name], spec=spec, unit=spec.unit) for spec in specs
    )


def _check_name(name: str, specs: Mapping[str, FeatureSpec], known: KnownColumns) -> None:
    if name not in specs:
        can = ", ".join(shown(spec.name) for spec in specs.values() if why_fixed(spec) is None) or "none"
        hint = f"features of the model that can be changed: {can}"
        raise UsageError(f"no feature {shown(name)!r} in the model", hint=hint, code="no-such-feature")
    fixed = why_fixed(specs[name])
    if fixed is not None:
        raise UsageError(f"{shown(name)!r} cannot be changed: {fixed}", code="not-modifiable")
    for amount, parts_of in _PARTS.items():
        column, parts = known.measured(amount), parts_of(known)
        names = [part.name for part in parts if part is not None]
        if column is not None and column.name == name and len(names) == len(parts):
            hint = f"change {' or '.join(map(shown, names))}"
            raise UsageError(f"{shown(name)!r} follows from other features", hint=hint, code="change-the-parts")
    level, amount_of = known.named("activity_level"), known.measured("activity")
    if level is not None and level.name == name and amount_of is not None:
        hint = f"change {shown(amount_of.name)}"
        raise UsageError(f"{shown(name)!r} follows from other features", hint=hint, code="change-the-parts")


def _column(column: pd.Series, spec: FeatureSpec, value: Any) -> pd.Series:
    """Return a column with the value for all patients, in its original type."""
    if spec.kind in ("category", "ordinal"):
        if str(value) not in spec.levels:
            raise _wrong(spec, value, f"its levels are {', '.join(map(shown, spec.levels))}")
        made = pd.Categorical([str(value)] * len(column), categories=column.cat.categories, ordered=column.cat.ordered)
        return pd.Series(made, index=column.index)
    if callable(value):
        return _applied(column, spec, value)
    number = boolean_of(str(value)) if spec.kind == "boolean" else _number(value)
    if isinstance(value, bool) and spec.kind == "boolean":
        number = int(value)
    if number is None or (spec.kind == "integer" and number % 1):
        expected = "yes or no" if spec.kind == "boolean" else f"a number in {spec.unit or 'its own unit'}"
        raise _wrong(spec, value, f"it is {expected}")
    return pd.Series(float(number), index=column.index, dtype="Float64").astype(column.dtype)


def _applied(column: pd.Series, spec: FeatureSpec, function: Callable[[pd.Series], Any]) -> pd.Series:
    if spec.kind == "boolean":
        raise _wrong(spec, function, "it is yes or no")
    made = pd.Series(function(column.astype("Float64")), index=column.index).astype("Float64")
    return made.astype(column.dtype)


def _number(value: Any) -> float | None:
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if np.isfinite(number) and not isinstance(value, bool) else None


def _wrong(spec: FeatureSpec, value: Any, hint: str) -> UsageError:
    return UsageError(f"{shown(value)!r} is no value of {shown(spec.name)!r}", hint=hint, code="wrong-value")


@dataclass(kw_only=True)
class _Change:
    """A change in progress: the features before, and the features after."""

    before: KnownColumns
    specs: Sequence[FeatureSpec]
    changes: Mapping[str, Any]
    made: Changed

    @property
    def after(self) -> KnownColumns:
        """Return the columns after the change."""
        return _known(self.made.X, self.specs)

    def follow(self) -> None:
        """Recompute the features that depend on the change."""
        self._smoking()
        self._body()
        self._alcohol()
        self._sober()
        self._amount("alcohol", alcohol)
        self._amount("activity", activity)
        level, computed = self.after.named("activity_level"), activity_level(self.after)
        amount = self.after.measured("activity")
        if level is not None and computed is not None and amount is not None and self._touched(amount.name):
            self._set(level.name, computed.values.astype(self.made.X[level.name].dtype))

    def refuse(self) -> None:
        """Find patients to whom the change cannot be applied."""
        self._refuse_smoking()
        before = {(each.code, each.column, each.message): each.where for each in contradictions(self.before)}
        for each in contradictions(self.after):
            where = each.where.fillna(False).astype(bool)
            old = before.get((each.code, each.column, each.message))
            where &= True if old is None else ~old.fillna(False).astype(bool)
            self._refuse(where, f"after the change: {each.message}")
        for name in self.made.followed:
            lost = self.made.X[name].isna() & self.before.columns[name].values.notna()  # type: ignore[union-attr]
            if not self._may_be_unknown(name):
                self._refuse(lost, f"{name} follows from the change and cannot be computed")

    def _touched(self, name: str) -> bool:
        return name in self.changes or name in self.made.followed

    def _set(self, name: str, values: pd.Series) -> None:
        if name in self.changes:
            return
        self.made.X[name] = values
        if name not in self.made.followed:
            self.made.followed.append(name)

    def _refuse(self, where: pd.Series, why: str) -> None:
        for patient in where.index[where.fillna(False).to_numpy(dtype=bool)]:
            self.made.refused.setdefault(str(patient), why)

    def _may_be_unknown(self, name: str) -> bool:
        """Return whether a feature is undefined for some: time since quitting, or drinks at a time of a non-drinker."""
        columns = [*map(self.before.named, _QUIT), self.before.drinks()]
        return any(column is not None and column.name == name for column in columns)

    def _sober(self) -> None:
        """Set drinks at a time to unknown for those who never drink after the change."""
        often, drinks = self.after.named("alcohol_frequency"), self.before.drinks()
        words = self.after.words("alcohol_frequency")
        if often is None or drinks is None or words is None or often.name not in self.changes:
            return
        never = words.map(times_per_day, na_action="ignore").eq(0)
        if never.any():
            self._set(drinks.name, self.made.X[drinks.name].mask(never))

    def _smoking(self) -> None:
        """Derive current smoking and time since quitting from the status, or the status from current smoking."""
        status, now = self.before.named("smoking_status"), self.before.named("current_smoker")
        if not any(column is not None and column.name in self.changes for column in (status, now)):
            return
        before = self.before.smoking()
        if status is not None and now is not None and status.name not in self.changes:
            self._status_from(status, now, before)
        after = self.after.smoking()
        if status is not None and now is not None and status.name in self.changes and after is not None:
            self._set(now.name, (after == "current").astype("Float64").astype(self.made.X[now.name].dtype))
        if before is not None and after is not None:
            self._quitting(quits=(before == "current") & (after == "former"), smokes=after == "current")
        kept = [self.before.measured(name) for name in ("pack_years", "smoking_duration", "cigarettes_per_day")]
        self.made.kept += [column.name for column in kept if column is not None and column.name not in self.changes]

    def _quitting(self, *, quits: pd.Series, smokes: pd.Series) -> None:
        """Set time since quitting to 0 at the present age for those who quit now; current smokers have none."""
        age = self.before.values("age")
        now = {"quit_time": 0.0, "quit_age": pd.NA if age is None else age, "quit_year": pd.NA}
        for meaning, value in now.items():
            column = self.before.named(meaning)
            if column is not None:
                self._set(column.name, self.made.X[column.name].mask(quits, value).mask(smokes))

    def _status_from(self, status: TypedColumn, now: TypedColumn, before: pd.Series | None) -> None:
        words = {smoking: level for level in status.spec.levels if (smoking := smoking_status(level))}  # type: ignore[union-attr]
        smokes = self.made.X[now.name].eq(1)
        was = pd.Series(index=smokes.index, dtype=object) if before is None else before
        stated = [
            "current" if now_smokes is True else "former" if old == "current" else None
            for now_smokes, old in zip(smokes.tolist(), was.tolist(), strict=True)
        ]
        levels = pd.Series(stated, index=smokes.index, dtype=object).map(words, na_action="ignore")
        old = self.made.X[status.name].astype(object)
        made = pd.Categorical(old.where(levels.isna(), levels), categories=self.made.X[status.name].cat.categories)
        self._set(status.name, pd.Series(made, index=old.index))

    def _refuse_smoking(self) -> None:
        status, now = self.before.named("smoking_status"), self.before.named("current_smoker")
        requested = [each for each in (status, now) if each is not None and each.name in self.changes]
        for each in requested:
            unknown = each.values.isna()  # type: ignore[union-attr]
            self._refuse(unknown, "the smoking status before the change is not known")
        before, after, rate = self.before.smoking(), self.after.smoking(), self.after.measured("cigarettes_per_day")
        if before is None or after is None:
            return
        if requested:
            smoked = before.isin(["former", "current"])
            self._refuse((after == "never") & smoked, "a patient who smoked cannot become a never smoker")
            self._refuse(
                (after == "former") & (before == "never"), "a patient who never smoked cannot become a former smoker"
            )
        if rate is not None and rate.values is not None and rate.name in self.changes:
            none = (after == "current") & rate.values.eq(0)
            self._refuse(none, "a patient who smokes no cigarettes any more is a former smoker: change the status")

    def _body(self) -> None:
        """Derive body mass index from weight, or weight from the index, by height if known, otherwise in proportion."""
        weight, index = self.before.measured("weight"), self.before.measured("bmi")
        if weight is None or index is None or weight.values is None or index.values is None:
            return
        if weight.name in self.changes and index.name not in self.changes:
            moved = self.made.X[weight.name] / weight.values
            computed = index.values * moved
            by_height = body_mass(self.after)
            if by_height is not None and index.unit == VARIABLES["bmi"].unit:
                computed = computed.where(index.values.notna(), by_height)
            self._set(index.name, computed)
        elif index.name in self.changes and weight.name not in self.changes:
            self._set(weight.name, weight.values * (self.made.X[index.name] / index.values))

    def _alcohol(self) -> None:
        """Derive yes or no from the amount, and amount 0 from a no."""
        status, amount = self.before.named("alcohol_status"), self.before.measured("alcohol")
        if status is None or amount is None or status.kind != "boolean":
            return
        if amount.name in self.changes:
            grams = self.made.X[amount.name]
            self._set(status.name, (grams > 0).astype("Float64").astype(self.made.X[status.name].dtype))
        elif status.name in self.changes:
            drinks = self.made.X[status.name].eq(1)
            self._set(amount.name, self.made.X[amount.name].where(drinks, 0.0))
            why = "the patient drinks after the change, but how much is not stated"
            self._refuse(drinks & self.made.X[amount.name].eq(0), why)

    def _amount(self, name: str, compute: Callable[[KnownColumns], Any]) -> None:
        """Recompute an amount from its parts, if one of them was changed."""
        column, parts = self.before.measured(name), _PARTS[name](self.before)
        if column is None or not any(part is not None and part.name in self.changes for part in parts):
            return
        computed = compute(self.after)
        if computed is not None:
            self._set(column.name, computed.values)
