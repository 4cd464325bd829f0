"""The closed test on changes whose likelihood ratios are given, and the likelihoods behind it."""

import numpy as np
import pytest

from genorx.monitor.calibration import Change, NewOutcomes
from genorx.monitor.closed_test import closed_test
from genorx.outcomes.recalibration.likelihood import HAZARD, PROBABILITY
from genorx.outcomes.recalibration.offset_regression import Prior


def _change(*gains):
    """Likelihood ratios of the intercept, of intercept and slope, and of eight coefficients, in 100 events."""
    data = NewOutcomes(
        X=np.ones((100, 8)),
        happened=np.ones(100),
        offset=np.zeros(100),
        prior=Prior(mean=np.zeros(8), precision=np.eye(8)),
        likelihood=HAZARD,
        since=0.0,
    )
    return Change(gains=gains, freedom=(1, 2, 8), intercept=0.3, error=0.1, data=data)


@pytest.mark.parametrize(
    ("gains", "action"),
    [
        ((1.0, 2.0, 6.0), "keep"),
        ((20.0, 21.0, 26.0), "recalibrate_baseline"),
        # 7 on one degree of freedom: p = 0.008; all coefficients, 11 on seven (p = 0.14), did not show it
        ((20.0, 27.0, 31.0), "recalibrate_slope"),
        # 33 on six degrees of freedom against the slope
        ((20.0, 27.0, 60.0), "refit"),
        # the slope does not beat the baseline, all coefficients beat both
        ((20.0, 20.5, 60.0), "refit"),
    ],
)
def test_the_smallest_change_is_taken_that_no_larger_one_beats(gains, action):
    """P-values of chi-squared from tables."""
    assert closed_test([_change(*gains)], alpha=0.003).action == action


def test_the_window_that_shows_the_change_most_clearly_decides():
    found = closed_test([_change(1.0, 2.0, 6.0), _change(20.0, 21.0, 26.0)], alpha=0.003)
    assert found.action == "recalibrate_baseline"
    assert found.decisive.gains[0] == 20.0


def test_a_hazard_and_a_probability_are_changed_on_their_own_scale():
    """By hand: twice the hazard squares survival; three times the odds of one half are 3/4."""
    assert HAZARD.changed(np.array([0.8]), np.log([2.0])) == pytest.approx([0.64])
    assert PROBABILITY.changed(np.array([0.5]), np.log([3.0])) == pytest.approx([0.75])
    assert HAZARD.index_of(np.array([[1.0, 0.5]])) == pytest.approx([np.log(np.log(2.0))])
    assert PROBABILITY.index_of(np.array([[0.75]])) == pytest.approx([np.log(3.0)])
    for likelihood, expected in ((HAZARD, [0.2, 1.5]), (PROBABILITY, [0.2, 0.9])):
        assert likelihood.mean(likelihood.offset(np.array(expected))) == pytest.approx(expected)
    assert HAZARD.impossible(np.array([-0.1, 0.0, np.nan])).tolist() == [True, False, False]
    assert PROBABILITY.impossible(np.array([0.0, 0.5, 1.0, np.nan])).tolist() == [True, False, True, False]
