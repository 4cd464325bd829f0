"""Leakage: features that cannot have been known at time zero, since they reveal the outcome or are later times.

They are left out of the features and reported: a model that learns from them looks perfect and predicts nothing.
Source: Kaufman S et al. 2012, ACM TKDD 6:15 (leakage).
"""

from __future__ import annotations

import re
from collections.abc import Iterable

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genorx._core.feature_spec import FeatureSpec
from genorx._core.time_units import DAYS_PER_UNIT
from genorx.cohort.outcome import Outcome
from genorx.errors import Finding, shown

#: Area under the curve above which a feature must reveal the outcome: the best prognostic scores stay far below.
_AUC = 0.99
_CORRELATION = 0.99
_MIN_PATIENTS = 20
_MIN_EACH = 5
_EXPECTED = 12.0
_DAY_NAME = re.compile(r"(^|_)(day|date)s?(_|$)", re.IGNORECASE)
#: Amounts a day, and durations that were over at time zero.
_NO_DAY = re.compile(
    r"(^|_)(per|a|m?g|ml|cig\w*|drinks?|units?|kcal|hours?|min(utes)?|age|since|prior|before|duration)(_|$)",
    re.IGNORECASE,
)


def leaking_features(
    features: pd.DataFrame, specs: Iterable[FeatureSpec], outcomes: Iterable[Outcome]
) -> dict[str, Finding]:
    """Return a finding for each feature that the outcomes, or its own values, show to be from after time zero."""
    findings = {}
    outcomes = list(outcomes)
    for spec in specs:
        column = features[spec.name]
        found = _after_time_zero(spec, column) or next(
            (finding for outcome in outcomes if (finding := _tells(spec, column, outcome))), None
        )
        if found:
            findings[spec.name] = found
    return findings


def _after_time_zero(spec: FeatureSpec, column: pd.Series) -> Finding | None:
    if spec.kind not in ("number", "integer") or not _is_day(spec.name):
        return None
    known = column.dropna().to_numpy(dtype=float)
    if not len(known) or np.mean(known > 0) <= 0.5:
        return None
    message = (
        f'"{shown(spec.name)}" holds days, {np.mean(known > 0):.0%} of them after time zero, and is left out of the '
        "features; rename it if it was known at time zero"
    )
    return Finding(code="after-time-zero", severity="serious", message=message, place=_place(spec))


def _is_day(name: str) -> bool:
    return bool(_DAY_NAME.search(name)) and not _NO_DAY.search(name)


def _tells(spec: FeatureSpec, column: pd.Series, outcome: Outcome) -> Finding | None:
    return (
        _missing_tells(spec, column, outcome)
        or _values_tell(spec, column, outcome)
        or _within_follow_up(spec, column, outcome)
    )


def _happened(outcome: Outcome, frame: pd.DataFrame) -> NDArray[np.bool_]:
    happened: NDArray[np.bool_] = np.asarray(outcome.happened.loc[frame.index], dtype=bool)
    return happened


def _missing_tells(spec: FeatureSpec, column: pd.Series, outcome: Outcome) -> Finding | None:
    """Find a feature that is known only where the outcome happened, such as the year of death."""
    known = np.asarray(column.reindex(outcome.frame.index).notna(), dtype=np.float64)
    auc = _auc(known, _happened(outcome, outcome.frame))
    if auc is None or max(auc, 1 - auc) <= _AUC:
        return None
    message = f'whether "{shown(spec.name)}" is known predicts "{shown(outcome.name)}" (AUC {max(auc, 1 - auc):.3f})'
    return _leak(spec, message)


