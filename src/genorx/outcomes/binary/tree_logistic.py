"""Boosted trees or a forest (scikit-learn) for a binary outcome, stored as arrays.

Sources: Friedman JH 2001, Ann Stat 29:1189, and 2002, Comput Stat Data Anal 38:367 (boosting, subsampling); Breiman L
2001, Mach Learn 45:5; bags of trees as in ``outcomes.engines.tree_blocks``.
"""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import logit

from genorx._core.disclosure import coarse_columns
from genorx.outcomes.binary.refitted_logistic import RefittedLogistic
from genorx.outcomes.engines.tree_blocks import Boosted, Forest, filled_up, node_values

Floats = NDArray[np.float64]


@dataclass(eq=False, repr=False)
class BoostedLogistic(Boosted, RefittedLogistic):
    """Boosted trees of the log score: calibrated probability of a binary outcome.

    Parameters
    ----------
    specs : sequence of FeatureSpec, optional
        Kind and group of each feature; inferred by default.
    n_trees, max_depth : int
        Number of trees, and their largest depth.
    learning_rate, subsample : float
        Share of each tree that is added, and share of the patients on which it is grown.
    folds : int
        Number of folds of the calibration check; 0: none.
    n_refits : int
        Number of bootstrap refits, and of refits to outcomes simulated from them, for draws.
    rare : int
        Fewest patients with either value of a 0/1 column; below it the column is left out.
    seed : int
        Seed of trees, folds and refits.

    Attributes
    ----------
    trees_ : Trees
        Trees of the model first, then those of each refit.
    calibration_ : dict
        As in ``GroupShrunkLogistic``.

    Examples
    --------
    >>> import genorx as gx
    >>> made = gx.datasets.make_trial(150)
    >>> X = made.features[["age_years", "ldh_u_per_l"]]
    >>> model = gx.outcomes.BoostedLogistic(n_trees=20, n_refits=2).fit(X, made.outcomes["toxicity"])
    >>> chance = model.predict_probability(X.head(3))
    >>> bool(((chance > 0) & (chance < 1)).all())
    True
    """

    _: KW_ONLY
    folds: int = 5

    def _grow(self, matrix: Floats, target: Floats, offset: Floats, patients: pd.Index[Any]) -> None:  # noqa: ARG002
        from sklearn.ensemble import GradientBoostingClassifier

        trees, start = [], []
        for turn, rows in enumerate(self._samples(target)):
            start.append(float(logit(target[rows].mean())))
            columns = coarse_columns(matrix[rows]).astype(np.float32)
            seed = self.seed + turn
            trees += self._boost(GradientBoostingClassifier, columns, target[rows], seed, min_samples_leaf=10)
        self._pack(trees, [node_values(tree) for tree in trees], start)


@dataclass(eq=False, repr=False)
class ForestLogistic(Forest, RefittedLogistic):
    """Forest whose trees sum log odds: calibrated probability of a binary outcome.

    Each bag is grown on a random half of the patients.  The log odds of a leaf are those of its patients and of
    ``n_prior`` more with the cohort's share of the outcome, so that no leaf has probability 0 or 1.

    Parameters
    ----------
    specs : sequence of FeatureSpec, optional
        Kind and group of each feature; inferred by default.
    n_bags, trees_per_bag : int
        Number of bags, and of trees in each.
    min_samples_leaf : int
        Fewest patients in a leaf.
    n_prior : float
        Weight of the cohort's share of the outcome in each leaf, in patients.
    folds : int
        Number of folds of the calibration check; 0: none.
    n_refits : int
        Number of refits to outcomes simulated from the bags, for draws; at most ``n_bags``.
    rare : int
        Fewest patients with either value of a 0/1 column; below it the column is left out.
    seed : int
        Seed of trees, folds and refits.

    Attributes
    ----------
    trees_ : Trees
        Trees of all bags.
    calibration_ : dict
        As in ``GroupShrunkLogistic``.

    Examples
    --------
    >>> import genorx as gx
    >>> made = gx.datasets.make_trial(150)
    >>> X = made.features[["age_years", "ldh_u_per_l"]]
    >>> model = gx.outcomes.ForestLogistic(n_bags=2).fit(X, made.outcomes["toxicity"])
    >>> chance = model.predict_probability(X.head(3))
    >>> bool(((chance > 0) & (chance < 1)).all())
    True
    """

    _: KW_ONLY
    n_prior: float = 2.0
    folds: int = 5
    n_refits: int = 10

    def _grow(self, matrix: Floats, target: Floats, offset: Floats, patients: pd.Index[Any]) -> None:  # noqa: ARG002
        share = float(target.mean())
        # squared error of 0 and 1 splits by the Gini index
        self._bagged(matrix, target, lambda tree: self._leaf_log_odds(tree, share))

    def _leaf_log_odds(self, tree: Any, share: float) -> Floats:
        size = tree.weighted_n_node_samples[:, None]
        return filled_up(tree, logit((size * tree.value[:, 0, :] + self.n_prior * share) / (size + self.n_prior)))
