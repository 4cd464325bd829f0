"""Calibration against brute force and a simulated truth."""

import numpy as np
import pytest

from genorx.survival import calibrate, kaplan_meier, pseudo_observations


def test_pseudo_observations_are_the_jackknife():
    """Brute force: n S - (n - 1) S without the patient, tied times."""
    rng = np.random.default_rng(1)
    time, event = np.ceil(rng.exponential(5, 80)), rng.random(80) < 0.6
    whole = kaplan_meier(time, event).at(4.0)
    brute = [80 * whole - 79 * kaplan_meier(np.delete(time, i), np.delete(event, i)).at(4.0) for i in range(80)]
    assert pseudo_observations(time, event, 4.0) == pytest.approx(np.array(brute))


def test_without_censoring_pseudo_observations_are_the_outcomes():
    """Survived beyond the horizon or not."""
    time = np.arange(1.0, 11.0)
    assert pseudo_observations(time, np.ones(10), 4.0) == pytest.approx((time > 4).astype(float))


def _patients(n, seed):
    rng = np.random.default_rng(seed)
    hazard = np.exp(rng.normal(size=n))
    time, censor = rng.exponential(1 / hazard), rng.exponential(3, n)
    return hazard, np.minimum(time, censor), time <= censor


def test_true_probabilities_have_slope_one_and_intercept_zero():
    """Known truth: exponential times, predictions exp(-hazard); 3,000 patients."""
    hazard, time, event = _patients(3000, 5)
    result = calibrate(time, event, np.exp(-hazard), horizon=1.0, n_boot=200)
    assert result.slope.lower < 1 < result.slope.upper
    assert result.intercept.lower < 0 < result.intercept.upper
    inside = (result.curve["lower"] <= result.curve["predicted"]) & (result.curve["predicted"] <= result.curve["upper"])
    assert inside.sum() >= 8


def test_predictions_that_are_too_extreme_have_half_the_slope():
    """Known truth: log hazards doubled, so the slope of the truth on them is 1/2; doubled risk: intercept -log 2."""
    hazard, time, event = _patients(3000, 6)
    extreme = calibrate(time, event, np.exp(-(hazard**2)), horizon=1.0, n_boot=50)
    assert extreme.slope.estimate == pytest.approx(0.5, abs=0.06)
    doubled = calibrate(time, event, np.exp(-2 * hazard), horizon=1.0)
    assert doubled.intercept.estimate == pytest.approx(-np.log(2), abs=0.08)


def test_few_patients_give_few_groups():
    """At least 20 patients a group: 50 patients, 2 groups."""
    hazard, time, event = _patients(50, 7)
    assert calibrate(time, event, np.exp(-hazard), horizon=0.5).curve["patients"].tolist() == [25, 25]
