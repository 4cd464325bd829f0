"""The posterior averaged over a group's scale, against normal linear models where everything has a closed form."""

import numpy as np
import pytest
from scipy import stats

from genorx.outcomes.shrinkage.group_prior import GroupPrior, empirical_bayes
from genorx.outcomes.shrinkage.scale_uncertainty import _FACTORS, over_each_scale, under_both_tails


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


def test_each_scale_is_averaged_over_by_itself():
    """Two groups of orthogonal columns: closed form of each, as in the exact mixture, on a fine grid of scales."""
    rng = np.random.default_rng(5)
    Z = np.linalg.qr(rng.normal(size=(60, 8)))[0] * 60**0.5
    y = Z @ np.concatenate([rng.normal(scale=0.3, size=4), np.zeros(4)]) + rng.normal(size=60)

    def objective(beta):
        left = y - Z @ beta
        return -0.5 * float(left @ left), Z.T @ left, Z.T @ Z

    prior = GroupPrior(np.repeat([0, 1], 4), means=False)
    mixed = over_each_scale(objective, prior, empirical_bayes(objective, prior))
    least = Z.T @ y / 60  # each has variance 1/60 around the truth
    for group in (slice(0, 4), slice(4, 8)):
        scale = np.geomspace(0.05, 40, 400)  # of the summed effect; evenly on the logarithm
        variance = scale**2 / 4
        logs = -0.5 * (least[group] @ least[group]) / (variance + 1 / 60) - 2 * np.log(variance + 1 / 60)
        share = np.exp(logs - logs.max()) * scale / (1 + scale**2)
        share /= share.sum()
        kept = variance / (variance + 1 / 60)
        mean = share @ kept
        var = share @ (kept / 60) + share @ (kept - mean) ** 2 * least[group] ** 2
        assert mixed.beta[group] == pytest.approx(mean * least[group], rel=0.04, abs=0.004)
        assert np.diag(mixed.covariance)[group] == pytest.approx(var, rel=0.12)


def test_a_group_that_was_shrunk_away_keeps_its_uncertainty():
    """Simulation: where the likeliest scale is 0 the truth need not be; intervals of its columns then still hold it.

    Truth: eight coefficients of standard deviation 0.15 from 40 patients, which is less than their errors.
    """
    held, away = [], 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        Z, truth = rng.normal(size=(40, 8)), rng.normal(scale=0.15, size=8)
        y = Z @ truth + rng.normal(size=40)

        def objective(beta, Z=Z, y=y):
            left = y - Z @ beta
            return -0.5 * float(left @ left), Z.T @ left, Z.T @ Z

        prior = GroupPrior(np.zeros(8, dtype=int), means=False)
        found = empirical_bayes(objective, prior)
        if (8 / found.penalty[0]) ** 0.5 > 0.05:
            continue
        away += 1
        mixed = over_each_scale(objective, prior, found)
        new = rng.normal(size=(50, 8))
        for one, name in ((found, "likeliest"), (mixed, "averaged")):
            error = np.sqrt(np.einsum("ij,jk,ik->i", new, one.covariance, new))
            held.append((name, np.mean(np.abs(new @ (one.beta - truth)) < 1.96 * error)))
    assert away >= 10
    coverage = {name: np.mean([share for each, share in held if each == name]) for name in ("likeliest", "averaged")}
    assert coverage["likeliest"] < 0.5
    assert coverage["averaged"] > 0.8
