"""Brier scores against scikit-survival."""

import numpy as np
import pytest

from genorx.errors import HorizonError, UsageError
from genorx.survival import brier_score, censoring_weights, integrate_brier, kaplan_meier


def test_brier_score_is_that_of_scikit_survival():
    """Independent library: sksurv.metrics.brier_score, tied times."""
    from sksurv.metrics import brier_score as theirs
    from sksurv.util import Surv

    rng = np.random.default_rng(3)
    time, event = np.ceil(rng.exponential(6, 400)), rng.random(400) < 0.7
    survival = rng.random((400, 3))
    times = np.array([2.0, 4.0, 7.0])
    y = Surv.from_arrays(event, time)
    assert brier_score(time, event, survival, times) == pytest.approx(theirs(y, y, survival, times)[1])


def test_integral_goes_through_zero():
    """Hand calculation: trapezoids (0,0) (1,.1) (3,.2): (.05 + .3) / 3."""
    assert integrate_brier(np.array([0.1, 0.2]), np.array([1.0, 3.0])) == pytest.approx(0.35 / 3)


def test_times_at_or_beyond_the_last_follow_up_are_refused():
    """The censoring weights do not exist there."""
    with pytest.raises(HorizonError):
        brier_score([1, 2, 3], [1, 0, 1], np.ones((3, 1)), [3.0])
    with pytest.raises(UsageError):
        brier_score([1, 2, 3], [1, 0, 1], np.ones((3, 2)), [2.0])


def test_weighted_survivors_are_the_kaplan_meier_curve():
    """By identity: the weighted share of who is alive at the horizon is Kaplan-Meier's survival, ties or not."""
    rng = np.random.default_rng(8)
    time, event = np.ceil(rng.exponential(5, 300)), rng.integers(0, 2, 300)
    weight = censoring_weights(time, event, horizon=6.5, smallest=0.0)
    assert np.mean(weight * (time > 6.5)) == pytest.approx(float(kaplan_meier(time, event).at(6.5)), abs=1e-12)
    assert weight.mean() == pytest.approx(1.0, abs=1e-12)
    assert (weight[(event == 0) & (time < 6.5)] == 0).all()
    assert censoring_weights(time, event, horizon=6.5, smallest=0.5).max() <= 2
    with pytest.raises(HorizonError):
        censoring_weights(time, event, horizon=1000)


def test_the_brier_score_follows_from_the_weights():
    """``brier_score`` at 4 is the weighted mean of the squared errors (no ties)."""
    rng = np.random.default_rng(9)
    time, event, predicted = rng.exponential(5, 200), rng.integers(0, 2, 200), rng.random(200)
    weight = censoring_weights(time, event, horizon=4.0, smallest=0.0)
    by_hand = np.mean(weight * ((time > 4.0) - predicted) ** 2)
    assert brier_score(time, event, predicted[:, None], [4.0])[0] == pytest.approx(by_hand, rel=1e-9)
