"""All scores of one cause's cumulative incidence predicted out of fold, from one bootstrap of the patients.

The statistics are ``survival``; the reference is the Aalen-Johansen curve of the other folds.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genorx.errors import SupportError
from genorx.survival import (
    Score,
    calibrate_incidence,
    cause_specific_c,
    cumulative_incidence,
    incidence_brier_terms,
    integrate_brier,
    scored,
)

Floats = NDArray[np.float64]
Row = dict[str, Any]


class IncidenceScores:
    """Scores of one cause.

    Parameters
    ----------
    time : array of shape (n_patients,)
    cause : array of int, shape (n_patients,)
        0 censored.
    incidence : array of shape (n_patients, n_horizons)
    of : int
        The cause that ``incidence`` is of.
    fold : array of int, shape (n_patients,)
    horizons : array of shape (n_horizons,), ascending
    counts : array of shape (1 + n_boot, n_patients)
        From ``survival.bootstrap_counts``.
    """

    def __init__(
        self,
        time: Floats,
        cause: NDArray[np.int64],
        incidence: Floats,
        *,
        of: int,
        fold: NDArray[Any],
        horizons: Floats,
        counts: Floats,
    ) -> None:
        self.time, self.cause, self.incidence, self.of = time, cause, incidence, of
        self.fold, self.horizons, self.counts = fold, horizons, counts
        self._calibrations = [
            calibrate_incidence(time, cause, incidence[:, place], horizon=float(horizon), of=of, counts=counts)
            for place, horizon in enumerate(horizons)
        ]

    def rows(self) -> list[Row]:
        """Return one row a measure (and horizon): ``measure``, ``horizon``, ``estimate``, ``lower``, ``upper``."""
        own, reference = self._brier(self.incidence), self._brier(self._aalen_johansen())
        whole, average = integrate_brier(own, self.horizons), integrate_brier(reference, self.horizons)
        rows = [
            _row("brier_integrated", scored(whole)),
            _row("brier_integrated_aj", scored(average)),
            _row("brier_skill", scored(1 - whole / average)),
        ]
        for place, horizon in enumerate(self.horizons):
            rows.append(_row("brier", scored(own[:, place]), horizon))
            rows.append(_row("brier_aj", scored(reference[:, place]), horizon))
            rows.append(_row("wolbers_c", self._concordance(place), horizon))
            rows.append(_row("calibration_slope", self._calibrations[place].slope, horizon))
            rows.append(_row("calibration_intercept", self._calibrations[place].intercept, horizon))
        return rows

    def curves(self) -> pd.DataFrame:
        """Return the calibration curves of all horizons."""
        parts = []
        for calibration in self._calibrations:
            curve = calibration.curve.copy()
            curve.insert(0, "horizon", calibration.horizon)
            curve.insert(1, "group", np.arange(1, len(curve) + 1))
            parts.append(curve)
        return pd.concat(parts, ignore_index=True)

    def _concordance(self, place: int) -> Score:
        """Concordance of the incidence at a horizon with who had the cause by then; all patients together."""
        risk, last = self.incidence[:, place], float(np.nextafter(self.horizons[place], np.inf))
        try:
            return cause_specific_c(self.time, self.cause, risk, of=self.of, horizon=last, counts=self.counts)
        except SupportError:
            return Score(estimate=float("nan"))

    def _brier(self, incidence: Floats) -> Floats:
        """Brier score of each bootstrap sample and horizon; the weights of the whole sample are kept."""
        terms = incidence_brier_terms(self.time, self.cause, incidence, self.horizons, of=self.of)
        return np.asarray(self.counts @ terms / self.counts.sum(axis=1, keepdims=True))

    def _aalen_johansen(self) -> Floats:
        """Return the curve of the patients of the other folds, for each patient (of all patients, with one fold)."""
        incidence = np.empty_like(self.incidence)
        for k in np.unique(self.fold):
            inside = self.fold == k
            others = np.ones_like(inside) if inside.all() else ~inside
            incidence[inside] = cumulative_incidence(self.time[others], self.cause[others], of=self.of).at(
                self.horizons
            )
        return incidence


def _row(measure: str, score: Score, horizon: float = float("nan")) -> Row:
    limits = {"estimate": score.estimate, "lower": score.lower, "upper": score.upper}
    return {"measure": measure, "horizon": float(horizon)} | limits
