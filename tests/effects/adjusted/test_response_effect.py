"""Probability of a yes-or-no outcome under each option."""

import json

import numpy as np
import pandas as pd
import pytest

from genorx.effects import EffectEstimator, ResponseEffect
from genorx.errors import SupportError, UsageError


@pytest.fixture(scope="module")
def binary(made):
    return ResponseEffect(reference="a").fit(made.X, made.response, treatment=made.treatment)


def test_the_odds_ratio_is_found_in_spite_of_confounding(make):
    """Truth: log odds ratio -0.7; an independent maximum likelihood fit (scipy) of the true model agrees."""
    from scipy.optimize import minimize

    made = make(2000, confounding=1.0)
    model = ResponseEffect(reference="a").fit(made.X, made.response, treatment=made.treatment)
    found = model.population_effect().set_index("measure").loc["odds_ratio"]
    assert found["lower"] < np.exp(-0.7) < found["upper"]
    age = (made.X["age"].to_numpy(float) - 60) / 10
    design = np.column_stack([np.ones(len(age)), age, made.treatment == "b"]).astype(float)
    value = made.response["value"].to_numpy()
    fit = minimize(lambda b: np.sum(np.logaddexp(0, design @ b) - value * (design @ b)), np.zeros(3))
    assert np.log(found["estimate"]) == pytest.approx(fit.x[2], abs=0.1)


def test_probabilities_are_between_zero_and_one_with_one_time(binary, made):
    sampled = binary.sample(made.X.iloc[:9], n_draws=30)
    assert sampled.draws.shape == (30, 9, 2, 1)
    assert np.all((sampled.draws > 0) & (sampled.draws < 1))
    assert sampled.times.size == 0


def test_a_patient_alone_gets_the_same_numbers(binary, made):
    together, alone = binary.sample(made.X, n_draws=30), binary.sample(made.X.iloc[[4]], n_draws=30)
    np.testing.assert_array_equal(alone.draws[:, 0], together.draws[:, 4])


def test_the_mean_prediction_is_the_share_seen_in_each_option(binary, made):
    """Calibration in the large: a logistic fit with a free indicator gives back the observed counts."""
    sampled = binary.sample(made.X, n_draws=2)
    for code, option in enumerate(binary.options_):
        had = (made.treatment == option).to_numpy()
        assert sampled.point[had, code, 0].mean() == pytest.approx(made.response["value"][had].mean(), abs=0.01)


def test_strata_shift_the_odds_and_predictions_average_over_them(make):
    made = make(900, n_strata=3, confounding=0.3)
    model = ResponseEffect(reference="a").fit(made.X, made.response, treatment=made.treatment, strata=made.strata)
    assert model.stratum_shares_.size == 3
    assert isinstance(model, EffectEstimator)
    point = model.sample(made.X, n_draws=2).point
    assert np.all((point > 0) & (point < 1))


def test_its_state_makes_the_same_estimator(binary, made):
    values, arrays = binary.state()
    again = ResponseEffect.from_state(json.loads(json.dumps(values)), arrays)
    X = made.X.iloc[:15]
    np.testing.assert_array_equal(again.sample(X).draws, binary.sample(X).draws)
    pd.testing.assert_frame_equal(again.support(X), binary.support(X))


def test_the_rarer_of_the_two_values_is_what_is_counted(made):
    """Nine of ten respond: the events are those who do not."""
    common = 1 - made.response * 0.0
    common.iloc[::10] = 0.0
    model = ResponseEffect(reference="a").fit(made.X, common, treatment=made.treatment)
    assert model.counts_["events"].sum() == 50


def test_an_outcome_that_hardly_anybody_has_is_refused(made):
    rare = made.response * 0.0
    rare.iloc[:5] = 1.0
    with pytest.raises(SupportError) as caught:
        ResponseEffect(reference="a").fit(made.X, rare, treatment=made.treatment)
    assert caught.value.code == "too-few-events"


def test_an_amount_is_compared_by_a_linear_model(make):
    """Truth: option b adds 2 + 3 * gene, confounded by age; least squares without shrinkage is the check."""
    made = make(800, confounding=1.0, seed=1)
    rng = np.random.default_rng(101)
    age, gene = (made.X["age"].to_numpy(float) - 60) / 10, made.X["gene"].to_numpy(float)
    b = (made.treatment == "b").to_numpy(float)
    y = pd.DataFrame({"value": 10 + 4 * age + b * (2 + 3 * gene) + rng.normal(0, 2, 800)}, index=made.X.index)
    model = ResponseEffect(reference="a").fit(made.X, y, treatment=made.treatment)
    effect = model.effect(made.X)["b"]
    lower, upper = (limit["b"] for limit in model.effect_interval(made.X))
    truth, known = 2 + 3 * gene, effect.notna().to_numpy()
    assert np.sqrt(np.mean((effect[known] - truth[known]) ** 2)) < 0.6
    assert np.mean((lower[known] <= truth[known]) & (truth[known] <= upper[known])) > 0.86
    mean = model.population_effect().set_index("measure").loc["mean_difference"]
    assert mean["lower"] < truth.mean() < mean["upper"]
    values, arrays = model.state()
    again = ResponseEffect.from_state(json.loads(json.dumps(values)), arrays)
    pd.testing.assert_frame_equal(again.rank(made.X.iloc[:5]), model.rank(made.X.iloc[:5]))


def test_where_lower_is_better_the_order_turns_and_the_numbers_stay(binary, made):
    """By definition: the same estimates, the other rank."""
    turned = ResponseEffect(reference="a", better="lower").fit(made.X, made.response, treatment=made.treatment)
    one, other = (each.rank(made.X.iloc[:30]).dropna() for each in (binary, turned))
    np.testing.assert_allclose(one["estimate"], other["estimate"])
    np.testing.assert_allclose(one["delta_lo"], other["delta_lo"])
    both = one.groupby("patient_id")["rank"].transform("size") == 2
    assert (one["rank"] + other["rank"] == 3)[both].all()


def test_a_missing_outcome_is_refused(made):
    from genorx.errors import InputError

    holes = made.response.copy()
    holes.iloc[3] = np.nan
    with pytest.raises(InputError) as caught:
        ResponseEffect(reference="a").fit(made.X, holes, treatment=made.treatment)
    assert caught.value.code == "value-missing"


def test_an_outcome_with_patient_ids_is_joined_by_them_and_one_without_by_place(made):
    """A series in another order is the same outcome; an array must have as many rows as the features."""
    value = made.response["value"]
    whole = ResponseEffect(reference="a", n_draws=5).fit(made.X, made.response, treatment=made.treatment)
    for y in (value[::-1], value, value.to_numpy()):
        other = ResponseEffect(reference="a", n_draws=5).fit(made.X, y, treatment=made.treatment)
        np.testing.assert_array_equal(other.beta_, whole.beta_)
    for y in (value.to_numpy()[1:], np.zeros((500, 2)), None, made.y):
        with pytest.raises(UsageError) as caught:
            ResponseEffect(reference="a").fit(made.X, y, treatment=made.treatment)
        assert caught.value.code in ("shape", "outcome-columns")
    with pytest.raises(UsageError) as caught:
        ResponseEffect().fit(np.zeros((3, 1)), made.response, treatment=made.treatment)
    assert caught.value.code == "shape"
