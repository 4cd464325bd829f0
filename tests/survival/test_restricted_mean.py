"""Restricted means against survRM2, a simulated truth and hand calculation."""

import numpy as np
import pytest
from lifelines.datasets import load_waltons

from genorx.errors import HorizonError
from genorx.survival import area_under, restricted_mean, restricted_mean_difference


def test_restricted_mean_matches_survrm2():
    """survRM2::rmst2 on the waltons data, miR-137 arm, tau = 10: 9.794, standard error 0.123."""
    flies = load_waltons().query("group == 'miR-137'")
    result = restricted_mean(flies["T"], flies["E"], horizon=10)
    assert result.estimate == pytest.approx(9.794, abs=5e-4)
    assert result.std_error == pytest.approx(0.123, abs=5e-4)


def test_without_censoring_it_is_the_mean_of_the_cut_times():
    """Hand calculation: mean and (population) standard error of min(T, tau)."""
    rng = np.random.default_rng(0)
    time = rng.exponential(3, 200)
    cut = np.minimum(time, 4.0)
    result = restricted_mean(time, np.ones(200), horizon=4.0)
    assert result.estimate == pytest.approx(cut.mean())
    assert result.std_error == pytest.approx(cut.std() / np.sqrt(200))


def test_error_is_the_spread_of_the_estimate_over_repeated_samples():
    """Simulation with known truth: exponential, rate 1, tau 2: mean 1 - exp(-2); 400 samples of 100."""
    rng = np.random.default_rng(2)
    results = []
    for _ in range(400):
        time, censor = rng.exponential(1, 100), rng.uniform(0.5, 6, 100)
        results.append(
            restricted_mean(np.minimum(time, censor), time <= censor, horizon=2.0 if censor.max() > 2 else 1)
        )
    estimates = np.array([r.estimate for r in results])
    covered = np.mean([r.lower <= 1 - np.exp(-2) <= r.upper for r in results])
    assert estimates.mean() == pytest.approx(1 - np.exp(-2), abs=0.012)
    assert np.mean([r.std_error for r in results]) == pytest.approx(estimates.std(), rel=0.1)
    assert 0.92 <= covered <= 0.98


def test_difference_is_that_of_the_two_groups():
    """Hand calculation from the groups' own results: errors add in squares."""
    flies = load_waltons()
    group = flies["group"] == "control"
    both = restricted_mean_difference(flies["T"], flies["E"], group, horizon=40)
    one = restricted_mean(flies["T"][group], flies["E"][group], horizon=40)
    other = restricted_mean(flies["T"][~group], flies["E"][~group], horizon=40)
    assert both.estimate == pytest.approx(one.estimate - other.estimate)
    assert both.std_error**2 == pytest.approx(one.std_error**2 + other.std_error**2)


def test_horizon_beyond_follow_up_is_refused():
    """The rule of the function."""
    with pytest.raises(HorizonError):
        restricted_mean([1, 2, 3], [1, 0, 1], horizon=3.5)


def test_area_under_steps_is_that_of_the_rectangles():
    """Hand calculation: 1 for 1, 0.5 for 2, 0.25 for 1 up to horizon 4; the step at 5 is beyond it."""
    assert area_under(np.array([[0.5, 0.25, 0.1]]), np.array([1.0, 3.0, 5.0]), 4.0) == pytest.approx([2.25])


def test_with_late_entry_mean_and_error_are_right_over_repeated_samples():
    """Simulation with known truth: exponential, rate 1, tau 2, entry uniform up to 1 for two in three."""
    rng = np.random.default_rng(6)
    truth = 1 - np.exp(-2)
    results, ignored = [], []
    for _ in range(300):
        time, censor = rng.exponential(1, 250), rng.uniform(2.0, 6, 250)
        entry = rng.uniform(0, 1, 250) * (rng.random(250) > 1 / 3)
        end = np.minimum(time, censor)
        kept = end > entry
        end, seen, entry = end[kept], (time <= censor)[kept], entry[kept]
        results.append(restricted_mean(end, seen, horizon=2.0, entry=entry))
        ignored.append(restricted_mean(end, seen, horizon=2.0).estimate)
    estimates = np.array([r.estimate for r in results])
    assert estimates.mean() == pytest.approx(truth, abs=0.012)
    assert np.mean(ignored) > truth + 0.1
    assert np.mean([r.std_error for r in results]) == pytest.approx(estimates.std(), rel=0.12)
    assert 0.91 <= np.mean([r.lower <= truth <= r.upper for r in results]) <= 0.98


def test_with_late_entry_the_mean_is_that_of_lifelines():
    from lifelines import KaplanMeierFitter
    from lifelines.utils import restricted_mean_survival_time

    rng = np.random.default_rng(7)
    time, entry = rng.exponential(5, 200), rng.uniform(0, 2, 200) * (rng.random(200) > 0.4)
    kept = time > entry
    curve = KaplanMeierFitter().fit(time[kept], np.ones(kept.sum()), entry=entry[kept])
    found = restricted_mean(time[kept], np.ones(kept.sum()), horizon=6.0, entry=entry[kept])
    assert found.estimate == pytest.approx(restricted_mean_survival_time(curve, t=6.0), rel=1e-9)
    group = np.arange(kept.sum()) % 2 == 0
    both = restricted_mean_difference(time[kept], np.ones(kept.sum()), group, horizon=6.0, entry=entry[kept])
    one, other = (
        restricted_mean(time[kept][rows], np.ones(rows.sum()), horizon=6.0, entry=entry[kept][rows])
        for rows in (group, ~group)
    )
    assert both.estimate == pytest.approx(one.estimate - other.estimate)
