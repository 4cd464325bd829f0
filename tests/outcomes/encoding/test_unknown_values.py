"""What unknown features may be, and predictions over it: within the estimates of the values, intervals over them."""

import json

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone

from genorx.outcomes import (
    BoostedCounts,
    CauseSpecificCox,
    CauseSpecificSurvival,
    CumulativeOrdinal,
    DoseModel,
    ElasticNetCox,
    FeatureEncoder,
    ForestRegression,
    GroupShrunkCounts,
    GroupShrunkCox,
    GroupShrunkLogistic,
    GroupShrunkOrdinal,
    GroupShrunkRegression,
    SurvivalForest,
)
from genorx.outcomes.encoding.completed import SetsOfPatient

N = 500


@pytest.fixture(scope="module")
def patients():
    """Age and a marker that go together, a flag more common with age, a category, a dosage, a rare flag; some gaps."""
    rng = np.random.default_rng(3)
    age = rng.normal(60, 10, N)
    marker = 0.6 * (age - 60) / 10 + 0.8 * rng.normal(size=N)
    X = pd.DataFrame(
        {
            "age": age,
            "marker": marker,
            "flag": (rng.random(N) < 1 / (1 + np.exp(1.0 - (age - 60) / 10))).astype(float),
            "site": pd.Categorical(rng.choice(["a", "b", "c"], N, p=[0.5, 0.3, 0.2])),
            "rs1": rng.integers(0, 3, N).astype(float),
            "rare": (rng.random(N) < 0.03).astype(float),
        },
        index=[f"P{i:03}" for i in range(N)],
    )
    linear = 0.06 * (X["age"] - 60) + 0.4 * X["marker"] + 0.5 * X["flag"] + 0.3 * X["rs1"] + 1.2 * X["rare"]
    for name, rows in (("marker", range(40)), ("flag", range(30, 60)), ("site", range(100, 110)), ("rs1", range(5))):
        X.loc[X.index[list(rows)], name] = None
    return X, linear.to_numpy(float)


@pytest.fixture(scope="module")
def outcomes(patients):
    """Times with two causes, a yes or no, an amount, a count and a grade, all drawn by one linear predictor."""
    X, linear = patients
    rng = np.random.default_rng(4)
    time, censored = rng.exponential(np.exp(-linear)), rng.exponential(2.0, N)
    event = time <= censored
    survival = pd.DataFrame({"time": np.minimum(time, censored) + 1e-3, "event": event}, index=X.index)
    amount = pd.Series(np.exp(2 + 0.3 * linear + 0.2 * rng.normal(size=N)), index=X.index)
    latent = linear + rng.logistic(size=N)
    return {
        "survival": survival,
        "causes": survival.assign(cause=np.where(event, 1 + (rng.random(N) < 0.4), 0)),
        "binary": pd.Series((latent > 0.5).astype(float), index=X.index),
        "amount": amount,
        "count": pd.Series(rng.poisson(np.exp(0.5 * linear)).astype(float), index=X.index),
        "grade": pd.Series(np.digitize(latent, [-1.0, 0.5, 2.0]).astype(float), index=X.index),
    }


def _at(name):
    times = np.array([0.3, 1.0])
    return {
        "predict_survival": lambda model, X: model.predict_survival(X, times),
        "sample_survival": lambda model, X: model.sample_survival(X, times, n_draws=300),
        "predict_cumulative_incidence": lambda model, X: model.predict_cumulative_incidence(X, times),
        "sample_cumulative_incidence": lambda model, X: model.sample_cumulative_incidence(X, times, n_draws=300),
    }.get(name, lambda model, X: getattr(model, name)(X, **({"n_draws": 300} if "sample" in name else {})))


MODELS = [
    (GroupShrunkCox(), "survival", "predict_survival", "sample_survival"),
    (ElasticNetCox(n_refits=5), "survival", "predict_survival", "sample_survival"),
    (SurvivalForest(n_bags=6), "survival", "predict_survival", "sample_survival"),
    (CauseSpecificCox(), "causes", "predict_cumulative_incidence", "sample_cumulative_incidence"),
    (
        CauseSpecificSurvival(model=GroupShrunkCox()),
        "causes",
        "predict_cumulative_incidence",
        "sample_cumulative_incidence",
    ),
    (GroupShrunkLogistic(folds=0), "binary", "predict_probability", "sample_probability"),
    (GroupShrunkRegression(), "amount", "predict_value", "sample_value"),
    (ForestRegression(n_bags=6), "amount", "predict_value", "sample_value"),
    (GroupShrunkCounts(), "count", "predict_value", "sample_value"),
    (BoostedCounts(n_trees=20, n_refits=3), "count", "predict_value", "sample_value"),
    (GroupShrunkOrdinal(highest=3, at_least=2), "grade", "predict_grades", "sample_grades"),
    (
        CumulativeOrdinal(engine=GroupShrunkLogistic(folds=0), highest=3, at_least=2),
        "grade",
        "predict_grades",
        "sample_grades",
    ),
]


