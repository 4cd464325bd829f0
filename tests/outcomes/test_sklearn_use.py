"""The models in scikit-learn's pipelines, searches and cross-validations, and what their frames may be."""

import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.exceptions import NotFittedError
from sklearn.impute import SimpleImputer
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sksurv.metrics import concordance_index_censored

from genorx.errors import GenorxWarning, InputError, SupportError, UsageError
from genorx.outcomes import (
    ChosenSurvivalModel,
    ElasticNetCox,
    GroupShrunkCox,
    GroupShrunkLogistic,
    SurvivalBoosting,
    SurvivalForest,
)

TIMES = np.array([0.3, 0.9])
SURVIVAL = [
    GroupShrunkCox(),
    ElasticNetCox(n_refits=2, n_alphas=5),
    SurvivalForest(n_bags=2, trees_per_bag=2),
    SurvivalBoosting(n_trees=5, n_refits=1),
    ChosenSurvivalModel(candidates={"cox": GroupShrunkCox(), "forest": SurvivalForest(n_bags=2)}, folds=2),
]


def _numbers(X):
    return X[["age", "marker", "g1", "g2"]].astype("Float64").to_numpy(dtype=float, na_value=np.nan)


def _structured(y):
    return np.array(list(zip(y["event"], y["time"], strict=True)), dtype=[("event", "?"), ("time", "<f8")])


@pytest.mark.parametrize("model", SURVIVAL, ids=lambda model: type(model).__name__)
def test_frames_arrays_and_lists_give_the_same_survival(model, patients):
    """The same numbers as a frame with columns x0, x1, ... and ids 0, 1, ... are the same patients."""
    X, y, _ = patients
    values = _numbers(X)
    frame = pd.DataFrame(values, columns=["x0", "x1", "x2", "x3"])
    one = clone(model).fit(frame, y.reset_index(drop=True))
    other = clone(model).fit(values, _structured(y))
    listed = clone(model).fit(values.tolist(), y.reset_index(drop=True))
    expected = one.predict_survival(frame, TIMES)
    np.testing.assert_array_equal(other.predict_survival(values, TIMES), expected)
    np.testing.assert_array_equal(listed.predict_survival(values.tolist(), TIMES), expected)
    np.testing.assert_array_equal(other.predict(values), one.predict_risk(frame))
    assert list(other.contributions(values).columns) == ["x0", "x1", "x2", "x3"]
    assert list(one.feature_names_in_) == ["x0", "x1", "x2", "x3"]
    assert not hasattr(other, "feature_names_in_")


@pytest.mark.parametrize("model", SURVIVAL, ids=lambda model: type(model).__name__)
def test_the_score_is_harrells_c(model, patients):
    """Independent: scikit-survival's concordance index."""
    X, y, _ = patients
    fitted = clone(model).fit(X, y)
    expected = concordance_index_censored(y["event"].to_numpy(), y["time"].to_numpy(), fitted.predict(X))[0]
    assert fitted.score(X, y) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("model", [*SURVIVAL, GroupShrunkLogistic()], ids=lambda model: type(model).__name__)
def test_a_model_comes_back_from_pickle_and_from_its_state(model, patients):
    X, y, value = patients
    fitted = clone(model)
    if isinstance(fitted, ChosenSurvivalModel):
        fitted.set_params(candidates={"GroupShrunkCox": GroupShrunkCox()})
    fitted.fit(X, value if isinstance(fitted, GroupShrunkLogistic) else y)
    for back in (pickle.loads(pickle.dumps(fitted)), type(fitted).from_state(*fitted.state())):
        np.testing.assert_array_equal(back.predict(X), fitted.predict(X))
        assert back.n_features_in_ == 5
        assert list(back.feature_names_in_) == list(X.columns)


def test_a_loaded_model_of_an_array_takes_arrays(patients):
    X, y, _ = patients
    fitted = GroupShrunkCox().fit(_numbers(X), _structured(y))
    back = GroupShrunkCox.from_state(*fitted.state())
    np.testing.assert_array_equal(back.predict(_numbers(X)), fitted.predict(_numbers(X)))
    assert not hasattr(back, "feature_names_in_")


