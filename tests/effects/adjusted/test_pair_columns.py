"""Products of two features: what they are, which are taken, and that they find what two features do together."""

import json

import numpy as np
import pandas as pd
import pytest

from genorx.datasets import make_effect_tables
from genorx.effects import SurvivalEffect
from genorx.effects.adjusted.pair_columns import PairColumns, candidates
from genorx.outcomes.encoding.feature_columns import EncodedColumn


def _encoded(*kinds):
    return [EncodedColumn(name=f"f{k}", source=f"f{k}", group="g", kind=kind) for k, kind in enumerate(kinds)]


def test_products_are_plain_and_of_soft_halves_where_one_is_a_number():
    """By hand: 3 pairs of a number, a number and a flag; the flag has no halves; all standardised."""
    rng = np.random.default_rng(0)
    Z = np.column_stack([rng.normal(size=(200, 2)), np.where(rng.random(200) < 0.4, 1.2, -0.8)])
    encoded = _encoded("value", "value", "flag")
    pairs = PairColumns.fit(Z, encoded, [0, 1, 2])
    names = [column.name for column in pairs.columns(encoded)]
    assert names == ["f0 * f1", "f0 * f2", "f1 * f2", "f0 x f1", "f0 x f2", "f1 x f2"]
    wide = pairs.extend(Z)
    np.testing.assert_array_equal(wide[:, :3], Z)
    np.testing.assert_allclose(wide[:, 3:].mean(axis=0), 0, atol=0.02)  # 5 SD are cut
    np.testing.assert_allclose(wide[:, 3:].std(axis=0), 1, atol=0.05)
    half = np.tanh(3 * (Z[:, 0] - np.median(Z[:, 0]))) * Z[:, 2]
    np.testing.assert_allclose(np.corrcoef(wide[:, 7], half)[0, 1], 1.0, rtol=1e-3)  # the middle is a round number


def test_flags_have_plain_products_only_and_rare_ones_none():
    rng = np.random.default_rng(1)
    Z = (rng.random((300, 3)) < [0.5, 0.4, 0.01]).astype(float)
    pairs = PairColumns.fit(Z, _encoded("flag", "flag", "flag"), [0, 1, 2])
    assert not pairs.halved.any()
    assert pairs.places.tolist() == [[0, 1]]


def test_products_survive_json():
    rng = np.random.default_rng(2)
    Z = rng.normal(size=(50, 3))
    for chosen in ([0, 1, 2], ()):
        pairs = PairColumns.fit(Z, _encoded("value", "flag", "value"), chosen)
        again = PairColumns.from_state(json.loads(json.dumps(pairs.state())))
        np.testing.assert_array_equal(again.extend(Z), pairs.extend(Z))


@pytest.mark.parametrize(("n_columns", "n_options", "most"), [(10, 2, 10), (40, 3, 11), (40, 6, 6), (41, 2, 0)])
def test_no_more_columns_are_multiplied_than_a_fit_has_room_for(n_columns, n_options, most):
    """By hand: 450 columns, n(n-1) for n multiplied: 40 columns, 3 options leave 110; 6 leave 35; above 40 none."""
    straight, found = candidates(_encoded(*["value"] * n_columns), n_options)
    assert (len(straight), found) == (n_columns, most)


@pytest.mark.slow
def test_among_many_features_the_products_are_those_of_the_strongest():
    """Truth: arm "new" helps where x1 and x4 are both high; 20 columns more move nothing."""
    tables = make_effect_tables("non-proportional", n=1200, seed=4)
    train = tables.train.set_index("patient_id")
    rng = np.random.default_rng(0)
    noise = pd.DataFrame(rng.normal(size=(1200, 20)), index=train.index).add_prefix("z")
    X = train[tables.spec["covariates"]].join(noise)
    model = SurvivalEffect(horizon=36, reference="standard", randomised=True, n_draws=20)
    model.fit(X, train[["time", "event"]], treatment=train["arm"])
    multiplied = {column.name for column in model.pairs_.columns(model.encoder_.columns_)}
    assert "x1 x x4" in multiplied
    assert len(multiplied) < 230
    values, arrays = model.state()
    again = SurvivalEffect.from_state(json.loads(json.dumps(values)), arrays)
    np.testing.assert_array_equal(again.restricted(X[:5]).means, model.restricted(X[:5]).means)


@pytest.mark.slow
def test_what_two_features_do_together_is_found():
    """Truth: benefit only where x1 and x4 are both above 0, and late.  By the model: share of true differences covered.

    Bounds are the milestones of such a scenario (0.75 covered, 0.76 right); without products it covers 0.60.
    """
    tables = make_effect_tables("non-proportional", seed=7)
    train, names = tables.train.set_index("patient_id"), tables.spec["covariates"]
    model = SurvivalEffect(horizon=36, reference="standard", randomised=True)
    model.fit(train[names], train[["time", "event"]], treatment=train["arm"])
    new = tables.test.set_index("patient_id")[names]
    true = tables.truth["new"] - tables.truth["standard"]
    lower, upper = (limit["new"] for limit in model.effect_interval(new))
    assert ((lower <= true) & (true <= upper)).mean() > 0.75
    assert ((model.effect(new)["new"] > 0) == (true > 0)).mean() > 0.76
