"""Made cohorts that go through states: what is true of them, and what is seen."""

import numpy as np
import pytest
from scipy.integrate import quad

from genorx.cohort.course import Strategy
from genorx.datasets import make_course_cohort
from genorx.datasets.course_paths import mechanism
from genorx.errors import UsageError


@pytest.fixture(scope="module")
def made():
    return make_course_cohort(400, seed=3)


def test_the_truth_without_treatment_is_that_of_the_hazards():
    """Expected: occupation of three states by numerical integration of the hazards written in the module."""
    made = make_course_cohort(5, seed=0)
    patient = made.features.index[0]
    truth = made.truth(1000.0, strategies=[Strategy(name="never")], patients=[patient], paths=20_000).iloc[0]
    row = made.features.loc[patient]
    scores = np.array(
        [(row["age_years"] - 57) / 12, row["TP53"], row["NPM1"], (np.log(row["ldh_u_per_l"]) - 5.6) / 0.5], dtype=float
    )
    rates = {each.target + each.origin: each for each in made.mechanism.transitions}

    def hazard_until(key, low, high):
        each = rates[key]
        mass = 0.5 * (high - low) + 300 * (np.exp(-low / 300) - np.exp(-high / 300))
        return each.rate * mass * np.exp(scores @ np.asarray(each.effects))

    def in_remission(t):
        return np.exp(-hazard_until("relapseremission", 0, t) - hazard_until("deadremission", 0, t))

    def relapses_at(t):
        each = rates["relapseremission"]
        return in_remission(t) * each.hazard(t) * np.exp(scores @ np.asarray(each.effects))

    relapsed = quad(lambda t: relapses_at(t) * np.exp(-hazard_until("deadrelapse", t, 1000)), 0, 1000)[0]
    assert truth["p_remission"] == pytest.approx(in_remission(1000), abs=0.012)
    assert truth["p_relapse"] == pytest.approx(relapsed, abs=0.012)
    assert truth["mean_remission"] == pytest.approx(quad(in_remission, 0, 1000)[0], rel=0.02)


@pytest.mark.parametrize("states", [3, 5])
def test_times_in_states_add_up_and_probabilities_to_one(states):
    made = make_course_cohort(30, states=states, seed=1)
    truth = made.truth(800.0, paths=10)
    names = made.course.states
    assert np.allclose(truth[[f"mean_{name}" for name in names]].sum(axis=1), 800.0)
    assert np.allclose(truth[[f"p_{name}" for name in names]].sum(axis=1), 1.0)
    assert np.allclose(truth["rmst"] + truth["mean_dead"], 800.0)


def test_where_the_treatment_changes_nothing_no_strategy_differs():
    made = make_course_cohort(50, states=5, effect="none", seed=2)
    assert made.truth(paths=20)["delta_rmst"].abs().max() == 0.0


def test_a_share_of_none_is_never_and_waits_are_taken_as_given(made):
    strategies = (
        Strategy(name="never"),
        Strategy(name="none", state="remission", treatment="transplant", share=0.0),
        Strategy(name="soon", state="remission", treatment="transplant", within=180.0),
        Strategy(name="late", state="remission", treatment="transplant", within=5000.0),
    )
    waits = {"soon": [1.0], "late": [4000.0]}
    truth = made.truth(strategies=strategies, waits=waits, paths=20).groupby("strategy")["delta_rmst"].mean()
    assert truth["none"] == 0.0
    assert truth["late"] == 0.0
    assert truth["soon"] != 0.0


def test_what_is_seen_follows_the_transitions_and_begins_in_the_state(made):
    course, begins = made.course, made.design.begins
    moved = course.spells.dropna(subset="next")
    assert set(zip(moved["state"], moved["next"], strict=True)) == set(course.transitions)
    assert (course.spells["exit"] > course.spells["entry"]).all()
    spells = begins.merge(course.spells, on=["patient_id", "state"])
    assert len(spells) == len(begins)
    assert ((spells["time"] >= spells["entry"]) & (spells["time"] <= spells["exit"])).all()


def test_treatment_begins_by_indication_and_without_overlap_in_nobody_above_the_age(made):
    began = made.features.index.isin(made.design.begins["patient_id"])
    age = made.features["age_years"].astype(float)
    assert age[began].mean() < age[~began].mean() - 3.0
    apart = make_course_cohort(300, overlap=False, seed=4)
    ages = apart.features.loc[apart.design.begins["patient_id"], "age_years"]
    assert ages.max() <= 57.0


def test_late_relapses_do_better_where_the_course_is_not_markov():
    assert mechanism(3, effect="none", markov=False, overlap=True, confounding=0.0).late == {"relapse": 0.9}
    spells = make_course_cohort(3000, markov=False, effect="none", seed=5).course.spells
    relapse = spells[spells["state"] == "relapse"]
    early = relapse["entry"] < 250
    rate = [len(each.dropna()) / (each["exit"] - each["entry"]).sum() for each in (relapse[early], relapse[~early])]
    assert rate[0] > 1.8 * rate[1]


def test_what_cannot_be_made_is_refused(made):
    with pytest.raises(UsageError):
        make_course_cohort(1)
    with pytest.raises(UsageError):
        make_course_cohort(100, states=4)
    asked = (Strategy(name="some", state="relapse", treatment="transplant", share="observed"),)
    with pytest.raises(UsageError):
        made.truth(strategies=asked, paths=1)


def test_its_study_reads_back_to_the_same_course_and_the_same_treatments(made):
    cohort = made.study().load()
    course, own = cohort.outcomes["course"].course, made.course
    assert course.counts().equals(own.counts())
    assert np.allclose(course.followed.loc[own.patients], own.followed)
    begins = cohort.strategies.begins.set_index("patient_id").loc[made.design.begins["patient_id"]]
    assert begins["state"].tolist() == made.design.begins["state"].tolist()
    assert np.allclose(begins["time"], made.design.begins["time"])
    assert cohort.strategies.strategies == made.design.strategies
    assert cohort.strategies.reference == "never"
