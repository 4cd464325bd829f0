"""Scores of out-of-fold probabilities of a binary outcome, with a common bootstrap of the patients.

Sources: Brier GW 1950, Mon Weather Rev 78:1; Cox DR 1958, Biometrika 45:562 (slope and intercept); Wilson EB 1927, JASA
22:209 (interval of a share).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit, logit

from genorx._core.proportion import wilson_interval
from genorx.outcomes.evaluation import Evaluation, assembled
from genorx.outcomes.score_tables import Row, curve_by_tenths, of_other_folds, score_row
from genorx.survival.resampling import bootstrap_counts, scored

Floats = NDArray[np.float64]
_EDGE = 1e-6


class BinaryScores:
    """Scores of out-of-fold probabilities.

    Parameters
    ----------
    target : array of shape (n_patients,)
        Outcome, 0.0 or 1.0.
    probability : array of shape (n_patients,)
    fold : array of int, shape (n_patients,)
    counts : array of shape (1 + n_boot, n_patients)
    """

    def __init__(self, target: Floats, probability: Floats, *, fold: NDArray[Any], counts: Floats) -> None:
        self.target, self.probability = target, np.clip(probability, _EDGE, 1 - _EDGE)
        self.fold, self.counts = fold, counts

    def rows(self) -> list[Row]:
        """Return one row per measure: ``measure``, ``horizon`` (missing), ``estimate``, ``lower``, ``upper``."""
        own = self._brier(self.probability)
        average = self._brier(self._prevalence())
        intercept, slope = self._line()
        with np.errstate(divide="ignore", invalid="ignore"):
            skill = 1 - own / average
        measures = {
            "auc": self._auc(),
            "brier": own,
            "brier_prevalence": average,
            "brier_skill": skill,
            "calibration_slope": slope,
            "calibration_intercept": intercept,
        }
        return [score_row(name, scored(values)) for name, values in measures.items()]

    def curves(self) -> pd.DataFrame:
        """Return the calibration curve: predicted and observed share by tenth of prediction."""
        return curve_by_tenths(self.probability, self.target, lambda had: wilson_interval(float(had.mean()), had.size))

    def _brier(self, probability: Floats) -> Floats:
        return np.asarray(self.counts @ (self.target - probability) ** 2 / self.counts.sum(axis=1))

    def _prevalence(self) -> Floats:
        """Share with the outcome in the other folds, for each patient."""
        return of_other_folds(self.fold, lambda others: self.target[others].mean(), np.empty_like(self.target))

    def _auc(self) -> Floats:
        """Share of pairs in which the patient with the outcome has the higher probability (ties: 1/2), by ranks."""
        values, place = np.unique(self.probability, return_inverse=True)
        cases, controls = np.zeros((2, len(self.counts), values.size))
        for column, one in enumerate(place):
            held = cases if self.target[column] else controls
            held[:, one] += self.counts[:, column]
        below = np.cumsum(controls, axis=1) - controls / 2
        with np.errstate(invalid="ignore"):
            return np.asarray((cases * below).sum(axis=1) / (cases.sum(axis=1) * controls.sum(axis=1)))

    def _line(self) -> tuple[Floats, Floats]:
        """Intercept at slope 1, and slope, of the outcome on the predicted log odds, for each bootstrap sample."""
        linear = logit(self.probability)
        level, slope = np.zeros(len(self.counts)), np.ones(len(self.counts))
        alone = np.zeros(len(self.counts))
        for _ in range(50):
            chance = expit(np.clip(level[:, None] + slope[:, None] * linear, -30, 30))
            weight, left = self.counts * chance * (1 - chance), self.counts * (self.target - chance)
            s0, s1, s2 = weight.sum(1), (weight * linear).sum(1), (weight * linear**2).sum(1)
            g0, g1 = left.sum(1), (left * linear).sum(1)
            determinant = np.maximum(s0 * s2 - s1**2, 1e-12)
            level = level + np.clip((s2 * g0 - s1 * g1) / determinant, -2, 2)
            slope = slope + np.clip((s0 * g1 - s1 * g0) / determinant, -2, 2)
            chance = expit(alone[:, None] + linear)
            weight = (self.counts * chance * (1 - chance)).sum(1)
            alone = alone + np.clip((self.counts * (self.target - chance)).sum(1) / np.maximum(weight, 1e-12), -2, 2)
        return alone, slope


def score_binary(
    y: pd.Series[float],
    probability: ArrayLike,
    fold: ArrayLike,
    *,
    n_boot: int = 200,
    seed: int = 0,
    outcome: str = "response",
) -> Evaluation:
    """Score out-of-fold probabilities of a binary outcome.

    Examples
    --------
    >>> import pandas as pd
    >>> found = score_binary(pd.Series([0, 1, 1, 0] * 10), [0.2, 0.7, 0.6, 0.4] * 10, [0, 1] * 20, n_boot=20)
    >>> found.value("auc")
    1.0
    """
    part, chance = np.asarray(fold, dtype=int), np.asarray(probability, dtype=float)
    target = np.asarray(y.to_numpy(float), dtype=np.float64)
    measured = BinaryScores(target, chance, fold=part, counts=bootstrap_counts(len(y), n_boot, seed))
    return assembled(measured, y.index, part, chance, chance, outcome=outcome, events=int(target.sum()))
