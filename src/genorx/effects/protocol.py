"""Protocols between effects and ranking: the methods of an effect estimator.

``ranking`` uses only these methods, so that the estimator can be replaced.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol, Self, runtime_checkable

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genorx._core.short_repr import short
from genorx.effects.curve_numbers import CurveNumbers, CurveRequest

Floats = NDArray[np.float64]


@short
@dataclass(frozen=True, init=False)
class EffectDraws:
    """Draws of each patient's outcome under each option, all from one joint posterior.

    Attributes
    ----------
    options : tuple of str, length n_options
        Names of the options, the reference first.
    times : array of shape (n_times,)
        Times of a survival outcome, ascending from 0; empty for a value, whose n_times below is 1.
    point : array of shape (n_patients, n_options, n_times)
        Best estimate: survival probability at ``times``; for a value its probability (yes or no, threshold grade or
        more) or mean (amount, count).
    draws : array of shape (n_draws, n_patients, n_options, n_times)
        Draws of the same.  Differences and ranks are computed from these, so that all reported results agree.
    parts : array of shape (n_patients, n_options, n_parts, n_times) or None
        Best estimate of each part of the outcome: the cumulative incidences of competing causes, which sum to 1 with
        ``point``, or the probability of each grade, the lowest first, which sum to 1.
    part_draws : array of shape (n_draws, n_patients, n_options, n_parts, n_times) or None
        Draws of the same, jointly with ``draws``.
    """

    options: tuple[str, ...]
    times: Floats
    point: Floats
    draws: Floats
    parts: Floats | None
    part_draws: Floats | None

    def __init__(
        self,
        *,
        options: tuple[str, ...],
        times: Floats,
        point: Floats,
        draws: Floats,
        parts: Floats | None = None,
        part_draws: Floats | None = None,
        incidence: Floats | None = None,
        incidence_draws: Floats | None = None,
        grades: Floats | None = None,
        grade_draws: Floats | None = None,
    ) -> None:
        """Accept ``parts``, or the older names for causes and (without the axis of times) for grades."""
        if grades is not None and grade_draws is not None:
            parts, part_draws = grades[..., None], grade_draws[..., None]
        elif incidence is not None:
            parts, part_draws = incidence, incidence_draws
        given = {"options": options, "times": times, "point": point, "draws": draws}
        for name, value in {**given, "parts": parts, "part_draws": part_draws}.items():
            object.__setattr__(self, name, value)

    @property
    def incidence(self) -> Floats | None:
        """Parts of an outcome in time: the incidence of each cause."""
        return self.parts if self.times.size else None

    @property
    def incidence_draws(self) -> Floats | None:
        """Draws of ``incidence``."""
        return self.part_draws if self.times.size else None

    @property
    def grades(self) -> Floats | None:
        """Parts of a value, without the axis of times: the probability of each grade."""
        return None if self.times.size or self.parts is None else self.parts[..., 0]

    @property
    def grade_draws(self) -> Floats | None:
        """Draws of ``grades``."""
        return None if self.times.size or self.part_draws is None else self.part_draws[..., 0]


@runtime_checkable
class EffectEstimator(Protocol):
    """Outcome of a patient under each option, adjusted, compared within strata."""

    def fit(self, X: pd.DataFrame, y: pd.DataFrame, *, treatment: pd.Series, strata: pd.Series | None = None) -> Self:
        """Fit to ``y`` (``time``, ``event``; or ``value``), option and stratum of each row of ``X``."""

    def sample(self, X: pd.DataFrame, times: Floats | None = None, *, n_draws: int = 400, seed: int = 0) -> EffectDraws:
        """Draws under each option; the draws of a patient do not depend on the other patients."""

    def support(self, X: pd.DataFrame) -> pd.DataFrame:
        """One row per patient and option.

        Columns ``patient_id``, ``option``, ``effective_n``, ``propensity``, ``inside`` (bool), ``outside_feature``,
        ``reason``.
        """

    def drivers(self, X: pd.DataFrame) -> pd.DataFrame:
        """One row per patient, option and feature; ``cause=`` (from 1) selects the competing cause that is ranked by.

        Columns ``patient_id``, ``option``, ``feature``, ``prognosis``, ``effect``: sizes on the linear scale, relative
        to the mean; and optionally ``beyond``: the value lies outside the range of the patients under the option.
        """

    def state(self) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        """JSON values and arrays from which ``from_state`` restores the estimator."""

    @classmethod
    def from_state(cls, values: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> Self:
        """Restore a fitted estimator from ``state``; runs no code of the file."""


@runtime_checkable
class EncodingEstimator(Protocol):
    """An effect estimator that can encode features once for all its methods."""

    def encode(self, X: pd.DataFrame) -> Any:
        """Return encoded features, accepted by ``sample``, ``sample_numbers``, ``support`` and ``drivers`` as ``X``."""


@runtime_checkable
class CurveEstimator(Protocol):
    """A time-to-event estimator that can summarise draws without storing all curves."""

    def sample_numbers(self, X: pd.DataFrame, request: CurveRequest, *, n_draws: int, seed: int) -> CurveNumbers:
        """Draw the summaries of the curves of ``sample``; the draws of a patient do not depend on other patients."""
