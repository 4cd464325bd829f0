"""Completion of lifestyle columns (smoking, alcohol, activity, diet, body size), with findings.

Columns are recognised in ``cohort.lifestyle.columns``, features computed in ``cohort.lifestyle.derived``,
contradictions found in ``cohort.lifestyle.contradictions``.  Not known is not "no": nothing is derived from missing
values.
"""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np

from genorx._core.feature_spec import FeatureSpec
from genorx.cohort.lifestyle.columns import KnownColumns
from genorx.cohort.lifestyle.contradictions import Contradiction, contradictions
from genorx.cohort.lifestyle.derived import (
    Derived,
    activity,
    activity_level,
    alcohol,
    bmi,
    pack_years,
    weight_change,
    years_since_quitting,
)
from genorx.cohort.tables.columns import Reading, TypedColumn, name_form
from genorx.cohort.tables.variables import VARIABLES, find_variable
from genorx.errors import Finding, shown

#: Start of the note on a column that a computed feature replaces.
GIVEN_AS = "given as"
_COUNTED = re.compile(r"(.*_)?(score|index|points|count|number|quantile|quintile|quartile|percentile|z|code)")


def add_lifestyle(
    reading: Reading, columns: list[TypedColumn], *, training: bool = True
) -> tuple[list[TypedColumn], tuple[Finding, ...]]:
    """Return the columns with derived features, and their contradictions.

    Adds each feature of ``cohort.lifestyle.derived`` that the table lacks, and replaces drinks or units of alcohol by
    ``alcohol_g_per_day``; in training only if it varies.
    """
    known = KnownColumns(columns if reading.role not in ("expression", "imaging") else [])
    findings = [finding for each in contradictions(known) for finding in _named(reading, each)]
    findings += _without_unit(reading, columns) if training else []
    kept, grams = _grams(reading, known, columns)
    made = [] if grams is None else [grams]
    for compute in (bmi, pack_years, years_since_quitting, alcohol, activity, activity_level, weight_change):
        derived = compute(known)
        if derived is not None and not _there(reading, known, derived):
            made.append(_column(reading, derived))
    if training:
        made = [each for each in made if each.values is not None and each.values.nunique() > 1]
    return [*kept, *made], tuple(findings)


def _named(reading: Reading, found: Contradiction) -> list[Finding]:
    places = np.flatnonzero(found.where.fillna(False).to_numpy(dtype=bool))
    return [reading.finding(found.code, "serious", found.message, found.column, int(place)) for place in places]


def _there(reading: Reading, known: KnownColumns, derived: Derived) -> bool:
    """Return whether the table already has the feature to be derived."""
    if derived.name in reading.raw.columns:
        return True
    if derived.meaning in VARIABLES:
        return known.measured(derived.meaning) is not None
    return derived.meaning == "activity_level" and known.named("activity_level") is not None


def _column(reading: Reading, derived: Derived) -> TypedColumn:
    values = derived.values.dropna()
    numbers = not derived.levels and not values.empty
    spec = FeatureSpec(
        name=derived.name,
        kind=derived.kind,
        group=reading.group,
        unit=derived.unit,
        levels=derived.levels,
        lower=float(values.min()) if numbers else None,
        upper=float(values.max()) if numbers else None,
        source=reading.raw.path.name,
    )
    message = f"{derived.name} was computed from {derived.how}"
    findings = [reading.finding("derived-feature", "info", message, derived.name)]
    if derived.assumed:
        findings.append(reading.finding("alcohol-unit-assumed", "info", derived.assumed, derived.name))
    return TypedColumn(
        name=derived.name,
        kind=derived.kind,
        values=derived.values,
        spec=spec,
        unit=derived.unit,
        note=f"computed from {derived.how}",
        findings=tuple(findings),
    )


def _without_unit(reading: Reading, columns: list[TypedColumn]) -> list[Finding]:
    """Report numeric lifestyle columns of unknown unit."""
    if reading.role != "lifestyle":
        return []
    findings = []
    for column in columns:
        variable = find_variable(column.name)
        counted = _COUNTED.fullmatch(name_form(column.name)) or (variable is not None and not variable.unit)
        stated = any(each.code == "unit-not-told" for each in column.findings)
        if column.spec is None or column.kind not in ("number", "integer") or column.unit or counted or stated:
            continue
        message = (
            f"numbers without a unit: declare `unit`, or `type` and `levels` if {shown(column.name)} holds codes; "
            "they were taken as they are"
        )
        findings.append(reading.finding("unit-not-told", "warning", message, column.name))
    return findings


def _grams(
    reading: Reading, known: KnownColumns, columns: list[TypedColumn]
) -> tuple[list[TypedColumn], TypedColumn | None]:
    """Replace columns of drinks or units of alcohol by grams per day."""
    column, amount = known.measured("alcohol"), known.values("alcohol")
    unit = column.unit if column else None
    if column is None or amount is None or not unit or not re.match(r"\{(drink|ukunit)\}", unit):
        return columns, None
    if "alcohol_g_per_day" in reading.raw.columns:
        return columns, None
    name = "alcohol_g_per_day"
    grams = _column(reading, Derived(meaning="alcohol", name=name, unit="g/d", values=amount, how=column.name))
    size = "a drink was taken as 14 g" if "drink" in unit else "a unit was taken as 8 g"
    assumed = reading.finding("alcohol-unit-assumed", "info", f"{size} of ethanol", column.name)
    note = f"{GIVEN_AS} {grams.name}"
    kept = [
        replace(each, spec=None, note=note, findings=(*each.findings, assumed)) if each is column else each
        for each in columns
    ]
    return kept, grams
