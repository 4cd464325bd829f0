"""Effects that begin at a corner of two features: the columns, when they are taken, and what they gain."""

import json

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from scipy.special import expit

from genorx.datasets import make_effect_tables
from genorx.effects import ResponseEffect, SurvivalEffect
from genorx.effects.adjusted.corner_columns import CornerColumns
from genorx.effects.adjusted.corner_screen import FirstLook, standing_corners
from genorx.effects.adjusted.design_matrix import OptionColumns
from genorx.effects.adjusted.pair_columns import PairColumns
from genorx.outcomes.encoding.feature_columns import EncodedColumn
from genorx.outcomes.kinds import ResponseFit, value_family


def _encoded(*kinds):
    return [EncodedColumn(name=f"f{k}", source=f"f{k}", group="g", kind=kind) for k, kind in enumerate(kinds)]


def test_a_corner_has_steps_of_its_numbers_and_their_products():
    """By hand: two limits of a number and one of a flag make two steps and two products; flags have no step."""
    rng = np.random.default_rng(0)
    Z = np.column_stack([rng.normal(size=400), np.where(rng.random(400) < 0.4, 1.2, -0.8)])
    encoded = _encoded("value", "flag")
    made = CornerColumns.fit(Z, encoded, {(0, 1): (np.array([-0.4, 0.4]), np.array([0.2]))})
    names = [column.name for column in made.columns(encoded)]
    assert names == ["f0 from -0.4", "f0 from 0.4", "f0 from -0.4 x f1 from 0.2", "f0 from 0.4 x f1 from 0.2"]
    inside = ((Z[:, 0] > 0.4) & (Z[:, 1] > 0.2)).astype(float)
    clear = np.abs(Z[:, 0] - 0.4) > 0.3  # the step has a slope near its limit
    values = made.values(Z)[:, 3]
    np.testing.assert_allclose(np.corrcoef(values[clear], inside[clear])[0, 1], 1.0, rtol=1e-3)
    np.testing.assert_allclose(values.std(), 1.0, atol=0.05)


def test_corners_survive_json_and_are_not_written_where_there_are_none():
    rng = np.random.default_rng(1)
    Z, encoded = rng.normal(size=(60, 2)), _encoded("value", "value")
    made = PairColumns.fit(Z, encoded, [0, 1], {(0, 1): (np.array([0.0]), np.array([-0.5, 0.5]))})
    again = PairColumns.from_state(json.loads(json.dumps(made.state())))
    np.testing.assert_array_equal(again.extend(Z), made.extend(Z))
    assert made.extend(Z).shape == (60, 2 + len(made.columns(encoded)))
    assert "corners" not in PairColumns.fit(Z, encoded, [0, 1]).state()


def _looked(truth, *, n=1200, interactions=None, seed=0):
    """First look at amounts with unit error whose treated mean is ``truth`` of four numbers; nothing else differs."""
    rng = np.random.default_rng(seed)
    Z, option, encoded = rng.normal(size=(n, 4)), rng.integers(0, 2, n), _encoded(*["value"] * 4)
    value = option * truth(Z) + rng.normal(size=n)
    columns = OptionColumns.fit(
        Z, encoded, option, np.zeros(n, dtype=np.int64), randomised=True, indicators=True, interactions=interactions
    )
    matrix = np.column_stack([np.ones(n), columns.matrix(Z, option)])
    beta = np.linalg.lstsq(matrix, value, rcond=None)[0]
    look = FirstLook(
        beta=beta[1:], patient=np.arange(n), option=option, residual=value - matrix @ beta, weight=np.ones(n)
    )
    return look, columns, Z, encoded, range(4)


def _high(Z, first, second):
    return ((Z[:, 1] > first) & (Z[:, 3] > second)).astype(float)


def test_the_pair_and_its_limits_are_found():
    """Of six pairs the true one; its limits, at the 70 and 40 % quantiles, are among the three that are kept."""
    found = standing_corners(*_looked(lambda Z: _high(Z, stats.norm.ppf(0.7), stats.norm.ppf(0.4))))
    assert list(found) == [(1, 3)]
    for limits, share in zip(found[1, 3], (0.7, 0.4), strict=True):
        assert limits.size == 3
        assert np.abs(limits - stats.norm.ppf(share)).min() < 0.1


@pytest.mark.parametrize("truth", [lambda Z: 0.7 * Z[:, 1], lambda Z: 0.4 * Z[:, 1] * Z[:, 3]])
def test_what_is_additive_or_a_smooth_product_has_no_corner(truth):
    """Ten tables of each: a line is known to the first look, a product explains more than any corner."""
    assert not any(standing_corners(*_looked(truth, seed=seed)) for seed in range(10))


def test_chance_makes_few_corners():
    """Bound by hand: 6 pairs of 9 corners; exp(-(log 6 + 4)) is exceeded with a chance below 0.003 by each of them."""
    assert sum(bool(standing_corners(*_looked(lambda Z: 0 * Z[:, 0], n=300, seed=seed))) for seed in range(100)) <= 5


def test_only_features_that_may_differ_between_options_have_corners():
    truth = {"truth": lambda Z: 1.5 * _high(Z, 0, 0)}
    assert standing_corners(*_looked(**truth))
    assert not any(3 in pair for pair in standing_corners(*_looked(**truth, interactions=["f0", "f1", "f2"])))