def test_columns_are_found_by_name_and_must_be_those_of_the_fit(patients):
    """Order is no matter; a column too few, too many, or without name is refused."""
    X, y, value = patients
    for fitted in (GroupShrunkCox().fit(X, y), GroupShrunkLogistic().fit(X, value)):
        np.testing.assert_array_equal(fitted.predict(X[X.columns[::-1]]), fitted.predict(X))
        wrong = {
            "feature-absent": [X.drop(columns="g1"), X.rename(columns={"g1": "g3"}), np.zeros((3, 5))],
            "feature-unknown": [X.assign(more=1.0)],
            "feature-count": [np.zeros((3, 4))],
            "duplicate-column": [pd.concat([X, X[["g1"]]], axis=1)],
        }
        for code, frames in wrong.items():
            for frame in frames:
                with pytest.raises(InputError) as caught:
                    fitted.predict(frame)
                assert caught.value.code == code


@pytest.mark.parametrize(
    ("X", "said"),
    [
        (np.zeros(6), "Reshape your data"),
        ([["f", 1.0]] * 6, "holds text"),
        (np.zeros((6, 2)) * 1j, "Complex data not supported"),
        (pd.DataFrame({"a": np.zeros(6) * 1j}), "Complex data not supported"),
        (np.full((6, 2), np.inf), "infinite"),
        (np.zeros((0, 2)), "0 sample"),
        (np.zeros((6, 0)), "0 feature"),
    ],
)
def test_what_is_no_table_of_numbers_is_refused(X, said):
    y = np.arange(len(X)) % 2
    with pytest.raises(ValueError, match=said):
        GroupShrunkLogistic().fit(X, y)


@pytest.mark.parametrize(
    ("y", "error", "code"),
    [
        (None, UsageError, "outcome-columns"),
        (np.arange(1.0, 401.0), UsageError, "outcome-columns"),
        (np.zeros(400, dtype=[("time", "<f8"), ("event", "<i8")]), UsageError, "outcome-columns"),
        (pd.DataFrame({"time": np.ones(400)}), UsageError, "outcome-columns"),
        (pd.DataFrame({"time": np.ones(400), "event": 2}), UsageError, "event-value"),
        (pd.DataFrame({"time": np.ones(400), "event": 0}), SupportError, "no-events"),
        (pd.DataFrame({"time": np.zeros(400), "event": 1}), UsageError, "time-not-positive"),
        (pd.DataFrame({"time": np.ones(399), "event": 1}), UsageError, "usage"),
    ],
)
def test_what_is_no_survival_is_refused(y, error, code, patients):
    """A row of times alone says nothing of who was censored."""
    with pytest.raises(error) as caught:
        GroupShrunkCox().fit(_numbers(patients[0]), y)
    assert caught.value.code == code


def test_the_fields_of_a_structured_array_are_told_by_their_kind(patients):
    X, y, _ = patients
    turned = np.array(list(zip(y["time"], y["event"], strict=True)), dtype=[("t", "<f8"), ("dead", "?")])
    one, other = (GroupShrunkCox().fit(_numbers(X), each) for each in (turned, _structured(y)))
    np.testing.assert_array_equal(one.fit_.beta, other.fit_.beta)


@pytest.mark.parametrize("labels", [[False, True], [-1, 1], ["no", "yes"], [1, 2]])
def test_other_labels_are_those_of_the_answer_and_the_larger_is_the_outcome(labels, patients):
    X, _, value = patients
    y = pd.Series(np.array(labels)[value.astype(int)], index=X.index)
    plain = GroupShrunkLogistic().fit(X, value)
    if labels in ([False, True], [-1, 1]):
        model = GroupShrunkLogistic().fit(X, y)
    else:
        with pytest.warns(GenorxWarning, match=f"the outcome is '?{labels[1]}'?"):
            model = GroupShrunkLogistic().fit(X, y)
    assert model.classes_.tolist() == labels
    np.testing.assert_array_equal(model.predict_probability(X), plain.predict_probability(X))
    np.testing.assert_array_equal(model.predict_proba(X)[:, 1], plain.predict_probability(X))
    back = GroupShrunkLogistic.from_state(*model.state())
    np.testing.assert_array_equal(back.predict(X), model.predict(X))
    assert set(model.predict(X)) == set(labels)


