"""Decision trees of an ensemble as plain arrays: prediction, and contributions of features.

Reads the trees of scikit-learn and scikit-survival; the arrays can be saved and loaded without running code.
Source of the contributions: Saabas A 2014 (change of the node's value at each split on the path); they sum exactly to
the prediction.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from genorx._core.disclosure import coarse_values

Floats = NDArray[np.float64]
Ints = NDArray[np.integer[Any]]
_BLOCK = 512  # patients processed at a time


@dataclass(frozen=True, kw_only=True)
class Trees:
    """Nodes of all trees, concatenated.

    Attributes
    ----------
    roots : array of int, shape (n_trees,)
        Index of the first node of each tree.
    feature : array of int, shape (n_nodes,)
        Column that the node splits; -1 in a leaf.
    threshold : array of float32, shape (n_nodes,)
        Values up to the threshold go left.
    left, right : array of int, shape (n_nodes,)
        Indices of the children.
    value : array of float32, shape (n_nodes, n_values)
        Values of each node.
    """

    roots: Ints
    feature: Ints
    threshold: NDArray[np.float64]
    left: Ints
    right: Ints
    value: NDArray[np.float32]

    def leaves(self, Z: Floats) -> Ints:
        """Return the leaf of each patient in each tree, shape (n_patients, n_trees)."""
        return np.concatenate([self._walk(Z[start : start + _BLOCK], None) for start in range(0, len(Z), _BLOCK)])

    def contributions(self, Z: Floats, scores: Floats) -> Floats:
        """Return each column's contribution to the mean over trees of a leaf score, shape (n_patients, n_columns).

        Parameters
        ----------
        Z : array of shape (n_patients, n_columns)
        scores : array of shape (n_nodes,)
            Score of every node.  The sum over columns is the mean score of the leaves minus that of the roots.
        """
        moved = np.zeros(Z.shape)
        for start in range(0, len(Z), _BLOCK):
            rows = slice(start, start + _BLOCK)
            self._walk(Z[rows], (scores, moved[rows]))
        return moved / len(self.roots)

    def _walk(self, Z: Floats, credit: tuple[Floats, Floats] | None) -> Ints:
        """Descend all trees; on request, add each change of the score to the split column."""
        rows = np.arange(len(Z))[:, None]
        single = Z.astype(np.float32)  # in the precision of the training
        node = np.broadcast_to(self.roots, (len(Z), len(self.roots))).copy()
        while True:
            column = self.feature[node]
            inner = column >= 0
            if not inner.any():
                return node
            goes_left = single[rows, np.maximum(column, 0)] <= self.threshold[node]
            child = np.where(inner, np.where(goes_left, self.left[node], self.right[node]), node)
            if credit is not None:
                scores, moved = credit
                np.add.at(
                    moved, (np.broadcast_to(rows, node.shape), np.maximum(column, 0)), scores[child] - scores[node]
                )
            node = child

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return the arrays, named ``trees.NAME``."""
        return {f"trees.{name}": getattr(self, name) for name in _NAMES}

    @classmethod
    def from_arrays(cls, arrays: dict[str, NDArray[Any]]) -> Trees:
        """Restore trees from ``arrays``."""
        return cls(**{name: arrays[f"trees.{name}"] for name in _NAMES})


_NAMES = ("roots", "feature", "threshold", "left", "right", "value")


def pack_trees(trees: Sequence[Any], values: Sequence[NDArray[Any]]) -> Trees:
    """Store fitted trees (``sklearn.tree._tree.Tree``) as arrays, with rounded node values."""
    sizes = np.array([tree.node_count for tree in trees])
    roots = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    inner = [np.asarray(tree.children_left) >= 0 for tree in trees]
    left = [np.where(i, tree.children_left + root, -1) for tree, root, i in zip(trees, roots, inner, strict=True)]
    right = [np.where(i, tree.children_right + root, -1) for tree, root, i in zip(trees, roots, inner, strict=True)]
    return Trees(
        roots=roots.astype(np.int32),
        feature=np.concatenate([np.where(i, tree.feature, -1) for tree, i in zip(trees, inner, strict=True)]).astype(
            np.int32
        ),
        threshold=np.concatenate([tree.threshold for tree in trees]),
        left=np.concatenate(left).astype(np.int32),
        right=np.concatenate(right).astype(np.int32),
        value=coarse_values(np.concatenate(list(values))).astype(np.float32),
    )
