"""Share of patients with a recommendation, and the share expected under randomly permuted options.

The permutation is explained in ``docs/guide/effects.md``.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import clone

from genorx.effects.adjusted.alignment import Aligned
from genorx.effects.adjusted.survival_effect import SurvivalEffect
from genorx.effects.arm_decision import decide_all_arms
from genorx.effects.averages.doubly_robust import Model, Scores, values_of

Ints = NDArray[np.int64]
_BLOCK = 500  # patients at a time: draws of all would not fit into memory


def share_of_claims(model: Model, X: pd.DataFrame, *, sign: int = 1, horizon: float | None = None) -> float:
    """Return the share of patients for whom the model recommends an option; ``sign`` is -1 if less is better."""
    claims, choosing = 0, model._averages(higher_is_better=sign > 0)
    for start in range(0, len(X), _BLOCK):
        block = X.iloc[start : start + _BLOCK]
        encoded = model._sets(block)
        values, inside = sign * values_of(model, block, horizon, encoded), model._inside(block, encoded)
        decided = decide_all_arms(
            model.options_, values, inside, choosing=choosing, smallest_difference=model.min_difference
        )
        claims += sum("recommend" in each.advice for each in decided)
    return claims / len(X)


def claims_by_chance(
    model: Model,
    given: Aligned,
    scores: Scores,
    *,
    sign: int = 1,
    horizon: float | None = None,
    permutations: int = 0,
    seed: int = 0,
) -> float:
    """Return the mean share of refits to options permuted within strata and fifths of the propensity.

    The dependence of options on features is kept, their effect is removed.  NaN without permutations.
    """
    if permutations < 1:
        return float("nan")
    rng = np.random.default_rng([seed, 1])
    cell = _cells(given, scores)
    X, y = given.X.loc[scores.patients], given.y.loc[scores.patients]
    strata = None if given.strata is None else given.strata.loc[scores.patients]
    stated: dict[str, Any] = {"reference": scores.options[0], "min_events": 1}
    if isinstance(model, SurvivalEffect):
        stated["horizon"] = model.horizon_
    shares = []
    for _ in range(permutations):
        option = scores.option.copy()
        for place in np.unique(cell):
            rows = np.flatnonzero(cell == place)
            option[rows] = option[rng.permutation(rows)]
        taken = pd.Series(np.array(scores.options)[option], index=scores.patients)
        refit = clone(model).set_params(**stated).fit(X, y, treatment=taken, strata=strata)
        shares.append(share_of_claims(refit, X, sign=sign, horizon=horizon))
    return float(np.mean(shares))


def _cells(given: Aligned, scores: Scores) -> Ints:
    """Return a code for each stratum and fifth of the propensity."""
    propensity = scores.propensity[:, -1]
    fifth = np.searchsorted(np.quantile(propensity, [0.2, 0.4, 0.6, 0.8]), propensity, side="right")
    if given.strata is None:
        return np.asarray(fifth, dtype=np.int64)
    stratum = given.strata.loc[scores.patients].astype("category").cat.codes.to_numpy(dtype=np.int64)
    return np.asarray(stratum * 5 + fifth, dtype=np.int64)
