"""Features that cannot have been known at time zero: they tell the outcome, or are days after it.

Left out of the features, and named; a model that learns from them looks perfect and predicts nothing.
Source: Kaufman S et al. 2012, ACM TKDD 6:15 (leakage).
"""

from __future__ import annotations

import re
from collections.abc import Iterable

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genorx.cohort.cohort import Outcome
from genorx.errors import Finding, shown
from genorx.features.spec import FeatureSpec

#: A feature that orders patients this well knew the outcome: the best prognostic scores stay far below.
_AUC = 0.99
_CORRELATION = 0.99
_MIN_PATIENTS = 20
_MIN_EACH = 5
_DAY_NAME = re.compile(r"(^|_)(day|date)s?(_|$)", re.IGNORECASE)
#: Amounts a day, and durations that were over at time zero.
_NO_DAY = re.compile(
    r"(^|_)(per|a|m?g|ml|cig\w*|drinks?|units?|kcal|hours?|min(utes)?|age|since|prior|before|duration)(_|$)",
    re.IGNORECASE,
)


def leaking_features(
    features: pd.DataFrame, specs: Iterable[FeatureSpec], outcomes: Iterable[Outcome]
) -> dict[str, Finding]:
    """Return a finding by feature, for each that an outcome, or its own values, show to be from after time zero."""
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
    shared = column.dropna().index.intersection(outcome.frame.index)
    if len(shared) < _MIN_PATIENTS:
        return None
    values = column.loc[shared]
    frame = outcome.frame.loc[shared]
    survival = outcome.kind == "survival"
    happened = (frame["event"] if survival else frame["value"]).to_numpy(dtype=float) == 1.0
    auc = _auc(_scores(spec, values, happened), happened)
    if auc is not None and max(auc, 1 - auc) > _AUC:
        message = f'"{shown(spec.name)}" tells "{shown(outcome.name)}" (AUC {max(auc, 1 - auc):.3f})'
        return _leak(spec, message)
    if survival and spec.kind in ("number", "integer"):
        rho = _rank_correlation(values.to_numpy(dtype=float), frame["time"].to_numpy(dtype=float))
        if abs(rho) > _CORRELATION:
            return _leak(
                spec, f'"{shown(spec.name)}" is the time of "{shown(outcome.name)}" (rank correlation {rho:.3f})'
            )
    return None


def _leak(spec: FeatureSpec, message: str) -> Finding:
    text = f"{message} and is left out of the features"
    return Finding(code="leakage-suspect", severity="serious", message=text, place=_place(spec))


def _place(spec: FeatureSpec) -> str:
    return f'{spec.source} column "{shown(spec.name)}"'.strip()


def _scores(spec: FeatureSpec, values: pd.Series, happened: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return numbers by which a feature orders patients; of a category, the share of events in its level."""
    if spec.kind not in ("category", "ordinal"):
        return values.to_numpy(dtype=float)
    levels = values.cat.codes.to_numpy()
    if len(np.unique(levels)) > len(levels) / 10:
        return np.zeros(len(levels))  # so many levels would tell any outcome of the same patients
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
