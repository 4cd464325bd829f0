"""Alignment of a cohort with a fitted model: its features, kinds, levels and assembly.

Reading files by a model's schema is ``Study.load(schema=...)``; this is the last check before prediction.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from genorx._core.feature_spec import FeatureSpec
from genorx.cohort.cohort import Cohort
from genorx.cohort.from_frames import patients_of_frame
from genorx.cohort.tables.levels import level_description
from genorx.errors import Finding, ModelFileError, shown

_NUMERIC = {"number", "integer"}
_DTYPES = {"number": "Float64", "integer": "Float64", "boolean": "Float64"}
_NAMED = 5  # features that a finding names


@dataclass(frozen=True, kw_only=True)
class Aligned:
    """Features in the model's form, with findings.

    Attributes
    ----------
    X : DataFrame
        One column per feature of the model, in its order.
    findings : dict of patient id to list of Finding
        Findings on single patients.
    shared : list of Finding
        Findings on all patients.
    """

    X: pd.DataFrame
    findings: dict[str, list[Finding]] = field(default_factory=dict)
    shared: list[Finding] = field(default_factory=list)


def as_patients(patients: Any, specs: Sequence[FeatureSpec]) -> Cohort:
    """Return patients as a cohort; a data frame is read in the form that the model expects.

    Raises
    ------
    UsageError, InputError
        As ``Cohort.from_frames``.
    """
    return patients if isinstance(patients, Cohort) else patients_of_frame(patients, specs)


def align(patients: Cohort, specs: Sequence[FeatureSpec], *, assembly: str | None) -> Aligned:
    """Return the features of ``patients`` in the model's form; every change is reported.

    Raises
    ------
    ModelFileError
        ``model-assembly``: variants are of another assembly; ``model-schema``: a feature is of another kind or unit,
        or none of the model's features is present.
    """
    if assembly is not None and patients.assembly is not None and patients.assembly != assembly:
        raise ModelFileError(
            f"the model was fitted on {assembly}, these variants are on {shown(patients.assembly)}",
            hint="lift the variants over, or fit on this assembly",
            code="model-assembly",
        )
    given = {spec.name: spec for spec in patients.specs}
    present = [spec for spec in specs if spec.name in given]
    if not present:
        raise ModelFileError(
            f"none of the {len(specs)} features of the model is in these records",
            hint=f"the first is {shown(specs[0].name)!r}" if specs else None,
            code="model-schema",
        )
    for spec in present:
        _check_kind(given[spec.name], spec)
    aligned = Aligned(X=pd.DataFrame(index=patients.features.index), shared=_of_all(patients, specs, given))
    for finding in patients.findings:
        if finding.patient_id is not None:
            aligned.findings.setdefault(finding.patient_id, []).append(finding)
    columns = {spec.name: _column(patients.features, spec, aligned) for spec in specs}
    X = pd.DataFrame(columns, index=patients.features.index)
    _note_missing(X, aligned)
    return Aligned(X=X, findings=aligned.findings, shared=aligned.shared)


def _check_kind(given: FeatureSpec, spec: FeatureSpec) -> None:
    same_kind = given.kind == spec.kind or {given.kind, spec.kind} <= _NUMERIC | {"boolean"}
    if not same_kind:
        raise _other(spec, f"is {given.kind} here and {spec.kind} in the model")
    if given.unit and spec.unit and given.unit != spec.unit:
        raise _other(spec, f"is in {shown(given.unit)} here and in {shown(spec.unit)} in the model")


def _other(spec: FeatureSpec, reason: str) -> ModelFileError:
    hint = "read the records by the model's schema: Study.load(schema=model.specs_)"
    return ModelFileError(f"feature {shown(spec.name)!r} {reason}", hint=hint, code="model-schema")


def _of_all(patients: Cohort, specs: Sequence[FeatureSpec], given: dict[str, FeatureSpec]) -> list[Finding]:
    shared = [finding for finding in patients.findings if finding.patient_id is None]
    codes = {finding.code for finding in shared}
    absent = [spec.name for spec in specs if spec.name not in given]
    if absent and "feature-absent" not in codes:
        message = (
            f"{len(absent)} features of the model are absent and missing for all: {_names(absent)}; "
            "records read by Study.load(schema=model.specs_) keep a column that is the same for all"
        )
        shared.append(Finding(code="feature-absent", severity="warning", message=message))
    unknown = sorted(set(given) - {spec.name for spec in specs})
    if unknown and "column-not-in-model" not in codes:
        message = f"{len(unknown)} columns are not features of the model and were left out: {_names(unknown)}"
        shared.append(Finding(code="column-not-in-model", severity="info", message=message))
    return shared


def _names(names: Sequence[str]) -> str:
    listed = ", ".join(shown(name) for name in names[:_NAMED])
    return listed if len(names) <= _NAMED else f"{listed} and {len(names) - _NAMED} more"


def _column(features: pd.DataFrame, spec: FeatureSpec, aligned: Aligned) -> pd.Series:
    """Return one feature typed as in training; unseen levels become missing and are reported."""
    if spec.kind in _DTYPES:
        if spec.name not in features.columns:
            return pd.Series(pd.NA, index=features.index, dtype="Float64")
        column = features[spec.name].astype("Float64")
        _note_range(column, spec, aligned)
        return column
    texts = (
        features[spec.name].astype("string")
        if spec.name in features.columns
        else pd.Series(pd.NA, index=features.index, dtype="string")
    )
    unseen = texts.notna() & ~texts.isin(list(spec.levels)).fillna(False)
    for patient_id in texts.index[unseen.to_numpy(bool)]:
        stated = level_description(str(texts[patient_id]), spec.levels)
        message = f"{shown(spec.name)} is {stated}, and was not seen in training and is taken as missing"
        _add(aligned, str(patient_id), "unseen-level", "warning", message)
    known = texts.mask(unseen.astype(bool)).astype(object)
    kept = pd.Categorical(known, categories=list(spec.levels), ordered=spec.kind == "ordinal")
    return pd.Series(kept, index=features.index)


def _note_range(column: pd.Series, spec: FeatureSpec, aligned: Aligned) -> None:
    if spec.kind not in _NUMERIC or spec.lower is None or spec.upper is None:
        return
    values = column.to_numpy(dtype=float, na_value=np.nan)
    for place in spec.places_outside(values):
        patient_id, value = str(column.index[place]), values[place]
        severity = spec.outside(float(value))
        if severity is None:
            continue
        findings = aligned.findings.get(patient_id, [])
        if any(one.code == "outside-training-range" and spec.name in (one.place or "") for one in findings):
            continue  # already reported when the study was read
        message = f"{shown(spec.name)} {value:g} lies outside {spec.lower:g} to {spec.upper:g}, the training range"
        _add(aligned, patient_id, "outside-training-range", severity, message)


def _note_missing(X: pd.DataFrame, aligned: Aligned) -> None:
    gone = X.isna()
    for patient_id, row in zip(X.index, gone.to_numpy(bool), strict=True):
        names = [str(name) for name in X.columns[row]]
        if not names:
            continue
        known = len(names) < X.shape[1]
        message = (
            f"{len(names)} of {X.shape[1]} features are unknown, and the answer is taken over the values that they may "
            f"have: {_names(names)}"
        )
        if not known:
            message = "no feature is known: the estimate is the mean over patients such as those of the cohort"
        _add(aligned, str(patient_id), "imputed", "info" if known else "warning", message)


def _add(aligned: Aligned, patient_id: str, code: str, severity: str, message: str) -> None:
    finding = Finding(code=code, severity=severity, message=message, patient_id=patient_id)  # type: ignore[arg-type]
    aligned.findings.setdefault(patient_id, []).append(finding)
