"""What is fitted to a competing cause with few events beside a common one."""

import json

import numpy as np
import pandas as pd
import pytest

from genorx.effects import SurvivalEffect
from genorx.effects.adjusted.cause_fits import rare_causes
from genorx.survival import cumulative_incidence


def _trial(seed, *, death, age=0.0, n=500):
    """Patients randomised to ``a`` or ``b``; deaths have the constant hazard ``death``, times ``exp(age)`` an SD."""
    rng = np.random.default_rng(seed)
    X = pd.DataFrame(rng.normal(size=(n, 4)), columns=["age", "wbc", "hb", "crp"])
    X.index = pd.Index([f"P{row:04d}" for row in range(n)], name="patient_id")
    b = rng.integers(0, 2, n)
    hazards = np.column_stack([0.25 * np.exp(0.5 * X["wbc"]) * 0.6**b, death * np.exp(age * X["age"])])
    total = hazards.sum(axis=1)
    time, stop = rng.exponential(1 / total), rng.uniform(3, 8, n)
    cause = np.where(time <= stop, np.where(rng.random(n) < hazards[:, 0] / total, 1, 2), 0)
    y = pd.DataFrame({"time": np.minimum(time, stop), "event": cause > 0, "cause": cause}, index=X.index)
    truth = hazards[:, 1] / total * -np.expm1(-total * 4.0)
    return X, y, pd.Series(np.where(b == 1, "b", "a"), index=X.index), truth


def _fitted(X, y, treatment):
    return SurvivalEffect(horizon=4.0, reference="a", randomised=True, n_draws=50).fit(X, y, treatment=treatment)


@pytest.fixture(scope="module")
def rare():
    X, y, treatment, _ = _trial(1, death=0.02)
    return _fitted(X, y, treatment), X, y


@pytest.mark.parametrize(
    ("events", "expected"),
    [([450, 27], {2: 27}), ([27, 450, 99, 100], {1: 27, 3: 99}), ([27], {}), ([27, 27], {}), ([30, 27], {2: 27})],
)
def test_rare_causes_have_fewer_than_100_events_and_are_not_the_commonest(events, expected):
    """By the definition."""
    assert rare_causes(events) == expected


def test_options_act_alike_on_a_rare_cause_and_not_on_the_common_one(rare):
    """By the definition: no product with an option has a coefficient, in the estimate or in a draw."""
    model, X, y = rare
    n_events = int((y.loc[y["time"] <= 4.0, "cause"] == 2).sum())
    assert model.rare_causes_ == {2: n_events}
    assert n_events < 40
    assert (model.drivers(X.iloc[:20], cause=2)["effect"] == 0).all()
    assert model.drivers(X.iloc[:20], cause=1)["effect"].abs().max() > 0
    products = model.columns_.groups() > model.columns_.main_group.max()
    assert not model.fits_[1].draw(20, np.random.default_rng(0)).beta[:, products].any()


def test_an_option_is_shrunk_on_a_rare_cause(rare):
    """Between no effect and the estimate without shrinkage, which ``population_effect`` gives."""
    model, _, _ = rare
    table = model.population_effect().set_index("measure")["estimate"]
    free, shrunk = np.log(table["hazard_ratio_cause_2"]), model.fits_[1].beta[-1]
    assert 0 < shrunk / free < 0.9
    assert model.fits_[0].beta[-1] == pytest.approx(np.log(table["hazard_ratio_cause_1"]), abs=0.1)


def test_a_cause_with_some_hundred_events_has_products_but_no_pairs():
    """By the definition, from 100 events to 300."""
    X, y, treatment, _ = _trial(2, death=0.12)
    model = _fitted(X, y, treatment)
    assert 100 <= model.fits_[1].n_events < min(300, model.fits_[0].n_events)
    assert model.rare_causes_ == {}
    pair = np.array([column.kind == "pair" for column in model.encoded_])[model.columns_.used]
    beta = model.fits_[1].beta[: 2 * pair.size].reshape(2, pair.size)
    assert not beta[:, pair].any()
    assert beta[1, ~pair].any()


def test_of_a_rare_cause_that_nothing_moves_little_is_made():
    """Truth by simulation: deaths of one hazard for all; with all columns one curve was nearer to it."""
    errors, flat = [], []
    for seed in (4, 13, 14):
        X, y, treatment, truth = _trial(seed, death=0.02)
        model = _fitted(X, y, treatment)
        taken = (treatment == "b").to_numpy(int)
        found = model.sample(X, np.array([4.0]), n_draws=1).incidence[np.arange(len(X)), taken, 1, 0]
        errors.append(np.mean((found - truth) ** 2))
        flat.append(np.mean((cumulative_incidence(y["time"], y["cause"], of=2).at([4.0]) - truth) ** 2))
    assert np.mean(errors) < 0.9 * np.mean(flat)


def test_what_moves_a_rare_cause_is_still_found():
    """Truth by simulation: age multiplies the hazard of death by e a standard deviation."""
    X, y, treatment, truth = _trial(6, death=0.015, age=1.0)
    model = _fitted(X, y, treatment)
    assert model.rare_causes_[2] < 60
    taken = (treatment == "b").to_numpy(int)
    found = model.sample(X, np.array([4.0]), n_draws=1).incidence[np.arange(len(X)), taken, 1, 0]
    assert np.corrcoef(found, truth)[0, 1] > 0.9
    assert np.mean((found - truth) ** 2) < 0.5 * truth.var()


def test_state_gives_a_rare_cause_back(rare):
    model, X, _ = rare
    values, arrays = model.state()
    back = SurvivalEffect.from_state(json.loads(json.dumps(values)), arrays)
    assert back.rare_causes_ == model.rare_causes_
    at = np.array([2.0, 4.0])
    np.testing.assert_array_equal(back.sample(X[:3], at).incidence_draws, model.sample(X[:3], at).incidence_draws)
