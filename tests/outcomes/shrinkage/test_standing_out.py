"""Which columns keep their effect under heavy tails, against a linear model where leaving one out has a closed form."""

import numpy as np
import pytest

from genorx.outcomes.shrinkage.cox_fit import fit_cox
from genorx.outcomes.shrinkage.group_prior import GroupPrior, empirical_bayes, posterior_at
from genorx.outcomes.shrinkage.heavy_tails import heavy_tailed, standing_out


def _linear(n=200, size=12):
    """Return design, target and objective of a linear model with noise of variance 1, whose columns share a mean."""
    rng = np.random.default_rng(4)
    Z = rng.normal(size=(n, size)) + rng.normal(size=(n, 1))
    beta = np.full(size, 0.3)
    beta[3] = -1.2
    y = Z @ beta + rng.normal(size=n)

    def objective(beta):
        left = y - Z @ beta
        return -0.5 * float(left @ left), Z.T @ left, Z.T @ Z

    return Z, y, objective


def test_what_stands_out_is_the_estimate_without_its_own_penalty():
    """By hand: the ridge solution with column 3 free and the others shrunk to their own mean (precision 1 / 1)."""
    Z, y, objective = _linear()
    prior, penalty = GroupPrior(np.zeros(12, dtype=int), means=True), 300.0
    found = posterior_at(objective, prior, {0: penalty}, empirical_bayes(objective, prior, fixed={0: penalty}))
    released = standing_out(prior, found)
    others = np.delete(np.arange(12), 3)
    among = penalty * np.eye(11) - penalty**2 / (11 * penalty + 1)
    precision = np.zeros((12, 12))
    precision[np.ix_(others, others)] = among
    free = np.linalg.solve(Z.T @ Z + precision, Z.T @ y)
    mean = penalty * free[others].sum() / (11 * penalty + 1)
    assert released[3] == pytest.approx(free[3] - mean, rel=1e-6)
    assert heavy_tailed(objective, prior, found).beta[3] < -0.9


def test_a_rare_flag_without_events_does_not_stand_out():
    """Seven deaths are expected among the carriers and none is seen: the statistic z^2 / 2 is half of that.

    It is below the log of 60 columns and 1.2 beyond, 5.3, which chance alone passes in one of sixteen groups.
    """
    rng = np.random.default_rng(13)
    n, size = 900, 60
    flags = rng.random((n, size)) < 0.05
    time = rng.exponential(1.0, n) / (0.14 * np.exp(flags @ np.full(size, 0.35) - 1.0))
    end = rng.uniform(0.2, 1.2, n)
    event = (time <= end) & ~flags[:, 0]
    Z = (flags - flags.mean(axis=0)) / flags.std(axis=0)
    fit = fit_cox(Z, np.minimum(time, end), event, group=[0] * size, heavy_tails=True)
    assert fit.beta[0] / flags[:, 0].std() > -1.0
    wide, narrow = fit.heavy[1][0, 0], fit.covariance[0, 0]
    assert fit.std_error[0] == pytest.approx(np.sqrt((wide + narrow) / 2))
