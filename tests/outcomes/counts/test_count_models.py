"""Alternatives of the count model and the choice among them."""

import json

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, clone
from sklearn.linear_model import PoissonRegressor
from sklearn.metrics import mean_poisson_deviance

from genorx.errors import InputError, SupportError, UsageError
from genorx.outcomes import (
    BoostedCounts,
    ChosenCountModel,
    ElasticNetCounts,
    ForestCounts,
    GroupShrunkCounts,
    ValueModel,
)
from genorx.outcomes.shrinkage.net_path import ElasticNet

ALTERNATIVES = [ElasticNetCounts(n_refits=6), BoostedCounts(n_trees=60, n_refits=6), ForestCounts()]


def _drawn(log_mean, n, seed, spread=None):
    """Features a to h, normal, b with gaps; counts drawn with a log mean that is a function of them."""
    rng = np.random.default_rng(seed)
    X = pd.DataFrame(rng.normal(size=(n, 8)), columns=list("abcdefgh"), index=[f"P{i}" for i in range(n)])
    mean = np.exp(log_mean(X).to_numpy())
    drawn = rng.poisson(mean if spread is None else mean * rng.gamma(1 / spread, spread, n)).astype(float)
    X.iloc[:20, 1] = np.nan
    return X, pd.Series(drawn, index=X.index), mean


def _linear(X):
    return 0.4 + 0.4 * X["a"] - 0.3 * X["b"]


def _steps(X):
    """Means of 4.5 within a window and 1 outside: no line tells it."""
    return 1.5 * ((X["a"].abs() < 0.7) & (X["c"] > -0.5))


@pytest.mark.parametrize("model", [*ALTERNATIVES, ChosenCountModel()], ids=lambda model: type(model).__name__)
def test_each_meets_the_protocol(model):
    """Protocol of outcomes.protocol; limits around the mean, sums of contributions, one patient alone, round trip."""
    X, y, _ = _drawn(_linear, 300, 1)
    fitted = clone(model).fit(X, y)
    assert isinstance(fitted, ValueModel)
    guess, ends = fitted.predict_value(X), fitted.predict_interval(X, level=0.9)
    assert np.all(ends[:, 0] <= guess)
    assert np.all(guess <= ends[:, 1] + 1)  # limits are counts
    draws = fitted.sample_value(X, n_draws=60, seed=1)
    assert draws.shape == (60, 300)
    assert np.abs(np.log(draws.mean(axis=0) / guess)).mean() < 0.1
    stated = fitted.contributions(X).sum(axis=1).to_numpy()
    assert np.ptp((stated - np.log(guess))[20:]) < 1e-4  # trees hold float32; gaps are told in part
    np.testing.assert_array_equal(fitted.predict_interval(X.iloc[[5]], level=0.9), ends[[5]])
    np.testing.assert_array_equal(fitted.sample_value(X.iloc[[5]], n_draws=60, seed=1), draws[:, [5]])
    values, arrays = fitted.state()
    again = type(fitted).from_state(json.loads(json.dumps(values, allow_nan=False)), arrays)
    np.testing.assert_array_equal(again.predict(X), guess)
    np.testing.assert_array_equal(again.predict_interval(X, level=0.9), ends)
    np.testing.assert_array_equal(again.contributions(X), fitted.contributions(X))
    assert json.dumps(again.state()[0]) == json.dumps(values)
    twice, same = clone(fitted).fit(X, y).state()
    assert json.dumps(twice) == json.dumps(values)
    assert all(same[name].tobytes() == array.tobytes() for name, array in arrays.items())


@pytest.mark.parametrize("model", ALTERNATIVES, ids=lambda model: type(model).__name__)
def test_means_and_overdispersion_come_near_the_truth(model):
    """Known truth: log-linear means, variance mean + 0.5 mean^2; limits of 90 % hold what is drawn anew.

    The overdispersion of patients left out holds the error of the means too, e.g. 1.5 exp(0.3^2) - 1 = 0.64.
    """
    X, y, mean = _drawn(_linear, 1000, 2, spread=0.5)
    new, drawn, _ = _drawn(_linear, 1000, 3, spread=0.5)
    fitted = clone(model).fit(X, y)
    assert fitted.overdispersion_ == pytest.approx(0.55, abs=0.2)
    assert np.abs(np.log(fitted.predict_value(X) / mean)).mean() < 0.3
    ends = fitted.predict_interval(new, level=0.9)
    assert 0.87 < ((drawn >= ends[:, 0]) & (drawn <= ends[:, 1])).mean() < 0.99  # counts are steps: more than 90 %


def test_the_net_without_a_penalty_is_that_of_scikit_learn():
    """Independent: PoissonRegressor without a penalty; and with the strongest one the mean alone is left."""
    X, y, _ = _drawn(_linear, 300, 4)
    matrix, target = X.drop(columns="b").to_numpy(), y.to_numpy()
    net = ElasticNet(family="poisson", l1_ratio=0.5)
    strong, weak = net.path(matrix, target, np.zeros(300), np.array([10.0, 1e-6]))
    theirs = PoissonRegressor(alpha=0, tol=1e-8).fit(matrix, target)
    np.testing.assert_allclose(weak, np.concatenate([[theirs.intercept_], theirs.coef_]), atol=2e-3)
    np.testing.assert_allclose(strong, np.concatenate([[np.log(target.mean())], np.zeros(7)]), atol=1e-3)


