"""Alternatives of the binary model and the choice among them."""

import json

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit
from sklearn.base import BaseEstimator, clone
from sklearn.linear_model import LogisticRegression

from genorx.errors import SupportError, UsageError
from genorx.outcomes import (
    BinaryModel,
    BoostedLogistic,
    ChosenBinaryModel,
    ElasticNetLogistic,
    ForestLogistic,
    GroupShrunkLogistic,
    score_binary,
)
from genorx.outcomes.shrinkage.net_path import ElasticNet

ALTERNATIVES = [ElasticNetLogistic(n_refits=6), BoostedLogistic(n_trees=60, n_refits=6), ForestLogistic()]


def _drawn(log_odds, n, seed):
    """Features a to h, normal; outcomes drawn with log odds that are a function of them."""
    rng = np.random.default_rng(seed)
    X = pd.DataFrame(rng.normal(size=(n, 8)), columns=list("abcdefgh"), index=[f"P{i}" for i in range(n)])
    truth = log_odds(X)
    return X, pd.Series((rng.random(n) < expit(truth)).astype(float), index=X.index), truth.to_numpy()


def _linear(X):
    return 0.8 * X["a"] - 0.5 * X["b"] - 0.5


def _steps(X):
    """High where a lies within a window, and more so where b is high too: no line tells it."""
    return 3.0 * ((X["a"].abs() < 0.7) & (X["b"] > -0.5)) - 1.5


def _log_score(log_odds, y):
    return float(np.mean(np.logaddexp(0.0, log_odds) - y.to_numpy() * log_odds))


@pytest.mark.parametrize("model", [*ALTERNATIVES, ChosenBinaryModel()], ids=lambda model: type(model).__name__)
def test_each_meets_the_protocol(model, patients, specs):
    """Protocol of outcomes.protocol; draws around the estimate, sums of contributions; one patient alone."""
    X, _, value = patients
    fitted = clone(model).set_params(specs=specs).fit(X, value)
    assert isinstance(fitted, BinaryModel)
    chance, risk = fitted.predict_probability(X), fitted.predict_risk(X)
    np.testing.assert_allclose(chance, expit(risk), atol=1e-12)
    draws = fitted.sample_probability(X, n_draws=60, seed=1)
    assert draws.shape == (60, 400)
    assert np.all((draws > 0) & (draws < 1))
    assert np.abs(draws.mean(axis=0) - chance).mean() < 0.05
    known = X.notna().all(axis=1).to_numpy()  # else a mean of probabilities, and of parts of log odds
    assert np.ptp((fitted.contributions(X).sum(axis=1).to_numpy() - risk)[known]) < 1e-4  # trees hold float32
    np.testing.assert_array_equal(fitted.predict_probability(X.iloc[[5]]), chance[[5]])
    np.testing.assert_array_equal(fitted.sample_probability(X.iloc[[5]], n_draws=60, seed=1), draws[:, [5]])
    values, arrays = fitted.state()
    again = type(fitted).from_state(json.loads(json.dumps(values, allow_nan=False)), arrays)
    np.testing.assert_array_equal(again.predict_proba(X), fitted.predict_proba(X))
    np.testing.assert_array_equal(again.sample_probability(X, n_draws=60, seed=1), draws)
    np.testing.assert_array_equal(again.contributions(X), fitted.contributions(X))
    assert json.dumps(again.state()[0]) == json.dumps(values)
    twice, same = clone(fitted).fit(X, value).state()
    assert json.dumps(twice) == json.dumps(values)
    assert all(same[name].tobytes() == array.tobytes() for name, array in arrays.items())


@pytest.mark.parametrize("model", ALTERNATIVES, ids=lambda model: type(model).__name__)
def test_probabilities_of_new_patients_are_calibrated(model):
    """Known truth: slope of 1,500 new patients' outcomes on the log odds is 1 within three standard errors."""
    X, y, _ = _drawn(_linear, 700, 1)
    new, happened, truth = _drawn(_linear, 1500, 2)
    fitted = clone(model).fit(X, y)
    scores = score_binary(happened, fitted.predict_probability(new), np.zeros(1500), n_boot=100)
    row = scores.scores.set_index("measure").loc["calibration_slope"]
    assert abs(row["estimate"] - 1) < 1.5 * (row["upper"] - row["lower"]) / 2
    assert _log_score(fitted.predict_risk(new), happened) < _log_score(truth, happened) + 0.04


