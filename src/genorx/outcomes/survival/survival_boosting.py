"""Gradient boosting of the Cox partial likelihood (scikit-survival), kept as arrays, with bootstrap refits.

Sources: Ridgeway G 1999, Comput Sci Stat 31:172; Friedman JH 2002, Comput Stat Data Anal 38:367 (subsampling).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from genorx._core.disclosure import coarse_columns
from genorx._core.feature_spec import FeatureSpec
from genorx._core.threads import single_threaded
from genorx.errors import SupportError
from genorx.outcomes.encoding.completed import draws_over_unknown, mean_over_unknown
from genorx.outcomes.shrinkage.baseline import coarse_times
from genorx.outcomes.survival.survival_base import EncodedSurvivalModel, survival_data
from genorx.outcomes.survival.survival_refits import bootstrap_rows, cycled, event_steps_of, survival_of
from genorx.outcomes.trees.trees import Trees, pack_trees

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
_DIGITS = 6  # sums of the same round steps are the same in whatever order


class SurvivalBoosting(EncodedSurvivalModel):
    """Survival by boosted trees of the Cox partial likelihood.

    Parameters
    ----------
    specs : sequence of FeatureSpec, optional
    n_trees, max_depth : int
    learning_rate, subsample : float
    n_refits : int
        Bootstrap refits for intervals.
    rare : int
        Fewest patients on either side of a 0/1 column.
    seed : int

    Attributes
    ----------
    trees_ : Trees
        Those of the model first, then those of each refit.
    encoder_ : FeatureEncoder
    end_ : float
    """

    def __init__(
        self,
        specs: Iterable[FeatureSpec] | None = None,
        *,
        n_trees: int = 100,
        max_depth: int = 2,
        learning_rate: float = 0.1,
        subsample: float = 0.5,
        n_refits: int = 20,
        rare: int = 5,
        seed: int = 0,
    ) -> None:
        self.specs = specs
        self.n_trees = n_trees
        self.max_depth = max_depth
        self.learning_rate = learning_rate
        self.subsample = subsample
        self.n_refits = n_refits
        self.rare = rare
        self.seed = seed

    @single_threaded
    def fit(self, X: Any, y: Any, *, strata: Any = None) -> Self:  # noqa: ARG002
        """Fit to ``y`` with ``time`` (> 0) and ``event``; ``strata`` are taken for the Protocol's sake and not used.

        Raises
        ------
        UsageError
            If the patients differ, or a time is not positive.
        SupportError
            If no event was seen.
        """
        X, y = survival_data(self, X, y, reset=True)
        Z, time, event, _ = self._learn(X, y)
        samples = [np.arange(event.size), *bootstrap_rows(event, self.n_refits, self.seed)]
        grown = [self._grown(Z[rows], time[rows], event[rows], self.seed + turn) for turn, rows in enumerate(samples)]
        trees = [tree for one in grown for tree in one]
        # scaled so that the mean over a model's trees is its log hazard ratio
        self.trees_ = pack_trees(trees, [t.value[:, 0, :] * self.learning_rate * self.n_trees for t in trees])
        risks = self._risks(Z)
        knots = coarse_times(time, event)
        self.spans_ = event_steps_of(risks[0], time, event).spans(knots)
        steps = [
            event_steps_of(risk[rows], time[rows], event[rows]).between(knots)
            for risk, rows in zip(risks, samples, strict=True)
        ]
        self.increments_ = np.stack(steps)
        return self

    def _grown(self, Z: Floats, time: Floats, event: Bools, seed: int) -> list[Any]:
        from sksurv.ensemble import GradientBoostingSurvivalAnalysis
        from sksurv.util import Surv

        boosted = GradientBoostingSurvivalAnalysis(
            n_estimators=self.n_trees,
            max_depth=self.max_depth,
            learning_rate=self.learning_rate,
            subsample=self.subsample,
            max_features="sqrt",
            min_samples_leaf=5,
            random_state=seed,
        )
        boosted.fit(coarse_columns(Z), Surv.from_arrays(event, time))
        return [tree.tree_ for tree in boosted.estimators_[:, 0]]

    def _risks(self, Z: Floats) -> Floats:
        """Return log hazard ratios by the model (first) and its refits, shape (1 + n_refits, n_patients)."""
        leaves = self.trees_.leaves(Z)
        parts = self.trees_.value[leaves, 0].reshape(len(Z), 1 + self.n_refits, self.n_trees)
        return np.asarray(np.round(parts.mean(axis=2, dtype=float).T, _DIGITS))

    @mean_over_unknown
    def predict_survival(self, X: Any, times: ArrayLike) -> Floats:
        """Survival probability, shape (n_patients, n_times).

        Raises
        ------
        HorizonError
            If a time exceeds the last follow-up.
        """
        wanted = self._checked(times)
        return survival_of(self.predict_risk(X), self.spans_, self.increments_[0], wanted)

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
        pairs = zip(self._risks(self._encode(X))[1:], self.increments_[1:], strict=True)
        curves = [survival_of(risk, self.spans_, steps, wanted) for risk, steps in pairs]
        return np.asarray(np.stack(curves)[cycled(len(curves), n_draws)])

    @mean_over_unknown
    def predict_risk(self, X: Any) -> Floats:
        """Log hazard ratio, shape (n_patients,)."""
        return np.asarray(self._risks(self._encode(X))[0])

    @mean_over_unknown
    def contributions(self, X: Any) -> pd.DataFrame:
        """What each feature adds to the log hazard ratio on the way down the trees; patients x features."""
        Z, patients = self._encoded(X)
        first = self._first_trees()
        return self.encoder_.by_source(first.contributions(Z, first.value[:, 0].astype(float)), patients)

    def _first_trees(self) -> Trees:
        """Return the trees of the model without those of its refits."""
        arrays = self.trees_.arrays()
        return Trees.from_arrays(arrays | {"trees.roots": self.trees_.roots[: self.n_trees]})

    def state(self) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        """JSON values and arrays from which ``from_state`` makes the same model."""
        return self._header(), self.trees_.arrays() | {"spans": self.spans_, "increments": self.increments_}

    @classmethod
    def from_state(cls, values: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> Self:
        """Make a fitted model from what ``state`` gave; runs no code of the file."""
        model: Self = cls._from_header(values)
        model.trees_ = Trees.from_arrays(arrays)
        model.spans_, model.increments_ = arrays["spans"], arrays["increments"]
        return model
