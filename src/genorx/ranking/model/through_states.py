"""Adapter of a multistate prognosis to the interface of prognoses fitted to time and event."""

from __future__ import annotations

from dataclasses import dataclass
from inspect import signature
from typing import Any, Self

import pandas as pd
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, clone

from genorx.cohort.course import Course


def takes_course(model: Any) -> bool:
    """Return whether a model is fitted to the course of patients, not to a time and an event."""
    return "course" in signature(model.fit).parameters


@dataclass(eq=False, repr=False)
class ThroughStates(BaseEstimator):  # type: ignore[misc]
    """A multistate model whose training patients are selected by the rows of their times.

    Parameters
    ----------
    model : model with ``fit(X, course)``
    course : Course
        Course of all patients.
    """

    model: Any
    course: Course

    def fit(self, X: pd.DataFrame, y: pd.DataFrame) -> Self:
        """Fit to the course of the patients of ``y``."""
        self.model_ = clone(self.model).fit(X, self.course.only(y.index))
        return self

    def predict_survival(self, X: pd.DataFrame, times: ArrayLike) -> NDArray[Any]:
        """Probability of being alive, shape (n_patients, n_times)."""
        return self.model_.predict_survival(X, times)  # type: ignore[no-any-return]

    def predict_risk(self, X: pd.DataFrame) -> NDArray[Any]:
        """Risk score, higher is worse, shape (n_patients,)."""
        return self.model_.predict_risk(X)  # type: ignore[no-any-return]