def _over_possible(fitted, predict, known, name):
    """Predictions with each value that the feature may have: all levels, or numbers within its range given the rest."""
    margin = next(one for one in _encoder(fitted).distribution_.margins if one.name == name)
    if margin.levels:
        return np.array([predict(fitted, known.assign(**{name: value})) for value in margin.levels])
    rows = _encoder(fitted).complete(known.assign(**{name: np.nan})).frame
    found = predict(fitted, rows)
    return np.swapaxes(found.reshape(len(known), -1, *found.shape[1:]), 0, 1)


def _encoder(model):
    if hasattr(model, "models_"):
        return model.models_[0].encoder_
    return model.encoder_ if hasattr(model, "encoder_") else model.columns_.encoder


@pytest.mark.parametrize(("model", "kind", "point", "draws"), MODELS, ids=lambda each: getattr(each, "__name__", None))
@pytest.mark.parametrize("name", ["age", "flag", "site", "rs1", "rare"])
def test_an_unknown_value_widens_and_does_not_move(model, kind, point, draws, name, patients, outcomes):
    """By the rule: the estimate lies within those of the possible values, the interval reaches over them."""
    X, _ = patients
    fitted = clone(model).fit(X, outcomes[kind])
    known = X.iloc[200:212]
    masked = known.assign(**{name: pd.Categorical([None] * len(known)) if name == "site" else np.nan})
    each = _over_possible(fitted, _at(point), known, name)
    low, high = np.min(each, axis=0), np.max(each, axis=0)
    found = _at(point)(fitted, masked)
    assert np.all((low - 1e-9 <= found) & (found <= high + 1e-9))
    ends = np.quantile(_at(draws)(fitted, masked), [0.025, 0.975], axis=0)
    slack = 0.25 * (high - low)  # forests and refits draw from few
    assert np.mean((ends[0] <= low + slack) & (high - slack <= ends[1])) > 0.95


@pytest.mark.parametrize("model", [GroupShrunkRegression(), DoseModel(folds=3)], ids=lambda one: type(one).__name__)
def test_an_interval_of_an_own_value_holds_the_estimates_of_the_possible_values(model, patients, outcomes):
    """By the rule; and it is no wider than all intervals of the possible values together."""
    X, _ = patients
    fitted = clone(model).fit(X, outcomes["amount"])
    known = X.iloc[200:220]
    each = [known.assign(rare=value) for value in (0.0, 1.0)]
    ends = fitted.predict_interval(known.assign(rare=np.nan))
    for one in each:
        value = fitted.predict_value(one)
        assert np.all((ends[:, 0] <= value) & (value <= ends[:, 1]))
    whole = np.array([fitted.predict_interval(one) for one in each])
    assert np.all((whole[..., 0].min(axis=0) <= ends[:, 0] + 1e-9) & (ends[:, 1] <= whole[..., 1].max(axis=0) + 1e-9))
    assert np.all(np.ptp(ends, axis=1) > np.ptp(whole[0], axis=1))


@pytest.mark.parametrize("model", [GroupShrunkCox(), SurvivalForest(n_bags=4)], ids=lambda one: type(one).__name__)
def test_a_patient_alone_is_answered_as_among_others(model, patients, outcomes):
    """To the bit, whatever is unknown of the others; and after a model was saved and loaded."""
    X, _ = patients
    fitted = clone(model).fit(X, outcomes["survival"])
    times = np.array([0.3, 1.0])
    values, arrays = fitted.state()
    again = type(fitted).from_state(json.loads(json.dumps(values)), arrays)
    some, draws = X.iloc[:120], fitted.sample_survival(X.iloc[:120], times, n_draws=40)
    np.testing.assert_array_equal(again.predict_survival(some, times), fitted.predict_survival(some, times))
    np.testing.assert_array_equal(again.sample_survival(some, times, n_draws=40), draws)
    for row in (0, 3, 35, 50, 102, 119):
        one = some.iloc[[row]]
        np.testing.assert_array_equal(fitted.sample_survival(one, times, n_draws=40)[:, 0], draws[:, row])
        np.testing.assert_array_equal(fitted.predict_survival(one, times)[0], fitted.predict_survival(some, times)[row])


