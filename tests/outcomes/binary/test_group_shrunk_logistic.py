"""The binary model: calibrated, with intervals, safe to save."""

import json

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone

from genorx.errors import SupportError, UsageError
from genorx.outcomes import BinaryModel, GroupShrunkLogistic


@pytest.fixture(scope="module")
def model(patients, specs):
    X, _, value = patients
    return GroupShrunkLogistic(specs).fit(X, value)


def test_model_meets_the_protocol(model):
    """Protocol of outcomes.protocol."""
    assert isinstance(model, BinaryModel)
    assert not hasattr(clone(model), "fit_")


def test_probabilities_come_near_the_truth(model, patients):
    """Known truth of the fixture: log odds 0.07 (age - 60) + marker - 0.5, for patients whose age is known."""
    X, _, _ = patients
    known = X[X["age"].notna()]
    truth = 1 / (1 + np.exp(-(0.07 * (known["age"].astype(float) - 60) + known["marker"].astype(float) - 0.5)))
    predicted = model.predict_probability(known)
    draws = model.sample_probability(known, n_draws=400)
    lower, upper = np.percentile(draws, [2.5, 97.5], axis=0)
    assert np.abs(predicted - truth).mean() < 0.06
    assert np.mean((lower <= truth) & (truth <= upper)) > 0.85


def test_out_of_fold_calibration_is_reported(model):
    """Truth is a logistic model: slope near 1, no recalibration."""
    assert abs(model.calibration_["slope"] - 1) < 3 * model.calibration_["slope_error"]
    assert model.calibration_["recalibrated"] is False
    assert model.line_ == (0.0, 1.0)


def test_predictions_are_recalibrated_where_the_slope_is_off():
    """A subclass whose coefficients are three times too large: out-of-fold slope 1/3, undone by the line."""

    class Extreme(GroupShrunkLogistic):
        def _fitted(self, X, target):
            encoder, fit = super()._fitted(X, target)
            object.__setattr__(fit, "beta", 3 * fit.beta)
            return encoder, fit

    rng = np.random.default_rng(1)
    X = pd.DataFrame({"x": rng.normal(size=800)}, index=[f"P{i}" for i in range(800)])
    value = pd.Series((rng.random(800) < 1 / (1 + np.exp(-X["x"]))).astype(float), index=X.index)
    model = Extreme().fit(X, value)
    assert model.calibration_["slope"] == pytest.approx(1 / 3, abs=0.1)
    assert model.calibration_["recalibrated"] is True
    plain = GroupShrunkLogistic().fit(X, value)
    assert np.abs(model.predict_probability(X) - plain.predict_probability(X)).max() < 0.03


def test_state_gives_the_same_model_back(model, patients):
    """Round trip through JSON text and arrays."""
    X, _, _ = patients
    values, arrays = model.state()
    again = GroupShrunkLogistic.from_state(json.loads(json.dumps(values, allow_nan=False)), arrays)
    assert np.array_equal(again.predict_probability(X), model.predict_probability(X))
    assert np.array_equal(again.sample_probability(X), model.sample_probability(X))
    assert np.array_equal(again.contributions(X), model.contributions(X))


def test_a_patient_alone_gets_the_same_answer(model, patients):
    """To the bit."""
    X, _, _ = patients
    assert np.array_equal(model.predict_probability(X.iloc[[5]]), model.predict_probability(X)[[5]])
    assert np.array_equal(model.sample_probability(X.iloc[[5]]), model.sample_probability(X)[:, [5]])


def test_contributions_explain_the_log_odds(model, patients):
    """Sum over features is the log odds up to one constant, where all is known of the patient."""
    X = patients[0].dropna()
    assert np.ptp(model.contributions(X).sum(axis=1).to_numpy() - model.predict_risk(X)) < 1e-9


def test_outcomes_that_cannot_be_used_are_refused(patients):
    """One value only; a value that is no 0 or 1; other patients."""
    X, _, value = patients
    with pytest.raises(SupportError) as caught:
        GroupShrunkLogistic().fit(X, value * 0)
    assert caught.value.code == "no-events"
    with pytest.raises(UsageError) as caught:
        GroupShrunkLogistic().fit(X, value + (X["g1"] == 1).astype(float))  # 0, 1 and 2
    assert caught.value.code == "not-binary"
    with pytest.raises(UsageError, match="same patients"):
        GroupShrunkLogistic().fit(X, value[::-1])


def test_intervals_tell_that_the_recalibration_is_an_estimate():
    """Known truth: noise alone, .45 for all; a slope near 0 took the uncertainty of the level away with the slope's.

    With 60 patients the standard error of a share is .064, so an interval is about .25 wide.
    """
    for seed in range(40):
        rng = np.random.default_rng(seed)
        X = pd.DataFrame(rng.normal(size=(60, 6)), columns=list("abcdef"))
        model = GroupShrunkLogistic().fit(X, pd.Series((rng.random(60) < 0.45).astype(float)))
        if model.calibration_["recalibrated"]:
            break
    assert model.calibration_["recalibrated"]
    lower, upper = np.quantile(model.sample_probability(X, n_draws=500), [0.025, 0.975], axis=0)
    assert np.mean((lower <= 0.45) & (upper >= 0.45)) > 0.9
    assert 0.15 < np.median(upper - lower) < 0.6
    again = GroupShrunkLogistic.from_state(*model.state())
    np.testing.assert_array_equal(again.sample_probability(X, n_draws=5), model.sample_probability(X, n_draws=5))
