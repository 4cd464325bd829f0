"""Doubly robust mean difference of each option, beside the model's own, with an E-value if not randomised."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from genorx.effects.assessment.effect_calibration import with_limits
from genorx.effects.averages.doubly_robust import Model, Scores
from genorx.effects.averages.e_values import e_value, e_value_of_limit, risk_ratios


def average_table(model: Model, scores: Scores, codes: Sequence[int]) -> pd.DataFrame:
    """Return one row per option of ``codes``: ``EffectReport.averages``.

    E-values are those of the model's own ratio; that of the limit is 1 if the doubly robust interval includes 0.
    """
    rows = []
    for code in codes:
        option, kept = scores.options[code], scores.overlap(code)
        numbers = with_limits(scores.differences(code)[kept])
        own = float(scores.predicted_difference(code)[kept].mean())
        distance = abs(numbers["estimate"] - own)
        found: dict[str, Any] = {"option": option, **numbers, "model": own}
        found |= {"differs": bool(distance > 2 * numbers["std_error"]), "e_value": np.nan, "e_value_limit": np.nan}
        if not model.randomised:
            ratios = risk_ratios(model, option)
            limit = 1.0 if numbers["lower"] <= 0 <= numbers["upper"] else e_value_of_limit(*ratios)
            found |= {"e_value": e_value(ratios[0]), "e_value_limit": limit}
        rows.append(found | {"patients": int(kept.sum())})
    names = ["option", "estimate", "std_error", "lower", "upper", "model", "differs"]
    return pd.DataFrame(rows, columns=[*names, "e_value", "e_value_limit", "patients"])
