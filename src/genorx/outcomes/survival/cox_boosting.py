"""Boosting of trees on Cox's partial likelihood, in time linear in the number of patients.

The trees equal those of ``sksurv.ensemble.GradientBoostingSurvivalAnalysis``, whose gradient compares all pairs of
patients.  Sources: Ridgeway G 1999, Comput Sci Stat 31:172; Friedman JH 2002, Comput Stat Data Anal 38:367.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


def boosted_cox_trees(
    Z: Floats,
    time: Floats,
    event: Bools,
    *,
    n_trees: int,
    learning_rate: float,
    subsample: float,
    seed: int,
    **tree: Any,
) -> list[Any]:
    """Return trees, each fitted to the martingale residuals of the previous ones on a subsample of the patients.

    Parameters
    ----------
    Z : array of shape (n_patients, n_columns)
    time, event : array of shape (n_patients,)
        Follow-up, and whether it ended with the event.
    n_trees : int
        Number of trees.
    learning_rate : float
        Share of each tree that is added to the log hazard ratio.
    subsample : float
        Share of the patients on which each tree is grown.
    seed : int
    **tree
        Parameters of ``sklearn.tree.DecisionTreeRegressor``.

    Returns
    -------
    list of ``sklearn.tree._tree.Tree``
    """
    from sklearn.tree import DecisionTreeRegressor

    rng = np.random.RandomState(seed)
    columns, risk, trees = Z.astype(np.float32), np.zeros(time.size), []
    residuals = MartingaleResiduals(time, event)
    for _ in range(n_trees):
        inside = _drawn(time.size, max(1, int(subsample * time.size)), rng)
        grown = DecisionTreeRegressor(random_state=rng, **tree)
        grown.fit(columns, residuals(risk), sample_weight=inside.astype(float))
        trees.append(grown.tree_)
        risk += learning_rate * grown.predict(columns)
    return trees


class MartingaleResiduals:
    """Observed minus expected events under log hazard ratios and Breslow's baseline.

    The gradient of Cox's partial likelihood with respect to each patient's log hazard ratio.
    """

    def __init__(self, time: Floats, event: Bools) -> None:
        self.order = np.argsort(time, kind="stable")
        ordered = time[self.order]
        self.event = event.astype(float)
        self.dead = self.event[self.order]
        self.first = np.searchsorted(ordered, ordered, side="left")  # start of the risk set of each patient
        self.last = np.searchsorted(ordered, ordered, side="right") - 1

    def __call__(self, risk: Floats) -> Floats:
        """Return the residual of each patient, shape (n_patients,)."""
        hazard = np.exp(risk[self.order])
        at_risk = np.cumsum(hazard[::-1])[::-1][self.first]
        cumulative = np.cumsum(self.dead / at_risk)[self.last]
        expected = np.empty_like(hazard)
        expected[self.order] = hazard * cumulative
        return np.asarray(self.event - expected)


def _drawn(size: int, wanted: int, rng: np.random.RandomState) -> Bools:
    """Draw patients without replacement, in their order (selection sampling, Knuth: TAOCP 2, algorithm 3.4.2 S)."""
    left, inside = wanted, np.zeros(size, dtype=np.bool_)
    for place, drawn in enumerate(rng.uniform(size=size).tolist()):
        if drawn * (size - place) < left:
            inside[place] = True
            left -= 1
    return inside
