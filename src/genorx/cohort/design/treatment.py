"""Construction of the design: eligibility, options, and the start of follow-up.

A patient enters only if alive and followed on the day on which the option is read; later starts are ignored.
The rows of an option are found by ``cohort.design.options``.
Source: Anderson JR et al. 1983, J Clin Oncol 1:710 (landmark).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, cast

import numpy as np
import pandas as pd

from genorx._core.time_units import DAYS_PER_UNIT
from genorx.cohort.design.design import Design, DesignKind
from genorx.cohort.design.options import OptionRows, TreatmentRows, option_rows, treatment_factors
from genorx.cohort.design.positivity import compared_within, positivity_table
from genorx.cohort.design.spellings import spelling_findings
from genorx.cohort.outcome import Outcome
from genorx.cohort.study_file.possible import Condition, possible_table
from genorx.cohort.tables.levels import near_levels
from genorx.errors import Finding, StudyError, SupportError, shown

if TYPE_CHECKING:
    from genorx.cohort.study_file.sections import TreatmentSection


@dataclass(kw_only=True)
class _Flow:
    """Patient flow: the remaining patients, and the table of exclusions by step."""

    patients: pd.Index
    steps: list[dict[str, object]] = field(default_factory=list)

    def keep(self, step: str, kept: pd.Series, reason: str) -> None:
        """Restrict to the patients for whom ``kept`` is true."""
        mask = kept.loc[self.patients].to_numpy(dtype=bool)
        lost = int((~mask).sum())
        self.patients = self.patients[mask]
        self.steps.append(
            {"step": step, "patients": len(self.patients), "lost": lost, "reason": reason if lost else ""}
        )


def build_design(
    section: TreatmentSection,
    *,
    rows: TreatmentRows,
    features: pd.DataFrame,
    primary: Outcome,
    clock: Outcome,
    time_zero: pd.Series | None,
    strata: pd.Series,
    conditions: Sequence[Condition] = (),
) -> tuple[Design, tuple[Finding, ...]]:
    """Build the design of the eligible patients among those of ``features``, with findings.

    Parameters
    ----------
    section : TreatmentSection
    rows : TreatmentRows
    features : DataFrame, index ``patient_id``
        Patients of the cohort.
    primary : Outcome
        Outcome whose events are counted.
    clock : Outcome
        Survival outcome that determines who is alive and followed at the landmark.
    time_zero : Series of float or None, index ``patient_id``
        Days since the study's origin; missing where the patient never reached time zero.  None: the origin itself.
    strata : Series of str, index ``patient_id``
    conditions : sequence of Condition
        Conditions under which an option is possible for a patient; patients with one possible option are not compared.

    Raises
    ------
    StudyError
        ``ever-against-never`` if no column shows that the treatment had started on the day of comparison;
        ``unknown-option`` where a condition names no option.
    SupportError
        ``option-without-patients`` where an option has no eligible patient.
    """
    made = option_rows(section, rows)
    _check_start(section, rows)
    flow = _Flow(patients=features.index)
    flow.steps.append({"step": "in the cohort", "patients": len(features), "lost": 0, "reason": ""})
    origin = _eligible_days(section, flow, clock, time_zero)
    reading = _Reading(section=section, rows=rows, made=made)
    treatment, switched = reading.read(flow, origin, time_zero)
    open_to = possible_table(features.loc[flow.patients], made.options, conditions)
    if conditions:
        _keep_choice(flow, treatment, open_to)
        treatment, switched = treatment.loc[flow.patients], switched.loc[flow.patients]
    _check_options(made, treatment, rows.file)
    eligible = flow.patients
    design = Design(
        kind=cast(DesignKind, section.design),  # strategies have a design of their own
        options=made.options,
        reference=section.reference,
        treatment=treatment,
        origin=origin.loc[eligible],
        strata=strata.loc[eligible],
        randomised=section.randomised,
        landmark=float(section.landmark or 0.0),
        flow=pd.DataFrame(flow.steps),
        assumptions=_assumptions(section, rows),
        start=reading.start_days(treatment, origin) if section.design == "time_varying" else None,
        interactions=None if section.interactions is None else tuple(section.interactions),
        factors=treatment_factors(section, made.options),
    )
    positivity = positivity_table(design, primary, switched)
    findings = (
        *reading.findings(design, switched),
        *compared_within(design.strata, design.treatment, file=rows.file),
        *_open_questions(design, open_to),
    )
    return replace(design, positivity=positivity), findings


def _check_start(section: TreatmentSection, rows: TreatmentRows) -> None:
    if section.start is not None or not rows.patient.duplicated().any():
        return
    raise StudyError(
        "the treatment table has several rows per patient and no column of the day on which each treatment started",
        file=rows.file,
        hint='name it by "start", else patients who lived to be treated are compared with those who did not',
        code="ever-against-never",
    )


def _eligible_days(section: TreatmentSection, flow: _Flow, clock: Outcome, time_zero: pd.Series | None) -> pd.Series:
    """Return the start of follow-up, restricting the flow to patients alive and followed then."""
    if section.design == "baseline":
        return pd.Series(0.0, index=flow.patients)
    if time_zero is None:
        zero = pd.Series(0.0, index=flow.patients)
    else:
        zero = time_zero.reindex(flow.patients).astype(float)
        name = shown(section.time_zero)
        flow.keep(f"reached {name}", zero.notna(), f"{name} is not known: never reached, or not recorded")
    origin = zero + float(section.landmark or 0.0)
    known = pd.Series(flow.patients.isin(clock.frame.index), index=flow.patients)
    flow.keep(f"{clock.name} known", known, f"{clock.name} is not known")
    days = clock.frame["time"].reindex(flow.patients) * DAYS_PER_UNIT[clock.unit]
    event = clock.frame["event"].reindex(flow.patients).astype(bool)
    before = days <= origin.reindex(flow.patients)
    flow.keep("free of the event at the landmark", ~(before & event), f"event of {clock.name} before the landmark")
    flow.keep("followed at the landmark", ~before, "follow-up ended before the landmark")
    return origin


@dataclass(frozen=True, kw_only=True)
class _Reading:
    """The option of each patient on the day of comparison."""

    section: TreatmentSection
    rows: TreatmentRows
    made: OptionRows

    def read(self, flow: _Flow, origin: pd.Series, time_zero: pd.Series | None) -> tuple[pd.Series, pd.Series]:
        """Return the option of each eligible patient, and whether another option started later."""
        started = self._started(origin)
        if self.section.start is not None:
            self._check_days(flow, time_zero)
        option = self._first(flow.patients, started)
        if self.made.otherwise is not None:
            option = option.fillna(self.made.otherwise)
        flow.keep("an option is known", option.notna(), "no option fits on the day of comparison")
        option = option.loc[flow.patients]
        treatment = pd.Series(
            pd.Categorical(option, categories=list(self.made.options)), index=flow.patients, name="treatment"
        )
        return treatment, self._switched(option, started)

    def _started(self, origin: pd.Series) -> pd.Series:
        """Return a mask of rows that had started by the patient's day of comparison."""
        if self.rows.start is None:
            return pd.Series(True, index=self.rows.cells.index)
        day = self.rows.patient.map(origin).to_numpy(dtype=float)
        start = self.rows.start.to_numpy(dtype=float, na_value=np.nan)
        started = np.isfinite(start) if self.section.design == "time_varying" else start <= day
        if self.section.column is not None and self.section.reference in self.made.fits.columns:
            # the reference of a column of arms is often "none": it has no day on which it starts
            started |= np.isnan(start) & self.made.fits[self.section.reference].to_numpy()
        return pd.Series(started, index=self.rows.cells.index)

    def start_days(self, treatment: pd.Series, origin: pd.Series) -> pd.Series:
        """Return the days from the origin to the first start of each patient's option; missing if none."""
        mapped = self.rows.patient.map(treatment.astype(object)).astype(object)
        own = mapped.where(mapped.notna(), None).to_numpy()  # pandas refuses to compare its NA
        makes = np.zeros(len(own), dtype=bool)
        for name in self.made.fits.columns:
            makes |= (own == name) & self.made.fits[name].to_numpy(dtype=bool)
        start = pd.Series(self.rows.start).to_numpy(dtype=float, na_value=np.nan)
        first = pd.Series(start[makes], index=self.rows.patient.to_numpy()[makes]).groupby(level=0).min()
        days = first.reindex(treatment.index).astype(float) - origin.loc[treatment.index]
        return days.where(treatment.astype(str) != self.section.reference)

    def _check_days(self, flow: _Flow, time_zero: pd.Series | None) -> None:
        makes = self.made.fits.drop(columns=[self.section.reference] if self.section.column else [], errors="ignore")
        any_option = makes.any(axis=1).to_numpy(dtype=bool)
        start = pd.Series(self.rows.start).to_numpy(dtype=float, na_value=np.nan)
        unknown = set(self.rows.patient[any_option & np.isnan(start)])
        kept = pd.Series(~flow.patients.isin(list(unknown)), index=flow.patients)
        flow.keep("start of the treatment known", kept, f"{shown(self.section.start)} of an option is missing")
        if time_zero is None:
            return
        zero = self.rows.patient.map(time_zero).to_numpy(dtype=float)
        early = set(self.rows.patient[any_option & (start < zero)])
        kept = pd.Series(~flow.patients.isin(list(early)), index=flow.patients)
        name = shown(self.section.time_zero)
        flow.keep(f"not treated before {name}", kept, f"an option started before {name}")

    def _first(self, patients: pd.Index, started: pd.Series) -> pd.Series:
        option = pd.Series(None, index=patients, dtype=object)
        for name in reversed(self.made.fits.columns):  # the first match has priority: it is written last
            has = set(self.rows.patient[self.made.fits[name].to_numpy(dtype=bool) & started.to_numpy(dtype=bool)])
            option = option.where(~patients.isin(list(has)), name)
        return option

    def _switched(self, option: pd.Series, started: pd.Series) -> pd.Series:
        switched = pd.Series(False, index=option.index)
        if self.rows.start is None:
            return switched
        for name in self.made.fits.columns:
            later = set(self.rows.patient[self.made.fits[name].to_numpy(dtype=bool) & ~started.to_numpy(dtype=bool)])
            switched |= option.index.isin(list(later)) & (option != name).to_numpy()
        return switched

    def findings(self, design: Design, switched: pd.Series) -> list[Finding]:
        """Return the findings on the options."""
        findings = []
        place = self.rows.name
        if switched.any():
            counts = switched.groupby(design.treatment, observed=True).sum()
            stated = ", ".join(f"{shown(name)} {count}" for name, count in counts.items() if count)
            message = f"patients who started another option later keep their option of the day of comparison: {stated}"
            findings.append(Finding(code="switched-after", severity="info", message=message, place=place))
        absent = design.treatment.index.difference(pd.Index(self.rows.patient.unique()))
        if len(absent) and self.made.otherwise is not None:
            message = (
                f"{len(absent)} patients without a row in the treatment table count as "
                f'"{shown(self.made.otherwise)}", the first is "{shown(absent[0])}"'
            )
            findings.append(Finding(code="no-treatment-row", severity="warning", message=message, place=place))
        spelt = spelling_findings(self.section, self.rows, self.made.options)
        return [*findings, *self._near_findings(design), *self._day_findings(), *spelt]

    def _near_findings(self, design: Design) -> list[Finding]:
        """Report patients of the default option who narrowly missed another option's conditions."""
        findings: list[Finding] = []
        if self.made.otherwise is None:
            return findings
        others = design.treatment.index[design.treatment == self.made.otherwise]
        started = self._started(design.origin).to_numpy(dtype=bool)
        for (option, condition), mask in self.made.near.items():
            had = set(self.rows.patient[mask.to_numpy(dtype=bool) & started]) & set(others)
            if had:
                message = (
                    f'{len(had)} patients counted as "{shown(self.made.otherwise)}" had by then a row that fits '
                    f'option "{shown(option)}" except for {condition}, the first is "{shown(min(had))}"'
                )
                findings.append(Finding(code="near-option", severity="warning", message=message, place=self.rows.name))
        return findings

    def _day_findings(self) -> list[Finding]:
        """Report a column that looks like the treatment day and is unused in a baseline design."""
        if self.section.start is not None or self.section.randomised:
            return []
        for column in self.rows.cells.columns:
            if str(column).lower() in ("day", "start", "start_day", "day_start", "days_to_treatment"):
                days = pd.to_numeric(self.rows.cells[column], errors="coerce")
                if (days > 0).any():
                    message = (
                        f'column "{shown(column)}" has days after the origin and is not named by "start": '
                        "patients treated later count as treated from the first day"
                    )
                    return [Finding(code="late-treatment", severity="serious", message=message, place=self.rows.name)]
        return []


