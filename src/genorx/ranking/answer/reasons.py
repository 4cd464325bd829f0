"""What moved a patient's estimate, in the words of the features.

Sizes come from the effect estimator's ``drivers``: additive on the linear scale, against the cohort's mean.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import pandas as pd

from genorx._core.feature_spec import FeatureSpec
from genorx.ranking.answer.answer import Reason

# UCUM codes that readers would stumble over
_IN_WORDS = {"a": "years", "mo": "months", "wk": "weeks", "d": "days", "{pack}.a": "pack-years", "kg/m2": "kg/m²"}
_SMALLEST = 0.05  # log hazard or log odds below which a feature is not worth a line
_MOST = {"prognosis": 5, "effect": 3}


def reasons_of(
    drivers: pd.DataFrame, patient: pd.Series[Any], specs: Mapping[str, FeatureSpec], *, worse: int
) -> tuple[Reason, ...]:
    """Return the largest contributions of one patient under one option, prognosis first.

    A feature that is unknown is no reason: it moves the estimate neither way.

    Parameters
    ----------
    drivers : DataFrame
        Rows of this patient and option: ``feature``, ``prognosis``, ``effect``, and ``beyond`` where that is known:
        the option's patients do not show what such a value does, so it is no reason.
    patient : Series
        The patient's features.
    worse : {1, -1}
        Sign of a contribution that is bad for the patient.
    """
    found: list[Reason] = []
    kinds: tuple[Literal["prognosis", "effect"], ...] = ("prognosis", "effect")
    unknown, names = set(extrapolated(drivers)), drivers["feature"].tolist()
    for kind in kinds:
        sizes = zip(names, drivers[kind].tolist(), strict=True)
        large = [(feature, size) for feature, size in sizes if abs(size) >= _SMALLEST and feature not in unknown]
        large.sort(key=lambda item: (-abs(item[1]), item[0]))
        known = [(feature, size) for feature, size in large if not pd.isna(patient[feature])]
        for feature, size in known[: _MOST[kind]]:
            found.append(
                Reason(
                    feature=feature,
                    value=value_text(patient[feature], specs.get(feature)),
                    kind=kind,
                    direction="worse" if size * worse > 0 else "better",
                    size=float(size),
                )
            )
    return tuple(found)


def extrapolated(drivers: pd.DataFrame) -> list[str]:
    """Return the features of which one patient's value lies beyond the range of those who had the option."""
    if "beyond" not in drivers:
        return []
    return [str(name) for name in drivers["feature"].to_numpy()[drivers["beyond"].to_numpy(bool)]]


def value_text(value: Any, spec: FeatureSpec | None) -> str:
    """Write a value with its unit; a missing one says so."""
    if pd.isna(value):
        return "missing"
    if isinstance(value, str):
        return value
    text = f"{float(value):g}"
    return f"{text} {_IN_WORDS.get(spec.unit, spec.unit)}" if spec is not None and spec.unit else text
