"""Calibration of predicted differences between patients: slope, thirds and targeting, by doubly robust scores.

Sources: Chernozhukov V et al. 2018, NBER 24678 (slope, groups); Yadlowsky S et al. 2025, JASA 120:38 (RATE).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genorx._core.proportion import NORMAL_975
from genorx.effects.averages.doubly_robust import Scores

Floats = NDArray[np.float64]
_HALF_SAMPLES = 200


def slope_table(scores: Scores, codes: Sequence[int]) -> pd.DataFrame:
    """Return the slope of scores on predicted differences: 1 is calibrated, 0 means that the differences are noise."""
    rows = []
    for code in codes:
        kept = scores.overlap(code)
        predicted, gap = scores.predicted_difference(code)[kept], scores.differences(code)[kept]
        centred = predicted - predicted.mean()
        square = float(centred @ centred)
        slope = float(centred @ gap) / square if square > 0 else float("nan")
        left = gap - gap.mean() - slope * centred
        error = float(np.sqrt(np.sum(centred**2 * left**2)) / square) if square > 0 else float("nan")
        limits = {"lower": slope - NORMAL_975 * error, "upper": slope + NORMAL_975 * error}
        spread = float(predicted.std())
        rows.append({"option": scores.options[code], "slope": slope, "std_error": error, **limits, "spread": spread})
    return pd.DataFrame(rows, columns=["option", "slope", "std_error", "lower", "upper", "spread"])


def third_table(scores: Scores, codes: Sequence[int]) -> pd.DataFrame:
    """Return the doubly robust difference of patients by thirds of the predicted one, smallest first."""
    rows = []
    for code in codes:
        kept = scores.overlap(code)
        predicted, gap = scores.predicted_difference(code)[kept], scores.differences(code)[kept]
        place = np.argsort(np.argsort(predicted, kind="stable"), kind="stable") * 3 // predicted.size
        for third in range(3):
            own = gap[place == third]
            numbers = with_limits(own)
            head = {"option": scores.options[code], "third": third + 1}
            rows.append(
                head | {"predicted": float(predicted[place == third].mean())} | numbers | {"patients": own.size}
            )
    names = ["option", "third", "predicted", "estimate", "std_error", "lower", "upper", "patients"]
    return pd.DataFrame(rows, columns=names)


def rate_table(scores: Scores, codes: Sequence[int], *, sign: int = 1, seed: int = 0) -> pd.DataFrame:
    """Return the area under the targeting curve (TOC), largest gain first; ``sign`` is -1 if less is better.

    The standard error is the spread over half-samples drawn without replacement, which equals that of the whole sample.
    """
    rng = np.random.default_rng(seed)
    rows = []
    for code in codes:
        kept = scores.overlap(code)
        predicted, gap = sign * scores.predicted_difference(code)[kept], sign * scores.differences(code)[kept]
        n = len(predicted)
        halves = [rng.choice(n, n // 2, replace=False) for _ in range(_HALF_SAMPLES)]
        error = float(np.std([autoc(predicted[half], gap[half]) for half in halves], ddof=1))
        area = autoc(predicted, gap)
        limits = {"lower": area - NORMAL_975 * error, "upper": area + NORMAL_975 * error}
        rows.append({"option": scores.options[code], "autoc": area, "std_error": error, **limits})
    return pd.DataFrame(rows, columns=["option", "autoc", "std_error", "lower", "upper"])


def autoc(priority: Floats, gap: Floats) -> float:
    """Return the area under the targeting curve: mean gain of the top fraction q over all, averaged over q.

    >>> autoc(np.array([3.0, 2.0, 1.0]), np.array([1.0, 1.0, 1.0]))
    0.0
    """
    order = np.argsort(-priority, kind="stable")
    top = np.cumsum(gap[order]) / np.arange(1, gap.size + 1)
    return float(np.mean(top - gap.mean()))


def with_limits(values: Floats) -> dict[str, float]:
    """Return the mean of patients' scores with its standard error and 95 % limits."""
    mean = float(values.mean())
    error = float(values.std(ddof=1) / np.sqrt(values.size))
    reach = NORMAL_975 * error
    return {"estimate": mean, "std_error": error, "lower": mean - reach, "upper": mean + reach}
