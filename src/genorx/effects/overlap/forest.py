"""A propensity forest stored as plain arrays, so that a model file can contain it.

It determines where options overlap; it never adjusts an outcome (the multinomial propensity does).
Source: Breiman L 2001, Mach Learn 45:5; trees are grown by scikit-learn and read here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
_NO_CHILD = -1


@dataclass(frozen=True, kw_only=True)
class PropensityForest:
    """Mean over trees of each option's share in the leaf that contains a patient.

    Attributes
    ----------
    roots : array of shape (n_trees,)
        Index of the first node of each tree; nodes of all trees are concatenated.
    left, right, feature : arrays of shape (n_nodes,)
        Children (-1 at a leaf) and the column of the split.
    threshold : array of shape (n_nodes,)
        Values up to the threshold go left.
    shares : array of shape (n_nodes, n_options)
        Share of each option among the training patients of a node.
    """

    roots: NDArray[np.int64]
    left: NDArray[np.int64]
    right: NDArray[np.int64]
    feature: NDArray[np.int64]
    threshold: Floats
    shares: Floats

    @classmethod
    def fit(
        cls,
        Z: Floats,
        option: NDArray[np.int64],
        *,
        columns: NDArray[np.int64] | None = None,
        n_trees: int = 100,
        leaf: int = 15,
        seed: int = 0,
    ) -> tuple[Self, Floats]:
        """Grow a forest on encoded features; ``option`` is 0 to n_options - 1, each present.

        Each split considers all features: with a random subset, as is usual, trees split on irrelevant features, and no
        leaf is pure in a region where an option was never given (600 patients, corner of two features: 0 % of those
        inside fall below 0.025, against 90 % with all features).  Spline terms among the ``columns`` harm: a tree does
        not need them, and splits on them blur the border (1,000 patients: 21 % instead of 97 % of those inside).

        Returns
        -------
        tuple of PropensityForest and array of shape (n_patients, n_options)
            The array holds, for each patient, the shares of the trees grown without this patient (out of bag).
        """
        from sklearn.ensemble import RandomForestClassifier

        chosen = np.arange(Z.shape[1]) if columns is None else columns
        forest = RandomForestClassifier(
            n_estimators=n_trees,
            min_samples_leaf=leaf,
            max_features=None,
            oob_score=True,
            random_state=seed,
            n_jobs=1,
        ).fit(Z[:, chosen], option)
        trees = [each.tree_ for each in forest.estimators_]
        first = np.cumsum([0, *(tree.node_count for tree in trees)])[:-1]
        moved = [(tree.children_left, tree.children_right, start) for tree, start in zip(trees, first, strict=True)]
        counts = np.concatenate([tree.value[:, 0, :] for tree in trees])
        grown = cls(
            roots=first.astype(np.int64),
            left=np.concatenate([np.where(left < 0, _NO_CHILD, left + start) for left, _, start in moved]),
            right=np.concatenate([np.where(right < 0, _NO_CHILD, right + start) for _, right, start in moved]),
            feature=chosen[np.maximum(np.concatenate([tree.feature for tree in trees]), 0)].astype(np.int64),
            threshold=np.concatenate([tree.threshold for tree in trees]),
            shares=counts / counts.sum(axis=1, keepdims=True),
        )
        return grown, np.asarray(forest.oob_decision_function_, dtype=float)

    def predict(self, Z: Floats) -> Floats:
        """Probability of each option, shape (n_patients, n_options); rows sum to 1."""
        values = np.asarray(Z, dtype=np.float32)  # in single precision, as scikit-learn compares when it grows trees
        rows = np.arange(len(values))
        total = np.zeros((len(values), self.shares.shape[1]))
        for root in self.roots:
            node = np.full(len(values), root)
            while True:
                inner = self.left[node] != _NO_CHILD
                if not inner.any():
                    break
                at = node[inner]
                goes_left = values[rows[inner], self.feature[at]] <= self.threshold[at]
                node[inner] = np.where(goes_left, self.left[at], self.right[at])
            total += self.shares[node]
        return total / len(self.roots)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return the arrays for ``PropensityForest(**arrays)``."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}
