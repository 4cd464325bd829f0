"""The posterior averaged over a group's scale, against normal linear models where everything has a closed form."""

import numpy as np
import pytest
from scipy import stats

from genorx.outcomes.shrinkage.group_prior import GroupPrior, empirical_bayes
from genorx.outcomes.shrinkage.scale_uncertainty import _FACTORS, under_both_tails


def _linear(n=40, size=6, seed=0):
    """Return design, target and objective of a linear model with noise of variance 1."""
    rng = np.random.default_rng(seed)
    Z = rng.normal(size=(n, size))
    y = Z @ rng.normal(scale=0.4, size=size) + rng.normal(size=n)

    def objective(beta):
        left = y - Z @ beta
        return -0.5 * float(left @ left), Z.T @ left, Z.T @ Z

    return Z, y, objective


def test_mean_and_covariance_are_those_of_the_exact_mixture():
    """By hand: y ~ N(0, I + Z Z' / lambda) at each scale, times the half-Cauchy on sd = root(size / lambda)."""
    Z, y, objective = _linear()
    prior = GroupPrior(np.zeros(6, dtype=int), means=False, uncertain=[0])
    found = empirical_bayes(objective, prior)
    mixed, tails = under_both_tails(objective, prior, found, heavy=False)
    weights, means, covariances = [], [], []
    for factor in _FACTORS:
        penalty = found.penalty[0] / factor**2
        scale = (6 / penalty) ** 0.5
        log = stats.multivariate_normal(np.zeros(len(y)), np.eye(len(y)) + Z @ Z.T / penalty).logpdf(y)
        weights.append(log + np.log(scale / (1 + scale**2)))
        covariances.append(np.linalg.inv(Z.T @ Z + penalty * np.eye(6)))
        means.append(covariances[-1] @ Z.T @ y)
    share = np.exp(np.array(weights) - max(weights))
    share = np.where(share / share.sum() < 0.02, 0, share)
    share /= share.sum()
    mean = share @ np.array(means)
    spread = sum(w * (c + np.outer(m - mean, m - mean)) for w, m, c in zip(share, means, covariances, strict=True))
    assert tails is None
    assert mixed.beta == pytest.approx(mean, abs=1e-6)
    assert mixed.covariance == pytest.approx(spread, abs=1e-6)


def test_without_uncertain_groups_the_posterior_stays_what_it_was():
    _, _, objective = _linear()
    prior = GroupPrior(np.zeros(6, dtype=int), means=False)
    found = empirical_bayes(objective, prior)
    assert under_both_tails(objective, prior, found, heavy=False)[0] is found


def test_a_scale_at_its_bound_is_counted_once():
    """The floor under a group stops the smaller scales: they are the same posterior, and weigh as one."""
    Z, y, objective = _linear(seed=3)
    flat = GroupPrior(np.zeros(6, dtype=int), means=False, floors={0: 5.0}, uncertain=[0])
    found = empirical_bayes(objective, flat)
    assert found.penalty[0] == pytest.approx(6 / 25)
    mixed, _ = under_both_tails(objective, flat, found, heavy=False)
    larger = [np.linalg.solve(Z.T @ Z + 6 / 25 / f**2 * np.eye(6), Z.T @ y) for f in (1.0, 2**0.5, 2.0, 2**1.5)]
    low, high = np.min(larger, axis=0), np.max(larger, axis=0)
    assert np.all(mixed.beta >= low - 1e-9)
    assert np.all(mixed.beta <= high + 1e-9)
