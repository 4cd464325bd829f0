"""Features whose effect may differ between options: all by default, or those that were asked for."""

import json

import numpy as np
import pandas as pd
import pytest

from genorx.effects import ResponseEffect, SurvivalEffect
from genorx.errors import UsageError


@pytest.fixture(scope="module")
def smoking():
    """1,500 patients at random: option b adds 2 in who smokes and nothing in others; age moves the outcome alone."""
    rng = np.random.default_rng(8)
    n = 1500
    index = pd.Index([f"P{place:04d}" for place in range(n)], name="patient_id")
    status = rng.choice(["never", "current"], n)
    age, taken = rng.normal(60, 8, n), rng.random(n) < 0.5
    value = 0.1 * age + 2.0 * taken * (status == "current") + rng.normal(size=n)
    X = pd.DataFrame({"age_years": age, "smoking_status": pd.Categorical(status)}, index=index)
    return X, pd.DataFrame({"value": value}, index=index), pd.Series(np.where(taken, "b", "a"), index=index)


def _effects(smoking, interactions):
    X, y, treatment = smoking
    model = ResponseEffect(reference="a", randomised=True, interactions=interactions)
    model.fit(X, y, treatment=treatment)
    return model, model.effect(X)["b"], (X["smoking_status"] == "current").to_numpy()


def test_an_interaction_that_was_asked_for_is_found(smoking):
    """Truth 2 in who smokes, 0 in who does not; age was not asked for and moves no difference."""
    model, effect, smokes = _effects(smoking, ["smoking_status"])
    assert effect[smokes].mean() == pytest.approx(2.0, abs=0.2)
    assert effect[~smokes].mean() == pytest.approx(0.0, abs=0.2)
    assert effect[smokes].std() < 1e-9
    assert model.summary().set_index("feature")["size"]["age_years"] == 0.0


def test_all_features_may_interact_by_default(smoking):
    _, effect, smokes = _effects(smoking, None)
    assert effect[smokes].mean() == pytest.approx(2.0, abs=0.25)
    assert effect[smokes].std() > 1e-3


def test_without_interactions_everybody_has_the_same_difference(smoking):
    """The mean of 2 and 0, each in half of the patients."""
    _, effect, _ = _effects(smoking, [])
    assert effect.std() < 1e-9
    assert effect.mean() == pytest.approx(1.0, abs=0.15)


def test_survival_takes_them_too_and_state_keeps_them(made):
    model = SurvivalEffect(reference="a", horizon=3.0, interactions=["gene"], n_draws=50)
    model.fit(made.X, made.y, treatment=made.treatment)
    sizes = model.summary().set_index("feature")["size"]
    assert sizes["age"] == sizes["sex"] == 0.0
    values, arrays = model.state()
    again = SurvivalEffect.from_state(json.loads(json.dumps(values)), arrays)
    np.testing.assert_array_equal(again.effect(made.X.iloc[:5]), model.effect(made.X.iloc[:5]))
    drivers = again.drivers(made.X.iloc[:5])
    assert (drivers.loc[drivers["feature"] == "age", "effect"] == 0).all()
    assert (drivers.loc[drivers["feature"] == "age", "prognosis"] != 0).any()


def test_a_feature_that_is_not_there_is_refused(smoking):
    with pytest.raises(UsageError) as caught:
        _effects(smoking, ["smoking"])
    assert caught.value.code == "no-such-feature"
