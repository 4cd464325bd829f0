"""Treatment tables as features: a row per treatment given, a 0/1 column per treatment.

A treatment given after time zero is not known at time zero, and patients who lived longer had more time to receive it:
such rows are counted but not used, unless the treatments were assigned by design.  Options that are compared are
``cohort.design``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genorx._core.feature_spec import FeatureSpec
from genorx._core.nearest import did_you_mean
from genorx.cohort.join import Source, check_common, near_ids
from genorx.cohort.patient_rows import PatientRows, patient_rows
from genorx.cohort.tables.by_name import Tables
from genorx.cohort.tables.raw import RawTable, parse_numbers
from genorx.cohort.tables.table import AUDIT_COLUMNS
from genorx.cohort.time_zero import by_row, time_zero_of
from genorx.errors import Finding, Severity, StudyError, listed_columns, shown

if TYPE_CHECKING:
    from genorx.cohort.study_file.sections import StudyFile
    from genorx.cohort.study_file.table_section import TableSection

#: Smallest number of patients with a treatment for it to be a feature, if the study names no levels.
RARE = 5
_SOME = 5
_OPTION = "is an option that the study compares, and not a feature"
Bools = NDArray[np.bool_]


def treatment_source(
    section: TableSection,
    raw: RawTable,
    study: StudyFile,
    tables: Tables,
    others: Sequence[Source],
    *,
    group: str,
    expected: Sequence[FeatureSpec] | None,
) -> Source:
    """Return a 0/1 column for each treatment of a long table, named after the column and the level.

    The table is taken as complete: a patient of the study without a row had none of its treatments.  If a row lacks the
    treatment or the day, it is not known whether the patient had it.

    Parameters
    ----------
    section : TableSection
        Section of a table of role ``treatment``.
    raw : RawTable
    study : StudyFile
    tables : Tables
        Tables by their names in the study.
    others : sequence of Source
        The other sources: patients of the study are those of its record tables; without any, those of this table.
    group : str
        Shrinkage group of the columns.
    expected : sequence of FeatureSpec or None
        Features of a fitted model that are expected in this table; None in training.

    Raises
    ------
    StudyError
        ``no-patient-in-common``; ``unknown-level`` if a level of the study file is in no row; ``no-column`` without a
        column of days.
    TableError
        ``no-column`` without the column of treatments, ``missing-id``, ``not-a-number``.
    """
    given = _Given.of(section, patient_rows(raw, study.study.patient_id, unique=False), study, tables)
    recorded = {source.name: source.frame.index for source in others if source.role not in ("variants", section.role)}
    patients = _patients_of(recorded, given.rows.patients)
    given.compare(recorded, patients)
    options = _options(study, section)
    levels = given.levels(section, options) if expected is None else given.expected_levels(expected, section, options)
    columns = {given.name(level): given.column(level, patients) for level in levels}
    specs = [FeatureSpec(name=name, kind="boolean", group=group, source=given.rows.name) for name in columns]
    frame = pd.DataFrame(columns, index=patients)
    return Source(
        name=given.rows.name,
        role=section.role,
        frame=frame,
        specs=tuple(specs if expected is None else (spec for spec in expected if spec.name in columns)),
        findings=(*given.rows.findings, *given.findings),
        columns=_audit(frame, given.left_out),
    )


def _patients_of(recorded: dict[str, pd.Index], own: pd.Index) -> pd.Index:
    """Return the patients of the record tables, in order of first appearance; otherwise those of this table."""
    met = dict.fromkeys(patient for index in recorded.values() for patient in index) if recorded else own
    patients: pd.Index[str] = pd.Index(list(met), dtype=str, name="patient_id")
    return patients


def _options(study: StudyFile, section: TableSection) -> frozenset[str] | None:
    """Return the levels of this table that the study compares as options; None if it compares all."""
    treatment = study.treatment
    if treatment is None or treatment.table != section.path:
        return frozenset()
    if treatment.column == section.wide:
        return None
    levels = [option[str(section.wide)] for option in treatment.options.values() if str(section.wide) in option]
    listed = [each if isinstance(each, list) else [each] for each in levels]
    return frozenset(str(level) for each in listed for level in each)


@dataclass(kw_only=True)
class _Given:
    """Rows of a treatment table, a mask of those that count, and findings."""

    rows: PatientRows
    wide: str
    treatment: pd.Series
    counts: Bools  # from before time zero, or assigned
    unsure: Bools  # the day, or the patient's time zero, is not known
    findings: list[Finding] = field(default_factory=list)
    left_out: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, section: TableSection, rows: PatientRows, study: StudyFile, tables: Tables) -> _Given:
        """Read the treatments and their days."""
        treatment = rows.raw.text(str(section.wide))
        every = np.ones(len(treatment), dtype=np.bool_)
        given = cls(rows=rows, wide=str(section.wide), treatment=treatment, counts=every, unsure=~every)
        if not section.assigned:
            given._date(_days(rows.raw, section), by_row(time_zero_of(study, tables), rows))
        if unnamed := int(treatment.isna().sum()):
            message = f"{unnamed} rows name no treatment: other treatments of their patients are not known to be absent"
            given._find("treatment-unknown", message, "warning")
        return given

    def _date(self, days: NDArray[np.float64], zero: NDArray[np.float64]) -> None:
        """Determine which rows are from up to time zero."""
        self.unsure = np.isnan(days) | np.isnan(zero)
        self.counts = (days <= zero) & ~self.unsure
        if after := int((~self.counts & ~self.unsure).sum()):
            people = self.rows.patient[~self.counts & ~self.unsure].nunique()
            message = f"{after} rows of {people} patients are from after time zero and were not counted as given"
            self._find("after-time-zero", message, "warning")
        if unsure := int(self.unsure.sum()):
            message = f"{unsure} rows have no day, or their patient no time zero: these treatments are not known"
            self._find("treatment-unknown", message, "warning")

    def _find(self, code: str, message: str, severity: Severity) -> None:
        self.findings.append(Finding(code=code, severity=severity, message=message, place=self.rows.name))

    def compare(self, recorded: dict[str, pd.Index], patients: pd.Index) -> None:
        """Check that the table and the records share patients, and count patients in this table alone."""
        own = {self.rows.name: self.rows.patients}
        apart = {name: index for name, index in recorded.items() if name != self.rows.name}
        check_common(own | apart)
        self.findings += [each for each in near_ids(own | apart) if each.place == self.rows.name]
        alone = self.rows.patients[~self.rows.patients.isin(patients)]
        if len(alone):
            message = f"{len(alone)} patients have treatments and no row in another table, and are left out: "
            self._find("treatment-without-record", message + _some(list(alone)), "warning")

    def name(self, level: str) -> str:
        """Return the name of a level's column."""
        return f"{self.wide}_{level}"

    def levels(self, section: TableSection, options: frozenset[str] | None) -> list[str]:
        """Return the treatments that become features, in the order of the study, otherwise alphabetically."""
        seen = sorted(self.rows.raw.known(self.wide))
        for level in section.levels:
            if level not in seen:
                self._refuse(level, seen)
        patients = self.rows.patient[self.counts].groupby(self.treatment[self.counts]).nunique()
        found = []
        for level in section.levels or seen:
            if options is None or level in options:
                self.left_out[self.name(level)] = _OPTION
                self._find("design-column", f'"{shown(level)}" {_OPTION}', "info")
            elif not section.levels and patients.get(level, 0) < RARE:
                self.left_out[self.name(level)] = f"fewer than {RARE} patients had it by time zero"
            else:
                found.append(level)
        self._tell_rare(section)
        return found

    def _tell_rare(self, section: TableSection) -> None:
        rare = [name for name, note in self.left_out.items() if note != _OPTION]
        if rare and not section.levels:
            message = f"{len(rare)} treatments of fewer than {RARE} patients by time zero are not used as features: "
            self._find("treatment-rare", message + _some(rare), "info")

    def expected_levels(
        self, expected: Sequence[FeatureSpec], section: TableSection, options: frozenset[str] | None
    ) -> list[str]:
        """Return the treatments of a model; one without rows was not given."""
        prefix = self.name("")
        found = [spec.name.removeprefix(prefix) for spec in expected if spec.name.startswith(prefix)]
        allowed = section.levels or self.rows.raw.known(self.wide)
        other = [level for level in allowed if level not in found and options is not None and level not in options]
        if other:
            message = f"{len(other)} treatments are none of the model's features and were left out: {_some(other)}"
            self._find("column-not-in-model", message, "info")
        return found

    def _refuse(self, level: str, seen: Sequence[str]) -> None:
        hint = did_you_mean(level, seen, listed_columns(seen))
        reason = f'no row has the level "{shown(level)}"'
        place = f'column "{shown(self.wide)}"'
        raise StudyError(reason, file=self.rows.file, place=place, hint=hint, code="unknown-level")

    def column(self, level: str, patients: pd.Index) -> pd.Series:
        """Return 1 for patients with a treatment, missing if not known, otherwise 0."""
        same = (self.treatment == level).fillna(False).to_numpy(dtype=bool)
        open_row = (same & self.unsure) | self.treatment.isna().to_numpy()
        had = patients.isin(self.rows.patient[same & self.counts])
        left_open = patients.isin(self.rows.patient[open_row]) & ~had
        return pd.Series(had.astype("int8"), index=patients, dtype="Int8").mask(left_open)


