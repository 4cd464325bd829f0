"""Strategies over time: against cohorts whose truth is known, closed forms, and what any answer must keep to."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from genorx.cohort.course import Course, Strategy, StrategyDesign
from genorx.datasets.course import make_course_cohort
from genorx.effects import StrategyEffect
from genorx.errors import HorizonError, SupportError, UsageError
from genorx.survival import state_occupation, transition_hazards

HORIZON = 1096.0


@pytest.fixture(scope="module")
def made():
    return make_course_cohort(400, seed=11)


@pytest.fixture(scope="module")
def model(made):
    return StrategyEffect(horizon=HORIZON, specs=made.specs, n_draws=60).fit(made.features, made.course, made.design)


def test_states_sum_to_one_in_every_draw_and_means_to_the_horizon(made, model):
    drawn = model.sample(made.features.iloc[:7], [100.0, 365.0, 1826.0])
    assert drawn.occupation.shape == (61, 7, 3, 3, 3)
    np.testing.assert_allclose(drawn.occupation.sum(axis=3), 1.0, atol=1e-12)
    np.testing.assert_allclose(drawn.means.sum(axis=-1), HORIZON, rtol=1e-12)
    np.testing.assert_allclose(drawn.restricted, HORIZON - drawn.time_in(["dead"]), rtol=1e-9)
    assert np.all(np.diff(drawn.survival, axis=-1) <= 1e-12)


def test_survival_is_what_is_not_death(made, model):
    drawn = model.sample(made.features.iloc[:3])
    dead = drawn.occupation[:, :, :, drawn.states.index("dead")]
    np.testing.assert_allclose(drawn.survival, 1 - dead, atol=1e-12)


def test_a_patient_alone_has_the_answer_that_the_patient_has_among_others(made, model):
    X = made.features.iloc[:9]
    whole = model.sample(X)
    for row in (0, 4):
        alone = model.sample(X.iloc[[row]])
        np.testing.assert_array_equal(alone.means[:, 0], whole.means[:, row])
    turned = model.sample(X[X.columns[::-1]])
    np.testing.assert_array_equal(turned.means, whole.means)


def test_rows_in_another_order_give_the_same_fit(made, model):
    turned = made.features.sample(frac=1.0, random_state=3)
    other = StrategyEffect(horizon=HORIZON, specs=made.specs, n_draws=60).fit(turned, made.course, made.design)
    X = made.features.iloc[:3]
    np.testing.assert_array_equal(other.sample(X).means, model.sample(X).means)


def test_a_saved_estimator_answers_the_same(made, model):
    values, arrays = model.state()
    again = StrategyEffect.from_state(json.loads(json.dumps(values)), arrays)
    X = made.features.iloc[:4]
    np.testing.assert_array_equal(again.sample(X).occupation, model.sample(X).occupation)
    pd.testing.assert_frame_equal(again.rank(X), model.rank(X))
    assert again.findings_ == model.findings_


def test_shares_mix_treated_and_untreated(made):
    """A share of 0.3 is 0.3 of treating all and 0.7 of treating nobody, in every draw (linear in the population)."""
    strategies = (
        Strategy(name="never"),
        Strategy(name="all", state="remission", treatment="transplant", within=180.0),
        Strategy(name="some", state="remission", treatment="transplant", within=180.0, share=0.3),
        Strategy(name="as seen", state="remission", treatment="transplant", within=180.0, share="observed"),
    )
    design = replace(made.design, strategies=strategies)
    model = StrategyEffect(horizon=HORIZON, n_draws=20).fit(made.features, made.course, design)
    means = model.sample(made.features.iloc[:4]).means
    np.testing.assert_allclose(means[:, :, 2], 0.3 * means[:, :, 1] + 0.7 * means[:, :, 0], rtol=1e-10)
    share = model.waits_["as seen"].observed
    assert 0.2 < share < 0.9
    np.testing.assert_allclose(means[:, :, 3], share * means[:, :, 1] + (1 - share) * means[:, :, 0], rtol=1e-10)


def test_without_features_and_treatment_it_is_aalen_johansen():
    """The product limit on the same spells; the model keeps hazards in coarse steps, so that curves differ a little."""
    made = make_course_cohort(1500, states=5, seed=2)
    nobody = made.design.begins.iloc[:0]
    course = made.course.only(made.features.index.difference(made.design.begins["patient_id"]))
    X = pd.DataFrame(index=course.patients)
    design = StrategyDesign(strategies=(Strategy(name="never"),), reference="never", begins=nobody)
    model = StrategyEffect(horizon=HORIZON, history=False, n_draws=5).fit(X, course, design)
    found = model.sample(X.iloc[:1], [100.0, 365.0, 1000.0]).occupation[0, 0, 0]
    place = {state: number for number, state in enumerate(model.states_)}
    spells, pairs = course.spells, [(place[o], place[t]) for o, t in course.transitions]
    hazards = transition_hazards(
        spells["state"].map(place),
        spells["entry"],
        spells["exit"],
        spells["next"].map(place).fillna(-1),
        transitions=pairs,
    )
    expected = state_occupation(hazards, transitions=pairs, n_states=5).at([100.0, 365.0, 1000.0])
    np.testing.assert_allclose(found, expected, atol=0.012)


def test_who_was_never_treated_is_not_compared():
    """Nobody over 57 was ever treated: the mechanism says so, and 9 of 10 of them must get no estimate."""
    made = make_course_cohort(500, overlap=False, seed=4)
    model = StrategyEffect(horizon=HORIZON, specs=made.specs, n_draws=20).fit(made.features, made.course, made.design)
    X = made.features.iloc[:150]
    support = model.support(X)
    old = support["patient_id"].map(X["age_years"]).astype(float) > 60
    treating = support["option"] != "never"
    assert 1 - support.loc[old & treating, "inside"].mean() > 0.9
    assert support.loc[old & ~support["inside"], "reason"].str.len().gt(0).all()
    assert support.loc[~old & (support["option"] == "never"), "inside"].mean() > 0.8
    estimates = model.predict(X)
    outside = ~support.pivot(index="patient_id", columns="option", values="inside").loc[X.index, list(model.options_)]
    assert estimates.isna().equals(outside)
    advised = model.rank(X)
    gone = advised[advised["patient_id"].map(X["age_years"]).astype(float) > 62]
    assert (gone.loc[gone["treatment"] != "never", "advice"] == "abstain").mean() > 0.9


def test_average_differences_are_of_those_whom_both_strategies_cover():
    """By hand: the mean of the differences that are given to 200 patients of the fit, evenly taken."""
    made = make_course_cohort(500, overlap=False, seed=4)
    model = StrategyEffect(horizon=HORIZON, specs=made.specs, n_draws=20).fit(made.features, made.course, made.design)
    rows = made.features.sort_index().iloc[np.unique(np.linspace(0, 499, 200).astype(int))]
    given = model.effect(rows)
    found = model.population_effect().set_index("option")["estimate"]
    assert given["first_remission"].notna().mean() < 0.7  # nobody above 57
    assert found["first_remission"] == pytest.approx(given["first_remission"].mean(), rel=1e-9)


def test_a_strategy_that_hardly_anybody_followed_has_no_estimate(made):
    few = made.design.begins.groupby("state").head(6)
    design = replace(made.design, begins=few)
    model = StrategyEffect(horizon=HORIZON, n_draws=10).fit(made.features, made.course, design)
    support = model.support(made.features.iloc[:5])
    assert not support["inside"].any()
    assert support["reason"].str.contains("are needed").all()
    assert model.population_effect().empty


def test_from_a_later_state_only_what_is_still_open_is_compared(made, model):
    X = made.features.iloc[:5]
    later = model.sample(X, [365.0], state="relapse", entered=200.0)
    np.testing.assert_allclose(later.occupation[..., later.states.index("remission"), 0], 0.0, atol=1e-12)
    np.testing.assert_array_equal(later.means[:, :, 0], later.means[:, :, 1])  # too late for the first remission
    assert np.all(later.restricted[0, :, 2] != later.restricted[0, :, 0])
    with pytest.raises(UsageError):
        model.sample(X, state="dead")
    with pytest.raises(HorizonError):
        model.sample(X, [2000.0], state="relapse", entered=2500.0)


def test_both_clocks_agree_where_the_hazard_after_entry_is_nearly_constant(made, model):
    """Out of induction both are one clock; the means of the whole cohort are held against each other."""
    other = StrategyEffect(horizon=HORIZON, specs=made.specs, clock="reset", n_draws=5)
    other.fit(made.features, made.course, made.design)
    X = made.features.iloc[::20]
    gap = other.sample(X, n_draws=2).restricted[0].mean(axis=0) - model.sample(X, n_draws=2).restricted[0].mean(axis=0)
    assert np.abs(gap).max() < 25


def test_an_unknown_value_widens_the_answer(made, model):
    X = made.features.iloc[[0]].copy()
    X["age_years"] = pd.array([pd.NA], dtype="Float64")
    drawn = model.sample(X)
    assert np.isfinite(drawn.means).all()
    known = model.sample(made.features.iloc[[0]])
    assert drawn.restricted[1:, 0, 0].std() > known.restricted[1:, 0, 0].std()


def test_a_course_that_is_not_markov_is_found_and_named():
    """Late relapses do better in this mechanism (log hazard -0.9 x day / 500)."""
    made = make_course_cohort(1200, markov=False, seed=3)
    model = StrategyEffect(horizon=HORIZON, n_draws=10).fit(made.features, made.course, made.design)
    found = [one for one in model.findings_ if one.code == "not-markov"]
    assert [one.place for one in found] == ["relapse to dead"]
    assert "lower the later" in found[0].message


def test_a_rare_transition_is_named(made):
    few = make_course_cohort(120, seed=5)
    model = StrategyEffect(horizon=HORIZON, n_draws=10).fit(few.features, few.course, few.design)
    rare = [one.place for one in model.findings_ if one.code == "transition-rare"]
    assert "remission to dead" in rare


def test_what_cannot_be_fitted_is_refused(made):
    X = made.features
    with pytest.raises(UsageError):
        StrategyEffect(clock="sideways").fit(X, made.course, made.design)
    nowhere = replace(
        made.design,
        strategies=(Strategy(name="late", state="dead", treatment="transplant", within=9.0), Strategy(name="never")),
    )
    with pytest.raises(UsageError):
        StrategyEffect().fit(X, made.course, nowhere)
    with pytest.raises(HorizonError):
        StrategyEffect(horizon=1e6).fit(X, made.course, made.design)
    entries = made.course.entries
    nobody = set(entries.loc[entries["state"] == "relapse", "patient_id"])
    with pytest.raises(SupportError) as unseen:
        StrategyEffect().fit(X.drop(index=list(nobody)), made.course, made.design)
    assert unseen.value.code == "transition-without-events"


def test_the_reason_says_in_which_state_nobody_did_so():
    """Nobody over 57 is ever treated; beside a strategy "this option" would not say which of its decisions it means."""
    made = make_course_cohort(600, overlap=False, seed=4)
    model = StrategyEffect(horizon=HORIZON, specs=made.specs, n_draws=10).fit(made.features, made.course, made.design)
    table = model.support(made.features[made.features["age_years"] > 65].iloc[:20]).set_index("option")
    assert not table.loc[["first_remission", "after_relapse"], "inside"].any()
    first, later = table.loc["first_remission", "reason"], table.loc["after_relapse", "reason"]
    assert first.str.contains("transplant in remission|no transplant in relapse").all()
    assert later.str.contains("transplant in relapse|no transplant in remission").all()
    assert not table["reason"].str.contains("this option").any()


def test_words_are_those_of_the_one_decision(made, model):
    table = model.rank(made.features.iloc[:40])
    assert set(table["advice"]) <= {"recommend", "equipoise", "abstain"}
    assert list(dict.fromkeys(table["treatment"])) == list(model.options_)
    first = table[table["rank"] == 1]
    said = first.loc[first["advice"].isin(["recommend"]), "reason"]
    assert said.str.startswith("adjusted, observational").all()
    lower, upper = model.effect_interval(made.features.iloc[:40])
    known = table[table["treatment"] == "after_relapse"].set_index("patient_id")
    np.testing.assert_allclose(known["delta_lo"], lower["after_relapse"].to_numpy(), rtol=1e-9)
    np.testing.assert_allclose(known["delta_hi"], upper["after_relapse"].to_numpy(), rtol=1e-9)
    frame = model.population_effect()
    assert list(frame["option"]) == list(model.options_[1:])


def test_what_moves_which_transition_is_told(model):
    table = model.coefficients()
    treated = table[table["feature"] == "transplant"].set_index(["from", "to", "column"])["log_hazard_ratio"]
    assert treated["remission", "relapse", "transplant here"] < 0  # the mechanism's -1.1
    assert treated["remission", "dead", "transplant here"] > 0  # the mechanism's 0.9
    assert ("relapse", "dead", "transplant earlier") in treated.index


@pytest.mark.slow
@pytest.mark.parametrize("states", [3, 5])
def test_large_cohorts_come_near_the_truth(states):
    """4,000 patients; truth by 1,500 paths each: mean restricted means within 30 days of 1,096, and no wrong sign."""
    made = make_course_cohort(4000, states=states, seed=5)
    model = StrategyEffect(horizon=HORIZON, specs=made.specs).fit(made.features, made.course, made.design)
    test = make_course_cohort(40, states=states, seed=77)
    waits = {name: each.quantiles() for name, each in model.waits_.items()}
    table = test.truth(HORIZON, waits=waits, paths=1500)
    true = table.pivot(index="patient_id", columns="strategy", values="rmst").loc[test.features.index]
    means = model.sample(test.features).restricted[0]
    gaps = true[list(model.options_)].to_numpy() - means
    assert np.abs(gaps.mean(axis=0)).max() < 30
    found, expected = means[:, 1] - means[:, 0], (true["first_remission"] - true["never"]).to_numpy()
    assert np.corrcoef(found, expected)[0, 1] > 0.9


def _three(entries, followed) -> Course:
    states = ("a", "b", "dead")
    return Course(
        states=states,
        transitions=(("a", "b"), ("a", "dead"), ("b", "dead")),
        start="a",
        alive=("a", "b"),
        unit="days",
        entries=pd.DataFrame(entries, columns=["patient_id", "state", "time"]),
        followed=pd.Series(followed),
    )


def test_the_horizon_is_the_last_follow_up_where_no_other_is_told():
    rng = np.random.default_rng(1)
    entries, followed = [], {}
    for number in range(60):
        name, ill, dead = f"P{number}", rng.exponential(10), 5 + rng.exponential(30)
        entries.append((name, "a", 0.0))
        if ill < dead and number % 3:
            entries.append((name, "b", ill))
        entries.append((name, "dead", dead))
        followed[name] = dead
    course = _three(entries, followed)
    design = StrategyDesign(
        strategies=(Strategy(name="never"),),
        reference="never",
        begins=pd.DataFrame(columns=["patient_id", "treatment", "time", "state"]),
    )
    model = StrategyEffect(n_draws=5).fit(pd.DataFrame(index=course.patients), course, design)
    assert model.horizon_ == model.end_ >= max(followed.values())