def test_a_forest_without_a_split_says_the_rate_of_the_cohort():
    """By hand: events over the years of all, times a patient's own; within 1 %, since halves left out differ."""
    X, y, _ = _drawn(_linear, 100, 14)
    seen = X.assign(years=np.linspace(0.5, 2, 100))
    model = ForestCounts(exposure="years", min_samples_leaf=50, n_refits=0).fit(seen, y)
    np.testing.assert_allclose(model.predict_value(seen), seen["years"] * y.sum() / seen["years"].sum(), rtol=0.01)


@pytest.mark.parametrize("model", [*ALTERNATIVES, ChosenCountModel()], ids=lambda model: type(model).__name__)
def test_counts_are_proportional_to_exposure(model):
    """Known truth: twice the time, twice the count; rates are found whatever the time."""
    X, _, mean = _drawn(_linear, 500, 5)
    rng = np.random.default_rng(6)
    years = rng.uniform(0.5, 4, 500)
    seen = X.assign(years=years)
    fitted = clone(model).set_params(exposure="years").fit(seen, pd.Series(rng.poisson(mean * years), index=X.index))
    guess = fitted.predict_value(seen)
    np.testing.assert_allclose(fitted.predict_value(seen.assign(years=2 * years)), 2 * guess, rtol=1e-12)
    assert np.abs(np.log(guess / (mean * years))).mean() < 0.25
    assert "years" not in fitted.contributions(seen)
    with pytest.raises(InputError) as caught:
        fitted.predict_value(seen.assign(years=0.0))
    assert caught.value.code == "exposure-not-positive"


def test_a_log_linear_truth_leaves_the_default_or_what_is_as_good():
    """Known truth: trees do not win; new patients are told no worse than by the default, within 2 %."""
    X, y, _ = _drawn(_linear, 600, 7)
    new, drawn, _ = _drawn(_linear, 4000, 8)
    model = ChosenCountModel().fit(X, y)
    assert model.chosen_ in ("GroupShrunkCounts", "ElasticNetCounts")
    default = mean_poisson_deviance(drawn, GroupShrunkCounts().fit(X, y).predict_value(new))
    assert mean_poisson_deviance(drawn, model.predict_value(new)) < 1.02 * default


def test_trees_win_where_the_truth_has_steps():
    """Known truth: a window with means of 4.5; scikit-learn's deviance and the intervals are of new patients."""
    X, y, _ = _drawn(_steps, 600, 9)
    new, drawn, mean = _drawn(_steps, 4000, 10)
    model = ChosenCountModel().fit(X, y)
    assert model.chosen_ in ("BoostedCounts", "ForestCounts")
    row = model.choice_.set_index("model").loc[model.chosen_]
    assert row["difference"] < -row["std_error"]
    default = mean_poisson_deviance(drawn, GroupShrunkCounts().fit(X, y).predict_value(new))
    assert mean_poisson_deviance(drawn, model.predict_value(new)) < 0.9 * default
    lower, upper = np.percentile(model.sample_value(new, n_draws=100), [2.5, 97.5], axis=0)
    assert np.mean((lower <= mean) & (mean <= upper)) > 0.88


class _Told(BaseEstimator):
    """The same mean for all."""

    def __init__(self, mean=1.0):
        self.mean = mean

    def fit(self, X, y):
        self.fitted_ = True
        return self

    def predict_value(self, X):
        return np.full(len(X), self.mean)


class _Unfittable(_Told):
    def fit(self, X, y):
        raise SupportError("not with these data")


def test_the_score_is_the_deviance_and_few_events_leave_the_default():
    """Independent: scikit-learn's mean Poisson deviance."""
    X, y, _ = _drawn(_linear, 300, 11)
    given = {"one": _Told(1.0), "two": _Told(2.0), "none": _Unfittable()}
    table = ChosenCountModel(candidates=given).fit(X, y).choice_.set_index("model")
    for name, mean in (("one", 1.0), ("two", 2.0)):
        assert table.loc[name, "poisson_deviance"] == pytest.approx(mean_poisson_deviance(y, np.full(300, mean)))
    assert table.loc["none", "note"] == "not with these data"
    few = ChosenCountModel().fit(X, y.where(np.cumsum(y > 0) < 50, 0.0))
    assert (few.chosen_, len(few.choice_)) == ("GroupShrunkCounts", 0)
    with pytest.raises(UsageError) as caught:
        ChosenCountModel(candidates={"one": _Told()}).fit(X, y).state()
    assert caught.value.code == "model-class"


@pytest.mark.parametrize("model", [*ALTERNATIVES, ChosenCountModel()], ids=lambda model: type(model).__name__)
@pytest.mark.parametrize(
    ("value", "error", "code"),
    [(-1.0, InputError, "negative-count"), (1.5, InputError, "not-a-count"), (np.nan, UsageError, "usage")],
)
def test_what_is_no_count_is_refused(model, value, error, code):
    X, y, _ = _drawn(_linear, 60, 12)
    y.iloc[3] = value
    with pytest.raises(error) as caught:
        clone(model).fit(X, y)
    assert caught.value.code == code


@pytest.mark.parametrize("model", ALTERNATIVES, ids=lambda model: type(model).__name__)
def test_what_tells_nothing_is_refused(model):
    X, y, _ = _drawn(_linear, 60, 13)
    once = y * 0.0
    once.iloc[0] = 3.0
    for features, counts, code in (
        (X[["a"]] * 0.0, y, "no-columns"),
        (X, y * 0.0, "no-events"),
        (X, once, "too-few-events"),
    ):
        with pytest.raises(SupportError) as caught:
            clone(model).fit(features, counts)
        assert caught.value.code == code
    if "n_refits" in model.get_params():
        with pytest.raises(SupportError, match="without bootstrap refits"):
            clone(model).set_params(n_refits=0).fit(X, y).sample_value(X)
