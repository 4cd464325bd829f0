"""Score test of proportional odds: whether a column has the same coefficient at every cutpoint.

Source: Peterson B, Harrell FE 1990, Appl Stat 39:205 (score test of proportional odds); the problem is that of Brant R
1990, Biometrics 46:1171.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import linalg, stats

from genorx.outcomes.ordinal.proportional_odds import proportional_odds
from genorx.outcomes.shrinkage.covariance import Covariance, around

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
_NOTHING = 1e-9  # share of the largest information below which the data do not inform a coefficient


@dataclass(frozen=True, kw_only=True)
class ScoreTest:
    """A statistic that is chi-squared with ``freedom`` degrees of freedom under proportional odds.

    Coefficients without information in the data are not counted.
    """

    statistic: float
    freedom: int

    @property
    def p_value(self) -> float:
        """Probability of a statistic at least as large."""
        return float(stats.chi2.sf(self.statistic, self.freedom))


def proportionality_test(
    matrix: Floats,
    code: Ints,
    cuts: Floats,
    beta: Floats,
    covariance: Covariance,
    *,
    columns: Ints,
    level: Ints,
) -> ScoreTest:
    """Test whether some columns have equal coefficients at all cutpoints; only the proportional fit is needed.

    Parameters
    ----------
    matrix : array of shape (n_patients, n_columns)
        Columns of the fit.
    code : array of int, shape (n_patients,)
        Index of the grade among the observed ones, from 0.
    cuts, beta : arrays of shape (n_seen - 1,) and (n_columns,)
        Cutpoints and coefficients of the proportional fit.
    covariance : array of shape (n_seen - 1 + n_columns, n_seen - 1 + n_columns)
        Covariance of that fit, cutpoints first.
    columns : array of int
        Indices of the tested columns.
    level : array of int, shape (n_seen - 1,)
        Cutpoints of one level share a coefficient; levels are 0, 1, ..., ascending, at least two.
    """
    held = (level[:, None] == np.arange(1, int(level.max()) + 1)).astype(float)
    apart = np.einsum("cl,nk->cnlk", held, matrix[:, columns]).reshape(cuts.size, code.size, -1)
    same, rest = np.concatenate([np.zeros(cuts.size), beta, np.zeros(apart.shape[2])]), cuts.size + beta.size
    _, gradient, information = proportional_odds(matrix, code, cuts, apart)(same)
    shared = information[:rest, rest:]
    left = information[rest:, rest:] - around(shared.T, covariance)
    inverse, rank = linalg.pinvh(left, rtol=_NOTHING, return_rank=True)
    return ScoreTest(statistic=float(gradient[rest:] @ inverse @ gradient[rest:]), freedom=int(rank))
