"""A count by a forest of the Poisson likelihood (trees by scikit-learn), kept as arrays.

Sources: Breiman L 2001, Mach Learn 45:5 (forests, patients out of the bag); bags as in ``outcomes.trees.tree_blocks``.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import KW_ONLY, dataclass
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genorx._core.feature_spec import FeatureSpec
from genorx.outcomes.counts.count_line import count_line
from genorx.outcomes.counts.counts_base import means
from genorx.outcomes.counts.refitted_counts import RefittedCounts
from genorx.outcomes.encoding.completed import mean_over_unknown
from genorx.outcomes.trees.tree_blocks import TreeBlocks, filled_up, half_sample_forest
from genorx.outcomes.trees.trees import pack_trees

Floats = NDArray[np.float64]


@dataclass(eq=False, repr=False)
class ForestCounts(TreeBlocks, RefittedCounts):
    """Mean of a count by a forest whose trees add up log means, recalibrated by patients out of the bag.

    Each bag is grown on a random half of the patients.  The log mean of a leaf is that of the events that its patients
    had over those expected, ``n_prior`` more added to both.

    Parameters
    ----------
    specs : sequence of FeatureSpec, optional
    exposure : str, optional
        Feature that a patient's count is proportional to; positive, never missing.
    n_bags, trees_per_bag : int
    min_samples_leaf : int
    n_prior : float
        Events, above 0.
    n_refits : int
        Fits to truths made of the bags, for draws; at most ``n_bags``.
    rare : int
        Fewest patients on either side of a 0/1 column.
    seed : int

    Attributes
    ----------
    trees_ : Trees
    overdispersion_ : float
        Variance is mean + overdispersion x mean^2; 0: Poisson.  Of patients by the bags that they are not in.
    line_ : tuple of float
        Intercept and slope by which the trees' log means are recalibrated.
    """

    specs: Iterable[FeatureSpec] | None = None
    _: KW_ONLY
    exposure: str | None = None
    n_bags: int = 30
    trees_per_bag: int = 4
    min_samples_leaf: int = 5
    n_prior: float = 1.0
    n_refits: int = 10
    rare: int = 5
    seed: int = 0

    def _grow(self, matrix: Floats, target: Floats, offset: Floats, patients: pd.Index[Any]) -> None:  # noqa: ARG002
        expected = means(offset)
        trees, inside = half_sample_forest(
            matrix,
            target / expected,
            weight=expected,
            criterion="poisson",
            n_bags=self.n_bags,
            trees_per_bag=self.trees_per_bag,
            min_samples_leaf=self.min_samples_leaf,
            seed=self.seed,
        )
        self.trees_ = pack_trees(trees, [self._leaf_log_means(tree) for tree in trees])
        self.start_ = np.zeros(self.n_bags)
        left_out = self._out_of_bag(matrix, inside)
        self.line_ = count_line(left_out, target, offset)
        self._left_out = offset + self.line_[0] + self.line_[1] * left_out

    def _leaf_log_means(self, tree: Any) -> Floats:
        expected = tree.weighted_n_node_samples[:, None]
        seen = expected * tree.value[:, 0, :]
        return filled_up(tree, np.log((seen + self.n_prior) / (expected + self.n_prior)))

    def _out_of_fold(
        self,
        matrix: Floats,  # noqa: ARG002
        target: Floats,  # noqa: ARG002
        offset: Floats,  # noqa: ARG002
        patients: pd.Index[Any],  # noqa: ARG002
    ) -> Floats:
        found = self._left_out  # of the bags without the patient
        del self._left_out
        return np.asarray(found)

    def _again(self, matrix: Floats, drawn: Floats, offset: Floats, patients: pd.Index[Any], turn: int) -> Self:
        quick = super()._again(matrix, drawn, offset, patients, turn)
        quick.line_ = self.line_  # few bags leave few patients out
        return quick

    def _by_refit(self, matrix: Floats) -> Floats:
        return np.asarray(self.line_[0] + self.line_[1] * self._bags(matrix))

    @property
    def _slope(self) -> float:
        return self.line_[1]

    @mean_over_unknown
    def contributions(self, X: pd.DataFrame) -> pd.DataFrame:
        """What each feature adds to the log mean on the way down the trees; patients x features."""
        matrix, index = self._encode(X)
        return self.columns_.encoder.by_source(self.line_[1] * self._on_the_way(matrix), index)

    def _learnt(self) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        values, arrays = super()._learnt()
        return values | {"line": list(self.line_)}, arrays

    def _take(self, values: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> None:
        super()._take(values, arrays)
        self.line_ = (float(values["line"][0]), float(values["line"][1]))
