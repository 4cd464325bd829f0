"""An amount by boosted trees (absolute error) or a forest (scikit-learn), kept as arrays.

Sources: Friedman JH 2001, Ann Stat 29:1189, and 2002, Comput Stat Data Anal 38:367 (boosting, subsampling); Breiman L
2001, Mach Learn 45:5; Sexton J, Laake P 2009, Comput Stat Data Anal 53:801 (bags of trees).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import KW_ONLY, dataclass
from typing import Any, Literal, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genorx._core.disclosure import coarse_columns, rounded
from genorx._core.feature_spec import FeatureSpec
from genorx._core.threads import single_threaded
from genorx.outcomes.amounts.refitted_regression import RefittedRegression
from genorx.outcomes.encoding.completed import mean_over_unknown
from genorx.outcomes.trees.tree_blocks import TreeBlocks, half_sample_forest, node_values
from genorx.outcomes.trees.trees import pack_trees

Floats = NDArray[np.float64]


@dataclass(eq=False, repr=False)
class BoostedRegression(TreeBlocks, RefittedRegression):
    """An amount by boosted trees of the absolute error, on a scale that the data choose.

    Parameters
    ----------
    specs : sequence of FeatureSpec, optional
    scale : {"auto", "identity", "sqrt", "log"}
    n_trees, max_depth : int
    learning_rate, subsample : float
    n_refits : int
        Bootstrap refits for draws.
    residual_folds : int
        Folds of the residuals that intervals are made of; 0: no intervals.
    rare : int
        Fewest patients on either side of a 0/1 column.
    seed : int

    Attributes
    ----------
    trees_ : Trees
    """

    specs: Iterable[FeatureSpec] | None = None
    _: KW_ONLY
    scale: Literal["auto", "identity", "sqrt", "log"] = "auto"
    n_trees: int = 150
    max_depth: int = 3
    learning_rate: float = 0.08
    subsample: float = 0.5
    n_refits: int = 20
    residual_folds: int = 5
    rare: int = 5
    seed: int = 0

    @single_threaded
    def fit(self, X: pd.DataFrame, y: pd.Series[float]) -> Self:
        """Fit to ``y`` of numbers, index as ``X``.

        Raises
        ------
        UsageError
            If the patients differ, or a value is missing.
        SupportError
            If all values are the same, or there is no column.
        """
        matrix, target = self._begin(X, y)
        scaled = self.scale_.forward(target)
        trees, start = [], []
        for turn, rows in enumerate(self._samples(len(scaled))):
            start.append(rounded(float(np.median(scaled[rows])), float(scaled.std())))
            trees += self._grown(matrix[rows], scaled[rows], self.seed + turn)
        # scaled so that the mean over a model's trees is what they add
        size = self.learning_rate * self.n_trees
        self.trees_ = pack_trees(trees, [size * node_values(tree) for tree in trees])
        self.start_ = np.array(start)
        self._finish(X, target)
        return self

    def _grown(self, matrix: Floats, scaled: Floats, seed: int) -> list[Any]:
        from sklearn.ensemble import GradientBoostingRegressor

        boosted = GradientBoostingRegressor(
            loss="absolute_error",
            n_estimators=self.n_trees,
            max_depth=self.max_depth,
            learning_rate=self.learning_rate,
            subsample=self.subsample,
            max_features="sqrt",
            min_samples_leaf=10,
            random_state=seed,
        )
        boosted.fit(coarse_columns(matrix).astype(np.float32), scaled)
        return [tree.tree_ for tree in boosted.estimators_[:, 0]]

    def _by_refit(self, matrix: Floats) -> Floats:
        return self._blocks(matrix)

    @mean_over_unknown
    def contributions(self, X: pd.DataFrame) -> pd.DataFrame:
        """What each feature adds on the way down the trees, on the scale of the fit; patients x features."""
        matrix, index = self._encode(X)
        return self.columns_.encoder.by_source(self._on_the_way(matrix, self.n_trees), index)


@dataclass(eq=False, repr=False)
class ForestRegression(TreeBlocks, RefittedRegression):
    """An amount by a random forest on a scale that the data choose; a draw is one bag of trees.

    Each bag is grown on a random half of the patients; the forest is the mean of the bags.

    Parameters
    ----------
    specs : sequence of FeatureSpec, optional
    scale : {"auto", "identity", "sqrt", "log"}
    n_bags, trees_per_bag : int
    min_samples_leaf : int
    residual_folds : int
        Folds of the residuals that intervals are made of; 0: no intervals.
    rare : int
        Fewest patients on either side of a 0/1 column.
    seed : int

    Attributes
    ----------
    trees_ : Trees
    """

    specs: Iterable[FeatureSpec] | None = None
    _: KW_ONLY
    scale: Literal["auto", "identity", "sqrt", "log"] = "auto"
    n_bags: int = 30
    trees_per_bag: int = 4
    min_samples_leaf: int = 5
    residual_folds: int = 5
    rare: int = 5
    seed: int = 0

    @single_threaded
    def fit(self, X: pd.DataFrame, y: pd.Series[float]) -> Self:
        """Fit to ``y`` of numbers, index as ``X``.

        Raises
        ------
        UsageError
            If the patients differ, or a value is missing.
        SupportError
            If all values are the same, or there is no column.
        """
        matrix, target = self._begin(X, y)
        scaled = self.scale_.forward(target)
        trees, _ = half_sample_forest(
            matrix,
            scaled,
            n_bags=self.n_bags,
            trees_per_bag=self.trees_per_bag,
            min_samples_leaf=self.min_samples_leaf,
            seed=self.seed,
        )
        self.trees_ = pack_trees(trees, [node_values(tree) for tree in trees])
        self.start_ = np.zeros(self.n_bags)
        self._finish(X, target)
        return self

    def _by_refit(self, matrix: Floats) -> Floats:
        """Return the mean of the bags, then each bag."""
        bags = self._blocks(matrix)
        return np.vstack([bags.mean(axis=0, keepdims=True), bags])

    @mean_over_unknown
    def contributions(self, X: pd.DataFrame) -> pd.DataFrame:
        """What each feature adds on the way down the trees, on the scale of the fit; patients x features."""
        matrix, index = self._encode(X)
        return self.columns_.encoder.by_source(self._on_the_way(matrix), index)
