"""Competing causes under options: incidences from the same draws as survival, and known effects."""

import json

import numpy as np
import pandas as pd
import pytest

from genorx.datasets import load_colon
from genorx.effects import SurvivalEffect

TIMES = np.array([0.5, 2.0, 4.0])
RELAPSE, DEATH = 0.25, 0.08  # hazards; under b relapse x 0.4, death x 2


@pytest.fixture(scope="module")
def made():
    """800 patients at random: option b spares relapses and kills."""
    rng = np.random.default_rng(4)
    n = 800
    age, b = rng.normal(0, 1, n), rng.integers(0, 2, n)
    relapse, death = RELAPSE * np.exp(0.5 * age) * 0.4**b, DEATH * 2.0**b
    time, stop = rng.exponential(1 / (relapse + death)), rng.uniform(4, 8, n)
    cause = np.where(time <= stop, np.where(rng.random(n) < relapse / (relapse + death), 1, 2), 0)
    index = pd.Index([f"P{i:04d}" for i in range(n)], name="patient_id")
    y = pd.DataFrame({"time": np.minimum(time, stop), "event": cause > 0, "cause": cause}, index=index)
    return pd.DataFrame({"age": age}, index=index), y, pd.Series(np.where(b == 1, "b", "a"), index=index)


@pytest.fixture(scope="module")
def fitted(made):
    X, y, treatment = made
    return SurvivalEffect(horizon=4.0, reference="a", randomised=True, n_draws=200).fit(X, y, treatment=treatment)


def test_incidences_sum_to_one_with_survival_in_every_draw(fitted, made):
    drawn = fitted.sample(made[0][:10], TIMES)
    assert drawn.incidence.shape == (10, 2, 2, 3)
    np.testing.assert_allclose(drawn.incidence.sum(axis=2) + drawn.point, 1.0, atol=1e-12)
    np.testing.assert_allclose(drawn.incidence_draws.sum(axis=3) + drawn.draws, 1.0, atol=1e-12)
    assert np.all(np.diff(drawn.incidence_draws, axis=-1) >= -1e-12)


def test_incidences_are_those_of_the_truth(fitted, made):
    """Truth: constant hazards; the intervals of a patient of average age hold it."""
    drawn = fitted.sample(pd.DataFrame({"age": [0.0]}, index=["new"]), TIMES)
    for option, (relapse, death) in enumerate([(RELAPSE, DEATH), (RELAPSE * 0.4, DEATH * 2)]):
        total = relapse + death
        for cause, hazard in enumerate([relapse, death]):
            truth = hazard / total * -np.expm1(-total * TIMES)
            np.testing.assert_allclose(drawn.incidence[0, option, cause], truth, atol=0.06)
            lower, upper = np.quantile(drawn.incidence_draws[:, 0, option, cause], (0.005, 0.995), axis=0)
            assert np.all((lower < truth) & (truth < upper))


def test_hazard_ratios_are_told_for_each_cause(fitted):
    """Truth: 0.4 for relapse, 2 for death."""
    table = fitted.population_effect().set_index("measure")
    for measure, truth in (("hazard_ratio_cause_1", 0.4), ("hazard_ratio_cause_2", 2.0)):
        row = table.loc[measure]
        assert row["lower"] < truth < row["upper"]
    assert "hazard_ratio" in table.index


def test_what_moves_a_cause_is_of_that_cause(fitted, made):
    """Truth: age moves relapse (0.5 a standard deviation) and not death."""
    one = made[0][:50]
    relapse, death = (fitted.drivers(one, cause=cause)["prognosis"].abs().mean() for cause in (1, 2))
    assert relapse > 3 * death
    mean = fitted.drivers(one)["prognosis"].abs().mean()
    assert death < mean < relapse


def test_state_gives_the_same_incidences_back(fitted, made):
    values, arrays = fitted.state()
    back = SurvivalEffect.from_state(json.loads(json.dumps(values)), arrays)
    np.testing.assert_array_equal(
        back.sample(made[0][:3], TIMES).incidence_draws, fitted.sample(made[0][:3], TIMES).incidence_draws
    )


def test_a_cause_that_is_rare_under_an_option_is_not_said_never_to_happen(made):
    """Nobody died under b by 1, and 3 later: with a baseline of its own b would have an incidence of exactly 0."""
    X, y, treatment = made
    early = (treatment == "b") & (y["cause"] == 2)
    kept = y.copy()
    without_refits = early & ~kept.index.isin(kept.index[early & (y["time"] > 1)][:3])
    kept.loc[without_refits, ["event", "cause"]] = [False, 0]
    model = SurvivalEffect(horizon=4.0, reference="a", randomised=True, n_draws=200).fit(X, kept, treatment=treatment)
    drawn = model.sample(X[:5], np.array([0.9]))
    assert np.quantile(drawn.incidence_draws[:, :, 1, 1, 0], 0.975, axis=0).min() > 1e-4


def test_the_time_without_event_and_the_times_lost_make_the_horizon(fitted, made):
    """Property: areas under curves that sum to 1."""
    at = np.linspace(0, 4, 81)
    drawn = fitted.sample(made[0][:3], at)
    lost = np.trapezoid(drawn.incidence_draws, at, axis=-1).sum(axis=3)
    np.testing.assert_allclose(np.trapezoid(drawn.draws, at, axis=-1) + lost, 4.0, atol=1e-9)


def test_without_causes_no_incidence_is_told(made):
    X, y, treatment = made
    model = SurvivalEffect(horizon=4.0, reference="a", randomised=True, n_draws=20)
    drawn = model.fit(X, y[["time", "event"]], treatment=treatment).sample(X[:2], TIMES)
    assert drawn.incidence is None
    assert drawn.incidence_draws is None


def test_the_colon_trial_finds_what_it_found():
    """Moertel 1990, R survival::colon: death 0.97 (0.78 to 1.21) for levamisole, 0.69 (0.55 to 0.87) with 5FU."""
    colon = load_colon().set_index("patient_id")
    y = pd.DataFrame({"time": colon["death_days"].astype(float), "event": colon["death"] == 1})
    X = pd.DataFrame({"one": 1.0}, index=y.index)
    model = SurvivalEffect(horizon=2700.0, reference="observation", randomised=True).fit(X, y, treatment=colon["arm"])
    table = model.population_effect().query("measure == 'hazard_ratio'").set_index("option")
    published = {"levamisole": [0.97, 0.78, 1.21], "levamisole+5FU": [0.69, 0.55, 0.87]}
    for option, numbers in published.items():
        assert table.loc[option, ["estimate", "lower", "upper"]].tolist() == pytest.approx(numbers, abs=0.01)
