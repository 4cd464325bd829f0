"""A forest of the Poisson likelihood for a count (trees by scikit-learn), stored as arrays.

Sources: Breiman L 2001, Mach Learn 45:5 (forests, patients out of the bag); bags as in ``engines.tree_blocks``.
"""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genorx.outcomes.counts.counts_base import means
from genorx.outcomes.counts.recalibration import count_line
from genorx.outcomes.counts.refitted_counts import RefittedCounts
from genorx.outcomes.engines.tree_blocks import Forest, filled_up

Floats = NDArray[np.float64]


@dataclass(eq=False, repr=False)
class ForestCounts(Forest, RefittedCounts):
    """Forest whose trees sum log means, recalibrated by out-of-bag patients: mean of a count.

    Each bag is grown on a random half of the patients.  The log mean of a leaf is the log ratio of observed to
    expected events of its patients, with ``n_prior`` added to both.

    Parameters
    ----------
    specs, n_bags, trees_per_bag, min_samples_leaf, n_refits, rare, seed
        As in ``ForestLogistic``.
    exposure : str, optional
        Feature to which a patient's count is proportional (time under observation); positive, never missing.
    n_prior : float
        Events added to observed and expected events of each leaf; above 0.

    Attributes
    ----------
    trees_ : Trees
        Trees of all bags.
    overdispersion_ : float
        Variance is mean + overdispersion x mean^2; 0: Poisson.  Estimated from out-of-bag predictions.
    line_ : tuple of float
        Intercept and slope by which the trees' log means are recalibrated.

    Examples
    --------
    >>> import genorx as gx
    >>> made = gx.datasets.make_trial(150)
    >>> X = made.features[["age_years", "ldh_u_per_l"]]
    >>> visits = (made.outcomes["time"] // 10).rename("visits")
    >>> model = gx.outcomes.ForestCounts(n_bags=2, n_refits=2).fit(X, visits)
    >>> bool((model.predict_value(X) > 0).all())
    True
    """

    _: KW_ONLY
    exposure: str | None = None
    n_prior: float = 1.0
    n_refits: int = 10

    def _grow(self, matrix: Floats, target: Floats, offset: Floats, patients: pd.Index[Any]) -> None:  # noqa: ARG002
        expected = means(offset)
        inside = self._bagged(matrix, target / expected, self._leaf_log_means, weight=expected, criterion="poisson")
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
        found = self._left_out  # from the bags without the patient
        del self._left_out
        return np.asarray(found)

    def _again(self, matrix: Floats, drawn: Floats, offset: Floats, patients: pd.Index[Any], turn: int) -> Self:
        quick = super()._again(matrix, drawn, offset, patients, turn)
        quick.line_ = self.line_  # with few bags, few patients are out of bag
        return quick

    def _by_refit(self, matrix: Floats) -> Floats:
        return np.asarray(self.line_[0] + self.line_[1] * self._bags(matrix))

    @property
    def _slope(self) -> float:
        return self.line_[1]

    def _column_parts(self, matrix: Floats) -> Floats:
        return np.asarray(self.line_[1] * super()._column_parts(matrix))

    def _learnt(self) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        values, arrays = super()._learnt()
        return values | {"line": list(self.line_)}, arrays

    def _take(self, values: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> None:
        super()._take(values, arrays)
        self.line_ = (float(values["line"][0]), float(values["line"][1]))
