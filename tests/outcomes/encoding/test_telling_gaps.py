"""Missing values that tell something of a patient: which, and estimates that they move within the possible values."""

import json

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone

from genorx.outcomes import BoostedRegression, DoseModel, ElasticNetRegression, GroupShrunkRegression
from genorx.outcomes.encoding.telling_gaps import TellingGaps

N = 900


def _unknown():
    """40 lack the first feature alone, 40 the next two together, 20 the fourth; of 50 without the fifth 10 know it."""
    unknown = np.zeros((400, 5), dtype=bool)
    unknown[:40, 0] = unknown[100:140, 1:3] = unknown[200:220, 3] = True
    unknown[30:40, 4] = unknown[300:310, 4] = True
    unknown[310:340, [0]] = unknown[310:340, [4]] = True
    return unknown


def test_a_gap_tells_where_thirty_patients_had_it_on_its_own():
    """By hand: the second and third are each other's companions; the fifth hardly stands apart from the first."""
    learnt = TellingGaps.learn(_unknown())
    assert learnt.companions == {0: (0,), 1: (1, 2), 2: (1, 2)}
    assert TellingGaps.from_state(json.loads(json.dumps(learnt.state()))) == learnt


def test_a_gap_tells_only_beside_those_of_its_companions():
    asked = np.array([[1, 0, 0, 0, 0], [0, 1, 0, 0, 0], [1, 1, 1, 1, 1], [0, 0, 0, 0, 0]], dtype=bool)
    stated = TellingGaps.learn(_unknown()).of(asked)
    assert stated.astype(int).tolist() == [[1, 0, 0, 0, 0], [0, 0, 0, 0, 0], [1, 1, 1, 0, 0], [0, 0, 0, 0, 0]]


@pytest.fixture(scope="module")
def patients():
    """A marker that is mostly not measured where it is high, and one that tells nothing but whose gaps do."""
    rng = np.random.default_rng(8)
    marker, other, age = rng.normal(size=N), rng.normal(size=N), rng.normal(size=N)
    high = (marker > 0.8) & (rng.random(N) < 0.8)
    gap = rng.random(N) < 0.2
    amount = 50 + 8 * marker + 3 * age + 12 * gap + 2 * rng.normal(size=N)
    X = pd.DataFrame(
        {
            "marker": np.where(high, np.nan, marker),
            "other": np.where(gap, np.nan, other),
            "age": age,
            "seldom": np.where(np.arange(N) < 20, np.nan, rng.normal(size=N)),
        },
        index=[f"P{i}" for i in range(N)],
    )
    return X, pd.Series(amount, index=X.index)


MODELS = [
    GroupShrunkRegression(scale="identity"),
    ElasticNetRegression(n_refits=4),
    BoostedRegression(n_trees=40, n_refits=4),
    DoseModel(folds=3, candidates={"default": GroupShrunkRegression()}),
]


def _possible(model, X):
    """Estimates with each set of values, and the place of each patient's first."""
    inner = getattr(model, "model_", model)
    completed = inner.columns_.encoder.complete(X)
    return inner.predict_value(completed.frame), completed


@pytest.mark.parametrize("model", MODELS, ids=lambda one: type(one).__name__)
def test_a_telling_gap_moves_the_estimate_within_those_of_the_possible_values(model, patients):
    """Known truth: the marker is missing where it is high, so the amount is above that with a usual marker."""
    X, y = patients
    fitted = clone(model).fit(X, y)
    lacking = X[X["marker"].isna() & X["other"].notna() & X["seldom"].notna()]
    each, completed = _possible(fitted, lacking)
    found, mean = fitted.predict_value(lacking), completed.mean(each)
    low, high = (end.reduceat(each, completed.starts[:-1]) for end in (np.minimum, np.maximum))
    assert np.all((low <= found) & (found <= high))
    truth = y[lacking.index].to_numpy()
    assert np.abs(found - truth).mean() < 0.8 * np.abs(mean - truth).mean()
    ends = fitted.predict_interval(lacking)
    assert np.all((ends[:, 0] <= low) & (high <= ends[:, 1]))
    drawn = np.quantile(fitted.sample_value(lacking, n_draws=300), [0.025, 0.975], axis=0)
    slack = 0.25 * (high - low)  # refits draw from few
    assert np.mean((drawn[0] <= found + slack) & (found - slack <= drawn[1])) > 0.95
    assert np.mean((drawn[0] <= low + slack) & (high - slack <= drawn[1])) > 0.95


def test_a_gap_moves_no_estimate_beyond_the_possible_values(patients):
    """The feature has no effect and its gap has one of 12: without the bounds the estimate would move by 8."""
    X, y = patients
    fitted = GroupShrunkRegression(scale="identity").fit(X, y)
    lacking = X[X["other"].isna() & X["marker"].notna() & X["seldom"].notna()]
    each, completed = _possible(fitted, lacking)
    assert np.all(np.abs(fitted.predict_value(lacking) - completed.mean(each)) < 1.0)


def test_a_gap_that_hardly_anybody_had_moves_nothing(patients):
    """Twenty patients lacked the value, fewer than thirty: the estimate is the mean over the possible values."""
    X, y = patients
    fitted = GroupShrunkRegression(scale="identity").fit(X, y)
    lacking = X[X["seldom"].isna() & X["marker"].notna() & X["other"].notna()]
    each, completed = _possible(fitted, lacking)
    np.testing.assert_array_equal(fitted.predict_value(lacking), completed.mean(each))


@pytest.mark.parametrize("model", MODELS, ids=lambda one: type(one).__name__)
def test_a_patient_alone_is_answered_as_among_others(model, patients):
    """To the bit, and after the model was saved and loaded."""
    X, y = patients
    fitted = clone(model).fit(X, y)
    some = X.iloc[:60]
    values, arrays = fitted.state()
    again = type(fitted).from_state(json.loads(json.dumps(values)), arrays)
    found, ends = fitted.predict_value(some), fitted.predict_interval(some)
    np.testing.assert_array_equal(again.predict_value(some), found)
    for row in range(0, 60, 7):
        np.testing.assert_array_equal(fitted.predict_value(some.iloc[[row]]), found[[row]])
        np.testing.assert_array_equal(fitted.predict_interval(some.iloc[[row]]), ends[[row]])