def _keep_choice(flow: _Flow, treatment: pd.Series, open_to: pd.DataFrame) -> None:
    """Restrict the flow to patients whose option was possible, as was, perhaps, at least one other."""
    may = open_to.map(lambda answer: answer is not False).astype(bool)
    places = may.columns.get_indexer(pd.Index(treatment.astype(str)))
    own = pd.Series(may.to_numpy()[np.arange(len(may)), places], index=treatment.index)
    flow.keep("had a possible option", own, "had an option that is not possible by the study's conditions")
    flow.keep("had a choice", may.sum(axis=1) >= 2, "only one option was possible")


def _open_questions(design: Design, open_to: pd.DataFrame) -> list[Finding]:
    """Report options whose possibility is unknown for some patients."""
    findings = []
    for option in design.options:
        unknown = int(open_to.loc[design.treatment.index, option].isna().sum())
        if unknown:
            message = f"whether {shown(option)} was possible is not known for {unknown} patients, who are compared"
            findings.append(Finding(code="possible-unknown", severity="warning", message=message))
    return findings


def _check_options(made: OptionRows, treatment: pd.Series, file: str) -> None:
    counts = treatment.value_counts()
    empty = [name for name in made.options if counts.get(name, 0) == 0]
    if empty:
        alike = near_levels(empty[0], made.options)
        spelt = f'is "{shown(empty[0])}" another spelling of "{shown(alike[0])}"? ' if alike else ""
        raise SupportError(
            f'no eligible patient had the option "{shown(empty[0])}"; of {len(treatment)} eligible patients '
            + ", ".join(f"{shown(name)} {counts.get(name, 0)}" for name in made.options),
            file=file,
            hint=f"{spelt}remove the option, or move the landmark",
            code="option-without-patients",
        )


