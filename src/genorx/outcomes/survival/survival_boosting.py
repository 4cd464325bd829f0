"""Gradient boosting of the Cox partial likelihood, stored as arrays, with bootstrap refits.

Sources: Ridgeway G 1999, Comput Sci Stat 31:172; Friedman JH 2002, Comput Stat Data Anal 38:367 (subsampling).
"""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genorx._core.disclosure import coarse_columns
from genorx.outcomes.engines.tree_blocks import Boosted
from genorx.outcomes.engines.trees import Trees, pack_trees
from genorx.outcomes.shrinkage.baseline import coarse_times, span_arrays, spans_from
from genorx.outcomes.survival.cox_boosting import boosted_cox_trees
from genorx.outcomes.survival.survival_refits import RefittedSurvival, bootstrap_rows, event_steps_of

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
_DIGITS = 6  # sums of equally rounded numbers do not depend on their order


@dataclass(eq=False, repr=False)
class SurvivalBoosting(Boosted, RefittedSurvival):
    """Boosted trees of the Cox partial likelihood.

    Parameters
    ----------
    specs, n_trees, max_depth, learning_rate, subsample, rare, seed
        As in ``BoostedLogistic``.
    n_refits : int
        Number of bootstrap refits, for intervals.

    Attributes
    ----------
    trees_ : Trees
        Trees of the model first, then those of each refit.
    encoder_ : FeatureEncoder
        Encoding of the features.
    end_ : float
        Last follow-up time, rounded up.

    Examples
    --------
    >>> import genorx as gx
    >>> made = gx.datasets.make_trial(150)
    >>> X = made.features[["age_years", "ldh_u_per_l"]]
    >>> model = gx.outcomes.SurvivalBoosting(n_trees=20, n_refits=2).fit(X, made.outcomes)
    >>> model.predict_survival(X.head(3), [12, 24]).shape
    (3, 2)
    """

    _: KW_ONLY
    n_trees: int = 100
    max_depth: int = 2
    learning_rate: float = 0.1
    n_refits: int = 20

    def _grow(
        self,
        Z: Floats,
        time: Floats,
        event: Bools,
        patients: pd.Index[Any],  # noqa: ARG002
    ) -> None:
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

    def _grown(self, Z: Floats, time: Floats, event: Bools, seed: int) -> list[Any]:
        return boosted_cox_trees(
            coarse_columns(Z),
            time,
            event,
            n_trees=self.n_trees,
            learning_rate=self.learning_rate,
            subsample=self.subsample,
            seed=seed,
            max_depth=self.max_depth,
            max_features="sqrt",
            min_samples_leaf=5,
        )

    def _risks(self, Z: Floats) -> Floats:
        """Return log hazard ratios by the model (first) and its refits, shape (1 + n_refits, n_patients)."""
        leaves = self.trees_.leaves(Z)
        parts = self.trees_.value[leaves, 0].reshape(len(Z), 1 + self.n_refits, self.n_trees)
        return np.asarray(np.round(parts.mean(axis=2, dtype=float).T, _DIGITS))

    def _steps(self) -> Floats:
        return self.increments_

    def state(self) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        """JSON values and arrays from which ``from_state`` restores the model."""
        return self._header(), self.trees_.arrays() | span_arrays(self.spans_) | {"increments": self.increments_}

    @classmethod
    def from_state(cls, values: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> Self:
        """Restore a fitted model from ``state``; runs no code of the file."""
        model: Self = cls._from_header(values)
        model.trees_ = Trees.from_arrays(arrays)
        model.spans_, model.increments_ = spans_from(arrays), arrays["increments"]
        return model
