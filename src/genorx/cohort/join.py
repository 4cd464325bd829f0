"""Join of features from all tables and variant files by patient, with checks for absent and duplicate patients.

A patient absent from a table has its features missing, never zero, and is counted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd

from genorx._core.feature_spec import FeatureKind, FeatureSpec
from genorx.cohort.tables.ids import match_ids
from genorx.errors import Finding, StudyError, shown
from genorx.variants.sex_chromosomes import SexCalls

_SOME = 5
_DTYPES: dict[FeatureKind, str] = {"number": "Float64", "integer": "Int64", "boolean": "Int8"}


@dataclass(frozen=True, kw_only=True)
class Source:
    """Features of one table, or of the variant files; ``name`` as in the study file.

    ``sexes`` are the calls on X and Y of germline samples, ``releases`` the versions on which variant features depend.
    """

    name: str
    role: str
    frame: pd.DataFrame
    specs: tuple[FeatureSpec, ...]
    findings: tuple[Finding, ...] = ()
    columns: pd.DataFrame | None = None
    sexes: Mapping[str, SexCalls] = field(default_factory=dict)
    releases: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Joined:
    """One typed frame of all patients with a row in a record table, or of all samples if there is none.

    ``without_record`` are samples of the variant files without a row in any record table.
    """

    features: pd.DataFrame
    specs: tuple[FeatureSpec, ...]
    findings: tuple[Finding, ...]
    without_record: tuple[str, ...] = ()


def join_sources(sources: Sequence[Source], *, schema: Sequence[FeatureSpec] | None = None) -> Joined:
    """Join the sources by patient.

    A variant file may hold thousands of samples and the records one patient: where there are record tables, the
    patients are theirs, and samples without a record are left out and counted.

    Parameters
    ----------
    sources : sequence of Source
        At least one; each frame is indexed by ``patient_id`` without duplicates.
    schema : sequence of FeatureSpec, optional
        Features of a fitted model, in its order: others are left out, absent ones are missing.

    Raises
    ------
    StudyError
        ``column-clash`` if two sources have a column of one name and different content.
    """
    everybody = _union([source.frame.index for source in sources])
    recorded = [source.frame.index for source in sources if source.role != "variants"]
    patients = _union(recorded) if recorded else everybody
    without = everybody[~everybody.isin(patients)]
    columns: dict[str, pd.Series] = {}
    specs: dict[str, FeatureSpec] = {}
    owners: dict[str, str] = {}
    findings: list[Finding] = []
    if len(without):
        message = f"{len(without)} samples have no row in any record table and are left out: {_some(without)}"
        findings.append(Finding(code="sample-without-record", severity="warning", message=message))
    for source in sources:
        for spec in source.specs:
            column = source.frame[spec.name]
            if spec.name in columns:
                findings.append(_same_or_clash(spec.name, columns[spec.name], column, owners[spec.name], source.name))
                continue
            columns[spec.name] = column.reindex(patients)
            specs[spec.name], owners[spec.name] = spec, source.name
    if schema is not None:
        columns, specs = _as_expected(schema, columns, patients, findings)
    features = pd.DataFrame(columns, index=patients)
    features.index.name = "patient_id"
    return Joined(
        features=features, specs=tuple(specs.values()), findings=tuple(findings), without_record=tuple(without)
    )


def absent_patients(sources: Sequence[Source], patients: pd.Index) -> tuple[Finding, ...]:
    """Return one finding for each source without rows for some patients of the cohort."""
    findings = []
    for source in sources:
        absent = patients[~patients.isin(source.frame.index)]
        if len(absent):
            message = f"{len(absent)} of {len(patients)} patients have no row: {_some(absent)}"
            findings.append(
                Finding(code="patient-not-in-table", severity="warning", message=message, place=source.name)
            )
    return tuple(findings)


def check_common(patients: Mapping[str, pd.Index]) -> None:
    """Check that each table shares a patient with the others.

    Raises
    ------
    StudyError
        ``no-patient-in-common``; the hint names a pair of ids that look alike, if any.
    """
    for name, index in patients.items():
        others = [other for key, other in patients.items() if key != name and len(other)]
        if not len(index) or not others:
            continue
        rest = _union(others)
        if not index.isin(rest).any():
            raise StudyError(
                f'no patient of this table is in another: it has "{shown(index[0])}", another has "{shown(rest[0])}"',
                file=name,
                hint=_alike(index, rest) or "is patient_id the right column in every table?",
                code="no-patient-in-common",
            )


def missing_column(spec: FeatureSpec, patients: pd.Index) -> pd.Series:
    """Return a column of the spec's type with all values missing."""
    if spec.kind in ("category", "ordinal"):
        dtype = pd.CategoricalDtype(list(spec.levels), ordered=spec.kind == "ordinal")
        return pd.Series(pd.Categorical([None] * len(patients), dtype=dtype), index=patients)
    return pd.Series(pd.NA, index=patients, dtype=_DTYPES[spec.kind])


