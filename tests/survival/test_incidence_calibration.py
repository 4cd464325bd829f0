"""Calibration of cumulative incidence: pseudo-observations one by one, and predictions known to be right."""

import numpy as np
import pytest

from genorx.errors import HorizonError
from genorx.survival import (
    calibrate_incidence,
    cumulative_incidence,
    incidence_pseudo_observations,
    pseudo_observations,
)


def _tied(n=120, seed=0):
    rng = np.random.default_rng(seed)
    return np.ceil(rng.exponential(5, n) * 2) / 2, rng.integers(0, 3, n)


@pytest.mark.parametrize("of", [1, 2])
def test_pseudo_observations_are_those_of_leaving_out_each_patient(of):
    """Definition: n F - (n - 1) F without the patient."""
    time, cause = _tied()
    whole = cumulative_incidence(time, cause, of=of).at(4)
    one_by_one = [
        120 * whole - 119 * cumulative_incidence(np.delete(time, i), np.delete(cause, i), of=of).at(4)
        for i in range(120)
    ]
    np.testing.assert_allclose(incidence_pseudo_observations(time, cause, 4.0, of=of), one_by_one, atol=1e-12)


def test_with_one_cause_they_are_those_of_survival():
    time, cause = _tied(seed=1)
    event = (cause > 0).astype(int)
    found = incidence_pseudo_observations(time, event, 4.0)
    np.testing.assert_allclose(found, 1 - pseudo_observations(time, event, 4.0), atol=1e-12)


def test_true_incidences_are_calibrated_and_too_extreme_ones_are_not():
    """Known truth: constant hazards; twice the spread on that scale halves the slope."""
    rng = np.random.default_rng(3)
    x = rng.normal(0, 0.7, 4000)
    hazards = np.column_stack([0.1 * np.exp(x), np.full(4000, 0.05)])
    total = hazards.sum(axis=1)
    time = rng.exponential(1 / total)
    cause = np.where(rng.random(4000) < hazards[:, 0] / total, 1, 2)
    stop = rng.uniform(2, 20, 4000)
    seen = np.where(time <= stop, cause, 0)
    truth = hazards[:, 0] / total * -np.expm1(-total * 5)
    found = calibrate_incidence(np.minimum(time, stop), seen, truth, horizon=5.0, n_boot=50)
    assert found.slope.lower < 1 < found.slope.upper
    assert found.intercept.lower < 0 < found.intercept.upper
    inside = (found.curve["lower"] <= found.curve["predicted"]) & (found.curve["predicted"] <= found.curve["upper"])
    assert inside.sum() >= 8
    wide = 1 - np.exp(-np.exp(2 * np.log(-np.log1p(-truth)) + 1))
    assert calibrate_incidence(np.minimum(time, stop), seen, wide, horizon=5.0).slope.estimate == pytest.approx(
        found.slope.estimate / 2, abs=0.01
    )


def test_a_horizon_beyond_follow_up_is_refused():
    time, cause = _tied()
    with pytest.raises(HorizonError):
        calibrate_incidence(time, cause, np.full(120, 0.3), horizon=999.0)
