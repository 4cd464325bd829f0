"""Boosted trees of the Poisson likelihood for a count (trees by scikit-learn), stored as arrays.

Sources: Friedman JH 2001, Ann Stat 29:1189, and 2002, Comput Stat Data Anal 38:367 (boosting, subsampling).
"""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genorx._core.disclosure import coarse_columns
from genorx.outcomes.counts.counts_base import means
from genorx.outcomes.counts.refitted_counts import RefittedCounts
from genorx.outcomes.engines.tree_blocks import Boosted, filled_up
from genorx.outcomes.folds import hash_folds

Floats = NDArray[np.float64]


@dataclass(eq=False, repr=False)
class BoostedCounts(Boosted, RefittedCounts):
    """Boosted trees: mean of a count.

    Each tree splits by the residuals of half of the patients; a leaf multiplies means by the ratio of observed to
    expected events of its patients, with one added to both, so that a leaf without events does not give a mean of 0.

    Parameters
    ----------
    specs, n_trees, max_depth, learning_rate, subsample, n_refits, rare, seed
        As in ``BoostedLogistic``.
    exposure : str, optional
        Feature to which a patient's count is proportional (time under observation); positive, never missing.
    folds : int
        Number of folds for the overdispersion; 0: from the residuals of the fit itself.

    Attributes
    ----------
    trees_ : Trees
        Trees of the model first, then those of each refit.
    overdispersion_ : float
        Variance is mean + overdispersion x mean^2; 0: Poisson.

    Examples
    --------
    >>> import genorx as gx
    >>> made = gx.datasets.make_trial(150)
    >>> X = made.features[["age_years", "ldh_u_per_l"]]
    >>> visits = (made.outcomes["time"] // 10).rename("visits")
    >>> model = gx.outcomes.BoostedCounts(n_trees=20, n_refits=2).fit(X, visits)
    >>> bool((model.predict_value(X) > 0).all())
    True
    """

    _: KW_ONLY
    exposure: str | None = None
    folds: int = 5

    def _grow(self, matrix: Floats, target: Floats, offset: Floats, patients: pd.Index[Any]) -> None:  # noqa: ARG002
        grown = [
            self._boosted(matrix[rows], target[rows], offset[rows], self.seed + turn)
            for turn, rows in enumerate(self._samples(target))
        ]
        trees = [tree for _, made, _ in grown for tree in made]
        self._pack(trees, [value for _, _, values in grown for value in values], [start for start, _, _ in grown])

    def _boosted(
        self, matrix: Floats, target: Floats, offset: Floats, seed: int
    ) -> tuple[float, list[Any], list[Floats]]:
        """Return the start value, trees, and the value of each node."""
        from sklearn.tree import DecisionTreeRegressor

        rng = np.random.default_rng(seed)
        single = coarse_columns(matrix).astype(np.float32)
        start = float(np.log(target.sum() / np.exp(offset).sum()))
        linear, trees, values = offset + start, [], []
        for _ in range(self.n_trees):
            mean = means(linear)
            rows = np.sort(rng.permutation(target.size)[: max(2, round(self.subsample * target.size))])
            grower = DecisionTreeRegressor(
                max_depth=self.max_depth,
                max_features="sqrt",
                min_samples_leaf=10,
                random_state=int(rng.integers(2**31)),
            )
            tree = grower.fit(single[rows], (target - mean)[rows]).tree_
            leaf = tree.apply(single[rows])
            seen, expected = (
                np.bincount(leaf, weights=each[rows], minlength=tree.node_count) for each in (target, mean)
            )
            value = filled_up(tree, np.log((seen + 1) / (expected + 1))[:, None])
            linear = linear + self.learning_rate * value[tree.apply(single), 0]
            trees.append(tree)
            values.append(value)
        return start, trees, values

    def _out_of_fold(self, matrix: Floats, target: Floats, offset: Floats, patients: pd.Index[Any]) -> Floats:
        linear = offset + self._by_refit(matrix)[0]
        if self.folds < 2 or target.size < 2 * self.folds:
            return np.asarray(linear)
        single = matrix.astype(np.float32)
        fold = hash_folds(patients, self.folds, seed=self.seed, salt="overdispersion")
        for k in np.unique(fold):
            train = fold != k
            if target[train].any():  # the fit to all patients is used if the others had no events
                start, trees, values = self._boosted(matrix[train], target[train], offset[train], self.seed)
                for tree, value in zip(trees, values, strict=True):
                    start = start + self.learning_rate * value[tree.apply(single[~train]), 0]
                linear[~train] = offset[~train] + start
        return np.asarray(linear)
