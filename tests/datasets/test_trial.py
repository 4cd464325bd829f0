"""The made trial tells the truth about itself: closed forms against simulation, effects as asked for."""

import numpy as np
import pandas as pd
import pytest

from genorx import datasets
from genorx.datasets import OptionEffect, make_trial
from genorx.errors import UsageError


def test_restricted_mean_and_survival_agree_with_numerical_integration():
    """Integral of the Weibull curve of the docstring by the trapezoid rule on 20,000 points."""
    trial = make_trial(5, effect="interaction", seed=3)
    row = trial.truth.iloc[7]
    rate = -np.log(row["survival"]) / 36.0**1.2
    grid = np.linspace(0.0, 36.0, 20_001)
    area = np.trapezoid(np.exp(-rate * grid**1.2), grid)
    assert row["rmst"] == pytest.approx(area, rel=1e-6)


def test_truth_agrees_with_what_happens_to_many_patients():
    """Law of large numbers: Kaplan-Meier by lifelines on 20,000 patients, standard error about 0.005."""
    from lifelines import KaplanMeierFitter

    trial = make_trial(20_000, effect="constant", seed=5)
    had = trial.treatment == "new"
    curve = KaplanMeierFitter().fit(trial.outcomes.loc[had, "time"], trial.outcomes.loc[had, "event"])
    truth = trial.truth.query("option == 'new'").set_index("patient_id").loc[had[had].index, ["survival", "toxicity"]]
    assert float(curve.predict(36.0)) == pytest.approx(truth["survival"].mean(), abs=0.02)
    assert trial.outcomes.loc[had, "toxicity"].mean() == pytest.approx(truth["toxicity"].mean(), abs=0.015)


def test_constant_effect_has_the_hazard_ratio_that_was_asked_for():
    """Log survival of the truth: minus log S is proportional to the hazard; ratio 0.75 by definition."""
    truth = make_trial(50, effect="constant", seed=2).truth.pivot_table(
        index="patient_id", columns="option", values="survival", observed=True
    )
    assert np.allclose(np.log(truth["new"]) / np.log(truth["standard"]), 0.75)


@pytest.mark.parametrize(("effect", "benefits", "harms"), [("qualitative", True, True), ("marker", True, False)])
def test_sign_of_the_true_difference_follows_the_kind_of_effect(effect, benefits, harms):
    """Definition of the kinds: qualitative helps some and harms others, marker helps carriers only."""
    delta = make_trial(500, effect=effect, seed=4).truth.query("option == 'new'")["delta_rmst"]
    assert (delta > 0.1).any() == benefits
    assert (delta < -0.1).any() == harms


def test_no_effect_means_no_difference_for_anybody():
    """Definition."""
    truth = make_trial(300, effect="none", options=("a", "b", "c"), seed=9).truth
    assert (truth["delta_rmst"] == 0.0).all()


def test_indication_gives_later_options_to_patients_with_better_prognosis():
    """Definition of the design; at random the two groups are alike up to chance (standard error 0.3 months)."""
    for design, differs in (("indication", True), ("randomised", False)):
        trial = make_trial(2000, design=design, confounding=2.0, seed=6)
        under_reference = trial.truth.query("option == 'standard'").set_index("patient_id")["rmst"]
        means = under_reference.groupby(trial.treatment, observed=True).mean()
        assert (means["new"] - means["standard"] > 1.5) == differs


def test_excluded_patients_never_get_the_option_but_have_a_truth():
    """Definition: above the bound nobody has it, and the truth still says what it would do."""
    trial = make_trial(800, options=("a", "b", "c"), excluded={"c": ("age_years", 70.0)}, seed=1)
    old = trial.features["age_years"] > 70.0
    assert not (trial.treatment[old] == "c").any()
    assert (trial.treatment[~old] == "c").any()
    assert trial.truth["rmst"].notna().all()


def test_same_seed_same_patients_and_noise_columns_change_nothing_else():
    """Streams are apart: determinism rule of the house."""
    one, two = make_trial(100, seed=8), make_trial(100, noise=5, seed=8)
    pd.testing.assert_frame_equal(one.outcomes, two.outcomes)
    pd.testing.assert_frame_equal(one.features, two.features[one.features.columns])
    assert not one.outcomes.equals(make_trial(100, seed=9).outcomes)


def test_hidden_values_do_not_change_outcomes_and_stay_missing():
    """``missing`` hides what is seen, not what is."""
    full, holes = make_trial(500, seed=1), make_trial(500, missing=0.3, seed=1)
    pd.testing.assert_frame_equal(full.truth, holes.truth)
    share = holes.features[["ldh_u_per_l", "pack_years"]].isna().mean()
    assert share.tolist() == pytest.approx([0.3, 0.3], abs=0.06)
    assert holes.features["age_years"].notna().all()


def test_censoring_is_as_asked_for():
    """Tuned by bisection to the share among these patients."""
    assert 1.0 - make_trial(1000, censoring=0.5, seed=2).outcomes["event"].mean() == pytest.approx(0.5, abs=0.002)


def test_own_effects_can_be_given():
    """Hazard ratio exp(-0.5) for carriers only, by definition."""
    trial = make_trial(200, effect={"new": OptionEffect(modifiers={"KRAS": -0.5})}, seed=3)
    log_survival = np.log(trial.truth.pivot_table(index="patient_id", columns="option", values="survival"))
    ratio = log_survival["new"] / log_survival["standard"]
    assert np.allclose(ratio, np.where(trial.features["KRAS"] == 1, np.exp(-0.5), 1.0))


@pytest.mark.parametrize(
    "wrong",
    [
        {"n": 1},
        {"options": ("a", "a")},
        {"options": ("a",)},
        {"effect": "large"},
        {"effect": {"nobody": OptionEffect()}},
        {"effect": {"new": OptionEffect(modifiers={"XYZ": 1.0})}},
        {"effect": "marker", "genes": 2},
        {"design": "fate"},
        {"censoring": 1.0},
        {"excluded": {"new": ("XYZ", 1.0)}},
    ],
)
def test_impossible_requests_are_refused(wrong):
    """Class and code of the house's errors."""
    with pytest.raises(UsageError) as caught:
        make_trial(**({"n": 20} | wrong))
    assert caught.value.code == "usage"
    assert caught.value.exit_code == 2


def test_cohort_of_a_trial_has_design_and_outcomes():
    """What TreatmentRanker.fit takes."""
    cohort = make_trial(60, seed=1).cohort()
    assert cohort.design is not None
    assert cohort.design.reference == "standard"
    assert cohort.design.randomised
    assert set(cohort.outcomes) == {"os", "toxicity"}
    assert list(cohort.features.columns) == [spec.name for spec in cohort.specs]
    assert cohort.outcomes["toxicity"].better == "lower"


@pytest.mark.parametrize(
    "make",
    [
        lambda: datasets.make_trial(60),
        lambda: datasets.make_course_cohort(60),
        lambda: datasets.make_course_cohort(60).course,
        lambda: datasets.make_course_cohort(60).design,
        lambda: datasets.make_screening_cohort(60),
        lambda: datasets.make_monitoring_history(patients=200),
        lambda: datasets.make_claims_practice(patients=300),
    ],
)
def test_what_is_made_is_short_where_somebody_prints_it(make):
    assert len(repr(make())) <= 700
