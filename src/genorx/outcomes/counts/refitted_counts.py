"""Common base of count models without a posterior: draws by parametric bootstrap, out-of-fold overdispersion.

A subclass defines how it learns from a matrix and the log means (without the offset) by the model and its refits; draws
are those of ``outcomes.engines.refits``.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genorx._core.threads import single_threaded
from genorx.errors import SupportError
from genorx.outcomes.counts.counts_base import CountModel, drawn_counts, means, overdispersion
from genorx.outcomes.encoding.completed import draws_over_unknown, interval_over_unknown, mean_over_unknown
from genorx.outcomes.engines.refits import TruthRefits

Floats = NDArray[np.float64]
_FEWEST = 2  # fewest patients with events


class RefittedCounts(CountModel, TruthRefits):
    """A model of log means; see its subclasses."""

    @single_threaded
    def fit(self, X: Any, y: Any) -> Self:
        """Fit to counts ``y``, index as ``X``.

        Raises
        ------
        InputError
            If a count is below 0 (``negative-count``) or not a whole number (``not-a-count``), or an exposure is not
            positive (``exposure-not-positive``).
        UsageError
            If the patients differ, or a count is missing.
        SupportError
            If fewer than two counts are above 0, or no feature differs between patients (``no-columns``).
        """
        matrix, target, offset = self._begin(X, y)
        if not matrix.shape[1]:
            raise SupportError("no feature differs between patients", code="no-columns")
        if (target > 0).sum() < _FEWEST:
            raise SupportError("only one patient has a count above 0", code="too-few-events", hint="A model needs two")
        patients = self._frame(X).index
        self._grow(matrix, target, offset, patients)
        self.overdispersion_ = overdispersion(target, means(self._out_of_fold(matrix, target, offset, patients)))
        self._fit_to_truths(matrix, offset, patients)
        return self

    @property
    def _slope(self) -> float:
        return 1.0

    def _placed(self, linear: Floats, offset: Floats) -> Floats:
        return np.asarray(offset + linear)

    def _bootstrapped(self, target: Floats) -> NDArray[np.bool_]:
        return np.asarray(target > 0)

    def _outcomes(self, truth: Floats, rng: np.random.Generator) -> Floats:
        drawn = np.zeros(len(truth))
        while (drawn > 0).sum() < _FEWEST:
            drawn = drawn_counts(means(truth), self.overdispersion_, rng)
        return drawn

    @abstractmethod
    def _out_of_fold(self, matrix: Floats, target: Floats, offset: Floats, patients: pd.Index[Any]) -> Floats:
        """Return each patient's out-of-fold log mean: residuals of the fit itself are too small."""

    @mean_over_unknown
    def predict_value(self, X: Any) -> Floats:
        """Mean count of each patient (over the patient's own exposure), shape (n_patients,)."""
        matrix, offset = self._parts(X)
        return means(offset + self._by_refit(matrix)[0])

    @draws_over_unknown
    def sample_value(self, X: Any, *, n_draws: int = 200, seed: int = 0) -> Floats:
        """Draws of the mean count, shape (n_draws, n_patients): see ``outcomes.engines.refits``.

        Raises
        ------
        SupportError
            If the model was fitted without refits.
        """
        return means(self._drawn(*self._parts(X), n_draws=n_draws, seed=seed))

    @interval_over_unknown
    def predict_interval(self, X: Any, *, level: float = 0.95) -> Floats:
        """Prediction interval of a patient's own count, shape (n_patients, 2): quantiles of a negative binomial.

        Its overdispersion is estimated out of fold, and so includes the error of the means.
        """
        return self._limits(self.predict_value(X), 0.0, level)