def _days(raw: RawTable, section: TableSection) -> NDArray[np.float64]:
    """Return the day of each row since the study's origin; NaN if not known."""
    column = section.day or "day"
    if section.day is None and column not in raw.columns:
        hint = "name it by day, or set assigned = true if the treatments were given by design"
        raise StudyError(f'there is no column "{column}" of days', file=raw.path, hint=hint, code="no-column")
    return parse_numbers(raw, column).to_numpy(dtype=float, na_value=np.nan)


def _some(names: Sequence[str]) -> str:
    return ", ".join(shown(name) for name in names[:_SOME]) + (", ..." if len(names) > _SOME else "")


def _audit(frame: pd.DataFrame, left_out: dict[str, str]) -> pd.DataFrame:
    """Return an audit row for each treatment, used or not, as for a column of any table."""
    rows: list[dict[str, Any]] = [
        {"column": name, "used": True, "type": "boolean", "lower": 0.0, "upper": 1.0, "levels": ()}
        | {"missing": int(values.isna().sum()), "missing_share": float(values.isna().mean())}
        | {"note": f"{int((values == 1).sum())} patients had it"}
        for name, values in frame.items()
    ]
    rows += [{"column": name, "used": False, "type": "", "levels": (), "note": note} for name, note in left_out.items()]
    return pd.DataFrame(rows, columns=list(AUDIT_COLUMNS))
