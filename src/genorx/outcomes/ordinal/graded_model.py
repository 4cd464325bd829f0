"""Common base of ordinal models: all predictions from the probability of each grade.

The probabilities are estimated by each model.
Source: Barlow RE et al. 1972, Statistical Inference under Order Restrictions, section 1.2 (pooling adjacent values).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import BaseEstimator

from genorx.errors import Finding, InputError, UsageError
from genorx.outcomes.continuous.value_base import ValueRegressor, checked_values

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


class GradedModel(ValueRegressor, BaseEstimator, ABC):  # type: ignore[misc]
    """A model that returns the probability of each grade, 0 to ``highest``."""

    highest: int
    at_least: int

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.string = True
        tags.input_tags.categorical = True
        return tags

    @abstractmethod
    def predict_grades(self, X: Any) -> Floats:
        """Probability of each grade, shape (n_patients, highest + 1); rows sum to 1."""

    @abstractmethod
    def sample_grades(self, X: Any, *, n_draws: int = 200, seed: int = 0) -> Floats:
        """Draws of the probability of each grade, shape (n_draws, n_patients, highest + 1)."""

    def predict_at_least(self, X: Any, grade: int | None = None) -> Floats:
        """Probability of ``grade`` or more (``at_least`` by default), shape (n_patients,)."""
        chosen = self.at_least if grade is None else grade
        if not 0 <= chosen <= self.highest:
            raise UsageError(f"{chosen} is no grade: they are 0 to {self.highest}")
        return exceedance(self.predict_grades(X))[:, chosen]

    def predict_probability(self, X: Any) -> Floats:
        """Probability of a grade at or above ``at_least``, shape (n_patients,)."""
        return self.predict_at_least(X)

    def sample_probability(self, X: Any, *, n_draws: int = 200, seed: int = 0) -> Floats:
        """Draws of the probability of a grade at or above ``at_least``, shape (n_draws, n_patients)."""
        return exceedance(self.sample_grades(X, n_draws=n_draws, seed=seed))[..., self.at_least]

    def predict_value(self, X: Any) -> Floats:
        """Median grade, shape (n_patients,)."""
        below = np.cumsum(self.predict_grades(X), axis=1)
        return np.asarray((below < 0.5).sum(axis=1), dtype=np.float64)


def exceedance(chance: Floats) -> Floats:
    """Return the probability of each grade or more, from that of each grade; grades on the last axis."""
    return np.asarray(np.minimum(chance[..., ::-1].cumsum(axis=-1)[..., ::-1], 1.0))


def grades_of(reaching: Floats) -> Floats:
    """Return the probability of each grade, from that of each grade or more, the lowest (1) first."""
    above = np.concatenate([reaching[..., 1:], np.zeros_like(reaching[..., :1])], axis=-1)
    return np.asarray(reaching - above)


def never_rising(chance: Floats) -> Floats:
    """Return the nearest non-increasing values (least squares) along the last axis.

    The observed outcome is such a sequence, 1 up to the grade and 0 above it, so the ranked probability score gets no
    worse.
    """
    n = chance.shape[-1]
    total = np.concatenate([np.zeros_like(chance[..., :1]), np.cumsum(chance, axis=-1)], axis=-1)
    pooled = np.empty_like(chance)
    for k in range(n):
        highest = [
            np.max([(total[..., j + 1] - total[..., i]) / (j + 1 - i) for j in range(k, n)], axis=0)
            for i in range(k + 1)
        ]
        pooled[..., k] = np.min(highest, axis=0)
    falls = (np.diff(chance, axis=-1) <= 0).all(axis=-1, keepdims=True)
    return np.where(falls, chance, np.minimum.accumulate(pooled, axis=-1))


def never_seen(seen: NDArray[np.integer[Any]], highest: int) -> list[Finding]:
    """Return a finding on unseen grades."""
    never = sorted(set(range(highest + 1)) - set(seen.tolist()))
    listed = ", ".join(map(str, never))
    message = f"no patient had grade {listed}: it has no probability of its own"
    return [Finding(code="grade-never-seen", severity="warning", message=message)] if never else []


def check_counting(highest: int, at_least: int) -> None:
    """Raise an error for a threshold grade that is not above the lowest."""
    if not 1 <= at_least <= highest:
        raise UsageError(f"at_least is {at_least}: a threshold grade is from 1 to {highest}")


def checked_grades(X: pd.DataFrame, y: Any, highest: int) -> Ints:
    """Return grades, validated.

    Raises
    ------
    InputError
        If a grade is not among 0, 1, ..., ``highest`` (``unknown-grade``).
    UsageError
        If the patients differ, or a grade is missing.
    """
    target = checked_values(X, y)
    wrong = (target != np.round(target)) | (target < 0) | (target > highest)
    if wrong.any():
        reason = f"{int(wrong.sum())} grades are outside 0 to {highest}, the first is {target[wrong][0]:g}"
        raise InputError(reason, hint="grades are whole numbers; leave out unknown ones", code="unknown-grade")
    return target.astype(np.int64)