def test_the_model_stands_in_a_pipeline_and_in_a_search(patients):
    """Missing ages are filled in an array, or in a frame; the same numbers, so the same scores."""
    X, _, value = patients
    steps = make_pipeline(SimpleImputer(), GroupShrunkLogistic(folds=0))
    scores = cross_val_score(steps, _numbers(X), value, cv=3, scoring="roc_auc")
    kept = X[["age", "marker", "g1", "g2"]].astype("Float64").astype(float)
    framed = cross_val_score(clone(steps).set_output(transform="pandas"), kept, value, cv=3, scoring="roc_auc")
    np.testing.assert_array_equal(scores, framed)
    assert scores.mean() > 0.6  # age and marker matter
    search = GridSearchCV(steps, {"groupshrunklogistic__rare": [2, 20]}, cv=3).fit(_numbers(X), value)
    assert search.best_params_["groupshrunklogistic__rare"] in (2, 20)
    assert search.predict_proba(_numbers(X)).shape == (400, 2)


def test_categories_reach_the_model_through_a_transformer_that_gives_frames(patients):
    X, _, value = patients
    fill = make_column_transformer(
        (SimpleImputer(), make_column_selector(dtype_include="number")),
        remainder="passthrough",
        verbose_feature_names_out=False,
    ).set_output(transform="pandas")
    steps = make_pipeline(fill, GroupShrunkLogistic(folds=0))
    plain = X.astype(dict.fromkeys(("age", "marker", "g1", "g2"), float))
    steps.fit(plain, value)
    assert "site=a" in {column.name for column in steps[-1].encoder_.columns_}


def test_survival_is_cross_validated_and_searched(patients):
    X, y, _ = patients
    scores = cross_val_score(GroupShrunkCox(), X, y, cv=3)
    assert scores.min() > 0.6  # age and marker matter
    np.testing.assert_array_equal(
        cross_val_score(GroupShrunkCox(), _numbers(X), _structured(y), cv=3),
        cross_val_score(make_pipeline("passthrough", GroupShrunkCox()), _numbers(X), y, cv=3),
    )
    search = GridSearchCV(SurvivalBoosting(n_trees=5, n_refits=0), {"max_depth": [1, 2]}, cv=2).fit(X, y)
    assert search.best_params_["max_depth"] in (1, 2)


@pytest.mark.parametrize("model", [*SURVIVAL, GroupShrunkLogistic()], ids=lambda model: type(model).__name__)
@pytest.mark.parametrize("method", ["predict", "predict_risk", "contributions"])
def test_a_model_that_is_not_fitted_says_so(model, method, patients):
    with pytest.raises(NotFittedError):
        getattr(clone(model), method)(patients[0])


def test_strata_are_taken_by_place_from_an_array(patients):
    X, y, _ = patients
    strata = pd.Series(np.arange(400) % 3, index=X.index)
    one, other = (GroupShrunkCox().fit(X, y, strata=each) for each in (strata, strata.to_numpy()))
    np.testing.assert_array_equal(one.fit_.beta, other.fit_.beta)
    for wrong in (strata[1:], strata.to_numpy()[1:]):
        with pytest.raises(UsageError) as caught:
            GroupShrunkCox().fit(X, y, strata=wrong)
        assert caught.value.code == "no-stratum"


def test_a_model_is_chosen_where_the_last_times_are_tied():
    """Follow-up in whole years up to 3: more than a tenth of patients end there, and some die there."""
    rng = np.random.default_rng(3)
    x = rng.normal(size=300)
    time = np.clip(np.ceil(rng.exponential(np.exp(-x)) * 2), 1, 3)
    X = pd.DataFrame({"x": x})
    y = pd.DataFrame({"time": time, "event": rng.random(300) < 0.8})
    model = ChosenSurvivalModel(candidates={"cox": GroupShrunkCox(), "boosting": SurvivalBoosting(n_trees=5)}, folds=2)
    assert model.fit(X, y).choice_["brier_integrated"].notna().all()
    late = y.assign(event=time == 3)  # each event comes when nobody is left: there is nothing to choose by
    assert model.fit(X, late).choice_.empty
    assert model.chosen_ == "cox"
