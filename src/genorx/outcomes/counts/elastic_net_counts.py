"""Poisson regression with an elastic net penalty for a count: few features have a coefficient other than 0."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genorx.outcomes.counts.refitted_counts import RefittedCounts
from genorx.outcomes.engines.elastic_net import NetRefits

Floats = NDArray[np.float64]


@dataclass(eq=False, repr=False)
class ElasticNetCounts(NetRefits, RefittedCounts):
    """Elastic net log-linear regression: mean of a count (see ``outcomes.shrinkage.net_path``).

    Parameters
    ----------
    specs, l1_ratio, folds, n_refits, rare, seed
        As in ``ElasticNetLogistic``.
    exposure : str, optional
        Feature to which a patient's count is proportional (time under observation); positive, never missing.

    Attributes
    ----------
    alpha_, beta_
        Strength and coefficients (log rate ratios), as in ``outcomes.engines.elastic_net``.
    overdispersion_ : float
        Variance is mean + overdispersion x mean^2; 0: Poisson.

    Examples
    --------
    >>> import genorx as gx
    >>> made = gx.datasets.make_trial(150)
    >>> X = made.features[["age_years", "ldh_u_per_l"]]
    >>> visits = (made.outcomes["time"] // 10).rename("visits")
    >>> model = gx.outcomes.ElasticNetCounts(n_refits=2).fit(X, visits)
    >>> bool((model.predict_value(X) > 0).all())
    True
    """

    net = "poisson"
    _: KW_ONLY
    exposure: str | None = None

    def _out_of_fold(
        self,
        matrix: Floats,  # noqa: ARG002
        target: Floats,  # noqa: ARG002
        offset: Floats,  # noqa: ARG002
        patients: pd.Index[Any],  # noqa: ARG002
    ) -> Floats:
        return self._taken_left_out()
