"""Logistic regression with an elastic net penalty for a binary outcome: few features have a nonzero coefficient."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genorx.outcomes.binary.recalibration import calibration
from genorx.outcomes.binary.refitted_logistic import RefittedLogistic
from genorx.outcomes.engines.elastic_net import NetRefits

Floats = NDArray[np.float64]


class ElasticNetLogistic(NetRefits, RefittedLogistic):
    """Elastic net logistic regression: calibrated probability of a binary outcome (``outcomes.shrinkage.net_path``).

    Parameters
    ----------
    specs : sequence of FeatureSpec, optional
        Kind and group of each feature; inferred by default.
    l1_ratio : float
        Share of the lasso in the penalty, above 0 and up to 1.
    folds : int
        Number of folds by which the strength of the penalty is chosen; the out-of-fold log odds also give the
        calibration.
    n_refits : int
        Number of bootstrap refits at the chosen strength, and of refits to outcomes simulated from them, for draws.
    rare : int
        Fewest patients with either value of a 0/1 column; below it the column is left out.
    seed : int
        Seed of folds and refits.

    Attributes
    ----------
    alpha_, beta_
        Strength and coefficients, as in ``outcomes.engines.elastic_net``.
    calibration_ : dict
        As in ``GroupShrunkLogistic``.

    Examples
    --------
    >>> import genorx as gx
    >>> made = gx.datasets.make_trial(150)
    >>> X = made.features[["age_years", "ldh_u_per_l"]]
    >>> model = gx.outcomes.ElasticNetLogistic(n_refits=2).fit(X, made.outcomes["toxicity"])
    >>> chance = model.predict_probability(X.head(3))
    >>> bool(((chance > 0) & (chance < 1)).all())
    True
    """

    net = "binomial"

    def _checked(self, frame: pd.DataFrame, target: Floats) -> dict[str, Any]:  # noqa: ARG002
        return calibration(self._taken_left_out(), target)
