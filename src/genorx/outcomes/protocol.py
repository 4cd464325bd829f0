"""Protocols of outcome models, so that a user's own can replace genorx's.

``X`` is the feature frame (typed, missing is missing); a model does its own encoding and imputation in ``fit``.
"""

from __future__ import annotations

from typing import Any, Protocol, Self, runtime_checkable

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Floats = NDArray[np.float64]


class SavedModel(Protocol):
    """Methods of any outcome model in addition to its estimates."""

    def contributions(self, X: pd.DataFrame) -> pd.DataFrame:
        """Contribution of each feature on the linear scale (risk score, log odds, log mean); patients x features."""

    def state(self) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        """JSON values and arrays from which ``from_state`` restores the model."""

    @classmethod
    def from_state(cls, values: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> Self:
        """Restore a fitted model from ``state``; runs no code of the file."""


@runtime_checkable
class SurvivalModel(SavedModel, Protocol):
    """A prognosis: survival of a patient over time, with the uncertainty of the fit."""

    def fit(self, X: pd.DataFrame, y: pd.DataFrame, *, strata: pd.Series | None = None) -> Self:
        """Fit to ``y`` with columns ``time`` (> 0) and ``event`` (bool), index as ``X``."""

    def predict_survival(self, X: pd.DataFrame, times: Floats) -> Floats:
        """Survival probability, shape (n_patients, n_times)."""

    def sample_survival(self, X: pd.DataFrame, times: Floats, *, n_draws: int = 200, seed: int = 0) -> Floats:
        """Draws of the survival probability, shape (n_draws, n_patients, n_times)."""

    def predict_risk(self, X: pd.DataFrame) -> Floats:
        """Risk score, shape (n_patients,); higher is worse."""


@runtime_checkable
class CompetingModel(SavedModel, Protocol):
    """Cumulative incidence of several competing causes, with the uncertainty of the fit.

    A parameter ``causes`` names the causes in the order of their codes; ``causes_`` holds the names of the fit.
    """

    causes_: tuple[str, ...]

    def fit(self, X: pd.DataFrame, y: pd.DataFrame, *, strata: pd.Series | None = None) -> Self:
        """Fit to ``y`` with columns ``time`` (> 0), ``event`` (bool) and ``cause`` (0 censored, 1 and more)."""

    def predict_cumulative_incidence(self, X: pd.DataFrame, times: Floats) -> Floats:
        """Cumulative incidence, shape (n_patients, n_causes, n_times); one minus the sum is event-free survival."""

    def sample_cumulative_incidence(
        self, X: pd.DataFrame, times: Floats, *, n_draws: int = 200, seed: int = 0
    ) -> Floats:
        """Draws of the cumulative incidence, shape (n_draws, n_patients, n_causes, n_times)."""

    def predict_risk(self, X: pd.DataFrame) -> Floats:
        """Risk score of any event, shape (n_patients,); higher is worse."""


@runtime_checkable
class BinaryModel(SavedModel, Protocol):
    """A calibrated probability of a binary outcome, with the uncertainty of the fit."""

    def fit(self, X: pd.DataFrame, y: pd.Series) -> Self:
        """Fit to ``y`` of 0.0 and 1.0, index as ``X``."""

    def predict_probability(self, X: pd.DataFrame) -> Floats:
        """Probability, shape (n_patients,)."""

    def sample_probability(self, X: pd.DataFrame, *, n_draws: int = 200, seed: int = 0) -> Floats:
        """Draws of the probability, shape (n_draws, n_patients)."""


@runtime_checkable
class OrdinalModel(SavedModel, Protocol):
    """The probability of each grade, and of reaching the threshold, with the uncertainty of the fit.

    Parameters ``highest`` and ``at_least``, if it has them, are set from the study: the highest of the grades 0, 1,
    ..., and the threshold grade.
    """

    def fit(self, X: pd.DataFrame, y: pd.Series) -> Self:
        """Fit to ``y`` of grades as numbers, 0 the lowest, index as ``X``."""

    def predict_grades(self, X: pd.DataFrame) -> Floats:
        """Probability of each grade, shape (n_patients, n_grades); rows sum to 1."""

    def sample_grades(self, X: pd.DataFrame, *, n_draws: int = 200, seed: int = 0) -> Floats:
        """Draws of the probability of each grade, shape (n_draws, n_patients, n_grades)."""

    def predict_probability(self, X: pd.DataFrame) -> Floats:
        """Probability of a grade at or above the threshold, shape (n_patients,)."""

    def sample_probability(self, X: pd.DataFrame, *, n_draws: int = 200, seed: int = 0) -> Floats:
        """Draws of the probability of a grade at or above the threshold, shape (n_draws, n_patients)."""

    def predict_risk(self, X: pd.DataFrame) -> Floats:
        """Log odds of a higher grade, shape (n_patients,)."""


@runtime_checkable
class ValueModel(SavedModel, Protocol):
    """An amount or a count: the estimate, the uncertainty of the fit, and a prediction interval."""

    def fit(self, X: pd.DataFrame, y: pd.Series) -> Self:
        """Fit to ``y`` of numbers, index as ``X``."""

    def predict_value(self, X: pd.DataFrame) -> Floats:
        """Best estimate, shape (n_patients,), in the unit of ``y``."""

    def sample_value(self, X: pd.DataFrame, *, n_draws: int = 200, seed: int = 0) -> Floats:
        """Draws of the estimate (of the fit, not of a patient's own value), shape (n_draws, n_patients)."""

    def predict_interval(self, X: pd.DataFrame, *, level: float = 0.95) -> Floats:
        """Prediction interval for a patient's own value with probability ``level``, shape (n_patients, 2)."""
