"""Treatments that began in the states of a course, from the rows of the treatment table.

A treatment that began on the day on which a state was entered began in that state, unless the state is absorbing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genorx._core.time_units import DAYS_PER_UNIT
from genorx.cohort.course.course import Course
from genorx.cohort.course.strategy import Strategy, StrategyDesign
from genorx.cohort.design.options import TreatmentRows, rows_of_option, rows_of_unknown_option
from genorx.cohort.design.spellings import condition_spellings
from genorx.cohort.follow_up import follow_up_of
from genorx.cohort.study_file.strategies import treatment_column
from genorx.cohort.tables.table_faults import TableFaults
from genorx.errors import Finding, SupportError, shown

if TYPE_CHECKING:
    from genorx.cohort.study_file.sections import TreatmentSection
    from genorx.cohort.study_file.toml_sections import Scalar

Conditions = dict[str, "Scalar | list[Scalar]"]
_SOME = 5
_COLUMNS = ["patient_id", "treatment", "time", "state"]


@dataclass(frozen=True, kw_only=True)
class ReadStrategies:
    """Strategies with the treatments that began, patients of whom they are not known, and findings."""

    design: StrategyDesign
    not_known: pd.Index
    findings: tuple[Finding, ...]


def read_strategies(
    section: TreatmentSection,
    strategies: Sequence[Strategy],
    *,
    reference: str,
    rows: TreatmentRows,
    course: Course,
    strata: pd.Series,
    faults: TableFaults,
) -> ReadStrategies:
    """Return the strategies, and which treatments began in which state.

    Parameters
    ----------
    section : TreatmentSection
    strategies : sequence of Strategy
    reference : str
    rows : TreatmentRows
        Treatment rows; days count from the study's origin.
    course : Course
    strata : Series of str, index ``patient_id``
    faults : TableFaults
        Collects the faults of the treatment table.

    Raises
    ------
    TableError
        Rows in which a treatment begins before the start (``treatment-before-start``), after an absorbing state was
        entered (``treatment-in-absorbing``) or after the end of follow-up (``treatment-after-follow-up``).
    StudyError
        ``no-such-column``; ``option-fits-no-row`` for a treatment that is in no row.
    SupportError
        ``option-without-patients`` where no patient began the treatment of a strategy in its state.
    """
    conditions = {name: _conditions(section, name) for name in _treatments(strategies)}
    unnamed = _unnamed(conditions, rows, course)
    found = [_rows_of(stated, rows, name, course) for name, stated in conditions.items()]
    table = pd.concat(found) if found else pd.DataFrame(columns=["patient_id", "treatment", "time", "row"])
    undated = pd.Index(table.loc[table["time"].isna(), "patient_id"].unique())
    table = table[~table["patient_id"].isin(undated.union(unnamed))]
    _check_times(table, course, str(section.start), faults)
    faults.raise_if_any()
    first = table.sort_values(["patient_id", "treatment", "time"]).drop_duplicates(["patient_id", "treatment"]).copy()
    first["time"] = np.minimum(first["time"], first["patient_id"].map(course.followed))
    begins = first.assign(state=_state_at(first, course))[_COLUMNS].reset_index(drop=True)
    _check_support(strategies, begins, rows.file)
    design = StrategyDesign(
        strategies=tuple(strategies),
        reference=reference,
        begins=begins,
        strata=strata,
        assumptions=_assumptions(section, strategies),
    )
    findings = (
        *condition_spellings(conditions.values(), rows),
        *_unknown_treatments(unnamed, rows.name),
        *_undated(undated, section, rows.name),
        *_outside(design, course, rows.name),
    )
    return ReadStrategies(design=design, not_known=undated.union(unnamed, sort=False), findings=findings)


def strangers_finding(rows: TreatmentRows, known: pd.Index) -> Iterator[Finding]:
    """Yield a finding on treated patients who are in no other table of the study; an id may be misspelt."""
    strange = pd.Index(rows.patient[~rows.patient.isin(known)].unique())
    if len(strange):
        some = ", ".join(shown(patient) for patient in strange[:_SOME]) + (", ..." if len(strange) > _SOME else "")
        message = f"{len(strange)} patients have rows in the treatment table, and none of features or outcomes: {some}"
        yield Finding(code="treatment-of-unknown-patient", severity="warning", message=message, place=rows.name)


def strategy_table(design: StrategyDesign, course: Course) -> pd.DataFrame:
    """Return the patients who followed each strategy, with deaths and follow-up from the start, as a positivity table.

    Columns ``stratum``, ``option``, ``patients`` (who began in the state and within the window; for the strategy
    without treatment, who never began), ``events`` (deaths), ``median_follow_up``, ``total_follow_up``,
    ``switched_after`` (who began the treatment in the state after the window; missing without a window).
    """
    table = []
    survival = course.survival()
    for strategy in design.strategies:
        inside, late = followers(strategy, design.begins, course)
        row: dict[str, object] = {"stratum": "(all)", "option": strategy.name, "patients": len(inside)}
        row |= follow_up_of(survival.loc[inside])
        table.append(row | {"switched_after": len(late)})
    return pd.DataFrame(table).astype({"median_follow_up": "Float64", "total_follow_up": "Float64"})


def followers(strategy: Strategy, begins: pd.DataFrame, course: Course) -> tuple[pd.Index, pd.Index]:
    """Return the patients who began as the strategy requires, and those who began in its state after its window."""
    if strategy.never:
        return course.patients[~course.patients.isin(begins["patient_id"])], course.patients[:0]
    mine = begins[(begins["treatment"] == strategy.treatment) & (begins["state"] == strategy.state)]
    wait = mine["time"] - mine["patient_id"].map(course.entered(str(strategy.state)))
    inside = (wait <= (np.inf if strategy.within is None else strategy.within)).to_numpy(dtype=bool)
    names = pd.Index(mine["patient_id"])
    return names[inside], names[~inside]


def _treatments(strategies: Sequence[Strategy]) -> list[str]:
    return list(dict.fromkeys(each.treatment for each in strategies if each.treatment is not None))


def _conditions(section: TreatmentSection, name: str) -> Conditions:
    return dict(section.options[name]) if section.options else {treatment_column(section): name}


def _unnamed(conditions: Mapping[str, Conditions], rows: TreatmentRows, course: Course) -> pd.Index:
    """Return patients of the course with a row that may be a treatment of a strategy: its name is missing."""
    may = [rows_of_unknown_option(stated, rows) for stated in conditions.values()]
    patients = rows.patient[np.logical_or.reduce(may)] if may else rows.patient[:0]
    found: pd.Index[str] = pd.Index(patients[patients.isin(course.patients)].unique())
    return found


def _rows_of(conditions: Conditions, rows: TreatmentRows, name: str, course: Course) -> pd.DataFrame:
    """Return patient, treatment, time in the unit of the course and row, of rows that match a treatment."""
    makes = rows_of_option(name, conditions, rows)
    start = pd.Series(rows.start).to_numpy(dtype=float, na_value=np.nan)
    frame = pd.DataFrame(
        {
            "patient_id": rows.patient.to_numpy(dtype=object),
            "treatment": name,
            "time": start / DAYS_PER_UNIT[course.unit],
            "row": rows.places,
        }
    )
    return frame[makes & frame["patient_id"].isin(course.patients).to_numpy()]


def _check_times(table: pd.DataFrame, course: Course, column: str, faults: TableFaults) -> None:
    end = table["patient_id"].map(course.followed).to_numpy(dtype=float)
    dead = course.entries.loc[course.entries["state"].isin(course.absorbing), "patient_id"]
    absorbed = table["patient_id"].isin(dead).to_numpy()
    time = table["time"].to_numpy(dtype=float)
    day = 1.0 / DAYS_PER_UNIT[course.unit]
    late = time >= end + day  # one day of tolerance: follow-up in months ends at some time of a day
    for wrong, code, reason in (
        (time < 0, "treatment-before-start", "begins before the start, 0"),
        (late & absorbed, "treatment-in-absorbing", "begins after an absorbing state was entered"),
        (late & ~absorbed, "treatment-after-follow-up", "begins after the end of follow-up"),
    ):
        for treatment, row in zip(table.loc[wrong, "treatment"], table.loc[wrong, "row"].tolist(), strict=True):
            faults.add(f"{shown(treatment)} {reason}", code=code, row=row, column=column)


def _state_at(begins: pd.DataFrame, course: Course) -> NDArray[np.object_]:
    """Return the state in which each treatment began."""
    entries = course.entries[~course.entries["state"].isin(course.absorbing)]
    both = (
        begins.reset_index(drop=True).reset_index(names="place").merge(entries, on="patient_id", suffixes=("", "_of"))
    )
    before = both[both["time_of"] <= both["time"]]
    last = before.sort_values(["place", "time_of"], kind="stable").drop_duplicates("place", keep="last")
    states: NDArray[np.object_] = last.set_index("place")["state"].to_numpy(dtype=object)
    return states


def _check_support(strategies: Sequence[Strategy], begins: pd.DataFrame, file: str) -> None:
    for each in strategies:
        began = (begins["treatment"] == each.treatment) & (begins["state"] == each.state)
        if not each.never and not began.any():
            raise SupportError(
                f'no patient began "{shown(each.treatment)}" in "{shown(each.state)}" (strategy "{shown(each.name)}")',
                file=file,
                hint="days of the treatment table count from the same origin as the times of the states, in days",
                code="option-without-patients",
            )


def _unknown_treatments(unnamed: pd.Index, place: str) -> Iterator[Finding]:
    if len(unnamed):
        message = (
            f"{len(unnamed)} patients have a row that does not say which treatment it is; none of them is compared, "
            f'the first is "{shown(unnamed[0])}"'
        )
        yield Finding(code="treatment-without-name", severity="serious", message=message, place=place)


def _undated(undated: pd.Index, section: TreatmentSection, place: str) -> Iterator[Finding]:
    if len(undated):
        message = (
            f'{len(undated)} patients have a treatment of a strategy without its "{shown(section.start)}" and are not '
            f'compared, the first is "{shown(undated[0])}"'
        )
        yield Finding(code="treatment-without-start", severity="serious", message=message, place=place)


def _outside(design: StrategyDesign, course: Course, place: str) -> Iterator[Finding]:
    """Yield a finding on treatments that no strategy includes: in another state, or after the window."""
    begins = design.begins
    inside = set()
    for each in design.strategies:
        if not each.never:
            inside |= {(patient, each.treatment) for patient in followers(each, begins, course)[0]}
    outside = [pair for pair in zip(begins["patient_id"], begins["treatment"], strict=True) if pair not in inside]
    if outside:
        message = (
            f"{len(outside)} of {len(begins)} treatments began in a state or at a time that no strategy names; they "
            "inform the effect of the treatment, but count under no strategy"
        )
        yield Finding(code="outside-strategies", severity="info", message=message, place=place)


def _assumptions(section: TreatmentSection, strategies: Sequence[Strategy]) -> tuple[str, ...]:
    within = " and ".join(section.strata)
    treatments = " and ".join(_treatments(strategies))
    return (
        f"whether and when {treatments} began in a state depends on the features alone, not on the prognosis "
        f"beyond them{f', within {within}' if within else ''}",
        "each patient could have followed each strategy in the states reached",
        "the effect of a treatment on a transition is the same whether it was given on indication or as planned",
    )
