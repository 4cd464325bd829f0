"""Scores of out-of-fold predictions of an amount or a count, with a common bootstrap of the patients.

Sources: Cox DR 1958, Biometrika 45:562 (slope and intercept).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.special import xlogy

from genorx._core.proportion import NORMAL_975
from genorx.outcomes.evaluation import Evaluation, assembled
from genorx.outcomes.score_tables import Row, curve_by_tenths, of_other_folds, score_row
from genorx.survival.resampling import bootstrap_counts, scored

Floats = NDArray[np.float64]
_NEAR = 0.2


class ValueScores:
    """Scores of out-of-fold amounts.

    Parameters
    ----------
    target, predicted : array of shape (n_patients,)
        Observed values, and out-of-fold predictions, in the same unit.
    limits : array of shape (n_patients, 2) or None
        Prediction interval of each patient's value, of probability ``level``.
    fold : array of int, shape (n_patients,)
    counts : array of shape (1 + n_boot, n_patients)
    level : float
    """

    def __init__(
        self,
        target: Floats,
        predicted: Floats,
        limits: Floats | None = None,
        *,
        fold: NDArray[Any],
        counts: Floats,
        level: float = 0.95,
    ) -> None:
        self.target, self.predicted, self.limits = target, predicted, limits
        self.fold, self.counts, self.level = fold, counts, level

    def rows(self) -> list[Row]:
        """Return one row per measure: ``measure``, ``horizon`` (missing), ``estimate``, ``lower``, ``upper``."""
        residuals = self.target - self.predicted
        error, typical = self._mean(np.abs(residuals)), self._mean(np.abs(self.target - self._others(np.median)))
        squared, average = self._mean(residuals**2), self._mean((self.target - self._others(np.mean)) ** 2)
        intercept, slope = self._line()
        with np.errstate(divide="ignore", invalid="ignore"):
            measures = {
                "mae": error,
                "mae_median": typical,
                "mae_skill": 1 - error / typical,
                "rmse": np.sqrt(squared),
                "r2": 1 - squared / average,
                "calibration_slope": slope,
                "calibration_intercept": intercept,
            }
        if self.target.min() > 0:
            measures["within_20"] = self._mean((np.abs(residuals) <= _NEAR * self.target).astype(float))
        elif np.array_equal(self.target, np.round(self.target)) and self.target.min() >= 0 and self.predicted.min() > 0:
            measures["poisson_deviance"] = self._mean(self._deviances())
        measures |= self._intervals()
        return [score_row(name, scored(values)) for name, values in measures.items()]

    def curves(self) -> pd.DataFrame:
        """Return the calibration curve: mean predicted and observed amount by tenth of prediction."""
        return curve_by_tenths(self.predicted, self.target, _limits_of_mean)

    def _deviances(self) -> Floats:
        return np.asarray(2 * (xlogy(self.target, self.target / self.predicted) - self.target + self.predicted))

    def _intervals(self) -> dict[str, Floats]:
        """Return the coverage and the mean width of the limits."""
        if self.limits is None:
            return {}
        low, high = self.limits.T
        within = ((self.target >= low) & (self.target <= high)).astype(float)
        return {f"coverage_{100 * self.level:g}": self._mean(within), "interval_width": self._mean(high - low)}

    def _mean(self, each: Floats) -> Floats:
        return np.asarray(self.counts @ each / self.counts.sum(axis=1))

    def _others(self, summary: Any) -> Floats:
        """A summary of the other folds' patients, for each patient."""
        return of_other_folds(self.fold, lambda others: summary(self.target[others]), np.empty_like(self.target))

    def _line(self) -> tuple[Floats, Floats]:
        """Mean of observed minus predicted, and slope of observed on predicted, for each bootstrap sample."""
        x, y = self._mean(self.predicted), self._mean(self.target)
        product, square = self._mean(self.predicted * self.target), self._mean(self.predicted**2)
        with np.errstate(divide="ignore", invalid="ignore"):
            slope = (product - x * y) / (square - x**2)
        return y - x, slope


def _limits_of_mean(observed: Floats) -> tuple[float, float]:
    reach = NORMAL_975 * float(observed.std(ddof=1)) / np.sqrt(observed.size) if observed.size > 1 else np.nan
    middle = float(observed.mean())
    return middle - reach, middle + reach


def score_value(
    y: pd.Series[float],
    predicted: ArrayLike,
    fold: ArrayLike,
    *,
    limits: Floats | None = None,
    n_boot: int = 200,
    seed: int = 0,
    outcome: str = "value",
) -> Evaluation:
    """Score out-of-fold amounts or counts; ``limits`` are 95 % limits of a patient's own value.

    Examples
    --------
    >>> import pandas as pd
    >>> found = score_value(pd.Series([1.0, 2.0, 4.0, 7.0] * 10), [2.0, 2.0, 5.0, 6.0] * 10, [0, 1] * 20, n_boot=20)
    >>> found.value("mae")
    0.75
    """
    part, guess = np.asarray(fold, dtype=int), np.asarray(predicted, dtype=float)
    target = np.asarray(y.to_numpy(float), dtype=np.float64)
    measured = ValueScores(target, guess, limits, fold=part, counts=bootstrap_counts(len(y), n_boot, seed))
    return assembled(measured, y.index, part, guess, guess, outcome=outcome, events=len(target))