def _values_tell(spec: FeatureSpec, column: pd.Series, outcome: Outcome) -> Finding | None:
    shared = column.dropna().index.intersection(outcome.frame.index)
    if len(shared) < _MIN_PATIENTS:
        return None
    values = column.loc[shared]
    frame = outcome.frame.loc[shared]
    happened = _happened(outcome, frame)
    auc = _auc(_scores(spec, values, happened), happened)
    if auc is not None and max(auc, 1 - auc) > _AUC:
        message = f'"{shown(spec.name)}" predicts "{shown(outcome.name)}" (AUC {max(auc, 1 - auc):.3f})'
        return _leak(spec, message)
    number = outcome.data.number(outcome)
    if number is not None and spec.kind in ("number", "integer"):
        rho = _rank_correlation(np.asarray(values, dtype=np.float64), np.asarray(number.loc[shared], dtype=np.float64))
        if abs(rho) > _CORRELATION:
            what = "the time of " if outcome.timed else ""
            message = f'"{shown(spec.name)}" is {what}"{shown(outcome.name)}" (rank correlation {rho:.3f})'
            return _leak(spec, message)
    return None


def _within_follow_up(spec: FeatureSpec, column: pd.Series, outcome: Outcome) -> Finding | None:
    """Find times of later events, such as a relapse: they never exceed the patient's own follow-up.

    Unrelated numbers would exceed it in some patients; at 12 expected and none seen, chance is below 1 in 100,000.
    The expected number counts all patients: a patient who dies early has no remission, and its time is then missing.
    """
    if not outcome.timed or spec.kind not in ("number", "integer"):
        return None
    shared = column.dropna().index.intersection(outcome.frame.index)
    if len(shared) < _MIN_PATIENTS:
        return None
    values = np.asarray(column.loc[shared], dtype=float)
    time = np.asarray(outcome.frame["time"].loc[shared], dtype=float)
    everybody = np.sort(np.asarray(outcome.frame["time"], dtype=float))
    for factor in dict.fromkeys((1.0, 1.0 / DAYS_PER_UNIT[outcome.unit])):  # in the outcome's unit, or in days
        scaled = values * factor
        expected = float(np.searchsorted(everybody, scaled).sum()) / len(everybody)
        if expected >= _EXPECTED and (scaled <= time).all() and (scaled >= 0).all():
            message = (
                f'"{shown(spec.name)}" never exceeds the time of "{shown(outcome.name)}", which by chance it would in '
                f"{expected:.0f} patients: it holds times after time zero and is left out of the features"
            )
            return Finding(code="after-time-zero", severity="serious", message=message, place=_place(spec))
    return None


def _leak(spec: FeatureSpec, message: str) -> Finding:
    text = f"{message} and is left out of the features"
    return Finding(code="leakage-suspect", severity="serious", message=text, place=_place(spec))


def _place(spec: FeatureSpec) -> str:
    return f'{spec.source}: column "{shown(spec.name)}"'


def _scores(spec: FeatureSpec, values: pd.Series, happened: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return a numeric score of a feature's values; for a category, the share of events in its level."""
    if spec.kind not in ("category", "ordinal"):
        return values.to_numpy(dtype=float)
    levels = values.cat.codes.to_numpy()
    if len(np.unique(levels)) > len(levels) / 10:
        return np.zeros(len(levels))  # this many levels would predict any outcome of the same patients
    shares = {level: happened[levels == level].mean() for level in np.unique(levels)}
    return np.array([shares[level] for level in levels])


def _auc(scores: NDArray[np.float64], happened: NDArray[np.bool_]) -> float | None:
    with_event, without = int(happened.sum()), int((~happened).sum())
    if min(with_event, without) < _MIN_EACH:
        return None
    ranks = pd.Series(scores).rank().to_numpy()
    return float((ranks[happened].sum() - with_event * (with_event + 1) / 2) / (with_event * without))


def _rank_correlation(first: NDArray[np.float64], second: NDArray[np.float64]) -> float:
    ranks = np.array([pd.Series(values).rank().to_numpy() for values in (first, second)])
    if not ranks.std(axis=1).all():
        return 0.0
    return float(np.corrcoef(ranks)[0, 1])
