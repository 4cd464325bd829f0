"""Boosted trees (absolute error) or a forest (scikit-learn) for a continuous outcome, stored as arrays.

Sources: Friedman JH 2001, Ann Stat 29:1189, and 2002, Comput Stat Data Anal 38:367 (boosting, subsampling); Breiman L
2001, Mach Learn 45:5; Sexton J, Laake P 2009, Comput Stat Data Anal 53:801 (bags of trees).
"""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from genorx._core.disclosure import coarse_columns, rounded
from genorx.outcomes.continuous.refitted_regression import RefittedRegression
from genorx.outcomes.engines.tree_blocks import Boosted, Forest, node_values

Floats = NDArray[np.float64]


@dataclass(eq=False, repr=False)
class BoostedRegression(Boosted, RefittedRegression):
    """Boosted trees of the absolute error for a continuous outcome, on a scale chosen from the data.

    Parameters
    ----------
    specs, n_trees, max_depth, learning_rate, subsample, rare, seed
        As in ``BoostedLogistic``.
    scale : {"auto", "identity", "sqrt", "log"}
        Scale of the fit; "auto": chosen by leave-one-out error of a linear model.
    n_refits : int
        Number of bootstrap refits, for draws.
    residual_folds : int
        Number of folds of the residuals from which intervals are computed; 0: no intervals.

    Attributes
    ----------
    trees_ : Trees
        Trees of the model first, then those of each refit.

    Examples
    --------
    >>> import genorx as gx
    >>> made = gx.datasets.make_trial(150)
    >>> X = made.features[["age_years", "ldh_u_per_l"]]
    >>> dose = (30 - 0.2 * X["age_years"] + made.outcomes["time"].rank() / 50).rename("dose_mg")
    >>> model = gx.outcomes.BoostedRegression(n_trees=20, n_refits=2).fit(X, dose)
    >>> low, high = model.predict_interval(X.head(3)).T
    >>> bool((low < high).all())
    True
    """

    _: KW_ONLY
    scale: Literal["auto", "identity", "sqrt", "log"] = "auto"
    n_trees: int = 150
    learning_rate: float = 0.08
    n_refits: int = 20
    residual_folds: int = 5

    def _grow(self, matrix: Floats, scaled: Floats) -> None:
        from sklearn.ensemble import GradientBoostingRegressor

        params: dict[str, Any] = {"loss": "absolute_error", "min_samples_leaf": 10}
        trees, start = [], []
        for turn, rows in enumerate(self._samples(scaled)):
            start.append(rounded(float(np.median(scaled[rows])), float(scaled.std())))
            columns = coarse_columns(matrix[rows]).astype(np.float32)
            trees += self._boost(GradientBoostingRegressor, columns, scaled[rows], self.seed + turn, **params)
        self._pack(trees, [node_values(tree) for tree in trees], start)


@dataclass(eq=False, repr=False)
class ForestRegression(Forest, RefittedRegression):
    """Random forest for a continuous outcome, on a scale chosen from the data; each draw is one bag of trees.

    Each bag is grown on a random half of the patients; the forest is the mean of the bags.

    Parameters
    ----------
    specs, n_bags, trees_per_bag, min_samples_leaf, rare, seed
        As in ``ForestLogistic``.
    scale, residual_folds
        As in ``BoostedRegression``.

    Attributes
    ----------
    trees_ : Trees
        Trees of all bags.

    Examples
    --------
    >>> import genorx as gx
    >>> made = gx.datasets.make_trial(150)
    >>> X = made.features[["age_years", "ldh_u_per_l"]]
    >>> dose = (30 - 0.2 * X["age_years"] + made.outcomes["time"].rank() / 50).rename("dose_mg")
    >>> model = gx.outcomes.ForestRegression(n_bags=2).fit(X, dose)
    >>> low, high = model.predict_interval(X.head(3)).T
    >>> bool((low < high).all())
    True
    """

    _: KW_ONLY
    scale: Literal["auto", "identity", "sqrt", "log"] = "auto"
    residual_folds: int = 5

    def _grow(self, matrix: Floats, scaled: Floats) -> None:
        self._bagged(matrix, scaled, node_values)

    def _by_refit(self, matrix: Floats) -> Floats:
        """Return the mean of the bags, then each bag."""
        bags = self._blocks(matrix)
        return np.vstack([bags.mean(axis=0, keepdims=True), bags])