@pytest.mark.slow
def test_a_benefit_at_a_corner_is_found_and_answers_do_not_depend_on_other_patients():
    """Truth from the equations of the scenario: benefit if x1 and x4 are positive; loss of the same size elsewhere."""
    tables = make_effect_tables("non-proportional", n=700, n_test=120, seed=3)
    model = _fitted(tables)
    assert any(column.group == "corners" for column in model.encoded_)
    test = tables.test.set_index("patient_id").drop(columns=["arm"], errors="ignore")
    effect, true = model.effect(test)["new"], tables.truth["new"] - tables.truth["standard"]
    inside = (test["x1"] > 0.3) & (test["x4"] > 0.3)
    outside = (test["x1"] < -0.3) | (test["x4"] < -0.3)
    np.testing.assert_allclose(effect[inside].mean(), true[inside].mean(), atol=2.5)
    np.testing.assert_allclose(effect[outside].mean(), true[outside].mean(), atol=2.5)
    again = SurvivalEffect.from_state(*model.state())
    for some in (test.iloc[[7]], test.iloc[::-1]):
        assert again.effect(some)["new"].equals(effect.reindex(some.index))


def _fitted(tables):
    train = tables.train.set_index("patient_id")
    X = train[[name for name in train if name[0] in "xb"]]
    y = train[["time", "event"]].astype({"event": bool})
    model = SurvivalEffect(horizon=36.0, reference="standard", randomised=True, seed=1)
    return model.fit(X, y, treatment=train["arm"])


def _check_unexplained(kind, value, linear, heads, log_likelihood):
    """Compare with numerical derivatives of the log likelihood by the linear predictor."""
    fit = ResponseFit(
        heads=np.array(heads),
        beta=np.zeros(0),
        covariance=np.zeros((0, 0)),
        heavy_covariance=np.zeros((0, 0)),
        overdispersion=0.0,
        seen=np.arange(3),
    )
    residual, weight = value_family(kind).unexplained(fit, value, linear)
    small = 1e-4
    low, middle, high = (log_likelihood(value, linear + away) for away in (-small, 0.0, small))
    np.testing.assert_allclose(residual, (high - low) / (2 * small), rtol=1e-5, atol=1e-7)
    np.testing.assert_allclose(weight, -(high - 2 * middle + low) / small**2, rtol=1e-4)


def test_what_a_fit_leaves_unexplained_is_the_slope_of_its_likelihood():
    linear = np.array([-0.7, 0.2, 1.1, 0.4])
    yes = np.array([0.0, 1.0, 1.0, 0.0])
    _check_unexplained("binary", yes, linear, [0.3], lambda y, x: stats.bernoulli.logpmf(y, expit(0.3 + x)))
    counts = np.array([0.0, 2.0, 5.0, 1.0])
    _check_unexplained("count", counts, linear, [0.3], lambda y, x: stats.poisson.logpmf(y, np.exp(0.3 + x)))
    grades, cuts = np.array([0.0, 1.0, 2.0, 1.0]), [-0.5, 0.8]

    def graded(y, x):
        above = np.column_stack([np.ones(x.size), expit(x - cuts[0]), expit(x - cuts[1]), np.zeros(x.size)])
        return np.log(-np.diff(above, axis=1)[np.arange(x.size), y.astype(int)])

    _check_unexplained("ordinal", grades, linear, cuts, graded)


def test_of_amounts_the_variance_of_what_is_left_is_estimated():
    """By hand: 1, -1, 1, -1 are left of values scaled by 2, so 0.5 each way, and their variance is 0.25."""
    value, linear = np.array([1.0, -1.0, 3.0, -3.0]), np.array([0.0, 0.0, 1.0, -1.0])
    fit = ResponseFit(
        heads=np.zeros(1), beta=np.zeros(0), covariance=np.zeros((0, 0)), heavy_covariance=np.zeros((0, 0)), scale=2.0
    )
    residual, weight = value_family("continuous").unexplained(fit, value, linear)
    np.testing.assert_allclose(residual, [2.0, -2.0, 2.0, -2.0])
    np.testing.assert_allclose(weight, 4.0)


@pytest.mark.slow
def test_a_yes_or_no_has_corners_too():
    """Truth from the log odds of the simulation: 1.8 in the corner, -0.5 elsewhere."""
    rng = np.random.default_rng(5)
    X = pd.DataFrame(rng.normal(size=(1500, 3)), columns=["a", "b", "c"], index=[f"P{row}" for row in range(1500)])
    arm = pd.Series(rng.choice(["new", "old"], 1500), index=X.index)
    corner = (X["a"] > 0) & (X["b"] > 0)
    odds = -0.3 + 0.4 * X["a"] + (arm == "new") * np.where(corner, 1.8, -0.5)
    y = pd.DataFrame({"value": (rng.random(1500) < expit(odds)).astype(float)})
    y.index = X.index
    model = ResponseEffect(reference="old", randomised=True, kind="binary").fit(X, y, treatment=arm)
    assert {(c.source, c.partner) for c in model.encoded_ if c.group == "corners"} >= {("a", "b")}
