"""Scores of out-of-fold survival predictions, with a common bootstrap of the patients.

The statistics are in ``survival``; here are their selection for an evaluation, and the handling of folds.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from genorx.errors import SupportError
from genorx.outcomes.evaluation import Evaluation, assembled
from genorx.outcomes.score_tables import Row, curves_at_horizons, of_other_folds, score_row
from genorx.survival import (
    Calibration,
    Score,
    brier_terms,
    calibrate,
    harrell_c,
    integrate_brier,
    kaplan_meier,
    time_dependent_auc,
    uno_c,
)
from genorx.survival.kaplan_meier import check_horizon, checked_times
from genorx.survival.resampling import bootstrap_counts, scored

Floats = NDArray[np.float64]


class SurvivalScores:
    """Scores of out-of-fold predictions.

    Parameters
    ----------
    time, event : array of shape (n_patients,)
    survival : array of shape (n_patients, n_horizons)
    risk : array of shape (n_patients,)
    fold : array of int, shape (n_patients,)
    horizons : array of shape (n_horizons,), ascending
    counts : array of shape (1 + n_boot, n_patients)
        From ``survival.bootstrap_counts``.
    """

    def __init__(
        self,
        time: Floats,
        event: NDArray[np.bool_],
        survival: Floats,
        risk: Floats,
        *,
        fold: NDArray[Any],
        horizons: Floats,
        counts: Floats,
    ) -> None:
        self.time, self.event, self.survival, self.risk = time, event, survival, risk
        self.fold, self.horizons, self.counts = fold, horizons, counts
        self._calibrations = [self._calibration(place) for place in range(horizons.size)]

    def rows(self) -> list[Row]:
        """Return one row per measure (and horizon): ``measure``, ``horizon``, ``estimate``, ``lower``, ``upper``."""
        return [*self._ordering(), *self._errors(), *self._at_horizons()]

    def curves(self) -> pd.DataFrame:
        """Return the calibration curves of all horizons."""
        return curves_at_horizons(self._calibrations)

    def _ordering(self) -> list[Row]:
        last = float(self.horizons[-1])
        measures: dict[str, Callable[..., Score]] = {"harrell_c": harrell_c, "uno_c": partial(uno_c, horizon=last)}
        rows = []
        for name, measure in measures.items():
            rows.append(score_row(name, self._mean_over_folds(measure)))
            rows.append(score_row(f"{name}_pooled", measure(self.time, self.event, self.risk, counts=self.counts)))
        return rows

    def _mean_over_folds(self, measure: Callable[..., Score]) -> Score:
        """Mean of a score over folds, each scored separately; folds without comparable pairs are left out."""
        values = []
        for k in np.unique(self.fold):
            rows = np.flatnonzero(self.fold == k)
            try:
                one = measure(self.time[rows], self.event[rows], self.risk[rows], counts=self.counts[:, rows])
            except SupportError:
                continue
            values.append(np.concatenate([[one.estimate], one.draws]))
        if not values:
            return Score(estimate=float("nan"))
        return scored(np.mean(values, axis=0))

    def _errors(self) -> list[Row]:
        own = self._brier(self.survival)
        reference = self._brier(self._kaplan_meier())
        whole, average = integrate_brier(own, self.horizons), integrate_brier(reference, self.horizons)
        rows = [
            score_row("brier_integrated", scored(whole)),
            score_row("brier_integrated_km", scored(average)),
            score_row("brier_skill", scored(1 - whole / average)),
        ]
        for place, horizon in enumerate(self.horizons):
            rows.append(score_row("brier", scored(own[:, place]), horizon))
            rows.append(score_row("brier_km", scored(reference[:, place]), horizon))
        return rows

    def _brier(self, survival: Floats) -> Floats:
        """Brier score of each bootstrap sample and horizon; the weights of the whole sample are used."""
        terms = brier_terms(self.time, self.event, survival, self.horizons)
        return np.asarray(self.counts @ terms / self.counts.sum(axis=1, keepdims=True))

    def _kaplan_meier(self) -> Floats:
        """Return the curve of the other folds' patients, for each patient (of all patients, with one fold)."""

        def curve(others: NDArray[np.bool_]) -> Floats:
            return kaplan_meier(self.time[others], self.event[others]).at(self.horizons)

        return of_other_folds(self.fold, curve, np.empty_like(self.survival))

    def _calibration(self, place: int) -> Calibration:
        horizon, predicted = float(self.horizons[place]), self.survival[:, place]
        return calibrate(self.time, self.event, predicted, horizon=horizon, counts=self.counts)

    def _at_horizons(self) -> list[Row]:
        rows = []
        for place, horizon in enumerate(self.horizons):
            risk = 1 - self.survival[:, place]
            try:
                auc = time_dependent_auc(self.time, self.event, risk, horizon=float(horizon), counts=self.counts)
            except SupportError:
                auc = Score(estimate=float("nan"))
            calibration = self._calibrations[place]
            rows.append(score_row("auc", auc, horizon))
            rows.append(score_row("calibration_slope", calibration.slope, horizon))
            rows.append(score_row("calibration_intercept", calibration.intercept, horizon))
        return rows


def score_survival(
    y: pd.DataFrame,
    survival: ArrayLike,
    risk: ArrayLike,
    fold: ArrayLike,
    *,
    horizons: Sequence[float] | Floats,
    n_boot: int = 200,
    seed: int = 0,
    outcome: str = "survival",
) -> Evaluation:
    """Score out-of-fold predictions.

    Parameters
    ----------
    y : DataFrame, index ``patient_id``
        ``time`` and ``event``.
    survival : array-like of shape (n_patients, n_horizons)
        Survival at the horizons, predicted out of fold.
    risk : array-like of shape (n_patients,)
        Risk score, higher is worse; compared within folds, and pooled.
    fold : array-like of int, shape (n_patients,)
        Fold of each patient; all 0 for one model on held-out patients (the Kaplan-Meier curve is then that of the same
        patients).
    horizons : sequence of float, ascending
        In the unit of ``time``.
    n_boot, seed : int
        Bootstrap samples of the intervals, and their seed.
    outcome : str
        Name of the outcome in the result.

    Raises
    ------
    HorizonError
        If a horizon is not below the last follow-up.

    Examples
    --------
    >>> import pandas as pd
    >>> y = pd.DataFrame({"time": [5, 8, 12, 15] * 10, "event": [True, True, False, True] * 10})
    >>> survival = [[0.2], [0.4], [0.9], [0.6]] * 10
    >>> found = score_survival(y, survival, [4, 3, 1, 2] * 10, [0] * 20 + [1] * 20, horizons=[10], n_boot=20)
    >>> found.value("harrell_c")
    1.0
    """
    times, part = np.asarray(horizons, dtype=float), np.asarray(fold, dtype=int)
    predicted, score = np.asarray(survival, dtype=float), np.asarray(risk, dtype=float)
    time, event = checked_times(y["time"], y["event"])
    for horizon in times:
        check_horizon(float(horizon), float(np.nextafter(time.max(), 0)))
    draws = bootstrap_counts(len(y), n_boot, seed)
    measured = SurvivalScores(time, event, predicted, score, fold=part, horizons=times, counts=draws)
    return assembled(
        measured, y.index, part, predicted, score, horizons=times, outcome=outcome, events=int(event.sum())
    )