def _union(indexes: Sequence[pd.Index]) -> pd.Index:
    """Return all patients, in order of first appearance."""
    patients = dict.fromkeys(patient for index in indexes for patient in index)
    union: pd.Index[str] = pd.Index(list(patients), name="patient_id", dtype=str)
    return union


def _same_or_clash(name: str, first: pd.Series, second: pd.Series, owner: str, other: str) -> Finding:
    both = first.dropna().index.intersection(second.dropna().index)
    same = first.dtype == second.dtype and bool((first.loc[both] == second.loc[both]).all())
    if not same:
        raise StudyError(
            f'column "{shown(name)}" is in {shown(owner)} and, with other content, in {shown(other)}',
            file=other,
            place=f'column "{shown(name)}"',
            hint='name it in "exclude" of one of the two tables',
            code="column-clash",
        )
    message = f'column "{shown(name)}" has the same content as in {shown(owner)} and is used once'
    return Finding(code="duplicate-column", severity="info", message=message, place=f'{other}: column "{shown(name)}"')


def _as_expected(
    schema: Sequence[FeatureSpec], columns: Mapping[str, pd.Series], patients: pd.Index, findings: list[Finding]
) -> tuple[dict[str, pd.Series], dict[str, FeatureSpec]]:
    expected, absent = {}, []
    for spec in schema:
        if spec.name not in columns:
            absent.append(spec.name)
        expected[spec.name] = columns[spec.name] if spec.name in columns else missing_column(spec, patients)
    if absent:
        some = ", ".join(shown(name) for name in absent[:_SOME]) + (", ..." if len(absent) > _SOME else "")
        message = f"{len(absent)} of {len(schema)} features of the model are in no table and are missing: {some}"
        findings.append(Finding(code="feature-absent", severity="serious", message=message))
    return expected, {spec.name: spec for spec in schema}


def _some(patients: pd.Index) -> str:
    return ", ".join(shown(patient) for patient in patients[:_SOME]) + (", ..." if len(patients) > _SOME else "")


def near_ids(patients: Mapping[str, pd.Index]) -> tuple[Finding, ...]:
    """Return a finding on ids that match another table only without leading zeros, case or punctuation."""
    findings = []
    for name, index in patients.items():
        others = [other for key, other in patients.items() if key != name]
        near = match_ids(index, _union(others)) if others else {}
        if near:
            stated = ", ".join(
                f'"{shown(here)}" ("{shown(there)}" elsewhere)' for here, there in list(near.items())[:_SOME]
            )
            message = f"{len(near)} ids are in no other table as they are written here: {stated}"
            findings.append(Finding(code="near-ids", severity="serious", message=message, place=name))
    return tuple(findings)


def _alike(index: pd.Index, rest: pd.Index) -> str | None:
    """Return a hint where ids would match but for changes that programs make, such as lost leading zeros."""
    for patient, other in match_ids(index, rest).items():
        return (
            f'"{shown(patient)}" and "{shown(other)}" look alike: were leading zeros or the case lost in a spreadsheet?'
        )
    return None
