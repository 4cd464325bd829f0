"""Random survival forest (scikit-survival), stored as arrays, with intervals from little bags of trees.

Sources: Ishwaran H et al. 2008, Ann Appl Stat 2:841; Sexton J, Laake P 2009, Comput Stat Data Anal 53:801 and Athey S
et al. 2019, Ann Stat 47:1148, section 4.1 (bags of trees grown on one half-sample: their spread is that of the fit).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import KW_ONLY, dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from genorx._core.disclosure import coarse_columns
from genorx._core.feature_spec import FeatureSpec
from genorx._core.threads import single_threaded
from genorx.outcomes.encoding.completed import draws_over_unknown, mean_over_unknown
from genorx.outcomes.engines.tree_blocks import narrowed
from genorx.outcomes.engines.trees import Trees, pack_trees
from genorx.outcomes.shrinkage.baseline import coarse_times
from genorx.outcomes.survival.survival_base import EncodedSurvivalModel, survival_data
from genorx.outcomes.survival.survival_refits import cycled

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


@dataclass(eq=False, repr=False)
class SurvivalForest(EncodedSurvivalModel):
    """Random survival forest.

    Each bag of trees is grown on a random half of the patients; the forest is the mean of the bags, and a draw of
    ``sample_survival`` is one bag.  Event times are rounded up to at most ``n_times`` round ones, between which at
    least 20 patients left: no curve of a leaf discloses a patient's time, and growing is ten times faster.  Between
    them survival is interpolated.

    Parameters
    ----------
    specs : sequence of FeatureSpec, optional
        Kind and group of each feature; inferred by default.
    n_bags, trees_per_bag : int
        Number of bags, and of trees in each.
    min_samples_leaf : int
        Fewest patients in a leaf.
    n_times : int
        Largest number of times of the curves in the leaves.
    rare : int
        Fewest patients with either value of a 0/1 column; below it the column is left out.
    seed : int
        Seed of bags and trees.

    Attributes
    ----------
    trees_ : Trees
        Trees of all bags, with the survival curves of their leaves.
    grid_ : array of shape (n_times,)
        Times of the curves.
    encoder_ : FeatureEncoder
        Encoding of the features.
    end_ : float
        Last follow-up time, rounded up.

    Examples
    --------
    >>> import genorx as gx
    >>> made = gx.datasets.make_trial(150)
    >>> X = made.features[["age_years", "ldh_u_per_l"]]
    >>> model = gx.outcomes.SurvivalForest(n_bags=2).fit(X, made.outcomes)
    >>> model.predict_survival(X.head(3), [12, 24]).shape
    (3, 2)
    """

    specs: Iterable[FeatureSpec] | None = None
    _: KW_ONLY
    n_bags: int = 40
    trees_per_bag: int = 5
    min_samples_leaf: int = 5
    n_times: int = 50
    rare: int = 5
    seed: int = 0

    @single_threaded
    def fit(self, X: Any, y: Any, *, strata: Any = None) -> Self:  # noqa: ARG002
        """Fit to ``y`` with ``time`` (> 0) and ``event``; ``strata`` are accepted but not used.

        Raises
        ------
        UsageError
            If the patients differ, or a time is not positive.
        SupportError
            If there is no event.
        """
        X, y = survival_data(self, X, y, reset=True)
        Z, time, event, _ = self._learn(X, y)
        grid = coarse_times(time, event)
        self.grid_ = grid[np.unique(np.linspace(0, grid.size - 1, self.n_times).astype(int))]
        rounded = _rounded(time, event, self.grid_)
        rng = np.random.default_rng(self.seed)
        trees, values = [], []
        for _ in range(self.n_bags):
            rows = _half(event, rng)
            for tree in self._grown(Z[rows], rounded[rows], event[rows], int(rng.integers(2**31))):
                trees.append(tree.tree_)
                values.append(self._curves(tree))
        self.trees_ = pack_trees(trees, values)
        return self

    def _grown(self, Z: Floats, time: Floats, event: Bools, seed: int) -> list[Any]:
        from sksurv.ensemble import RandomSurvivalForest
        from sksurv.util import Surv

        forest = RandomSurvivalForest(
            n_estimators=self.trees_per_bag,
            min_samples_leaf=self.min_samples_leaf,
            max_features="sqrt",
            bootstrap=False,  # the half-sample is the resampling
            n_jobs=1,
            random_state=seed,
        )
        return list(forest.fit(coarse_columns(Z), Surv.from_arrays(event, time)).estimators_)

    def _curves(self, tree: Any) -> Floats:
        """Return survival on the grid in each node; each tree has the times of its half-sample only."""
        place = np.searchsorted(tree.unique_times_, self.grid_, side="right")
        curves = np.concatenate([np.ones((tree.tree_.node_count, 1)), tree.tree_.value[:, :, 1]], axis=1)
        return np.asarray(curves[:, place])

    def _by_tree(self, X: Any, times: Floats) -> Iterator[Floats]:
        """Yield each patient's survival by bag and tree, shape (n_bags, trees_per_bag, n_times).

        One patient at a time, so that results do not depend on the other patients.
        """
        Z = self._encode(X)
        for leaves in self.trees_.leaves(Z):
            curves = self._at(self.trees_.value[leaves].astype(float), times)
            yield curves.reshape(self.n_bags, self.trees_per_bag, times.size)

    @mean_over_unknown
    def predict_survival(self, X: Any, times: ArrayLike) -> Floats:
        """Survival probability, shape (n_patients, n_times).

        Raises
        ------
        HorizonError
            If a time exceeds the last follow-up.
        """
        wanted = self._checked(times)
        return np.stack([curves.mean(axis=(0, 1)) for curves in self._by_tree(X, wanted)])

    @draws_over_unknown
    def sample_survival(self, X: Any, times: ArrayLike, *, n_draws: int = 200, seed: int = 0) -> Floats:  # noqa: ARG002
        """Survival by bags of trees, shape (n_draws, n_patients, n_times); the draws repeat the bags in turn.

        The spread of the bags is reduced by the part due to the few trees in each (as in Athey et al. 2019).

        Raises
        ------
        HorizonError
            If a time exceeds the last follow-up.
        """
        wanted = self._checked(times)
        bags = np.stack([np.clip(narrowed(curves), 0.0, 1.0) for curves in self._by_tree(X, wanted)], axis=1)
        return np.asarray(bags[cycled(self.n_bags, n_draws)])

    def _at(self, curves: Floats, times: Floats) -> Floats:
        """Interpolate curves on the grid, 1 at time 0, constant after the last event."""
        knots = np.concatenate([[0.0], self.grid_])
        place = np.clip(np.searchsorted(knots, times, side="right") - 1, 0, knots.size - 2)
        share = np.clip((times - knots[place]) / (knots[place + 1] - knots[place]), 0.0, 1.0)
        padded = np.concatenate([np.ones((*curves.shape[:-1], 1)), curves], axis=-1)
        return np.asarray(padded[..., place] * (1 - share) + padded[..., place + 1] * share)

    @mean_over_unknown
    def predict_risk(self, X: Any) -> Floats:
        """Risk score: mean of 1 - survival up to the last event; higher is worse."""
        Z = self._encode(X)
        return np.asarray(self._scores()[self.trees_.leaves(Z)].mean(axis=1))

    def _scores(self) -> Floats:
        widths = np.diff(self.grid_, prepend=0.0) / self.grid_[-1]
        return np.asarray((1 - self.trees_.value.astype(float)) @ widths)

    def _column_parts(self, Z: Floats) -> Floats:
        return self.trees_.contributions(Z, self._scores())

    def state(self) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        """JSON values and arrays from which ``from_state`` restores the model."""
        return self._header(), self.trees_.arrays() | {"grid": self.grid_}

    @classmethod
    def from_state(cls, values: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> Self:
        """Restore a fitted model from ``state``; runs no code of the file."""
        model: Self = cls._from_header(values)
        model.trees_, model.grid_ = Trees.from_arrays(arrays), arrays["grid"]
        return model


def _rounded(time: Floats, event: Bools, grid: Floats) -> Floats:
    """Move events up to the grid; censored times to the nearest point, as half their interval was survived."""
    up = grid[np.minimum(np.searchsorted(grid, time, side="left"), grid.size - 1)]
    middle = (grid[1:] + grid[:-1]) / 2
    nearest = grid[np.searchsorted(middle, time, side="left")]
    return np.where(event, up, nearest)


def _half(event: Bools, rng: np.random.Generator) -> NDArray[Any]:
    """Draw half of the patients, with at least one event."""
    while True:
        rows = np.sort(rng.permutation(event.size)[: max(2, event.size // 2)])
        if event[rows].any():
            return rows