def _assumptions(section: TreatmentSection, rows: TreatmentRows) -> tuple[str, ...]:
    strata = f" within strata of {', '.join(map(shown, section.strata))}" if section.strata else ""
    texts = []
    if section.randomised:
        texts.append(f"Treatment was assigned at random{strata}, as stated in the study file.")
    else:
        texts.append(f"Patients with the same features{strata} had each option for reasons unrelated to their outcome.")
    if section.design == "landmark":
        zero = shown(section.time_zero) if section.time_zero else "the study's origin"
        texts.append(
            f"Options are compared from day {section.landmark:g} after {zero}, among patients alive and followed then; "
            "the result does not apply to those who were not."
        )
        texts.append(
            "Patients who start an option later keep that day's option: the decisions of that day are compared."
        )
    elif section.design == "time_varying":
        zero = shown(section.time_zero) if section.time_zero else "the study's origin"
        texts.append(
            f"Options are compared from {zero} on; time before an option started counts under the reference, and "
            "nothing that changed after that day moved both the decision and the outcome."
        )
    elif rows.start is None:
        texts.append("Every treatment had started, or was decided, at the study's origin, as stated in the study file.")
    texts.append("Each option was open to every compared patient (positivity).")
    texts.append("Each option is one treatment; what one patient gets does not change another's outcome.")
    texts.append("Censoring is unrelated to the outcome among patients with the same features and option.")
    return tuple(texts)
