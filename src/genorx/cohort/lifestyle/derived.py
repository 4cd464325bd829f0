"""Derived lifestyle features: pack-years, alcohol in g/day, activity, body mass index, change of weight.

A derived value needs all its parts; never smokers have 0 pack-years and patients who never drink 0 g/day, whatever else
is missing.  A pack-year is 20 cigarettes a day for a year.  Drinks are US standard drinks of 14 g ethanol (NIAAA), UK
units 8 g; both are reported as assumptions, since the size of a drink differs between countries (Kalinowski A,
Humphreys K 2016, Addiction 111:1293).  Activity: minutes of walking, moderate and vigorous activity count 3.3, 4 and 8
metabolic equivalents; from 600 MET-min/week on it is moderate, from 3000 high (IPAQ scoring protocol 2005; Craig CL et
al. 2003, Med Sci Sports Exerc 35:1381).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd

from genorx._core.feature_spec import FeatureKind
from genorx.cohort.lifestyle.alcohol_frequency import drinks_at_a_time, times_per_day
from genorx.cohort.lifestyle.columns import KnownColumns, body_mass, in_unit, past_weight_years

CIGARETTES_A_PACK = 20
GRAMS_A_DRINK = 14.0
ACTIVITY_LEVELS = ("low", "moderate", "high")
_MODERATE, _HIGH = 600.0, 3000.0
_INTENSITIES = (("walking", 3.3), ("moderate_activity", 4.0), ("vigorous_activity", 8.0))


@dataclass(frozen=True, kw_only=True)
class Derived:
    """A feature computed from others.

    Attributes
    ----------
    meaning : str
        Known variable, or meaning of a named column; it is not computed if the table has it.
    name : str
        Name of the feature.
    unit : str or None
    values : Series
        One value per patient; missing where a part is not known.
    how : str
        What it is computed from, in words.
    levels : tuple of str
        Levels of an ordinal feature, lowest first; empty for a number.
    assumed : str
        Assumption of the computation, in words; empty if there is none.
    """

    meaning: str
    name: str
    unit: str | None
    values: pd.Series
    how: str
    levels: tuple[str, ...] = ()
    assumed: str = ""

    @property
    def kind(self) -> FeatureKind:
        """Kind of the feature."""
        return "ordinal" if self.levels else "number"


def pack_years(known: KnownColumns) -> Derived | None:
    """Return packs per day times years of smoking."""
    rate, years = known.values("cigarettes_per_day"), known.values("smoking_duration")
    if rate is None or years is None:
        return None
    packs = rate / CIGARETTES_A_PACK * years
    status = known.smoking()
    if status is not None:
        packs = packs.mask(packs.isna() & (status == "never"), 0.0)
    how = "cigarettes a day and years of smoking"
    return Derived(meaning="pack_years", name="pack_years", unit="{pack}.a", values=packs, how=how)


def years_since_quitting(known: KnownColumns) -> Derived | None:
    """Return age minus age at quitting; missing if that lies in the future, and for those who never quit."""
    column, age = known.named("quit_age"), known.values("age")
    if column is None or column.values is None or age is None:
        return None
    years = age - column.values.astype("Float64")
    status = known.smoking()
    if status is not None:
        years = years.mask(status.isin(["never", "current"]))
    name = "years_since_quitting"
    return Derived(meaning=name, name=name, unit="a", values=years.mask(years < 0), how="age and the age at quitting")


def alcohol(known: KnownColumns) -> Derived | None:
    """Return grams per day from frequency and amount."""
    words, drinks = known.words("alcohol_frequency"), known.values("drinks_per_occasion")
    amounts = known.words("drinks_in_words") if drinks is None else None
    if amounts is not None:
        drinks = _numbers(amounts, drinks_at_a_time)
    if words is None or drinks is None:
        return None
    often = _numbers(words, times_per_day)
    grams = (often * drinks * GRAMS_A_DRINK).mask((often == 0).fillna(False), 0.0)
    strange = sorted(set(words[words.notna() & often.isna()]))
    strange += [] if amounts is None else sorted(set(amounts[amounts.notna() & drinks.isna()]))
    how = "how often and how much at a time"
    if strange:
        how = f"{how}; not understood, and missing: {', '.join(strange[:5])}"
    return Derived(
        meaning="alcohol",
        name="alcohol_g_per_day",
        unit="g/d",
        values=grams,
        how=how,
        assumed="a drink was taken as 14 g of ethanol, how often (and how much, in words) as the middle of its range",
    )


def _numbers(words: pd.Series, read: Callable[[str], float | None]) -> pd.Series:
    return words.map(read, na_action="ignore").astype("Float64")


def activity(known: KnownColumns) -> Derived | None:
    """Return MET-minutes per week from minutes of walking, moderate and vigorous activity."""
    parts = [(known.values(name), weight) for name, weight in _INTENSITIES]
    columns = [values * weight for values, weight in parts if values is not None]
    if len(columns) < len(parts):
        return None
    total = columns[0] + columns[1] + columns[2]
    how = "minutes of walking, moderate and vigorous activity"
    return Derived(meaning="activity", name="activity_met_min_per_week", unit="[MET].min/wk", values=total, how=how)


def activity_level(known: KnownColumns) -> Derived | None:
    """Return low, moderate or high from MET-minutes per week."""
    amount = known.values("activity")
    if amount is None:
        computed = activity(known)
        amount = None if computed is None else computed.values
    if amount is None:
        return None
    numbers = amount.to_numpy(dtype=float, na_value=float("nan"))
    cut = pd.cut(numbers, [-float("inf"), _MODERATE, _HIGH, float("inf")], right=False, labels=list(ACTIVITY_LEVELS))
    values = pd.Series(cut, index=amount.index)
    how = "MET-minutes a week, moderate from 600, high from 3000"
    name = "activity_level"
    return Derived(meaning=name, name=name, unit=None, values=values, how=how, levels=ACTIVITY_LEVELS)


def bmi(known: KnownColumns) -> Derived | None:
    """Return weight divided by height squared."""
    computed = body_mass(known)
    if computed is None:
        return None
    return Derived(meaning="bmi", name="bmi_kg_per_m2", unit="kg/m2", values=computed, how="weight and height")


def weight_change(known: KnownColumns) -> Derived | None:
    """Return the change of weight per year since an earlier weight; a gain is positive."""
    weight, before = known.values("weight"), known.past_weight()
    past = None if before is None else in_unit(before, "kg", "past_weight")
    years = None if before is None else past_weight_years(before.name)
    if weight is None or past is None or not years:
        return None
    name = "weight_change_kg_per_year"
    return Derived(meaning=name, name=name, unit="kg/a", values=(weight - past) / years, how="weight now and before")
