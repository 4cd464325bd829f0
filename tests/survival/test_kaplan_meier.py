"""Curves against lifelines, hand calculation and their own invariances."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genorx.errors import HorizonError, SupportError, UsageError
from genorx.survival import kaplan_meier
from genorx.survival.kaplan_meier import check_horizon


def test_curve_of_five_patients_is_that_of_hand_calculation():
    """Deaths at 1 (5 at risk), 3 (3 at risk), 4 (2 at risk): 4/5, 8/15, 4/15; Greenwood at 1: 0.8 sqrt(1/20)."""
    curve = kaplan_meier([1, 2, 3, 4, 5], [1, 0, 1, 1, 0])
    assert curve.survival == pytest.approx([4 / 5, 8 / 15, 4 / 15])
    assert curve.std_error[0] == pytest.approx(0.8 * np.sqrt(1 / 20))
    assert curve.at([0.5, 1, 2.9, 10]) == pytest.approx([1, 0.8, 0.8, 4 / 15])
    assert curve.median()[0] == 4


def test_curve_limits_and_median_are_those_of_lifelines():
    """Independent library: lifelines' KaplanMeierFitter, log-log limits, on times with ties."""
    from lifelines import KaplanMeierFitter

    rng = np.random.default_rng(1)
    time, event = np.ceil(rng.exponential(8, 300)), rng.random(300) < 0.6
    theirs = KaplanMeierFitter().fit(time, event)
    ours = kaplan_meier(time, event)
    points = [2.0, 5.0, 9.0]
    limits = theirs.confidence_interval_survival_function_
    lower, upper = ours.interval_at(points)
    assert ours.at(points) == pytest.approx(theirs.predict(points).to_numpy())
    assert lower == pytest.approx([limits.loc[:p].iloc[-1, 0] for p in points])
    assert upper == pytest.approx([limits.loc[:p].iloc[-1, 1] for p in points])
    assert ours.median()[0] == theirs.median_survival_time_


def test_median_that_is_not_reached_is_nothing_not_a_number():
    """One death among four: survival stays at 3/4; its lower limit (0.13) is below 1/2 from day 1, the upper never."""
    assert kaplan_meier([1, 2, 3, 4], [1, 0, 0, 0]).median() == (None, 1.0, None)


@given(st.lists(st.tuples(st.integers(0, 20), st.booleans()), min_size=1, max_size=60))
@settings(max_examples=50, deadline=None)
def test_curves_fall_from_one_and_never_rise(patients):
    """Property of any survival function."""
    time, event = zip(*patients, strict=True)
    curve = kaplan_meier(time, event)
    values = np.concatenate([[1.0], curve.survival])
    assert np.all(np.diff(values) <= 0)
    assert np.all((values >= 0) & np.isfinite(curve.std_error.sum()))


@pytest.mark.parametrize(
    ("time", "event"), [([1, 2], [1]), ([], []), ([-1, 2], [1, 0]), ([1, np.nan], [1, 0]), ([1, 2], [1, 2])]
)
def test_data_that_are_no_survival_times_are_refused(time, event):
    """Rule of the function: same length, not empty, not negative, finite, events 0 or 1."""
    with pytest.raises(UsageError):
        kaplan_meier(time, event)


def test_horizon_error_names_the_horizon_and_the_last_follow_up():
    """Both numbers stand in the message, exit status 4."""
    with pytest.raises(HorizonError, match=r"60.*41\.2") as caught:
        check_horizon(60, 41.2)
    assert (caught.value.code, caught.value.exit_code) == ("horizon", 4)


def _late(n, seed):
    """Exponential, mean 5, entry uniform up to 3: who died before entry is not there."""
    rng = np.random.default_rng(seed)
    time, entry, censored = rng.exponential(5, n), rng.uniform(0, 3, n) * (rng.random(n) > 0.3), rng.uniform(2, 12, n)
    end = np.minimum(time, censored)
    kept = end > entry
    return end[kept], (time <= censored)[kept], entry[kept], time, kept


def test_with_late_entry_curve_and_error_are_those_of_lifelines():
    from lifelines import KaplanMeierFitter

    end, seen, entry, _, _ = _late(300, 1)
    found = kaplan_meier(end, seen, entry=entry)
    theirs = KaplanMeierFitter().fit(end, seen, entry=entry)
    np.testing.assert_allclose(found.survival, theirs.predict(found.times), atol=1e-12)
    greenwood = np.sqrt(theirs._cumulative_sq_.loc[found.times].to_numpy()) * found.survival
    np.testing.assert_allclose(found.std_error, greenwood, atol=1e-10)


def test_late_entry_by_hand():
    """At 2 three of the four are at risk (one enters at 2, later than just before it): 2/3; at 3 one of three dies."""
    found = kaplan_meier([2, 3, 4, 5], [1, 1, 0, 0], entry=[0, 0, 1, 2])
    assert found.at_risk.tolist() == [3, 3]
    np.testing.assert_allclose(found.survival, [2 / 3, 4 / 9])


def test_without_late_entry_nothing_changes():
    rng = np.random.default_rng(3)
    time, event = rng.exponential(5, 50), rng.integers(0, 2, 50)
    one, other = kaplan_meier(time, event), kaplan_meier(time, event, entry=np.zeros(50))
    np.testing.assert_array_equal(one.survival, other.survival)


@pytest.mark.parametrize(
    ("entry", "code"),
    [([0, 3, 0], "entry-after-time"), ([0, -1, 0], "usage"), ([0, np.nan, 0], "usage"), ([0, 0], "usage")],
)
def test_entries_that_cannot_be_are_refused(entry, code):
    with pytest.raises(UsageError) as caught:
        kaplan_meier([1, 2, 3], [1, 1, 0], entry=entry)
    assert caught.value.code == code


def test_a_risk_set_that_empties_before_others_enter_is_refused():
    """At time 1 the only patient at risk dies; the curve would be 0 for all who enter at 2."""
    with pytest.raises(SupportError) as caught:
        kaplan_meier([1, 5, 6], [1, 1, 0], entry=[0, 2, 2])
    assert caught.value.code == "risk-set-empty"
