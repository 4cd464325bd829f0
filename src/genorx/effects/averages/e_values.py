"""E-values: the strength of unmeasured confounding that would explain a mean effect away.

Sources: VanderWeele TJ, Ding P 2017, Ann Intern Med 167:268 (E-value, odds ratios, rate ratios, differences of means);
VanderWeele TJ 2017, Biometrics 73:1171 (hazard ratios of a common outcome).
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any

import numpy as np

from genorx.effects.averages.doubly_robust import Model

_COMMON = 0.15  # share with the outcome above which an odds ratio does not approximate a risk ratio


def e_value(ratio: float) -> float:
    """Return the E-value of a risk ratio (VanderWeele and Ding 2017).

    >>> round(e_value(0.5), 2), e_value(1.0)
    (3.41, 1.0)
    """
    away = max(ratio, 1 / ratio)
    return float(away + np.sqrt(away * (away - 1)))


def e_value_of_limit(ratio: float, lower: float, upper: float) -> float:
    """Return the E-value of the confidence limit nearer to 1; 1 if the interval includes 1.

    >>> e_value_of_limit(0.8, 0.6, 1.1), round(e_value_of_limit(0.5, 0.3, 0.8), 2)
    (1.0, 1.81)
    """
    if lower <= 1 <= upper:
        return 1.0
    return e_value(lower if ratio > 1 else upper)


def hazard_to_risk(ratio: float) -> float:
    """Return the approximate risk ratio of a hazard ratio for a common outcome."""
    return float((1 - 0.5 ** np.sqrt(ratio)) / (1 - 0.5 ** np.sqrt(1 / ratio)))


def risk_ratios(model: Model, option: str) -> tuple[float, float, float]:
    """Return the approximate risk ratio of an option's mean effect, with its limits, by the model's own fit."""
    table = model.population_effect()
    rows = {row["measure"]: row for row in table[table["option"] == option].to_dict(orient="records")}
    if "hazard_ratio" in rows:
        return _converted(rows["hazard_ratio"], hazard_to_risk)
    for odds in ("odds_ratio", "common_odds_ratio"):
        if odds in rows:
            return _converted(rows[odds], _odds_to_risk(model, option))
    if "rate_ratio" in rows:
        return _converted(rows["rate_ratio"], float)
    scale = float(getattr(model, "scale_", 1.0))
    return _converted(rows["mean_difference"], lambda difference: float(np.exp(0.91 * difference / scale)))


def _converted(row: dict[Hashable, Any], convert: Callable[[float], float]) -> tuple[float, float, float]:
    return convert(float(row["estimate"])), convert(float(row["lower"])), convert(float(row["upper"]))


def _odds_to_risk(model: Model, option: str) -> Callable[[float], float]:
    """Return the transformation of an odds ratio to a risk ratio: the square root, unless an outcome is rare."""
    counts = model.counts_.loc[[option, model.options_[0]]]
    rarer = float(counts["events"].sum() / counts["patients"].sum())
    return _root if rarer >= _COMMON else float


def _root(ratio: float) -> float:
    return float(np.sqrt(ratio))
