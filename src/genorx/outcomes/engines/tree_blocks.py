"""Trees of a model and its refits, or of the bags of a forest, in blocks of equal size.

Sources: Sexton J, Laake P 2009, Comput Stat Data Anal 53:801 and Athey S et al. 2019, Ann Stat 47:1148, section 4.1
(bags of trees grown on one half-sample: their spread is that of the fit).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import KW_ONLY, dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from genorx._core.disclosure import coarse_columns
from genorx._core.feature_spec import FeatureSpec
from genorx.outcomes.engines.trees import Trees, pack_trees

Floats = NDArray[np.float64]
_LEAST_KEPT = 0.1  # least share kept of the variance between bags, even if it looks like noise of the trees


class TreeBlocks:
    """Trees in blocks: those of the model first (all of them), then those of each refit."""

    trees_: Trees
    start_: Floats  # value to which the trees of a block are added

    def _by_tree(self, matrix: Floats) -> Floats:
        """Return the value of each tree, shape (n_patients, n_blocks, trees of a block)."""
        leaves = self.trees_.leaves(matrix)
        parts = self.trees_.value[leaves, 0].reshape(len(matrix), len(self.start_), -1)
        return np.asarray(parts, dtype=np.float64)

    def _blocks(self, matrix: Floats) -> Floats:
        """Return the mean over the trees of each block, shape (n_blocks, n_patients)."""
        return np.asarray(self.start_[:, None] + self._by_tree(matrix).mean(axis=2).T)

    def _bags(self, matrix: Floats) -> Floats:
        """Return the mean over bags, then each bag shrunk for its few trees; (1 + n_bags, n_patients)."""
        bags = self.start_[:, None] + np.stack([narrowed(parts) for parts in self._by_tree(matrix)], axis=1)
        middle = np.array([np.ascontiguousarray(bags[:, place]).mean() for place in range(len(matrix))])
        return np.vstack([middle[None, :], bags])

    def _out_of_bag(self, matrix: Floats, inside: NDArray[np.bool_]) -> Floats:
        """Return each patient's mean over the bags grown on others (over all bags, if there are none)."""
        bags, outside = self._blocks(matrix), ~inside
        return np.average(bags, axis=0, weights=np.where(outside.any(axis=0), outside, True))

    def _on_the_way(self, matrix: Floats, n_trees: int | None = None) -> Floats:
        """Return each column's contribution along the paths of the (first) trees, shape (n_patients, n_columns)."""
        first = Trees.from_arrays(self.trees_.arrays() | {"trees.roots": self.trees_.roots[:n_trees]})
        return first.contributions(matrix, first.value[:, 0].astype(float))

    def _learnt(self) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        return {}, self.trees_.arrays() | {"start": self.start_}

    def _take(self, values: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> None:  # noqa: ARG002
        self.trees_, self.start_ = Trees.from_arrays(arrays), arrays["start"]


@dataclass(eq=False, repr=False)
class Boosted(TreeBlocks):
    """Boosted trees: those of the model first, then those of each refit.

    Parameters
    ----------
    specs : sequence of FeatureSpec, optional
        Kind and group of each feature; inferred by default.
    n_trees, max_depth : int
        Number of trees, and their largest depth.
    learning_rate, subsample : float
        Share of each tree that is added, and share of the patients on which it is grown.
    n_refits : int
        Number of bootstrap refits, for draws.
    rare : int
        Fewest patients with either value of a 0/1 column; below it the column is left out.
    seed : int
        Seed of trees and refits.
    """

    specs: Iterable[FeatureSpec] | None = None
    _: KW_ONLY
    n_trees: int = 120
    max_depth: int = 3
    learning_rate: float = 0.06
    subsample: float = 0.5
    n_refits: int = 10
    rare: int = 5
    seed: int = 0

    def _boost(self, booster: Any, matrix: Any, target: Any, seed: int, **params: Any) -> list[Any]:
        """Return the trees grown by a booster of scikit-learn or scikit-survival."""
        made = booster(
            n_estimators=self.n_trees,
            max_depth=self.max_depth,
            learning_rate=self.learning_rate,
            subsample=self.subsample,
            max_features="sqrt",
            random_state=seed,
            **params,
        )
        return [tree.tree_ for tree in made.fit(matrix, target).estimators_[:, 0]]

    def _pack(self, trees: Sequence[Any], values: Sequence[Floats], start: Sequence[float]) -> None:
        """Store trees, scaled so that the mean over a model's trees is their sum."""
        size = self.learning_rate * self.n_trees
        self.trees_ = pack_trees(trees, [size * value for value in values])
        self.start_ = np.array(start)

    def _by_refit(self, matrix: Floats) -> Floats:
        return self._blocks(matrix)

    def _column_parts(self, matrix: Floats) -> Floats:
        return self._on_the_way(matrix, self.n_trees)


@dataclass(eq=False, repr=False)
class Forest(TreeBlocks):
    """A forest in bags, each grown on a random half of the patients.

    Parameters
    ----------
    specs, rare, seed
        As in ``Boosted``.
    n_bags, trees_per_bag : int
        Number of bags, and of trees in each.
    min_samples_leaf : int
        Fewest patients in a leaf.
    """

    specs: Iterable[FeatureSpec] | None = None
    _: KW_ONLY
    n_bags: int = 30
    trees_per_bag: int = 4
    min_samples_leaf: int = 5
    rare: int = 5
    seed: int = 0

    def _bagged(
        self, matrix: Floats, target: Floats, values: Callable[[Any], Floats], **params: Any
    ) -> NDArray[np.bool_]:
        """Grow the bags and store ``values`` of each tree; return which patients are in each bag."""
        trees, inside = half_sample_forest(
            matrix,
            target,
            n_bags=self.n_bags,
            trees_per_bag=self.trees_per_bag,
            min_samples_leaf=self.min_samples_leaf,
            seed=self.seed,
            **params,
        )
        self.trees_ = pack_trees(trees, [values(tree) for tree in trees])
        self.start_ = np.zeros(self.n_bags)
        return inside

    def _by_refit(self, matrix: Floats) -> Floats:
        return self._bags(matrix)

    def _column_parts(self, matrix: Floats) -> Floats:
        return self._on_the_way(matrix)


def half_sample_forest(
    matrix: Floats,
    target: Floats,
    *,
    n_bags: int,
    trees_per_bag: int,
    min_samples_leaf: int,
    seed: int,
    weight: Floats | None = None,
    criterion: Literal["squared_error", "poisson"] = "squared_error",
) -> tuple[list[Any], NDArray[np.bool_]]:
    """Return the trees of all bags, and which patients are in each bag, shape (n_bags, n_patients).

    Each bag is grown on a random half of the patients (for a count, with an event among them); values are means of the
    target.
    """
    from sklearn.ensemble import RandomForestRegressor

    rng = np.random.default_rng(seed)
    trees: list[Any] = []
    inside = np.zeros((n_bags, len(target)), dtype=np.bool_)
    for bag in inside:
        while not (bag.any() if criterion == "squared_error" else target[bag].any()):
            bag[:] = False
            bag[rng.permutation(len(target))[: max(2, len(target) // 2)]] = True
        forest = RandomForestRegressor(
            criterion=criterion,
            n_estimators=trees_per_bag,
            min_samples_leaf=min_samples_leaf,
            max_features=1 / 3,
            bootstrap=False,  # the half-sample is the resampling
            n_jobs=1,
            random_state=int(rng.integers(2**31)),
        )
        stated = None if weight is None else weight[bag]
        forest.fit(coarse_columns(matrix[bag]).astype(np.float32), target[bag], sample_weight=stated)
        trees += [tree.tree_ for tree in forest.estimators_]
    return trees, inside


def node_values(tree: Any) -> Floats:
    """Return the value of each node, an inner one being the mean of its leaves: boosting sets leaves only."""
    return filled_up(tree, tree.value[:, 0, :])


def filled_up(tree: Any, leaves: Floats) -> Floats:
    """Return the value of each node, shape (n_nodes, n_values), an inner one being the mean of its leaves."""
    value, weight = leaves.copy(), tree.weighted_n_node_samples
    for node in range(tree.node_count - 1, -1, -1):  # children follow their parent
        left, right = tree.children_left[node], tree.children_right[node]
        if left >= 0:
            value[node] = (weight[left] * value[left] + weight[right] * value[right]) / (weight[left] + weight[right])
    return np.asarray(value)


def narrowed(parts: Floats) -> Floats:
    """Return values by bag, with the variance from the trees within bags removed from that between.

    Parameters
    ----------
    parts : array of shape (n_bags, trees_per_bag, ...)
        Values of one patient, so that results do not depend on the other patients.
    """
    bags = parts.mean(axis=1)
    between = bags.var(axis=0, ddof=1)
    within = parts.var(axis=1, ddof=1).mean(axis=0) / parts.shape[1] if parts.shape[1] > 1 else 0.0
    kept = np.clip((between - within) / np.maximum(between, 1e-300), _LEAST_KEPT, 1.0)
    middle = bags.mean(axis=0)
    return np.asarray(middle + np.sqrt(kept) * (bags - middle))
