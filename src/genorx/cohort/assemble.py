"""Assembly of a study into its cohort, step by step; each step continues with what the previous one produced.

``Study.load`` raises the faults at the end of a step, ``Study.audit`` shows them all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from genorx._core.feature_spec import FeatureSpec
from genorx._core.nearest import did_you_mean
from genorx.cohort.checks.leakage import leaking_features
from genorx.cohort.checks.site import missing_by_site, site_findings, site_rank
from genorx.cohort.checks.site_units import site_unit_findings
from genorx.cohort.course.strategy import StrategyDesign
from genorx.cohort.design.design import Design
from genorx.cohort.design.inputs import DesignColumns, clock_of, treatment_rows
from genorx.cohort.design.landmarks import vary_landmark
from genorx.cohort.design.strategies import read_strategies, strangers_finding
from genorx.cohort.design.treatment import build_design
from genorx.cohort.faults import Faults
from genorx.cohort.join import Joined, Source, absent_patients, check_common, join_sources, near_ids
from genorx.cohort.kinds import DATA_KINDS
from genorx.cohort.outcome import Outcome, ReadOutcome, limited_to, read_outcome
from genorx.cohort.patient_rows import PatientRows, patient_rows
from genorx.cohort.recorded_sex import sex_column, sex_findings
from genorx.cohort.sources import named, read_sources, short_name, table_names
from genorx.cohort.study_file.possible import Condition, conditions_of
from genorx.cohort.study_file.rules import NEGATIVE_CONTROL, design_columns, primary_of
from genorx.cohort.study_file.strategies import is_of_strategies, reference_of, strategies_of
from genorx.cohort.tables.by_name import Tables
from genorx.errors import Finding, StudyError, SupportError, shown

if TYPE_CHECKING:
    from genorx.cohort.study_file.sections import StudyFile, TreatmentSection

_SOME = 5


@dataclass(kw_only=True)
class Assembly:
    """State of reading a study: the data so far, and the faults found."""

    study: StudyFile
    path: Path
    tables: Tables
    faults: Faults
    sources: list[Source] = field(default_factory=list)
    assembly: str | None = None
    joined: Joined | None = None
    rows: dict[str, PatientRows] = field(default_factory=dict)
    reads: dict[str, ReadOutcome] = field(default_factory=dict)
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    design: Design | None = None
    other_landmarks: tuple[Design, ...] = ()
    strategies: StrategyDesign | None = None
    possible: tuple[Condition, ...] = ()
    flow: list[dict[str, object]] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    left_out: dict[str, Finding] = field(default_factory=dict)

    @property
    def primary(self) -> str | None:
        """Name of the outcome that determines the cohort: the primary one, otherwise the first."""
        ranked = (name for name, outcome in self.study.outcomes.items() if outcome.role != NEGATIVE_CONTROL)
        return primary_of(self.study) or next(ranked, None)

    @property
    def columns(self) -> DesignColumns:
        """Columns of any table by patient, for strata, sites and time zero."""
        return DesignColumns(study=self.study, path=self.path, tables=self.tables, rows=self.rows)

    def read(self, *, outcomes: bool, schema: Sequence[FeatureSpec] | None) -> None:
        """Read feature tables, variant files and, if requested, tables of outcomes and treatments."""
        self.sources, self.assembly = read_sources(
            self.study, self.tables, self.path, faults=self.faults, schema=schema
        )
        self.findings += [
            Finding(
                code="table-not-used", severity="info", message="no part of the study file names this table", place=name
            )
            for name in self.tables.unused(table_names(self.study))
        ]
        if outcomes:
            self._read_outcomes()
            if self.study.treatment is not None:
                with self.faults.catch():
                    self._rows_of(self.study.treatment.table, unique=False)
        patients = {source.name: source.frame.index for source in self.sources}
        patients |= {short_name(self.study, name): rows.patients for name, rows in self.rows.items()}
        with self.faults.catch():
            check_common(patients)
            self.findings += near_ids(patients)

    def _read_outcomes(self) -> None:
        for name, section in self.study.outcomes.items():
            horizon = self.study.ranking.horizon if name == primary_of(self.study) else None
            with self.faults.catch():
                rows = self._rows_of(section.table, unique=DATA_KINDS[section.kind].one_row(section))
                self.reads[name] = read_outcome(name, section, rows, horizon=horizon)
                self.reads[name].outcome.check_horizons(horizon, self.path)

    def _rows_of(self, table: str, *, unique: bool) -> PatientRows:
        if table not in self.rows:
            patient_id = self.study.study.patient_id
            self.rows[table] = patient_rows(self.tables.read(table), patient_id, unique=unique)
        return self.rows[table]

    def join(self, *, schema: Sequence[FeatureSpec] | None) -> None:
        """Join the features, restrict to patients with a known primary outcome, and check for leakage."""
        if not self.sources:
            return
        with self.faults.catch():
            joined = join_sources(self.sources, schema=schema)
            if joined.without_record:
                lost = len(joined.without_record)
                self._step("in any file", len(joined.features) + lost, 0, "")
                self._step("in a record table", len(joined.features), lost, "only in a variant file")
            patients = self._patients_in_cohort(joined.features.index)
            self.outcomes = {name: limited_to(read.outcome, patients) for name, read in self.reads.items()}
            features = joined.features.loc[patients]
            if schema is None:
                self.left_out = self._not_features(features, joined.specs)
            specs = tuple(spec for spec in joined.specs if spec.name not in self.left_out)
            if not specs:
                raise StudyError("no column is left that can be a feature", file=self.path, code="no-features")
            features = features[[spec.name for spec in specs]]
            self.joined = replace(joined, features=features, specs=specs)
            self.findings += [*joined.findings, *absent_patients(self.sources, patients), *self.left_out.values()]
            self.findings += self._sex_findings()
        if schema is None and self.joined is not None:
            self.findings += self._site_findings()

    def _not_features(self, features: pd.DataFrame, specs: Sequence[FeatureSpec]) -> dict[str, Finding]:
        """Return a finding for each column that is an outcome, the treatment, or from after time zero."""
        used = design_columns(self.study)
        found = {}
        for spec in specs:
            if spec.name in used:
                message = f'"{shown(spec.name)}" is {used[spec.name]} and not a feature'
                place = f'{spec.source}: column "{shown(spec.name)}"'
                found[spec.name] = Finding(code="design-column", severity="info", message=message, place=place)
        others = [spec for spec in specs if spec.name not in found]
        return found | leaking_features(features, others, self.outcomes.values())

    def _patients_in_cohort(self, patients: pd.Index) -> pd.Index:
        primary = self.primary
        if primary is None or primary not in self.reads:
            self._step("in a feature table or variant file", len(patients), 0, "")
            return patients
        read = self.reads[primary]
        table = self.study.outcomes[primary].table
        known = self.rows[table].patients
        self._without_features(patients, known[~known.isin(patients)], short_name(self.study, table))
        reasons = {f"no row in {short_name(self.study, table)}": patients[~patients.isin(known)], **read.lost}
        for reason, lost in reasons.items():
            here = patients.isin(lost)
            if here.any():
                patients = patients[~here]
                self._step(f"{primary} known", len(patients), int(here.sum()), reason)
        if not len(patients):
            counts = ", ".join(f"{len(lost):,} {reason}" for reason, lost in reasons.items() if len(lost))
            lacking = f" ({counts})" if counts else ""
            raise SupportError(f'no patient with features has a known "{shown(primary)}"{lacking}', file=self.path)
        return patients

    def _without_features(self, patients: pd.Index, others: pd.Index, table: str) -> None:
        """Count patients of the primary outcome's table who are in no feature table or variant file."""
        if len(others):
            self._step(f"in a feature table, variant file or {table}", len(patients) + len(others), 0, "")
            some = ", ".join(shown(patient) for patient in others[:_SOME]) + (", ..." if len(others) > _SOME else "")
            message = f"{len(others)} patients with an outcome have no row in any feature table: {some}"
            self.findings.append(
                Finding(code="no-features-of-patient", severity="warning", message=message, place=table)
            )
        reason = f"only in {table}" if len(others) else ""
        self._step("in a feature table or variant file", len(patients), len(others), reason)

    def site(self) -> pd.Series | None:
        """Return the site of each patient, named by its column; None if there is no such column."""
        strata = self.study.treatment.strata if self.study.treatment else []
        named = [
            str(column) for source in self.sources if source.columns is not None for column in source.columns["column"]
        ]
        ranked = sorted(
            (rank, place, each) for place, each in enumerate(named) if (rank := site_rank(each)) is not None
        )
        for name in [*(name for _, _, name in ranked), *strata]:
            faults = Faults()
            with faults.catch():
                site = self.columns.by_patient(name)
                if 2 <= site.nunique() <= len(site) / 5:
                    return site.rename(name)
        return None

    def missing_by_site(self) -> tuple[str | None, pd.DataFrame]:
        """Return the site column, and the missing values by site; none without a site column."""
        site = self.site()
        if self.joined is None or site is None:
            return None, pd.DataFrame(columns=["column", "site", "patients", "missing", "missing_share"])
        name = str(site.name)
        return name, missing_by_site(self.joined.features.drop(columns=name, errors="ignore"), site)

    def _sex_findings(self) -> tuple[Finding, ...]:
        """Return findings on patients whose sample's sex differs from the recorded one."""
        sexes = {sample: calls for source in self.sources for sample, calls in source.sexes.items()}
        homes = {
            str(name): source.name
            for source in self.sources
            if source.columns is not None
            for name in source.columns["column"]
        }
        column = sex_column(homes) if sexes else None
        if column is None:
            return ()
        faults = Faults()  # tables that disagree on the sex are named when they are joined
        with faults.catch():
            cells = self.columns.by_patient(column).rename(column)
            return sex_findings(cells, sexes, f'{homes[column]}: column "{shown(column)}"')
        return ()

    def _site_findings(self) -> tuple[Finding, ...]:
        """Return findings on differences between sites: missing values, and units of measurements."""
        site, (name, by_site) = self.site(), self.missing_by_site()
        if self.joined is None or site is None or name is None:
            return ()
        doubted = {each.place for source in self.sources for each in source.findings if each.code == "unit-suspect"}
        units = site_unit_findings(self.joined.features, self.joined.specs, site)
        return (*site_findings(by_site, name), *(each for each in units if each.place not in doubted))

    def all_findings(self) -> tuple[Finding, ...]:
        """Return the distinct findings so far; places name files without their folder."""
        found = [finding for source in self.sources for finding in source.findings]
        found += [finding for rows in self.rows.values() for finding in rows.findings]
        found += [finding for read in self.reads.values() for finding in read.findings]
        tables = [table.path for table in self.study.tables] + list(self.rows)
        names = {str(self.tables.path(table)): short_name(self.study, table) for table in tables}
        return tuple(dict.fromkeys(named(finding, names) for finding in [*found, *self.findings]))

    def _step(self, step: str, patients: int, lost: int, reason: str) -> None:
        self.flow.append({"step": step, "patients": patients, "lost": lost, "reason": reason})

    def compare(self) -> None:
        """Build the treatment design, if the study has a treatment and an outcome by which to compare options."""
        section = self.study.treatment
        if section is None or self.joined is None:
            return
        if not self.study.outcomes:
            message = "the study names a treatment and no outcome: one prognosis for each patient"
            self.findings.append(Finding(code="treatment-not-used", severity="info", message=message))
            return
        if self.primary not in self.outcomes or section.table not in self.rows:
            return  # its fault is known
        with self.faults.catch():
            primary = self.outcomes[str(self.primary)]
            strata, missing = self.columns.strata(section.strata, self.joined.features.index)
            self.findings += missing
            if is_of_strategies(section):
                self._compare_strategies(section, primary, strata)
                return
            self._check_interactions()
            self.possible = conditions_of(section.possible, self.joined.features, path=self.path)
            inputs: dict[str, Any] = {
                "rows": treatment_rows(section, self.rows[section.table]),
                "features": self.joined.features,
                "conditions": self.possible,
                "primary": primary,
                "clock": clock_of(section, primary, self.outcomes.values(), self.path),
                "time_zero": self.columns.time_zero(section),
                "strata": strata,
            }
            self.design, findings = build_design(section, **inputs)
            self.other_landmarks, varied = vary_landmark(section, inputs)
            self.findings += [*findings, *varied]

    def _compare_strategies(self, section: TreatmentSection, primary: Outcome, strata: pd.Series) -> None:
        """Read which treatments began in which state; patients with an unknown treatment or day are not compared."""
        if primary.course is None:
            return  # the study's rules named it
        rows, outcome = self.rows[section.table], self.study.outcomes[primary.name]
        treated = treatment_rows(section, rows)
        read = read_strategies(
            section,
            strategies_of(self.study),
            reference=reference_of(self.study),
            rows=treated,
            course=primary.course,
            strata=strata,
            faults=rows.raw.new_faults(),
        )
        self.strategies = read.design
        known = self.rows[outcome.table].patients
        if self.joined is not None:
            known = known.union(self.joined.features.index)
        self.findings += [*read.findings, *strangers_finding(treated, known)]
        if len(read.not_known):
            kept = primary.frame.index[~primary.frame.index.isin(read.not_known)]
            self.outcomes[primary.name] = limited_to(primary, kept)

    def _check_interactions(self) -> None:
        """Raise an error for ``interactions`` that are no features."""
        section, joined = self.study.treatment, self.joined
        if section is None or joined is None:
            return
        names = [spec.name for spec in joined.specs]
        for name in section.interactions or ():
            if name not in names:
                raise StudyError(
                    f'interactions name "{shown(name)}", which is no feature',
                    file=self.path,
                    hint=did_you_mean(name, names, "study check lists the features"),
                    code="no-such-feature",
                )
