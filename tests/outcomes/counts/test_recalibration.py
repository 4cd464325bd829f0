"""Recalibration of log means."""

import numpy as np
import pytest
from sklearn.linear_model import PoissonRegressor

from genorx.outcomes.counts.recalibration import count_line


def _drawn(slope, n=800, seed=1):
    rng = np.random.default_rng(seed)
    linear = rng.normal(scale=0.5, size=n)
    return linear, rng.poisson(np.exp(0.3 + slope * linear)).astype(float)


def test_the_line_is_that_of_scikit_learn_where_it_is_off():
    """Independent: PoissonRegressor without a penalty, on log means whose slope is 2."""
    linear, target = _drawn(2.0)
    theirs = PoissonRegressor(alpha=0, tol=1e-10).fit(linear[:, None], target)
    np.testing.assert_allclose(
        count_line(linear, target, np.zeros(800)), [theirs.intercept_, theirs.coef_[0]], rtol=1e-4
    )


@pytest.mark.parametrize("slope", [1.0, -1.0], ids=["right", "turned round"])
def test_else_the_means_add_up_to_the_counts(slope):
    """By hand: level is the log of seen over said, with the exposure in what is said."""
    linear, target = _drawn(slope)
    offset = np.linspace(-0.1, 0.1, 800)
    level, found = count_line(linear, target, offset)
    assert found == 1.0
    assert np.exp(offset + level + linear).sum() == pytest.approx(target.sum())


def test_one_mean_for_all_has_no_slope():
    """By hand: 3 events in each of 50 patients, 1.5 said."""
    line = count_line(np.full(50, np.log(1.5)), np.full(50, 3.0), np.zeros(50))
    assert line == (pytest.approx(np.log(2)), 1.0)
