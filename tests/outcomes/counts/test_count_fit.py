"""The likelihood of counts and its fit without shrinkage."""

import numpy as np
import pytest
from scipy import stats
from scipy.optimize import approx_fprime

from genorx.outcomes.counts.count_fit import count_likelihood, fit_counts
from genorx.outcomes.counts.counts_base import means, overdispersion
from genorx.outcomes.shrinkage.group_prior import GroupPrior

_RNG = np.random.default_rng(2)
_DESIGN = np.column_stack([np.ones(60), _RNG.normal(size=(60, 2))])
_COUNTS = _RNG.poisson(np.exp(0.5 + 0.4 * _DESIGN[:, 1]) * _RNG.gamma(2.0, 0.5, 60)).astype(float)


@pytest.mark.parametrize("over", [0.0, 0.7])
def test_value_gradient_and_information_are_those_of_the_distribution(over):
    """Value by scipy.stats; slopes by finite differences; where counts spread it is the observed information."""
    likelihood, beta = count_likelihood(_DESIGN, _COUNTS, np.full(60, 0.2), over), np.array([0.3, 0.2, -0.4])
    value, gradient, information = likelihood(beta)
    mean = np.exp(0.2 + _DESIGN @ beta)
    drawn = stats.nbinom(1 / over, 1 / (1 + over * mean)) if over else stats.poisson(mean)
    assert value == pytest.approx(drawn.logpmf(_COUNTS).sum())
    np.testing.assert_allclose(gradient, approx_fprime(beta, lambda b: likelihood(b)[0]), rtol=1e-4)
    np.testing.assert_allclose(-information, approx_fprime(beta, lambda b: likelihood(b)[1]), rtol=1e-4, atol=1e-3)


def test_large_counts_of_much_spread_have_a_fit():
    """Truth: log rate ratio 0.5, variance mean + mean^2; about 150,000 on average."""
    rng = np.random.default_rng(0)
    half = (np.arange(400) % 2).astype(float)
    counts = rng.poisson(1e5 * np.exp(0.5 * half) * rng.gamma(1.0, 1.0, 400)).astype(float)
    design = np.column_stack([np.ones(400), half])
    found, over = fit_counts(design, counts, np.full(400, np.log(counts.mean())), GroupPrior(np.full(2, -1)))
    error = float(np.sqrt(found.covariance[1, 1]))
    assert abs(found.beta[1] - 0.5) < 2.5 * error
    assert error == pytest.approx(
        2 / np.sqrt(400), rel=0.1
    )  # of a log ratio of two means of 200, variance 1 / 200 each
    assert over == pytest.approx(1.0, abs=0.15)


def test_overdispersion_is_not_low_where_many_coefficients_were_fitted():
    """Known truth by simulation: 0.8; 150 patients, 12 columns, 30 tables.  Taken at the fitted means it is 0.6."""
    found, unadjusted = [], []
    for seed in range(30):
        rng = np.random.default_rng(seed)
        design = np.column_stack([np.ones(150), rng.normal(size=(150, 12))])
        mean = np.exp(0.7 + 0.3 * design[:, 1])
        counts = rng.poisson(rng.gamma(1 / 0.8, mean * 0.8)).astype(float)
        fit, over = fit_counts(design, counts, np.zeros(150), GroupPrior(np.full(13, -1)))
        found.append(over)
        unadjusted.append(overdispersion(counts, means(design @ fit.beta)))
    error = np.std(found) / 30**0.5
    assert abs(np.mean(found) - 0.8) < 2.5 * error
    assert np.mean(unadjusted) < 0.8 - 2.5 * error
