"""Effects where a feature of the patient is unknown: what is unknown widens the answer and does not move it."""

import json

import numpy as np
import pandas as pd
import pytest

from genorx.datasets import make_trial
from genorx.effects import ResponseEffect, SurvivalEffect

HORIZON = 36.0


@pytest.fixture(scope="module")
def trial():
    """A mutation decides whom the option helps; a tenth of laboratory and lifestyle values is hidden."""
    return make_trial(500, effect="qualitative", missing=0.1, genes=4, seed=3)


@pytest.fixture(scope="module")
def survival(trial):
    """The estimator of that trial."""
    model = SurvivalEffect(horizon=HORIZON, reference="standard", randomised=True, n_draws=200)
    return model.fit(trial.features, trial.outcomes[["time", "event"]], treatment=trial.treatment)


def _values(model, X):
    """Estimates and differences, shape (1 + n_draws, n_patients, 2 n_options - 1)."""
    means = model._values(model._sets(X))
    return np.concatenate([means, means[:, :, 1:] - means[:, :, :1]], axis=2)


def _without(X, name):
    return X.assign(**{name: pd.array([pd.NA] * len(X), dtype="Float64") if X[name].dtype != "category" else None})


def _each(model, X, name):
    """Estimates with each value that the feature may have: its levels, or the numbers that it is drawn from."""
    margin = next(one for one in model.encoder_.distribution_.margins if one.name == name)
    if margin.levels:
        return np.array([_values(model, X.assign(**{name: value}))[0] for value in margin.levels])
    completed = model.encoder_.complete(_without(X, name))
    found = _values(model, completed.frame)[0]
    return np.swapaxes(found.reshape(len(X), -1, found.shape[1]), 0, 1)


def test_each_feature_of_complete_patients_in_turn(trial, survival):
    """By the rule: estimates and differences within those of the possible values, intervals over them."""
    complete = trial.features.dropna().iloc[:12]
    used = {column.source for column in survival.encoder_.columns_ if column.kind != "missing"}
    for name in sorted(used):
        each = _each(survival, complete, name)
        low, high = each.min(axis=0), each.max(axis=0)
        found = _values(survival, _without(complete, name))
        assert np.all((low - 1e-9 <= found[0]) & (found[0] <= high + 1e-9)), name
        ends = np.quantile(found[1:], [0.025, 0.975], axis=0)
        slack = 0.02 * HORIZON
        assert np.all((ends[0] <= low + slack) & (high - slack <= ends[1])), name
        assert np.all(ends[1] - ends[0] >= high - low), name


def test_the_mutation_that_decides_leaves_both_answers_open(trial, survival):
    """By construction the option helps without a TP53 mutation and harms with one: unknown, the interval holds both."""
    patient = trial.features.dropna().iloc[:1]
    without, with_, unknown = (_values(survival, patient.assign(TP53=value))[:, 0, 2] for value in (0, 1, np.nan))
    assert with_[0] < unknown[0] < without[0]
    assert np.quantile(unknown[1:], 0.025) < with_[0]
    assert np.quantile(unknown[1:], 0.975) > without[0]
    assert np.std(unknown[1:]) > 1.2 * max(np.std(with_[1:]), np.std(without[1:]))


def test_alone_among_others_and_from_a_file_the_answer_is_the_same(trial, survival):
    """To the bit, for patients with several unknown features, and none."""
    some = trial.features.iloc[:25].copy()
    some.loc[some.index[:10], "TP53"] = pd.NA
    whole = survival.sample(some, np.array([0.0, 12.0, 36.0]))
    values, arrays = survival.state()
    again = SurvivalEffect.from_state(json.loads(json.dumps(values)), arrays)
    np.testing.assert_array_equal(again.sample(some, whole.times).draws, whole.draws)
    for row in (0, 5, 20):
        one = survival.sample(some.iloc[[row]], whole.times)
        np.testing.assert_array_equal(one.point[0], whole.point[row])
        np.testing.assert_array_equal(one.draws[:, 0], whole.draws[:, row])


def test_an_unknown_feature_is_not_said_to_move_the_effect(trial, survival):
    """TP53 moves it most where it is known."""
    patient = trial.features.dropna().iloc[:1]
    without = _without(patient, "TP53")
    assert survival._moved_by(patient, survival._sets(patient))["new"][0][0] == "TP53"
    assert "TP53" not in survival._moved_by(without, survival._sets(without))["new"][0]


def test_competing_causes_still_make_one(trial):
    """Survival and both incidences sum to 1 in the estimate and in each draw, whatever is unknown."""
    rng = np.random.default_rng(1)
    y = trial.outcomes[["time", "event"]].assign(cause=0)
    y.loc[y["event"] == 1, "cause"] = 1 + (rng.random(int((y["event"] == 1).sum())) < 0.4)
    model = SurvivalEffect(horizon=HORIZON, reference="standard", randomised=True, n_draws=60)
    model.fit(trial.features, y, treatment=trial.treatment)
    found = model.sample(_without(trial.features.iloc[:4], "TP53"), np.array([0.0, 12.0, 36.0]))
    np.testing.assert_allclose(found.point + found.incidence.sum(axis=2), 1.0, atol=1e-9)
    np.testing.assert_allclose(found.draws + found.incidence_draws.sum(axis=3), 1.0, atol=1e-9)


@pytest.mark.parametrize("kind", ["binary", "continuous", "count", "ordinal"])
def test_values_of_each_kind(trial, kind):
    """By the rule, for a yes or no, an amount, a count and a grade."""
    rng = np.random.default_rng(2)
    X, new = trial.features, (trial.treatment == "new").to_numpy()
    linear = 0.8 * new * (1 - 2 * X["TP53"].to_numpy(float, na_value=0.0)) + 0.3 * rng.normal(size=len(X))
    value = {
        "binary": (linear + rng.logistic(size=len(X)) > 0).astype(float),
        "continuous": linear,
        "count": rng.poisson(np.exp(linear)).astype(float),
        "ordinal": np.digitize(linear + rng.logistic(size=len(X)), [-1, 0, 1, 2]).astype(float),
    }[kind]
    model = ResponseEffect(reference="standard", randomised=True, kind=kind, highest=4, at_least=2, n_draws=200)
    model.fit(X, pd.DataFrame({"value": value}, index=X.index), treatment=trial.treatment)
    some = X.dropna().iloc[:10]
    each = _each(model, some, "TP53")
    found = _values(model, _without(some, "TP53"))
    assert np.all((each.min(axis=0) - 1e-9 <= found[0]) & (found[0] <= each.max(axis=0) + 1e-9))
    ends = np.quantile(found[1:], [0.025, 0.975], axis=0)
    slack = 0.1 * np.ptp(each, axis=0)
    assert np.all((ends[0] <= each.min(axis=0) + slack) & (each.max(axis=0) - slack <= ends[1]))
