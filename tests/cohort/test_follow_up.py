"""Follow-up of a group against the reverse Kaplan-Meier estimate of lifelines."""

import numpy as np
import pytest

from genorx.cohort.follow_up import median_follow_up


def test_median_follow_up_is_the_reverse_kaplan_meier_median():
    """lifelines' Kaplan-Meier with censoring as the event, on times without ties between event and censoring."""
    lifelines = pytest.importorskip("lifelines")
    rng = np.random.default_rng(1)
    time, event = rng.exponential(10, 200), rng.random(200) < 0.6
    reverse = lifelines.KaplanMeierFitter().fit(time, ~event)
    assert median_follow_up(time, event) == pytest.approx(reverse.median_survival_time_)


def test_an_event_leaves_before_a_censoring_of_the_same_day():
    """By hand: at day 2 one dies, one is censored; two remain at risk of censoring, 1/2 is reached."""
    assert median_follow_up(np.array([2.0, 2.0, 3.0]), np.array([True, False, False])) == 2.0


def test_median_follow_up_is_none_where_all_had_the_event():
    assert median_follow_up(np.array([1.0, 2.0]), np.array([True, True])) is None