def test_unknown_values_have_the_distribution_of_the_known_ones():
    """Known truth: given age, the marker is normal with mean 0.6 standard deviations and spread 0.8; 30 % of flags."""
    rng = np.random.default_rng(5)
    age = rng.normal(size=3000)
    marker = 0.6 * age + 0.8 * rng.normal(size=3000)
    X = pd.DataFrame({"age": age, "marker": marker, "flag": (rng.random(3000) < 0.3).astype(float)})
    encoder = FeatureEncoder().fit(X)
    asked = pd.DataFrame({"age": [1.0, -1.0], "marker": [np.nan, np.nan], "flag": [1.0, 0.0]})
    found = encoder.complete(asked)
    sets = [found.frame["marker"].to_numpy()[a:b] for a, b in zip(found.starts, found.starts[1:], strict=False)]
    assert [one.mean() for one in sets] == pytest.approx([0.6, -0.6], abs=0.08)
    assert [one.std() for one in sets] == pytest.approx([0.8, 0.8], abs=0.1)
    flags = encoder.complete(asked.assign(marker=0.0, flag=np.nan))
    assert flags.weight[flags.frame["flag"] == 1] == pytest.approx(0.3, abs=0.03)
    assert np.add.reduceat(flags.weight, flags.starts[:-1]) == pytest.approx(1)


def test_a_site_told_by_another_is_known_from_it():
    """By construction: rs2 is rs1; who has two alleles of one has two of the other."""
    rng = np.random.default_rng(6)
    dosage = rng.integers(0, 3, 600).astype(float)
    X = pd.DataFrame({"rs1": dosage, "rs2": dosage, "x": rng.normal(size=600)})
    asked = pd.DataFrame({"rs1": [0.0, 1.0, 2.0], "rs2": np.nan, "x": 0.0})
    found = FeatureEncoder().fit(X).complete(asked)
    likeliest = found.frame.assign(weight=found.weight).sort_values("weight").groupby(level=0).last()
    assert likeliest["rs2"].tolist() == [0.0, 1.0, 2.0]
    assert likeliest["weight"].min() > 0.95


def test_each_level_gets_its_share_of_the_draws():
    """A level that one patient in 50 has is reached by the 95 % interval, and weighs 2 % in the estimate."""
    X = pd.DataFrame({"rare": [1.0] * 10 + [0.0] * 490, "x": np.random.default_rng(0).normal(size=500)})
    found = FeatureEncoder().fit(X).complete(pd.DataFrame({"rare": [np.nan], "x": [0.0]}))
    assert dict(zip(found.frame["rare"], found.weight, strict=True))[1.0] == pytest.approx(0.02, abs=0.01)
    assert dict(zip(found.frame["rare"], found.share, strict=True))[1.0] == pytest.approx(0.07)


def test_a_level_never_seen_is_unknown(patients, outcomes):
    """Site z was not in the training rows: the patient is answered as one whose site is empty."""
    X, _ = patients
    fitted = GroupShrunkCox().fit(X, outcomes["survival"])
    strange, empty = (X.iloc[[200]].assign(site=pd.Categorical([level])) for level in ("z", None))
    np.testing.assert_array_equal(fitted.predict_risk(strange), fitted.predict_risk(empty))


def test_beyond_many_scores_features_are_taken_one_by_one():
    """By the documented limit of 600: nothing is correlated, and all is still answered."""
    rng = np.random.default_rng(1)
    X = pd.DataFrame(rng.integers(0, 2, (60, 620)).astype(float), columns=[f"g{i}" for i in range(620)])
    encoder = FeatureEncoder().fit(X)
    assert not encoder.distribution_.state()["rows"]
    found = encoder.complete(X.iloc[:2].mask(X.iloc[:2] == 1))
    assert not found.frame.isna().to_numpy().any()


def test_a_patient_of_whom_nothing_is_known_is_one_of_the_cohort(patients, outcomes):
    """Independent: the mean of the estimates of all patients of the cohort, within a tenth."""
    X, _ = patients
    fitted = GroupShrunkCox().fit(X, outcomes["survival"])
    nobody = pd.DataFrame({name: [None] for name in X}, index=["Q"]).astype({"age": float, "marker": float})
    times = np.array([0.3, 1.0])
    expected = fitted.predict_survival(X.dropna(), times).mean(axis=0)
    assert fitted.predict_survival(nobody, times)[0] == pytest.approx(expected, abs=0.08)


def test_linear_predictors_of_a_patient_are_sums_over_columns_for_each_set_and_draw():
    """By definition: best estimate with each set, then each draw with its own set; columns 2 and 4 are not known."""
    rng = np.random.default_rng(0)
    table, matrix = rng.normal(size=(11, 6)), np.tile(rng.normal(size=6), (3, 1))
    matrix[:, [2, 4]] = rng.normal(size=(3, 2))
    sets = SetsOfPatient(rows=slice(0, 3), weight=np.full(3, 1 / 3), of_draw=np.array([0, 1, 2, 2, 1, 0, 1, 1, 2, 0]))
    expected = [*(matrix @ table[0]), *(matrix[one] @ beta for one, beta in zip(sets.of_draw, table[1:], strict=True))]
    np.testing.assert_allclose(sets.linear(table, matrix), expected, rtol=1e-13)
    for found, times in zip(sets.linears([table, 2 * table], matrix), (1, 2), strict=True):
        np.testing.assert_allclose(found, times * np.array(expected), rtol=1e-13)
