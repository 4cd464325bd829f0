"""Cumulative incidence against lifelines, Kaplan-Meier and a calculation by hand."""

import numpy as np
import pytest

from genorx.errors import UsageError
from genorx.survival import cumulative_incidence, kaplan_meier


def test_incidence_and_error_agree_with_lifelines_where_no_times_are_tied():
    """lifelines.AalenJohansenFitter on 200 made patients."""
    from lifelines import AalenJohansenFitter

    rng = np.random.default_rng(0)
    time, cause = rng.exponential(5, 200), rng.integers(0, 3, 200)
    found = cumulative_incidence(time, cause)
    theirs = AalenJohansenFitter(calculate_variance=True).fit(time, cause, 1)
    np.testing.assert_allclose(found.incidence, theirs.cumulative_density_.iloc[:, 0].loc[found.times], atol=1e-12)
    error = np.sqrt(theirs.variance_.loc[found.times].to_numpy())
    np.testing.assert_allclose(found.std_error, error, rtol=0.02, atol=1e-3)


def test_with_one_cause_it_is_one_minus_kaplan_meier():
    rng = np.random.default_rng(1)
    time, event = np.ceil(rng.exponential(5, 100)), rng.integers(0, 2, 100)
    curve, found = kaplan_meier(time, event), cumulative_incidence(time, event)
    np.testing.assert_allclose(found.incidence, 1 - curve.survival, atol=1e-12)
    inside = curve.survival > 0
    np.testing.assert_allclose(found.std_error[inside], curve.std_error[inside], atol=1e-12)


def test_ties_are_taken_together_as_by_hand():
    """4 patients, at time 1 one event of each cause, at 2 one of cause 1: 1/4, then 1/4 + 1/2 * 1/2 = 1/2."""
    found = cumulative_incidence([1, 1, 2, 3], [1, 2, 1, 0])
    assert found.incidence.tolist() == [0.25, 0.5]
    assert found.at([0.5, 1, 9]).tolist() == [0.0, 0.25, 0.5]
    assert cumulative_incidence([3, 2, 1, 1], [0, 1, 2, 1]).incidence.tolist() == [0.25, 0.5]


def test_incidences_and_survival_sum_to_one():
    rng = np.random.default_rng(2)
    time, cause = np.ceil(rng.exponential(5, 300)), rng.integers(0, 3, 300)
    one, other = (cumulative_incidence(time, cause, of=k) for k in (1, 2))
    np.testing.assert_allclose(one.incidence + other.incidence + one.survival, 1.0, atol=1e-12)


@pytest.mark.parametrize("cause", [[0.5, 1], [-1, 1]])
def test_causes_that_are_no_whole_numbers_are_refused(cause):
    with pytest.raises(UsageError) as caught:
        cumulative_incidence([1, 2], cause)
    assert caught.value.code == "event-type"


def test_it_agrees_with_scikit_survival_where_times_are_tied():
    """sksurv.nonparametric.cumulative_incidence_competing_risks on 300 made patients."""
    from sksurv.nonparametric import cumulative_incidence_competing_risks

    rng = np.random.default_rng(4)
    time, cause = np.ceil(rng.exponential(5, 300)), rng.integers(0, 3, 300)
    times, theirs = cumulative_incidence_competing_risks(cause, time)
    for code in (1, 2):
        np.testing.assert_allclose(cumulative_incidence(time, cause, of=code).at(times), theirs[code], atol=1e-12)


def test_with_one_cause_limits_are_those_of_kaplan_meier():
    rng = np.random.default_rng(5)
    time, event = np.ceil(rng.exponential(5, 100)), rng.integers(0, 2, 100)
    lower, upper = cumulative_incidence(time, event).interval_at([2, 5])
    theirs = kaplan_meier(time, event).interval_at([2, 5])
    np.testing.assert_allclose([1 - upper, 1 - lower], theirs, atol=1e-12)


def test_a_cause_below_one_is_refused():
    with pytest.raises(UsageError) as caught:
        cumulative_incidence([1, 2], [0, 1], of=0)
    assert caught.value.code == "event-type"


def test_with_late_entry_and_one_cause_it_is_one_minus_kaplan_meier():
    rng = np.random.default_rng(4)
    time, cause = rng.exponential(5, 200), rng.integers(0, 3, 200)
    entry = rng.uniform(0, 2, 200) * (rng.random(200) > 0.4)
    kept = time > entry
    time, cause, entry = time[kept], cause[kept], entry[kept]
    curve = kaplan_meier(time, cause > 0, entry=entry)
    one, other = (cumulative_incidence(time, cause, of=k, entry=entry) for k in (1, 2))
    np.testing.assert_allclose(one.survival, curve.survival, atol=1e-12)
    np.testing.assert_allclose(one.incidence + other.incidence, 1 - curve.survival, atol=1e-12)
    any_cause = cumulative_incidence(time, (cause > 0).astype(int), entry=entry)
    inside = curve.survival > 0
    np.testing.assert_allclose(any_cause.std_error[inside], curve.std_error[inside], atol=1e-12)


def test_late_entry_takes_away_who_was_not_there_to_die():
    """Truth: two causes of rate 0.1, incidence 1/2 (1 - exp(-0.2 t)); entries up to 4 hide early deaths."""
    rng = np.random.default_rng(5)
    n = 20000
    times = rng.exponential(10, (n, 2))
    time, cause = times.min(axis=1), times.argmin(axis=1) + 1
    entry = rng.uniform(0, 4, n) * (rng.random(n) > 0.3)
    kept = time > entry
    truth = 0.5 * (1 - np.exp(-0.2 * 5))
    found = cumulative_incidence(time[kept], cause[kept], entry=entry[kept])
    error = found.std_error[np.searchsorted(found.times, 5) - 1]
    assert found.at([5])[0] == pytest.approx(truth, abs=3 * error)
    assert cumulative_incidence(time[kept], cause[kept]).at([5])[0] < truth - 5 * error
