"""Limits of draws are numpy.quantile's; means and shares do not hang on what stands beside."""

import numpy as np
import pytest

from genorx.effects.decision import Choosing, decide, decide_all
from genorx.effects.intervals import Interval, interval_of, probability_best


@pytest.mark.parametrize("n", [1, 2, 3, 12, 41, 60, 81, 400, 1000])
def test_limits_are_those_of_numpy(n):
    draws = np.random.default_rng(n).normal(size=(n, 4, 3))
    for found, known in zip(interval_of(draws), np.quantile(draws, (0.025, 0.975), axis=0), strict=True):
        assert np.array_equal(found, known)


@pytest.mark.parametrize("n", [2, 3, 41, 60, 400])
def test_limits_of_draws_of_which_some_are_infinite_are_the_nearest_draws(n):
    draws = np.random.default_rng(n).normal(size=(n, 20))
    draws[draws > 0.8] = np.inf
    lower, upper = interval_of(draws)
    for place, column in enumerate(draws.T):
        known = np.quantile(column, (0.025, 0.975), method="nearest" if np.isinf(column).any() else "linear")
        assert (lower[place], upper[place]) == tuple(known)


def test_a_missing_draw_makes_missing_limits():
    lower, upper = interval_of(np.array([[1.0, 1.0], [np.nan, 2.0], [3.0, 3.0]]))
    assert np.isnan([lower[0], upper[0]]).all()
    assert np.isfinite([lower[1], upper[1]]).all()


def test_patients_are_decided_alike_alone_and_together():
    """Also where differences are shrunk towards the average, and where some options are to be avoided."""
    rng = np.random.default_rng(1)
    options, n = ("a", "b", "c"), 7
    value = rng.normal(size=(n, 3))
    draws = value + rng.normal(size=(99, n, 3)) * 0.8
    draws[:, 3, 1] = draws[:, 3, 0]  # ties
    ends = Interval(estimate=0.5, lower=0.1, upper=0.9)
    choosing = Choosing(averages={"b": ends, "c": ends}, reference="a", slopes={"b": ends}, evaluated=True)
    avoid = [(), ("a",), (), (), ("b", "c"), (), ()]
    for known in (Choosing(), choosing):
        together = decide_all(options, value, draws, choosing=known, avoid=avoid, smallest_difference=0.1)
        alone = [
            decide(options, value[i], draws[:, i], choosing=known, avoid=avoid[i], smallest_difference=0.1)
            for i in range(n)
        ]
        assert together == alone


def test_options_that_tie_share_the_chance_to_be_the_best():
    draws = np.array([[1.0, 1.0, 0.0], [2.0, 1.0, 2.0], [0.0, 3.0, 0.0], [1.0, 1.0, 1.0]])
    assert probability_best(draws) == pytest.approx([(1 / 2 + 1 / 2 + 0 + 1 / 3) / 4, (3 / 2 + 1 / 3) / 4, 5 / 24])
    assert np.array_equal(probability_best(np.stack([draws, draws + 1], axis=1))[0], probability_best(draws))


def test_intervals_of_many_columns_are_numpys_in_any_layout():
    """More than are sorted together; draws first in memory, last in memory, and every other column of them."""
    draws = np.random.default_rng(4).normal(size=(401, 700, 3))
    last = np.moveaxis(np.ascontiguousarray(np.moveaxis(draws, 0, -1)), -1, 0)
    for given in (draws, last, draws[:, ::2]):
        for found, known in zip(interval_of(given), np.quantile(given, (0.025, 0.975), axis=0), strict=True):
            np.testing.assert_allclose(found, known, rtol=1e-14)
