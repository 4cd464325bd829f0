"""Parametric bootstrap: the uncertainty of a fit from refits to outcomes simulated from similar models.

Refits to resampled patients show the variance of a model, not its bias: a tree smooths steps, a penalty shrinks towards
the mean.  So each refit is taken as a truth, outcomes are simulated from it, and the error of the same model fitted to
them is known.  A bias that no such truth shows (a product of features that no tree found) stays unknown.
Source: Efron B, Tibshirani RJ 1993, An Introduction to the Bootstrap, 6.5 and 10 (parametric bootstrap, bias).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import clone

from genorx.errors import SupportError
from genorx.outcomes.shrinkage.coefficient_draws import linear_predictors
from genorx.outcomes.state_arrays import arrays_below, named_below
from genorx.outcomes.survival.survival_refits import bootstrap_rows

Floats = NDArray[np.float64]
_BAGS = 10  # bags of a refitted forest: fewer add noise, more take longer


class Refitted(ABC):
    """A model on a linear scale (log odds, log mean, scaled amount) with its refits, and its state."""

    n_refits: int
    seed: int

    @abstractmethod
    def _by_refit(self, matrix: Floats) -> Floats:
        """Return the predictions of the model (first) and its refits on the scale, shape (1 + n_refits, n_patients)."""

    @abstractmethod
    def _learnt(self) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        """Return the learnt content as JSON values and arrays."""

    @abstractmethod
    def _take(self, values: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> None:
        """Restore the learnt content."""

    @abstractmethod
    def _header(self) -> dict[str, Any]:
        """Return parameters and columns as JSON values."""

    @classmethod
    @abstractmethod
    def _from_header(cls, values: dict[str, Any]) -> Any:
        """Build a model from them."""

    def state(self) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        """JSON values and arrays from which ``from_state`` restores the model."""
        header = self._header()
        values, arrays = self._learnt()
        return header | values, arrays

    @classmethod
    def from_state(cls, values: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> Self:
        """Restore a fitted model from ``state``; runs no code of the file."""
        model: Self = cls._from_header(values)
        model._take(values, arrays)
        return model


class TruthRefits(Refitted):
    """A model whose draws come from refits to simulated outcomes.

    Attributes
    ----------
    again_ : tuple of fitted models
        Refits of the same class and columns, each without refits of its own.
    """

    again_: tuple[Any, ...]

    @abstractmethod
    def _grow(self, matrix: Floats, target: Floats, offset: Floats, patients: pd.Index[Any]) -> None:
        """Learn from a matrix; ``offset`` is added to the linear scale."""

    @property
    @abstractmethod
    def _slope(self) -> float:
        """Recalibration slope of the linear scale."""

    @abstractmethod
    def _placed(self, linear: Floats, offset: Floats) -> Floats:
        """Return the result of ``_by_refit``, recalibrated and with the offset."""

    @abstractmethod
    def _bootstrapped(self, target: Floats) -> NDArray[np.bool_]:
        """Return the patients with an event, of whom each bootstrap sample needs at least two."""

    @abstractmethod
    def _outcomes(self, truth: Floats, rng: np.random.Generator) -> Floats:
        """Return outcomes simulated from a true linear predictor, with enough events to fit."""

    def _samples(self, target: Floats) -> Iterator[NDArray[Any]]:
        """Yield the rows of the model, then those of its refits: bootstrap samples with events."""
        yield np.arange(target.size)
        yield from bootstrap_rows(self._bootstrapped(target), self.n_refits, self.seed)

    def _fit_to_truths(self, matrix: Floats, offset: Floats, patients: pd.Index[Any]) -> None:
        rng, again = np.random.default_rng(self.seed), []
        truths = truths_around(self._placed(self._by_refit(matrix), offset), self._slope) if self.n_refits else ()
        for turn, truth in enumerate(truths[: self.n_refits]):
            again.append(self._again(matrix, self._outcomes(truth, rng), offset, patients, turn))
        self.again_ = tuple(again)

    def _again(self, matrix: Floats, drawn: Floats, offset: Floats, patients: pd.Index[Any], turn: int) -> Self:
        """Return a refit of the model to simulated outcomes."""
        quick = self._lean_copy(turn)
        quick._grow(matrix, drawn, offset, patients)
        return quick

    def _lean_copy(self, turn: int) -> Self:
        """Return an unfitted copy for this refit, without unneeded computations."""
        quick: Self = clone(self)
        quick.set_params(n_refits=0, seed=self.seed + 1 + turn)  # type: ignore[attr-defined]
        if hasattr(quick, "n_bags"):
            quick.n_bags = min(quick.n_bags, _BAGS)
        return quick

    def _drawn(self, matrix: Floats, offset: Floats, *, n_draws: int, seed: int) -> Floats:
        """Return draws on the linear scale, shape (n_draws, n_patients).

        Raises
        ------
        SupportError
            If the model was fitted without refits.
        """
        if not self.again_:
            raise SupportError("this model was fitted without bootstrap refits", hint="Set n_refits")
        made = self._placed(self._by_refit(matrix), offset)
        found = np.stack([self._placed(one._by_refit(matrix)[0], offset) for one in self.again_])
        errors = found - truths_around(made, self._slope)[: len(self.again_)]
        return draws_around(made[0], errors, n_draws=n_draws, seed=seed)

    def state(self) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        """JSON values and arrays from which ``from_state`` restores the model."""
        values, arrays = super().state()
        states = [one._learnt() for one in self.again_]
        for place, (_, own) in enumerate(states):
            arrays = arrays | named_below(f"again.{place}", own)
        return values | {"again": [own for own, _ in states]}, arrays

    @classmethod
    def from_state(cls, values: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> Self:
        """Restore a fitted model from ``state``; runs no code of the file."""
        model = super().from_state(values, arrays)
        model.again_ = tuple(model._lean_copy(turn) for turn in range(len(values["again"])))
        for turn, one in enumerate(model.again_):
            one._take(values["again"][turn], arrays_below(f"again.{turn}", arrays))
        return model


def truths_around(made: Floats, slope: float = 1.0) -> Floats:
    """Return true linear predictors: the estimate, shifted by each refit's deviation; (n_refits, n_patients).

    Parameters
    ----------
    made : array of shape (1 + n_refits, n_patients)
        Estimate of the model, then those of its refits, recalibrated.
    slope : float
        Slope by which they were recalibrated.  A slope below 1 means that the share 1 - slope of the predicted
        variation is noise, of variance E: the remaining uncertainty has variance slope x E, while the refits, all
        multiplied by the slope, have slope^2 x E.
    """
    # by row: results then do not depend on the other patients
    middle = np.ascontiguousarray(made[1:].T).mean(axis=1)
    return np.asarray(made[0] + (made[1:] - middle) / np.sqrt(min(slope, 1.0)))


def draws_around(estimate: Floats, errors: Floats, *, n_draws: int, seed: int) -> Floats:
    """Return normal draws on the linear scale, shape (n_draws, n_patients), with the errors' size and correlation.

    The size of few errors is uncertain: the variance is that of Student's t with as many degrees of freedom.
    """
    freedom = max(len(errors) - 2, 1)
    mixed = np.random.default_rng(seed).standard_normal((n_draws, len(errors))) / np.sqrt(freedom)
    return np.asarray(estimate + linear_predictors(np.ascontiguousarray(errors.T), mixed))
