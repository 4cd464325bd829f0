"""Scores of one cause's out-of-fold cumulative incidence, with a common bootstrap of the patients.

The statistics are ``survival``; the reference is the Aalen-Johansen curve of the other folds.  Event-free survival is
scored as any survival, under the outcome's name; each cause's cumulative incidence under ``NAME:CAUSE``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from genorx.errors import SupportError, UsageError
from genorx.outcomes.competing.competing_curves import checked_causes
from genorx.outcomes.evaluation import Evaluation, assembled
from genorx.outcomes.score_tables import Row, curves_at_horizons, of_other_folds, score_row
from genorx.outcomes.survival.survival_scores import score_survival
from genorx.survival import (
    Score,
    calibrate_incidence,
    cause_specific_c,
    cumulative_incidence,
    incidence_brier_terms,
    integrate_brier,
)
from genorx.survival.resampling import bootstrap_counts, scored

Floats = NDArray[np.float64]


class IncidenceScores:
    """Scores of one cause.

    Parameters
    ----------
    time : array of shape (n_patients,)
    cause : array of int, shape (n_patients,)
        0 for censored.
    incidence : array of shape (n_patients, n_horizons)
    of : int
        Cause of ``incidence``.
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
        """Return one row per measure (and horizon): ``measure``, ``horizon``, ``estimate``, ``lower``, ``upper``."""
        own, reference = self._brier(self.incidence), self._brier(self._aalen_johansen())
        whole, average = integrate_brier(own, self.horizons), integrate_brier(reference, self.horizons)
        rows = [
            score_row("brier_integrated", scored(whole)),
            score_row("brier_integrated_aj", scored(average)),
            score_row("brier_skill", scored(1 - whole / average)),
        ]
        for place, horizon in enumerate(self.horizons):
            rows.append(score_row("brier", scored(own[:, place]), horizon))
            rows.append(score_row("brier_aj", scored(reference[:, place]), horizon))
            rows.append(score_row("wolbers_c", self._concordance(place), horizon))
            rows.append(score_row("calibration_slope", self._calibrations[place].slope, horizon))
            rows.append(score_row("calibration_intercept", self._calibrations[place].intercept, horizon))
        return rows

    def curves(self) -> pd.DataFrame:
        """Return the calibration curves of all horizons."""
        return curves_at_horizons(self._calibrations)

    def _concordance(self, place: int) -> Score:
        """Concordance of the incidence at a horizon with having had the cause by then; all patients together."""
        risk, last = self.incidence[:, place], float(np.nextafter(self.horizons[place], np.inf))
        try:
            return cause_specific_c(self.time, self.cause, risk, of=self.of, horizon=last, counts=self.counts)
        except SupportError:
            return Score(estimate=float("nan"))

    def _brier(self, incidence: Floats) -> Floats:
        """Brier score of each bootstrap sample and horizon; the weights of the whole sample are used."""
        terms = incidence_brier_terms(self.time, self.cause, incidence, self.horizons, of=self.of)
        return np.asarray(self.counts @ terms / self.counts.sum(axis=1, keepdims=True))

    def _aalen_johansen(self) -> Floats:
        """Return the curve of the other folds' patients, for each patient (of all patients, with one fold)."""

        def curve(others: NDArray[np.bool_]) -> Floats:
            return cumulative_incidence(self.time[others], self.cause[others], of=self.of).at(self.horizons)

        return of_other_folds(self.fold, curve, np.empty_like(self.incidence))


def score_competing(
    y: pd.DataFrame,
    incidence: ArrayLike,
    fold: ArrayLike,
    *,
    horizons: Sequence[float] | Floats,
    causes: Sequence[str],
    n_boot: int = 200,
    seed: int = 0,
    outcome: str = "competing",
) -> Evaluation:
    """Score out-of-fold cumulative incidences.

    Parameters
    ----------
    y : DataFrame, index ``patient_id``
        ``time``, ``event`` and ``cause``.
    incidence : array-like of shape (n_patients, n_causes, n_horizons)
        Predicted out of fold.
    fold : array-like of int, shape (n_patients,)
        As in ``score_survival``.
    horizons : sequence of float, ascending
        Times of ``incidence``, in the unit of ``time``.
    causes : sequence of str
        Names of the causes, in the order of their codes.
    n_boot, seed : int
        Bootstrap samples of the intervals, and their seed.
    outcome : str
        NAME of the outcome in the result.

    Returns
    -------
    Evaluation
        ``outcome`` is NAME for event-free survival, and NAME:CAUSE for a cause, with ``brier_integrated``,
        ``brier_integrated_aj`` (of an out-of-fold Aalen-Johansen curve), ``brier_skill``; at each horizon ``brier``,
        ``brier_aj``, ``wolbers_c`` (cause-specific concordance), ``calibration_slope`` and ``calibration_intercept``.

    Raises
    ------
    HorizonError
        If a horizon is not below the last follow-up.
    UsageError
        If shapes differ, or causes are invalid.

    Examples
    --------
    >>> import pandas as pd
    >>> y = pd.DataFrame({"time": [5, 8, 12, 15] * 10, "event": [True, True, False, True] * 10})
    >>> y["cause"] = [1, 2, 0, 1] * 10
    >>> incidence = [[[0.7], [0.1]], [[0.2], [0.6]], [[0.1], [0.1]], [[0.3], [0.1]]] * 10
    >>> found = score_competing(
    ...     y, incidence, [0] * 20 + [1] * 20, horizons=[10], causes=["relapse", "death"], n_boot=20
    ... )
    >>> "wolbers_c" in set(found.scores["measure"])
    True
    """
    times, part = np.asarray(horizons, dtype=float), np.asarray(fold, dtype=int)
    predicted = np.asarray(incidence, dtype=float)
    if predicted.shape != (len(y), len(causes), times.size):
        raise UsageError(f"incidence has shape {predicted.shape}, {(len(y), len(causes), times.size)} is needed")
    codes, names = checked_causes(y, tuple(causes))
    event_free = np.maximum(1 - predicted.sum(axis=1), 0.0)
    parts = [
        score_survival(
            y, event_free, 1 - event_free[:, -1], part, horizons=times, n_boot=n_boot, seed=seed, outcome=outcome
        )
    ]
    counts = bootstrap_counts(len(y), n_boot, seed)
    time = y["time"].to_numpy(float)
    for place, name in enumerate(names):
        own = predicted[:, place]
        measured = IncidenceScores(time, codes, own, of=place + 1, fold=part, horizons=times, counts=counts)
        events = int((codes == place + 1).sum())
        parts.append(
            assembled(measured, y.index, part, own, own, horizons=times, outcome=f"{outcome}:{name}", events=events)
        )
    return Evaluation.combine(parts)