@pytest.mark.filterwarnings("ignore:'penalty' was deprecated:FutureWarning")
def test_the_net_is_that_of_scikit_learn():
    """Independent: LogisticRegression by saga, whose C is 1 / (alpha n)."""
    X, y, _ = _drawn(_linear, 300, 3)
    matrix, target = X.to_numpy(), y.to_numpy()
    net = ElasticNet(family="binomial", l1_ratio=0.5)
    ours = net.path(matrix, target, np.zeros(300), np.array([0.1, 0.03]))
    for alpha, found in zip((0.1, 0.03), ours, strict=True):
        theirs = LogisticRegression(
            penalty="elasticnet", l1_ratio=0.5, C=1 / (alpha * 300), solver="saga", max_iter=5000, tol=1e-6
        ).fit(matrix, target)
        np.testing.assert_allclose(found, np.concatenate([theirs.intercept_, theirs.coef_[0]]), atol=2e-3)


def test_a_linear_truth_leaves_the_default_or_what_is_as_good():
    """Known truth: trees do not win; new patients are told no worse than by the default, within 0.01."""
    X, y, _ = _drawn(_linear, 600, 4)
    new, happened, _ = _drawn(_linear, 4000, 5)
    model = ChosenBinaryModel().fit(X, y)
    assert model.chosen_ in ("GroupShrunkLogistic", "ElasticNetLogistic")
    assert list(model.choice_["model"]) == [
        "GroupShrunkLogistic",
        "ElasticNetLogistic",
        "BoostedLogistic",
        "ForestLogistic",
    ]
    default = _log_score(GroupShrunkLogistic().fit(X, y).predict_risk(new), happened)
    assert _log_score(model.predict_risk(new), happened) < default + 0.01


def test_trees_win_where_the_truth_has_steps():
    """Known truth: log odds of +1.5 within a window, -1.5 outside; gain and intervals are those of new patients."""
    X, y, _ = _drawn(_steps, 600, 6)
    new, happened, truth = _drawn(_steps, 4000, 7)
    model = ChosenBinaryModel().fit(X, y)
    assert model.chosen_ in ("BoostedLogistic", "ForestLogistic")
    row = model.choice_.set_index("model").loc[model.chosen_]
    assert row["difference"] < -row["std_error"]
    default = _log_score(GroupShrunkLogistic().fit(X, y).predict_risk(new), happened)
    assert _log_score(model.predict_risk(new), happened) < default - 0.05
    lower, upper = np.percentile(model.sample_probability(new, n_draws=100), [2.5, 97.5], axis=0)
    assert np.mean((lower <= expit(truth)) & (expit(truth) <= upper)) > 0.88
    assert np.mean(upper - lower) < 0.65  # and they tell something: the truth is 0.18 or 0.82


class _Told(BaseEstimator):
    """The same probability for all."""

    def __init__(self, chance=0.5):
        self.chance = chance

    def fit(self, X, y):
        self.fitted_ = True
        return self

    def predict_probability(self, X):
        return np.full(len(X), self.chance)


class _Unfittable(_Told):
    def fit(self, X, y):
        raise SupportError("not with these data")


def test_the_score_is_minus_the_log_probability_of_what_happened():
    """By hand; a sure and wrong prediction costs much, not infinitely; what cannot be fitted is said."""
    X, y, _ = _drawn(_linear, 400, 8)
    given = {"half": _Told(0.5), "third": _Told(1 / 3), "sure": _Told(1.0), "none": _Unfittable()}
    table = ChosenBinaryModel(candidates=given).fit(X, y).choice_.set_index("model")
    share = y.mean()
    assert table.loc["half", "log_score"] == pytest.approx(np.log(2))
    assert table.loc["third", "log_score"] == pytest.approx(share * np.log(3) + (1 - share) * np.log(1.5))
    assert table.loc["sure", "log_score"] == pytest.approx((1 - share) * -np.log(1e-6), rel=1e-4)
    assert table.loc["none", "note"] == "not with these data"


def test_few_of_one_value_leave_the_default_and_a_model_of_others_is_not_saved():
    X, y, _ = _drawn(_linear, 400, 9)
    rare = y.where(np.cumsum(y) <= 49, 0.0)
    few = ChosenBinaryModel().fit(X, rare)
    assert (few.chosen_, len(few.choice_)) == ("GroupShrunkLogistic", 0)
    with pytest.raises(UsageError, match="no candidate"):
        ChosenBinaryModel(candidates={}).fit(X, y)
    with pytest.raises(UsageError) as caught:
        ChosenBinaryModel(candidates={"half": _Told()}).fit(X, y).state()
    assert caught.value.code == "model-class"


@pytest.mark.parametrize("model", ALTERNATIVES, ids=lambda model: type(model).__name__)
def test_what_tells_nothing_is_refused(model):
    X = pd.DataFrame({"a": np.zeros(60)})
    y = pd.Series(np.arange(60) % 2)
    with pytest.raises(SupportError) as caught:
        clone(model).fit(X, y)
    assert caught.value.code == "no-columns"
    quick = clone(model)
    if "n_refits" in quick.get_params():
        quick.set_params(n_refits=0).fit(X.assign(a=np.arange(60.0)), y)
        with pytest.raises(SupportError, match="without bootstrap refits"):
            quick.sample_probability(X)
