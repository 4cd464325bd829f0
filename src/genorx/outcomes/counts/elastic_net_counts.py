"""A count by Poisson regression with an elastic net penalty: few features get a coefficient."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import KW_ONLY, dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genorx._core.feature_spec import FeatureSpec
from genorx.outcomes.counts.refitted_counts import RefittedCounts
from genorx.outcomes.engines.elastic_net import NetRefits

Floats = NDArray[np.float64]


@dataclass(eq=False, repr=False)
class ElasticNetCounts(NetRefits, RefittedCounts):
    """Mean of a count, log-linear, by an elastic net (see ``outcomes.shrinkage.net_path``).

    Parameters
    ----------
    specs : sequence of FeatureSpec, optional
    exposure : str, optional
        Feature that a patient's count is proportional to; positive, never missing.
    l1_ratio : float
        Share of the lasso in the penalty, above 0.
    folds : int
        Folds of the choice of the strength.
    n_refits : int
        Bootstrap refits, at the chosen strength, and fits to truths made of them, for draws.
    rare : int
        Fewest patients on either side of a 0/1 column.
    seed : int

    Attributes
    ----------
    alpha_, beta_
        Strength and coefficients (log rate ratios), as in ``outcomes.engines.elastic_net``.
    overdispersion_ : float
        Variance is mean + overdispersion x mean^2; 0: Poisson.
    """

    net = "poisson"
    specs: Iterable[FeatureSpec] | None = None
    _: KW_ONLY
    exposure: str | None = None
    l1_ratio: float = 0.5
    folds: int = 5
    n_refits: int = 20
    rare: int = 5
    seed: int = 0

    def _out_of_fold(
        self,
        matrix: Floats,  # noqa: ARG002
        target: Floats,  # noqa: ARG002
        offset: Floats,  # noqa: ARG002
        patients: pd.Index[Any],  # noqa: ARG002
    ) -> Floats:
        return self._taken_left_out()
