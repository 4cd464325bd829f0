"""Prognosis through states: against Aalen-Johansen, the models behind it, and what any answer must keep to."""

import json

import numpy as np
import pandas as pd
import pytest

from genorx.datasets.course import make_course_cohort
from genorx.errors import HorizonError, SupportError, UsageError
from genorx.outcomes import ElasticNetCox, MultistateModel, SurvivalForest
from genorx.survival import kaplan_meier, state_occupation, transition_hazards

TIMES = [100.0, 365.0, 1000.0, 1826.0]


@pytest.fixture(scope="module")
def made():
    return make_course_cohort(400, states=5, seed=3)


@pytest.fixture(scope="module")
def model(made):
    return MultistateModel(made.specs).fit(made.features, made.course)


def _aalen_johansen(course, states):
    place = {state: number for number, state in enumerate(states)}
    spells, pairs = course.spells, [(place[o], place[t]) for o, t in course.transitions]
    hazards = transition_hazards(
        spells["state"].map(place),
        spells["entry"],
        spells["exit"],
        spells["next"].map(place).fillna(-1),
        transitions=pairs,
    )
    return state_occupation(hazards, transitions=pairs, n_states=len(states))


def test_without_features_it_is_aalen_johansen():
    """On the same spells; the model keeps hazards in coarse steps, so that curves differ a little."""
    course = make_course_cohort(1500, states=5, seed=2).course
    model = MultistateModel(history=False).fit(pd.DataFrame(index=course.patients), course)
    found = model.predict_states(pd.DataFrame(index=["new"]), TIMES)[0]
    np.testing.assert_allclose(found, _aalen_johansen(course, model.states_).at(TIMES), atol=0.012)


def test_the_mean_prediction_is_near_the_curve_of_all(made, model):
    y = made.course.survival()
    curve = kaplan_meier(y["time"], y["event"])
    found = model.predict_survival(made.features, TIMES).mean(axis=0)
    np.testing.assert_allclose(found, curve.at(TIMES), atol=0.04)


def test_states_sum_to_one_and_survival_is_those_alive(made, model):
    X = made.features.iloc[:5]
    states, drawn = model.predict_states(X, TIMES), model.sample_states(X, TIMES, n_draws=30)
    np.testing.assert_allclose(states.sum(axis=1), 1.0, atol=1e-12)
    np.testing.assert_allclose(drawn.sum(axis=2), 1.0, atol=1e-12)
    dead = model.states_.index("dead")
    np.testing.assert_allclose(model.predict_survival(X, TIMES), 1 - states[:, dead], atol=1e-12)
    np.testing.assert_array_equal(
        model.sample_survival(X, TIMES, n_draws=30), drawn[:, :, [s for s in range(5) if s != dead]].sum(axis=2)
    )
    assert np.abs(drawn.mean(axis=0) - states).max() < 0.1
    assert model.predict_risk(X).shape == (5,)


def test_a_patient_alone_has_the_same_answer(made, model):
    X = made.features.iloc[:6]
    np.testing.assert_array_equal(model.predict_states(X.iloc[[2]], TIMES)[0], model.predict_states(X, TIMES)[2])


@pytest.mark.parametrize("clock", ["forward", "reset"])
def test_a_saved_model_predicts_the_same(made, clock):
    model = MultistateModel(made.specs, clock=clock).fit(made.features, made.course)
    values, arrays = model.state()
    again = MultistateModel.from_state(json.loads(json.dumps(values)), arrays)
    X = made.features.iloc[:3]
    np.testing.assert_array_equal(again.predict_states(X, TIMES), model.predict_states(X, TIMES))
    np.testing.assert_array_equal(
        again.sample_states(X, TIMES, n_draws=5, seed=1), model.sample_states(X, TIMES, n_draws=5, seed=1)
    )
    assert again.findings_ == model.findings_


def test_any_survival_model_serves_where_the_clock_is_reset(made):
    X = made.features.iloc[:4]
    for kind in (ElasticNetCox(), SurvivalForest(n_bags=8, trees_per_bag=3)):
        model = MultistateModel(made.specs, model=kind, clock="reset").fit(made.features, made.course)
        found = model.predict_states(X, TIMES[:3])
        np.testing.assert_allclose(found.sum(axis=1), 1.0, atol=1e-12)
        values, arrays = model.state()
        again = MultistateModel.from_state(json.loads(json.dumps(values)), arrays)
        np.testing.assert_array_equal(again.predict_states(X, TIMES[:3]), found)


def test_a_survival_model_takes_no_late_entry(made):
    with pytest.raises(UsageError) as late:
        MultistateModel(model=ElasticNetCox()).fit(made.features, made.course)
    assert late.value.code == "model-late-entry"


def test_a_rare_transition_is_named_and_shares_its_scales():
    made = make_course_cohort(120, seed=5)
    model = MultistateModel(made.specs).fit(made.features, made.course)
    rare = [one for one in model.findings_ if one.code == "transition-rare"]
    assert "remission to dead" in [one.place for one in rare]
    assert "estimated from all transitions" in rare[0].message
    counts = made.course.counts()
    few = [one.fit.penalty for one, events in zip(model.hazards_, counts["events"], strict=True) if events < 50]
    groups = set(model.encoder_.group_index_.tolist())
    assert all({g: one[g] for g in groups} == {g: few[0][g] for g in groups} for one in few)


def test_a_course_that_is_not_markov_is_found():
    """Late relapses do better in this mechanism (log hazard -0.9 x day / 500)."""
    made = make_course_cohort(1200, markov=False, seed=3)
    model = MultistateModel(made.specs).fit(made.features, made.course)
    assert [one.place for one in model.findings_ if one.code == "not-markov"] == ["relapse to dead"]


def test_what_cannot_be_fitted_or_asked_is_refused(made, model):
    with pytest.raises(UsageError):
        MultistateModel(clock="back").fit(made.features, made.course)
    with pytest.raises(HorizonError):
        model.predict_states(made.features.iloc[:1], [1e5])
    entries = made.course.entries
    relapsed = set(entries.loc[entries["state"] == "second_remission", "patient_id"])
    with pytest.raises(SupportError) as unseen:
        MultistateModel().fit(made.features.drop(index=list(relapsed)), made.course)
    assert unseen.value.code == "transition-without-events"


def test_an_unknown_value_is_averaged_over(made, model):
    X = made.features.iloc[[0]].copy()
    X["age_years"] = pd.array([pd.NA], dtype="Float64")
    found = model.predict_survival(X, TIMES)
    assert np.isfinite(found).all()
    assert np.isfinite(model.sample_survival(X, TIMES, n_draws=20)).all()
    assert len(model.coefficients()["column"].unique()) > 4
