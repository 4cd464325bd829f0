"""The seam between effects and ranking: what an effect estimator must answer.

``ranking`` calls only this; the estimator behind it can be replaced.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol, Self, runtime_checkable

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class EffectDraws:
    """Draws of what happens to each patient under each option, all from one joint posterior.

    Attributes
    ----------
    options : tuple of str, length n_options
    times : array of shape (n_times,)
        Times of a survival outcome, ascending from 0; empty for a binary one.
    point : array of shape (n_patients, n_options, n_times)
        Best estimate: survival probability at ``times`` (survival); with n_times = 1 a probability (yes or no, grades
        that count) or a mean (amount, count).
    draws : array of shape (n_draws, n_patients, n_options, n_times)
        The same, drawn.  Differences and ranks come from these, so that all that is reported agrees.
    incidence : array of shape (n_patients, n_options, n_causes, n_times) or None
        Best estimate of each cause's cumulative incidence, where competing causes are told apart: with ``point``, the
        probability of no event, the causes sum to 1.
    incidence_draws : array of shape (n_draws, n_patients, n_options, n_causes, n_times) or None
        The same, drawn, together with ``draws``.
    grades : array of shape (n_patients, n_options, n_grades) or None
        Best estimate of the probability of each grade of a graded outcome, the lowest first; they sum to 1, and
        ``point`` is the probability of those that count.
    grade_draws : array of shape (n_draws, n_patients, n_options, n_grades) or None
        The same, drawn, together with ``draws``.
    """

    options: tuple[str, ...]
    times: Floats
    point: Floats
    draws: Floats
    incidence: Floats | None = None
    incidence_draws: Floats | None = None
    grades: Floats | None = None
    grade_draws: Floats | None = None


@runtime_checkable
class EffectEstimator(Protocol):
    """Outcome of a patient under each option, adjusted, compared within strata."""

    def fit(self, X: pd.DataFrame, y: pd.DataFrame, *, treatment: pd.Series, strata: pd.Series | None = None) -> Self:
        """Fit to ``y`` (``time``, ``event``; or ``value``), option and stratum of each row of ``X``."""

    def sample(self, X: pd.DataFrame, times: Floats | None = None, *, n_draws: int = 400, seed: int = 0) -> EffectDraws:
        """Draws under each option, the same for a patient alone or among others."""

    def support(self, X: pd.DataFrame) -> pd.DataFrame:
        """One row a patient and option.

        Columns ``patient_id``, ``option``, ``effective_n``, ``propensity``, ``inside`` (bool), ``outside_feature``,
        ``reason``.
        """

    def drivers(self, X: pd.DataFrame) -> pd.DataFrame:
        """One row a patient, option and feature; with ``cause=`` (from 1), of a competing cause that is ranked by.

        Columns ``patient_id``, ``option``, ``feature``, ``prognosis``, ``effect``: sizes on the linear scale, against
        the mean; and ``beyond``, where the estimator knows it: the value lies outside the range of who had the option.
        """

    def state(self) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        """JSON values and arrays from which ``from_state`` makes the same estimator."""

    @classmethod
    def from_state(cls, values: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> Self:
        """Make a fitted estimator from what ``state`` gave; runs no code of the file."""
