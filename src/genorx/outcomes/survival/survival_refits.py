"""Hazards of bootstrap refits, on the time steps of the model.

They give the intervals of models without a posterior; each refit is a risk function and a baseline.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from genorx._core.threads import single_threaded
from genorx.errors import SupportError
from genorx.outcomes.encoding.completed import draws_over_unknown, mean_over_unknown
from genorx.outcomes.shrinkage.baseline import EventSteps, spread_out
from genorx.outcomes.shrinkage.partial_likelihood import PartialLikelihood
from genorx.outcomes.survival.survival_base import EncodedSurvivalModel, survival_data

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


def bootstrap_rows(event: Bools, n_refits: int, seed: int) -> Iterator[NDArray[np.integer[Any]]]:
    """Yield rows drawn with replacement; samples without two events are drawn again."""
    rng = np.random.default_rng(seed)
    made = 0
    while made < n_refits:
        rows = rng.integers(0, event.size, event.size)
        if event[rows].sum() >= 2:
            made += 1
            yield rows


def event_steps_of(risk: Floats, time: Floats, event: Bools) -> EventSteps:
    """Return Breslow's estimate by event time for a model's log hazard ratios."""
    return PartialLikelihood(risk[:, None], time, event, ties="breslow").event_steps(np.ones(1))[0]


def survival_of(risk: Floats, spans: Floats, increments: Floats, times: Floats) -> Floats:
    """Return survival, shape (n_patients, n_times), from log hazard ratios and baseline steps."""
    return np.asarray(np.exp(-np.exp(risk)[:, None] * spread_out(spans, np.cumsum(increments), times)))


def cycled(n_refits: int, n_draws: int) -> NDArray[np.integer[Any]]:
    """Return the refit of each draw: all equally often."""
    return np.arange(n_draws) % n_refits


class RefittedSurvival(EncodedSurvivalModel):
    """Base of survival models of log hazard ratios without a posterior; subclasses fit them.

    Attributes
    ----------
    spans_ : array
        Time steps of the baselines.
    """

    n_refits: int
    spans_: Floats

    @single_threaded
    def fit(self, X: Any, y: Any, *, strata: Any = None) -> Self:  # noqa: ARG002
        """Fit to ``y`` with ``time`` (> 0) and ``event``; ``strata`` are accepted but not used.

        Raises
        ------
        UsageError
            If the patients differ, or a time is not positive.
        SupportError
            If there is no event, or the model cannot be fitted.
        """
        X, y = survival_data(self, X, y, reset=True)
        Z, time, event, _ = self._learn(X, y)
        self._grow(Z, time, event, X.index)
        return self

    @abstractmethod
    def _grow(self, Z: Floats, time: Floats, event: Bools, patients: pd.Index[Any]) -> None:
        """Learn from a matrix."""

    @abstractmethod
    def _risks(self, Z: Floats) -> Floats:
        """Return log hazard ratios by the model (first) and its refits, shape (1 + n_refits, n_patients)."""

    @abstractmethod
    def _steps(self) -> Floats:
        """Return the baseline steps of the model and its refits, shape (1 + n_refits, n_spans)."""

    @mean_over_unknown
    def predict_survival(self, X: Any, times: ArrayLike) -> Floats:
        """Survival probability, shape (n_patients, n_times).

        Raises
        ------
        HorizonError
            If a time exceeds the last follow-up.
        """
        wanted = self._checked(times)
        return survival_of(self.predict_risk(X), self.spans_, self._steps()[0], wanted)

    @draws_over_unknown
    def sample_survival(self, X: Any, times: ArrayLike, *, n_draws: int = 200, seed: int = 0) -> Floats:  # noqa: ARG002
        """Survival under bootstrap refits, shape (n_draws, n_patients, n_times); the draws repeat the refits in turn.

        Raises
        ------
        HorizonError
            If a time exceeds the last follow-up.
        SupportError
            If the model was fitted without refits.
        """
        wanted = self._checked(times)
        if not self.n_refits:
            raise SupportError("this model was fitted without bootstrap refits", hint="Set n_refits")
        pairs = zip(self._risks(self._encode(X))[1:], self._steps()[1:], strict=True)
        curves = [survival_of(risk, self.spans_, steps, wanted) for risk, steps in pairs]
        return np.asarray(np.stack(curves)[cycled(len(curves), n_draws)])

    @mean_over_unknown
    def predict_risk(self, X: Any) -> Floats:
        """Log hazard ratio against the mean of the training patients, shape (n_patients,)."""
        return np.asarray(self._risks(self._encode(X))[0])
