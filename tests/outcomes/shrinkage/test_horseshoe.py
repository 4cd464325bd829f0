"""Draws under a horseshoe prior, against numerical integration of its density and against linear algebra."""

from dataclasses import replace

import numpy as np
import pytest

from genorx.outcomes.kinds import ResponseFit
from genorx.outcomes.shrinkage.group_prior import GroupPrior, empirical_bayes
from genorx.outcomes.shrinkage.horseshoe import SparseColumns


def _alone(information, estimate):
    """Return one column with an estimate, and no other."""
    return SparseColumns(
        places=np.array([0]),
        group=np.array([0]),
        information=np.array([[information]]),
        score=np.array([information * estimate]),
    )


def _integrated(information, estimate):
    """Return a grid and the distribution function of the posterior on it, by quadrature.

    The standard deviation s of the column is a product of two half-Cauchy variables, whose density is proportional to
    log(s) / (s^2 - 1).
    """
    grid = np.arange(-2, 3, 0.002) + 0.001  # not 0 itself, where the density is infinite
    spread = np.exp(np.linspace(-14, 10, 480) + 1e-4)
    weight = np.log(spread) / (spread**2 - 1) * spread  # by the logarithm of s
    prior = np.array([(weight / spread * np.exp(-0.5 * (x / spread) ** 2)).sum() for x in grid])
    density = prior * np.exp(-0.5 * information * (grid - estimate) ** 2)
    return grid, np.cumsum(density) / density.sum()


@pytest.mark.parametrize("estimate", [0.0, 0.5, 1.2])
def test_one_column_has_the_posterior_of_quadrature(estimate):
    """5,000 draws: the sampling error of a share is below 0.007."""
    drawn = _alone(20.0, estimate).redrawn(np.zeros((5_000, 1)), np.eye(1), np.random.default_rng(0))[:, 0]
    grid, below = _integrated(20.0, estimate)
    for share in (0.025, 0.25, 0.5, 0.75, 0.975):
        limit = grid[np.searchsorted(below, share)]
        if abs(limit) > 0.02:  # the density has a pole at 0
            assert (drawn < limit).mean() == pytest.approx(share, abs=0.025)


def test_a_column_that_does_not_stand_out_keeps_its_estimate_and_zero_within_reach():
    """By quadrature: 2.2 standard errors from 0, the limits hold both 0 and the estimate without shrinkage, 0.5."""
    grid, below = _integrated(20.0, 0.5)
    assert grid[np.searchsorted(below, 0.025)] < 0 < 0.5 < grid[np.searchsorted(below, 0.975)]
    drawn = _alone(20.0, 0.5).redrawn(np.zeros((2_000, 1)), np.eye(1), np.random.default_rng(1))[:, 0]
    lower, upper = np.quantile(drawn, [0.025, 0.975])
    assert lower < 0 < 0.5 < upper


def test_two_strong_columns_of_twelve_are_hardly_shrunk_and_the_others_are():
    """Known truth: 10 standard errors from 0 against none; groups have scales of their own."""
    estimates = np.array([1.0, -1.0, *np.zeros(10)])
    columns = SparseColumns(
        places=np.arange(12), group=np.repeat([0, 1], 6), information=100 * np.eye(12), score=100 * estimates
    )
    drawn = columns.redrawn(np.zeros((2_000, 12)), np.eye(12), np.random.default_rng(2))
    assert drawn[:, :2].mean(axis=0) == pytest.approx([1.0, -1.0], abs=0.05)
    assert drawn[:, :2].std(axis=0) == pytest.approx(0.1, rel=0.15)
    assert (drawn[:, 2:6].std(axis=0) < 0.08).all()
    assert (drawn[:, 6:].std(axis=0) < drawn[:, 2:6].std(axis=0).min()).all()  # a group in which none is strong


def test_the_information_is_that_of_the_data_with_the_others_shrunk():
    """By hand: of a linear model with noise 1, Z1' (I + Z2 Z2' / penalty)^-1 Z1, and the same with the target."""
    rng = np.random.default_rng(3)
    Z = rng.normal(size=(50, 7))
    y = Z @ np.array([0.8, 0, 0, 0.3, 0.3, -0.3, 0.3]) + rng.normal(size=50)

    def objective(beta):
        left = y - Z @ beta
        return -0.5 * float(left @ left), Z.T @ left, Z.T @ Z

    group = np.array([4, 4, 4, 2, 2, 2, 2])
    found = empirical_bayes(objective, GroupPrior(group, means=False))
    places = np.arange(3)
    columns = SparseColumns.of(places, group[places], found.penalty, found.beta, found.covariance)
    own, others = Z[:, :3], Z[:, 3:]
    weight = np.linalg.inv(np.eye(50) + others @ others.T / found.penalty[2])
    assert columns.information == pytest.approx(own.T @ weight @ own, rel=1e-6)
    assert columns.score == pytest.approx(own.T @ weight @ y, rel=1e-3)  # the mode is found to 1e-5
    assert columns.group.tolist() == [0, 0, 0]


def test_the_other_columns_follow_by_their_regression():
    """Algebra: what a normal draw of the others has beyond its regression on the column stays as drawn."""
    covariance = np.array([[2.0, 0.8, 0.0], [0.8, 1.0, 0.3], [0.0, 0.3, 1.0]])
    columns = SparseColumns(
        places=np.array([1]), group=np.array([0]), information=np.array([[9.0]]), score=np.array([3.0])
    )
    before = np.random.default_rng(4).normal(size=(60, 3))
    after = columns.redrawn(before, covariance, np.random.default_rng(5))
    slope = covariance[1] / covariance[1, 1]
    assert after - np.outer(after[:, 1], slope) == pytest.approx(before - np.outer(before[:, 1], slope))
    assert after[:, 1] != pytest.approx(before[:, 1], abs=0.1)


def test_every_second_draw_of_a_fit_is_under_the_horseshoe():
    """By the two halves: those under the normal prior are as without it, the others as ``redrawn`` gives them."""
    fit = ResponseFit(heads=np.zeros(1), beta=np.zeros(1), covariance=np.eye(2), heavy_covariance=np.eye(2) / 4)
    columns = SparseColumns(
        places=np.array([1]), group=np.array([0]), information=np.array([[9.0]]), score=np.array([18.0])
    )
    plain = fit.draw(400, np.random.default_rng(6))
    drawn = replace(fit, sparse=columns).draw(400, np.random.default_rng(6))
    assert (drawn[1::2] == plain[1::2]).all()
    assert (drawn[0] == plain[0]).all()
    assert drawn[2::2, 0] == pytest.approx(plain[2::2, 0])
    assert drawn[2::2, 1].mean() == pytest.approx(1.9, abs=0.15)  # nearly the estimate without shrinkage, 2


def test_without_such_columns_draws_are_kept_and_no_array_is_stored():
    """Files of other kinds, and of genorx before it, have none."""
    draws = np.ones((3, 2))
    assert SparseColumns().redrawn(draws, np.eye(2), np.random.default_rng(0)) is draws
    assert SparseColumns().state() == {}
    assert SparseColumns.from_state({}).places.size == 0
    columns = _alone(4.0, 1.0)
    again = SparseColumns.from_state(columns.state())
    assert again.information.tolist() == [[4.0]]
    assert again.score.tolist() == [4.0]
