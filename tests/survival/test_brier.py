"""Brier scores against scikit-survival."""

import numpy as np
import pytest

from genorx.errors import HorizonError, UsageError
from genorx.survival import brier_score, integrate_brier


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
