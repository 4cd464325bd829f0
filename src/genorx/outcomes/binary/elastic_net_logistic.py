"""Logistic regression with an elastic net penalty for a binary outcome: few features get a coefficient."""

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
    l1_ratio : float
        Share of the lasso in the penalty, above 0.
    folds : int
        Folds for choosing the strength; the log odds of the patients left out also give the calibration.
    n_refits : int
        Bootstrap refits, at the chosen strength, and fits to truths made of them, for draws.
    rare : int
        Fewest patients on either side of a 0/1 column.
    seed : int

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
