"""What models of a count without a posterior share: draws by made truths, overdispersion out of fold.

A subclass says how it learns from a matrix and which log means (less the offset) the model and its refits give;
draws are those of ``outcomes.made_truths``.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genorx._core.threads import single_threaded
from genorx.errors import SupportError
from genorx.outcomes.counts.counts_base import CountModel, drawn_counts, means, overdispersion
from genorx.outcomes.encoding.completed import draws_over_unknown, interval_over_unknown, mean_over_unknown
from genorx.outcomes.made_truths import MadeTruths, draws_around, truths_around
from genorx.outcomes.survival.survival_refits import bootstrap_rows

Floats = NDArray[np.float64]
_FEWEST = 2  # patients with events


class RefittedCounts(MadeTruths, CountModel):
    """A model of log means; see its subclasses."""

    @single_threaded
    def fit(self, X: Any, y: Any) -> Self:
        """Fit to counts ``y``, index as ``X``.

        Raises
        ------
        InputError
            If a count is below 0 (``negative-count``) or no whole number (``not-a-count``), or an exposure is not
            positive (``exposure-not-positive``).
        UsageError
            If the patients differ, or a count is missing.
        SupportError
            If all counts are 0 or all but one, or no feature differs between patients (``no-columns``).
        """
        matrix, target, offset = self._begin(X, y)
        if not matrix.shape[1]:
            raise SupportError("no feature differs between patients", code="no-columns")
        if (target > 0).sum() < _FEWEST:
            raise SupportError("one patient has a count above 0", code="too-few-events", hint="A model needs two")
        patients = self._frame(X).index
        self._grow(matrix, target, offset, patients)
        self.overdispersion_ = overdispersion(target, means(self._out_of_fold(matrix, target, offset, patients)))
        self.again_ = tuple(self._fits_to_truths(matrix, offset, patients)) if self.n_refits else ()
        return self

    @abstractmethod
    def _grow(self, matrix: Floats, target: Floats, offset: Floats, patients: pd.Index[Any]) -> None:
        """Learn from a matrix."""

    @property
    def _slope(self) -> float:
        """Return the slope by which log means are recalibrated."""
        return 1.0

    def _fits_to_truths(self, matrix: Floats, offset: Floats, patients: pd.Index[Any]) -> Iterator[Self]:
        rng = np.random.default_rng(self.seed)
        for turn, truth in enumerate(truths_around(offset + self._by_refit(matrix), self._slope)[: self.n_refits]):
            drawn = np.zeros(len(truth))
            while (drawn > 0).sum() < _FEWEST:
                drawn = drawn_counts(means(truth), self.overdispersion_, rng)
            yield self._again(matrix, drawn, offset, patients, turn)

    def _again(self, matrix: Floats, drawn: Floats, offset: Floats, patients: pd.Index[Any], turn: int) -> Self:
        """Return the same model of counts that were drawn from a made truth."""
        quick = self._spared(turn)
        quick._grow(matrix, drawn, offset, patients)
        return quick

    @abstractmethod
    def _out_of_fold(self, matrix: Floats, target: Floats, offset: Floats, patients: pd.Index[Any]) -> Floats:
        """Return the log mean of each patient by a model fitted to others: residuals of the fit are too small."""

    def _samples(self, target: Floats) -> Iterator[NDArray[Any]]:
        """Yield the rows of the model, then those of its refits: bootstrap samples with events."""
        yield np.arange(target.size)
        yield from bootstrap_rows(target > 0, self.n_refits, self.seed)

    @abstractmethod
    def _by_refit(self, matrix: Floats) -> Floats:
        """Return log means less the offset by the model and its refits, shape (1 + n_refits, n_patients)."""

    @mean_over_unknown
    def predict_value(self, X: Any) -> Floats:
        """Mean count of each patient (over the patient's own exposure), shape (n_patients,)."""
        matrix, offset = self._parts(X)
        return means(offset + self._by_refit(matrix)[0])

    @draws_over_unknown
    def sample_value(self, X: Any, *, n_draws: int = 200, seed: int = 0) -> Floats:
        """Draws of the mean count, shape (n_draws, n_patients): see ``outcomes.made_truths``.

        Raises
        ------
        SupportError
            If the model was fitted without refits.
        """
        middle, errors = self._middle_and_errors(X)
        return means(draws_around(middle, errors, n_draws=n_draws, seed=seed))

    def _middle_and_errors(self, X: Any) -> tuple[Floats, Floats]:
        """Return log means, and how far off they may be, shape (n_truths, n_patients)."""
        matrix, offset = self._parts(X)
        made = offset + self._by_refit(matrix)
        found = [offset + one._by_refit(matrix)[0] for one in self.again_]
        return made[0], self._errors(made, found, self._slope)

    @interval_over_unknown
    def predict_interval(self, X: Any, *, level: float = 0.95) -> Floats:
        """Interval of a patient's own count, shape (n_patients, 2): quantiles of a negative binomial.

        Its overdispersion is that of patients left out, and so holds how far off the means are too.
        """
        return self._limits(self.predict_value(X), 0.0, level)

    @abstractmethod
    def _learnt(self) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        """Return what was learnt as JSON values and arrays."""

    @abstractmethod
    def _take(self, values: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> None:
        """Take it back."""

    def state(self) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        """JSON values and arrays from which ``from_state`` makes the same model."""
        header = self._header()
        values, arrays = self._learnt()
        again, others = self._again_state()
        return header | values | {"again": again}, arrays | others

    @classmethod
    def from_state(cls, values: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> Self:
        """Make a fitted model from what ``state`` gave; runs no code of the file."""
        model: Self = cls._from_header(values)
        model._take(values, arrays)
        model._take_again(values["again"], arrays)
        return model
