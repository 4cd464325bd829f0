"""A yes-or-no outcome by boosted trees or a forest (scikit-learn), kept as arrays.

Sources: Friedman JH 2001, Ann Stat 29:1189, and 2002, Comput Stat Data Anal 38:367 (boosting, subsampling); Breiman L
2001, Mach Learn 45:5; bags of trees as in ``outcomes.trees.tree_blocks``.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import KW_ONLY, dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import logit

from genorx._core.disclosure import coarse_columns
from genorx._core.feature_spec import FeatureSpec
from genorx.outcomes.binary.refitted_logistic import RefittedLogistic
from genorx.outcomes.trees.tree_blocks import TreeBlocks, filled_up, half_sample_forest, node_values
from genorx.outcomes.trees.trees import pack_trees

Floats = NDArray[np.float64]


@dataclass(eq=False, repr=False)
class BoostedLogistic(TreeBlocks, RefittedLogistic):
    """Calibrated probability of a yes-or-no outcome by boosted trees of the log score.

    Parameters
    ----------
    specs : sequence of FeatureSpec, optional
    n_trees, max_depth : int
    learning_rate, subsample : float
    folds : int
        Folds of the calibration check; 0: none.
    n_refits : int
        Bootstrap refits, and fits to truths made of them, for draws.
    rare : int
        Fewest patients on either side of a 0/1 column.
    seed : int

    Attributes
    ----------
    trees_ : Trees
    calibration_ : dict
        As in ``GroupShrunkLogistic``.
    """

    specs: Iterable[FeatureSpec] | None = None
    _: KW_ONLY
    n_trees: int = 120
    max_depth: int = 3
    learning_rate: float = 0.06
    subsample: float = 0.5
    folds: int = 5
    n_refits: int = 10
    rare: int = 5
    seed: int = 0

    def _grow(self, matrix: Floats, target: Floats, offset: Floats, patients: pd.Index[Any]) -> None:  # noqa: ARG002
        trees, start = [], []
        for turn, rows in enumerate(self._samples(target)):
            start.append(float(logit(target[rows].mean())))
            trees += self._boosted(matrix[rows], target[rows], self.seed + turn)
        # scaled so that the mean over a model's trees is what they add
        size = self.learning_rate * self.n_trees
        self.trees_ = pack_trees(trees, [size * node_values(tree) for tree in trees])
        self.start_ = np.array(start)

    def _boosted(self, matrix: Floats, target: Floats, seed: int) -> list[Any]:
        from sklearn.ensemble import GradientBoostingClassifier

        boosted = GradientBoostingClassifier(
            n_estimators=self.n_trees,
            max_depth=self.max_depth,
            learning_rate=self.learning_rate,
            subsample=self.subsample,
            max_features="sqrt",
            min_samples_leaf=10,
            random_state=seed,
        )
        boosted.fit(coarse_columns(matrix).astype(np.float32), target)
        return [tree.tree_ for tree in boosted.estimators_[:, 0]]

    def _by_refit(self, matrix: Floats) -> Floats:
        return self._blocks(matrix)

    def _parts(self, matrix: Floats) -> Floats:
        return self._on_the_way(matrix, self.n_trees)


@dataclass(eq=False, repr=False)
class ForestLogistic(TreeBlocks, RefittedLogistic):
    """Calibrated probability of a yes-or-no outcome by a forest whose trees add up log odds.

    Each bag is grown on a random half of the patients.  The log odds of a leaf are those of its patients and of
    ``n_prior`` more with the cohort's share of the outcome, so that no leaf is certain; the forest is their mean.

    Parameters
    ----------
    specs : sequence of FeatureSpec, optional
    n_bags, trees_per_bag : int
    min_samples_leaf : int
    n_prior : float
    folds : int
        Folds of the calibration check; 0: none.
    n_refits : int
        Fits to truths made of the bags, for draws; at most ``n_bags``.
    rare : int
        Fewest patients on either side of a 0/1 column.
    seed : int

    Attributes
    ----------
    trees_ : Trees
    calibration_ : dict
        As in ``GroupShrunkLogistic``.
    """

    specs: Iterable[FeatureSpec] | None = None
    _: KW_ONLY
    n_bags: int = 30
    trees_per_bag: int = 4
    min_samples_leaf: int = 5
    n_prior: float = 2.0
    folds: int = 5
    n_refits: int = 10
    rare: int = 5
    seed: int = 0

    def _grow(self, matrix: Floats, target: Floats, offset: Floats, patients: pd.Index[Any]) -> None:  # noqa: ARG002
        # squared error of 0 and 1 splits by the Gini index
        trees, _ = half_sample_forest(
            matrix,
            target,
            n_bags=self.n_bags,
            trees_per_bag=self.trees_per_bag,
            min_samples_leaf=self.min_samples_leaf,
            seed=self.seed,
        )
        self.trees_ = pack_trees(trees, [self._leaf_log_odds(tree, float(target.mean())) for tree in trees])
        self.start_ = np.zeros(self.n_bags)

    def _leaf_log_odds(self, tree: Any, share: float) -> Floats:
        size = tree.weighted_n_node_samples[:, None]
        return filled_up(tree, logit((size * tree.value[:, 0, :] + self.n_prior * share) / (size + self.n_prior)))

    def _by_refit(self, matrix: Floats) -> Floats:
        return self._bags(matrix)

    def _parts(self, matrix: Floats) -> Floats:
        return self._on_the_way(matrix)
