"""Covariate balance between two options, before and after weighting.

Source: Austin PC 2009, Stat Med 28:3083 (standardised mean differences; 0.1 is small).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genorx.effects.averages.doubly_robust import Model, Scores

Floats = NDArray[np.float64]
#: Standardised mean difference up to which two groups count as balanced.
ALIKE = 0.1


def balance_table(model: Model, X: pd.DataFrame, scores: Scores, codes: Sequence[int]) -> pd.DataFrame:
    """Return standardised mean differences of each column of the features, an option minus the reference.

    Over the patients with overlap; weights are one over the cross-fitted probability of the option received.
    """
    Z = model._encode(X.loc[scores.patients])
    straight = [(place, column) for place, column in enumerate(model.encoder_.columns_) if column.kind != "spline"]
    weight = scores.weight
    rows: list[dict[str, Any]] = []
    for code in codes:
        kept = scores.overlap(code)
        one, other = kept & (scores.option == code), kept & (scores.option == 0)
        for place, column in straight:
            before = _apart(Z[:, place], one, other, np.ones(len(Z)))
            after = _apart(Z[:, place], one, other, weight)
            rows.append({"option": scores.options[code], "column": column.name, "before": before, "after": after})
    return pd.DataFrame(rows, columns=["option", "column", "before", "after"])


def _apart(values: Floats, one: NDArray[np.bool_], other: NDArray[np.bool_], weight: Floats) -> float:
    spread = float(np.sqrt((values[one].var() + values[other].var()) / 2))
    if spread == 0:
        return 0.0
    gap = np.average(values[one], weights=weight[one]) - np.average(values[other], weights=weight[other])
    return float(gap / spread)
