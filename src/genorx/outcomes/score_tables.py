"""Common parts of all scores: table rows, calibration curves, reference predictions of skill."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genorx.survival import Score

Floats = NDArray[np.float64]
Row = dict[str, Any]


def score_row(measure: str, score: Score, horizon: float = float("nan")) -> Row:
    """Return one row: ``measure``, ``horizon``, ``estimate``, ``lower``, ``upper``."""
    limits = {"estimate": score.estimate, "lower": score.lower, "upper": score.upper}
    return {"measure": measure, "horizon": float(horizon)} | limits


def of_other_folds(fold: NDArray[Any], summary: Callable[[NDArray[np.bool_]], Any], out: Floats) -> Floats:
    """Fill ``out``, patients on its first axis, with a summary of the other folds' patients (of all, with one).

    Parameters
    ----------
    fold : array of int, shape (n_patients,)
        Fold of each patient.
    summary : callable
        Takes the mask of the patients to summarise.
    out : array of shape (n_patients, ...)
    """
    for k in np.unique(fold):
        inside = fold == k
        out[inside] = summary(np.ones_like(inside) if inside.all() else ~inside)
    return out


def curves_at_horizons(calibrations: Iterable[Any]) -> pd.DataFrame:
    """Return the calibration curves of all horizons."""
    parts: list[pd.DataFrame] = []
    for calibration in calibrations:
        curve: pd.DataFrame = calibration.curve.copy()
        curve.insert(0, "horizon", calibration.horizon)
        curve.insert(1, "group", np.arange(1, len(curve) + 1))
        parts.append(curve)
    return pd.concat(parts, ignore_index=True)


def curve_by_tenths(predicted: Floats, target: Floats, limits: Callable[[Floats], tuple[float, float]]) -> pd.DataFrame:
    """Return mean predicted and observed values by tenth of prediction, with ``limits`` of the observed."""
    groups = max(1, min(10, target.size // 20))
    rows = []
    for group, members in enumerate(np.array_split(np.argsort(predicted, kind="stable"), groups), start=1):
        observed = target[members]
        lower, upper = limits(observed)
        row = {"horizon": np.nan, "group": group, "patients": members.size}
        row["predicted"] = float(predicted[members].mean())
        rows.append(row | {"observed": float(observed.mean()), "lower": lower, "upper": upper})
    return pd.DataFrame(rows)
