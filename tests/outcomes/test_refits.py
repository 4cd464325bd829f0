"""Draws from fits to made truths."""

import numpy as np
import pytest

from genorx.errors import SupportError
from genorx.outcomes import BoostedLogistic
from genorx.outcomes.engines.refits import draws_around, truths_around


def test_truths_lie_around_the_estimate_as_refits_lie_around_their_mean():
    """By hand: refits 1 and 3 are 1 off their mean; a slope of 1/4 doubles that, one above 1 leaves it."""
    made = np.array([[10.0], [1.0], [3.0]])
    np.testing.assert_allclose(truths_around(made), [[9.0], [11.0]])
    np.testing.assert_allclose(truths_around(made, 0.25), [[8.0], [12.0]])
    np.testing.assert_allclose(truths_around(made, 1.5), [[9.0], [11.0]])


def test_errors_at_made_truths_are_those_at_the_truth():
    """Known truth, normal with variance 1 and seen with noise of variance 2: recalibrated, the error has 1 x 2 / 3."""
    rng = np.random.default_rng(1)
    n, slope = 20_000, 1 / 3
    truth = rng.normal(size=n)
    seen = truth + rng.normal(scale=2**0.5, size=n)
    made = slope * np.vstack([seen, seen + rng.normal(scale=2**0.5, size=(40, n))])
    truths = truths_around(made, slope)
    errors = slope * (truths + rng.normal(scale=2**0.5, size=truths.shape)) - truths
    assert np.mean((made[0] - truth) ** 2) == pytest.approx(2 / 3, rel=0.03)
    assert np.mean(errors**2) == pytest.approx(2 / 3, rel=0.03)


def test_draws_are_as_large_and_as_alike_as_the_errors():
    """By hand: mean squares 1 and 2, mean product 1; the variance of t with 4 degrees of freedom is twice that of z."""
    estimate, errors = np.array([5.0, -5.0]), np.array([[1.0, 2.0], [-1.0, 0.0], [1.0, 2.0], [-1.0, 0.0]])
    draws = draws_around(estimate, errors, n_draws=40_000, seed=1)
    np.testing.assert_allclose(draws.mean(axis=0), estimate, atol=0.03)
    np.testing.assert_allclose(np.cov(draws.T), [[2.0, 2.0], [2.0, 4.0]], atol=0.1)
    alone = draws_around(estimate[1:], errors[:, 1:], n_draws=40_000, seed=1)
    np.testing.assert_array_equal(alone[:, 0], draws[:, 1])


def test_a_model_without_refits_has_no_draws(patients):
    """By hand: nothing to draw from; the error says why."""
    X, _, value = patients
    model = BoostedLogistic(n_trees=10, n_refits=0, folds=0).fit(X, value)
    assert model.again_ == ()
    with pytest.raises(SupportError, match="without bootstrap refits"):
        model.sample_probability(X)
