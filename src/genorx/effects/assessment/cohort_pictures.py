"""Data of cohort figures, grouped so that no patient is shown: overlap, sorted differences, mean curves.

No row is a single patient's unless the cohort is small, so that the numbers can be kept with a model.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from genorx._core.proportion import NORMAL_975
from genorx.effects.adjusted.survival_effect import SurvivalEffect
from genorx.effects.averages.doubly_robust import Model, Scores
from genorx.effects.intervals import interval_by_spread

_BINS, _BARS = 20, 100
_DRAWS, _STEPS, _BLOCK = 100, 60, 50
_FEWEST_IN_BAR = 5  # fewest patients per bar of the waterfall


def overlap_table(scores: Scores) -> pd.DataFrame:
    """Return a histogram of the cross-fitted probability of each option, by whether patients had it.

    Columns ``option``, ``lower``, ``upper`` (of the probability), ``had``, ``had_not``.
    """
    edges = np.linspace(0, 1, _BINS + 1)
    rows: list[dict[str, Any]] = []
    for code, option in enumerate(scores.options[1:], start=1):
        had = scores.option == code
        counts = [np.histogram(scores.propensity[mask, code], edges)[0] for mask in (had, ~had)]
        rows += [
            {"option": option, "lower": low, "upper": high, "had": int(one), "had_not": int(other)}
            for low, high, one, other in zip(edges[:-1].tolist(), edges[1:].tolist(), *counts, strict=True)
        ]
    return pd.DataFrame(rows, columns=["option", "lower", "upper", "had", "had_not"])


def waterfall_table(scores: Scores, codes: Sequence[int]) -> pd.DataFrame:
    """Return predicted differences, largest first, in at most 100 groups of five patients or more.

    Columns ``option``, ``patients``, ``difference`` (mean of the group), ``lower``, ``upper`` (means of the patients'
    own 95 % limits), ``sure`` (share of patients whose interval excludes 0).
    """
    rows: list[dict[str, Any]] = []
    for code in codes:
        kept = scores.overlap(code)
        gap, reach = scores.predicted_difference(code)[kept], NORMAL_975 * scores.gap_error[kept, code]
        order = np.argsort(-gap, kind="stable")
        bars = max(1, min(_BARS, len(order) // _FEWEST_IN_BAR))
        for group in np.array_split(order, bars):
            sure = np.abs(gap[group]) > reach[group]
            rows.append(
                {
                    "option": scores.options[code],
                    "patients": len(group),
                    "difference": float(gap[group].mean()),
                    "lower": float((gap[group] - reach[group]).mean()),
                    "upper": float((gap[group] + reach[group]).mean()),
                    "sure": float(sure.mean()),
                }
            )
    return pd.DataFrame(rows, columns=["option", "patients", "difference", "lower", "upper", "sure"])


def mean_curves(model: Model, X: pd.DataFrame, codes: Sequence[int], horizon: float | None = None) -> pd.DataFrame:
    """Return the cohort's mean survival if all patients had an option, with 95 % bands; empty for other outcomes.

    For the reference and the options ``codes``, up to ``horizon``, by default the model's own.
    Columns ``option``, ``time``, ``survival``, ``lower``, ``upper``.
    """
    names = ["option", "time", "survival", "lower", "upper"]
    if not isinstance(model, SurvivalEffect) or not codes:
        return pd.DataFrame(columns=names)
    times = np.linspace(0.0, model.horizon_ if horizon is None else horizon, _STEPS + 1)
    total = np.zeros((1 + _DRAWS, len(model.options_), times.size))
    for start in range(0, len(X), _BLOCK):
        sampled = model.sample(X.iloc[start : start + _BLOCK], times, n_draws=_DRAWS)
        total += np.concatenate([sampled.point[None], sampled.draws]).sum(axis=1)
    curves = total / len(X)
    lower, upper = (np.clip(limit, 0, 1) for limit in interval_by_spread(curves))
    return pd.concat(
        [
            pd.DataFrame(
                {"option": option, "time": times, "survival": curves[0, k], "lower": lower[k], "upper": upper[k]}
            )
            for k, option in enumerate(model.options_)
            if k in (0, *codes)
        ],
        ignore_index=True,
    )
