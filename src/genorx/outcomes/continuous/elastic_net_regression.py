"""Linear regression with an elastic net penalty (scikit-learn) for a continuous outcome: a sparse model.

Source: Zou H, Hastie T 2005, J R Stat Soc B 67:301.
"""

from __future__ import annotations

import warnings
from dataclasses import KW_ONLY, dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from genorx.outcomes.continuous.refitted_regression import RefittedRegression
from genorx.outcomes.engines.elastic_net import LinearRefits

Floats = NDArray[np.float64]


@dataclass(eq=False, repr=False)
class ElasticNetRegression(LinearRefits, RefittedRegression):
    """Elastic net regression for a continuous outcome, on a scale chosen from the data.

    Parameters
    ----------
    specs, l1_ratio, folds, rare, seed
        As in ``ElasticNetLogistic``.
    scale, n_refits, residual_folds
        As in ``BoostedRegression``.

    Attributes
    ----------
    alpha_, beta_
        Strength and coefficients, as in ``outcomes.engines.elastic_net``.

    Examples
    --------
    >>> import genorx as gx
    >>> made = gx.datasets.make_trial(150)
    >>> X = made.features[["age_years", "ldh_u_per_l"]]
    >>> dose = (30 - 0.2 * X["age_years"] + made.outcomes["time"].rank() / 50).rename("dose_mg")
    >>> model = gx.outcomes.ElasticNetRegression(n_refits=2).fit(X, dose)
    >>> low, high = model.predict_interval(X.head(3)).T
    >>> bool((low < high).all())
    True
    """

    _: KW_ONLY
    scale: Literal["auto", "identity", "sqrt", "log"] = "auto"
    residual_folds: int = 5

    def _grow(self, matrix: Floats, scaled: Floats) -> None:
        self.alpha_ = self._strength(matrix, scaled)
        self.beta_ = np.stack([self._net(matrix[rows], scaled[rows]) for rows in self._samples(scaled)])

    def _strength(self, matrix: Floats, scaled: Floats) -> float:
        from sklearn.linear_model import ElasticNetCV

        self._check_folds(len(scaled))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a penalty too weak to converge loses in the comparison
            net = ElasticNetCV(l1_ratio=self.l1_ratio, cv=self.folds, eps=1e-3, alphas=30, selection="cyclic")
            return float(net.fit(matrix, scaled).alpha_)

    def _net(self, matrix: Floats, scaled: Floats) -> Floats:
        from sklearn.linear_model import ElasticNet

        net = ElasticNet(alpha=self.alpha_, l1_ratio=self.l1_ratio, max_iter=5000).fit(matrix, scaled)
        return np.concatenate([[net.intercept_], net.coef_])
