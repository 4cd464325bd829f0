"""Correcting a risk: the closed test on cohorts with known truth, and what a correction does to risks."""

import numpy as np
import pytest

from genorx.datasets import make_screening_cohort
from genorx.errors import InputError
from genorx.survival import evaluate_screening, recalibrate


def _recalibrated(**truth):
    made = make_screening_cohort(20_000, **truth)
    people = made.people
    return made, recalibrate(people["risk"], people["time"], people["cause"], horizon=6)


@pytest.mark.parametrize(
    ("truth", "how"),
    [
        ({"oe": 1.0, "slope": 1.0, "seed": 2}, "keep"),
        ({"oe": 1.5, "slope": 1.0, "seed": 3}, "intercept"),
        ({"oe": 1.17, "slope": 0.7, "seed": 4}, "slope"),
    ],
)
def test_no_more_is_corrected_than_the_data_ask_for(truth, how):
    """Known truth by simulation: level and slope of the predicted risk are given."""
    made, found = _recalibrated(**truth)
    assert found.how == how
    risk = made.people["risk"].to_numpy()
    corrected = found.transform(risk)
    assert abs(corrected.mean() - made.incidence.mean()) < 0.003
    assert abs(corrected - made.incidence).mean() < max(abs(risk - made.incidence).mean(), 1e-3)
    if how == "slope":
        assert abs(found.slope - 0.7) < 0.12
    else:
        assert found.slope == 1.0
    if how == "keep":
        assert found.intercept == 0.0
        np.testing.assert_array_equal(corrected, risk)


def test_a_corrected_risk_is_calibrated_in_the_same_people():
    """The regression is that of the calibration slope, so that slope and intercept become 1 and 0."""
    made, found = _recalibrated(oe=1.3, slope=0.7, seed=5)
    people = made.people
    after = evaluate_screening(found.transform(people["risk"]), people["time"], people["cause"], horizon=6, n_boot=0)
    assert after.slope.estimate == pytest.approx(1.0, abs=1e-6)
    assert after.intercept.estimate == pytest.approx(0.0, abs=1e-6)
    assert 0.9 < after.oe.estimate < 1.1


def test_the_test_of_the_slope_errs_in_about_5_per_cent():
    """Level of the closed test: of 60 cohorts in which the risk is right, few are corrected (expected 3 to 6)."""
    corrected = 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        risk = rng.uniform(0.02, 0.5, 1500)
        event, end = rng.random(1500) < risk, rng.uniform(0, 3, 1500)
        time, cause = np.where(event, 1.0, 4.0), event.astype(int)
        seen = np.minimum(time, np.where(rng.random(1500) < 0.4, end, 9.0))
        corrected += recalibrate(risk, seen, np.where(seen < time, 0, cause), horizon=2).how != "keep"
    assert corrected <= 12


def test_a_correction_refuses_what_is_no_risk():
    _, found = _recalibrated(oe=1.5, slope=0.8, seed=6)
    with pytest.raises(InputError) as caught:
        found.transform([0.1, 12.0])
    assert caught.value.code == "risk-not-fraction"
