"""What an evaluation says of differences: known truth, the model file, what is not identified, negative controls."""

import copy
import dataclasses
import json
import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone

from genorx.cohort.outcome import Outcome
from genorx.effects import SurvivalEffect, assess
from genorx.errors import SupportError, UsageError
from genorx.ranking import TreatmentRanker, load_model
from genorx.ranking.evaluation.negative_controls import check_negative_controls
from genorx.ranking.evaluation.outcome_effect import OutcomeEffect
from genorx.ranking.model.templates import Templates


def _control(cohort, hidden, seed=0):
    """A yes-or-no outcome that no option moves; ``hidden`` ties it to what made doctors choose."""
    new = (cohort.design.treatment == "new").to_numpy()
    chance = np.where(new, 0.3 + hidden, 0.3)
    value = (np.random.default_rng(seed).random(len(new)) < chance).astype(float)
    frame = pd.DataFrame({"value": value}, index=cohort.features.index)
    return Outcome(name="fracture", kind="binary", frame=frame, better="lower", role="negative_control")


@pytest.fixture(scope="module")
def evaluated(cohort):
    """The made cohort, a negative control that nothing moves, and one that is confounded."""
    fine = _control(cohort, 0.0, seed=2)
    bad = dataclasses.replace(_control(cohort, 0.35, seed=1), name="accident")
    whole = dataclasses.replace(cohort, outcomes={**cohort.outcomes, "fracture": fine, "accident": bad})
    ranker = TreatmentRanker(n_draws=100).fit(whole)
    return whole, ranker, ranker.evaluate(whole, folds=3, n_boot=10)


def test_the_mean_difference_covers_the_truth(evaluated):
    """Truth by the fixture's equation: restricted means of exponential survival up to 3 years, over the patients."""
    cohort, _, found = evaluated
    age = cohort.features["age_years"].fillna(60).to_numpy(float)
    rate = 0.2 * np.exp(0.4 * (age - 60) / 8 + 0.5 * cohort.features["TP53"].to_numpy(float))
    means = [(1 - np.exp(-3 * rate * factor)) / (rate * factor) for factor in (1.0, np.exp(-0.8))]
    truth = float((means[1] - means[0]).mean())
    effect = found.effects[0]
    assert (effect.outcome, effect.measure, effect.horizon, effect.unit) == ("os", "rmst", 3.0, "years")
    row = effect.report.averages.iloc[0]
    assert row["option"] == "new"
    assert row["lower"] - 0.05 < truth < row["upper"] + 0.05
    assert row["std_error"] < 0.12


def test_it_is_what_assess_gives_for_the_model_that_ranking_fits(evaluated):
    """The same folds, the model's own horizon of 3 years: equal up to the integration of curves."""
    cohort, _, found = evaluated
    model = SurvivalEffect(reference="standard", specs=cohort.specs, horizon=3.0)
    y = cohort.outcomes["os"].frame
    model.fit(cohort.features, y, treatment=cohort.design.treatment, strata=cohort.design.strata)
    report = assess(model, cohort.features, y, treatment=cohort.design.treatment, strata=cohort.design.strata, folds=3)
    own = found.effects[0].report
    assert own.averages["estimate"].to_numpy() == pytest.approx(report.averages["estimate"].to_numpy(), abs=1e-6)
    pd.testing.assert_frame_equal(own.balance, report.balance)


def test_models_are_taken_from_the_fit_only_where_they_would_be_the_same_again(evaluated):
    """The cohort itself and default models; not of an equal cohort, another seed, a copy of the ranker, a file."""
    cohort, ranker, _ = evaluated
    assert ranker._fitted(cohort) == {fit.name: fit.model for fit in ranker.fits_}
    assert ranker._fitted(dataclasses.replace(cohort)) == {}
    assert pickle.loads(pickle.dumps(ranker))._fitted(cohort) == {}
    assert clone(ranker)._fitted(cohort) == {}
    other = copy.copy(ranker)
    assert other.set_params(seed=1)._fitted(cohort) == {}


@pytest.mark.slow
def test_an_evaluation_after_a_fit_is_that_without_one(evaluated):
    cohort, _, found = evaluated
    alone = TreatmentRanker(n_draws=100).evaluate(cohort, folds=3, n_boot=10)
    assert alone.to_dict() == found.to_dict()


def test_a_harm_is_compared_on_its_own_scale_and_less_is_better(evaluated):
    """Truth: odds of toxicity e^-1 and e^0: 0.27 and 0.5."""
    _, _, found = evaluated
    effect = found.effects[1]
    assert (effect.outcome, effect.measure, effect.better, effect.unit) == ("toxicity", "probability", "lower", "")
    row = effect.report.averages.iloc[0]
    assert row["lower"] < 0.5 - 0.269 < row["upper"]
    policy = effect.report.policy.set_index("policy")
    assert "everybody standard (best single option)" in policy.index


def test_an_option_with_too_few_events_has_a_finding_and_no_number(evaluated):
    """12 patients had ``rare``."""
    _, _, found = evaluated
    for effect in found.effects:
        row = effect.report.options.set_index("option").loc["rare"]
        assert not row["identified"]
        assert "are needed for an estimate" in row["reason"]
    assert [one.code for one in found.findings].count("effect-not-identified") == 2
    frame = found.to_frame()
    assert not (frame["option"] == "rare").any()


def test_the_frame_holds_scores_and_effects_and_the_scores_stay_as_they_were(evaluated):
    _, _, found = evaluated
    frame = found.to_frame()
    assert list(frame.columns) == ["outcome", "horizon", "measure", "estimate", "lower", "upper", "option"]
    assert list(found.scores.columns) == ["outcome", "horizon", "measure", "estimate", "lower", "upper"]
    wanted = {
        "effect_mean",
        "effect_calibration_slope",
        "effect_third_1",
        "effect_third_3",
        "effect_rate",
        "policy_value",
        "policy_gain_over_best_single_option",
        "policy_gain_over_reference",
        "policy_gain_over_current_practice",
        "claims",
        "claims_by_chance",
        "effective_patients",
        "largest_imbalance_after",
        "share_clipped",
    }
    own = frame[frame["outcome"] == "os"]
    assert wanted <= set(own["measure"])
    with_limits = own[own["measure"].str.startswith(("effect_mean", "effect_cal", "effect_rate", "policy"))]
    assert with_limits["estimate"].between(with_limits["lower"], with_limits["upper"]).all()


def test_a_notebook_shows_scores_and_effects(evaluated):
    _, _, found = evaluated
    shown = found._repr_html_()
    assert "harrell_c" in shown
    assert "effect_calibration_slope" in shown


def test_effects_are_kept_with_the_model_and_shown_with_its_ranking(evaluated, patients_of, tmp_path):
    cohort, ranker, found = evaluated
    ranker.save(tmp_path / "m")
    ranking = load_model(tmp_path / "m").rank(patients_of(cohort, "P0030"))
    assert [effect.to_dict() for effect in ranking.effects] == [effect.to_dict() for effect in found.effects]
    assert json.loads(json.dumps(found.to_dict(), allow_nan=False))["effects"][0]["outcome"] == "os"
    back = OutcomeEffect.from_dict(found.effects[0].to_dict())
    assert back.identified == ("new",)


def test_a_negative_control_is_not_ranked_and_speaks_where_it_fails(evaluated, patients_of):
    """``fracture`` has the same chance under both, ``accident`` 0.35 more under ``new``."""
    cohort, ranker, found = evaluated
    table = found.negative_controls.set_index("outcome")
    assert table["holds"].to_dict() == {"fracture": True, "accident": False}
    assert table.loc["accident", "lower"] < 0.35 < table.loc["accident", "upper"]
    assert [fit.name for fit in ranker.fits_] == ["os", "toxicity"]
    assert set(found.counts["outcome"]) == {"os", "toxicity"}
    ranking = ranker.rank(patients_of(cohort, "P0030"))
    for findings in (found.findings, ranker.findings_, ranking.findings):
        said = [one for one in findings if one.code == "negative-control-fails"]
        assert [one.severity for one in said] == ["serious"]
        assert "accident" in said[0].message


def test_a_negative_control_that_cannot_be_checked_is_named(cohort):
    """An outcome with two events only."""
    frame = pd.DataFrame({"value": 0.0}, index=cohort.features.index)
    frame.iloc[:2] = 1.0
    control = dataclasses.replace(_control(cohort, 0.0), frame=frame)
    only = dataclasses.replace(cohort, outcomes={"os": cohort.outcomes["os"], "fracture": control})
    ranker = TreatmentRanker(n_draws=20).fit(only)
    said = [one for one in ranker.findings_ if one.code == "negative-control-not-checked"]
    assert len(said) == 1
    assert "fracture" in said[0].message
    alone = dataclasses.replace(only, outcomes={"fracture": control}, primary=None)
    with pytest.raises(UsageError) as caught:
        TreatmentRanker().fit(alone)
    assert caught.value.code == "no-outcome"


@pytest.mark.parametrize("kind", ["count", "ordinal"])
def test_a_negative_control_may_be_a_count_or_a_grade(cohort, kind):
    """Nothing moves it; a ratio, of which 1 is no effect, is not held against 0."""
    value = np.minimum(np.random.default_rng(6).poisson(1.5, len(cohort.features)), 5)
    frame = pd.DataFrame({"value": value.astype(float)}, index=cohort.features.index)
    graded = {"levels": tuple("012345"), "at_least": "3"} if kind == "ordinal" else {}
    control = dataclasses.replace(_control(cohort, 0.0), kind=kind, frame=frame, **graded)
    whole = dataclasses.replace(cohort, outcomes={"os": cohort.outcomes["os"], "fracture": control})
    rows, findings = check_negative_controls(whole, Templates())
    assert [(row["measure"], row["holds"]) for row in rows if row["option"] == "new"] == [
        ("mean_difference" if kind == "count" else "probability_difference", True)
    ]
    assert findings == []


@pytest.fixture(scope="module")
def os_only(cohort):
    return dataclasses.replace(cohort, outcomes={"os": cohort.outcomes["os"]})


def test_other_landmarks_stand_beside_the_studys_own(os_only):
    """The same patients and follow-up give the same difference; 30 patients whose events end early have a reason."""
    design = dataclasses.replace(os_only.design, kind="landmark", landmark=90.0)
    same = dataclasses.replace(design, landmark=45.0)
    few = os_only.features.index[:30]
    small = dataclasses.replace(
        design,
        landmark=135.0,
        treatment=design.treatment.loc[few],
        origin=design.origin.loc[few],
        strata=design.strata.loc[few],
    )
    whole = dataclasses.replace(os_only, design=design, other_landmarks=(same, small))
    found = TreatmentRanker(n_draws=20).evaluate(whole, folds=2, n_boot=5)
    table = found.effects[0].landmarks
    new = table[table["option"] == "new"].set_index("landmark")
    assert list(new.index) == [45.0, 90.0, 135.0]
    assert new.loc[45.0, "estimate"] == pytest.approx(new.loc[90.0, "estimate"])
    assert not new.loc[135.0, "identified"]
    assert "beyond" in new.loc[135.0, "reason"]
    assert np.isnan(new.loc[135.0, "estimate"])


def test_treatments_that_begin_later_are_not_weighed_at_time_zero(os_only):
    """Their mean difference has a reason, and no number."""
    design = os_only.design
    begun = pd.Series(np.where(design.treatment == "standard", np.nan, 30.0), index=design.treatment.index)
    whole = dataclasses.replace(os_only, design=dataclasses.replace(design, kind="time_varying", start=begun))
    found = TreatmentRanker(n_draws=20).evaluate(whole, folds=2, n_boot=5)
    effect = found.effects[0]
    assert effect.report is None
    assert "time zero" in effect.reason
    assert effect.to_frame().empty
    assert "averages" not in effect.to_dict()
    assert [one.code for one in found.findings if one.code.startswith("effect")] == ["effect-not-identified"]


def test_an_estimator_of_somebody_else_has_no_averages(os_only):
    """Said with its name; the scores of predictions stay."""

    class Own(SurvivalEffect):
        """Stands for a model that is none of genorx's."""

    class Wrapped:
        """Answers like a model, and is none."""

        def __init__(self, model):
            self.model = model

        def __getattr__(self, name):
            return getattr(self.model, name)

    from genorx.ranking.evaluation import effect_evaluation

    with pytest.MonkeyPatch.context() as patch:
        real = effect_evaluation.fit_model
        patch.setattr(effect_evaluation, "fit_model", lambda *given: Wrapped(real(*given)))
        found = TreatmentRanker(n_draws=20, effect=Own()).evaluate(os_only, folds=2, n_boot=5)
    assert "Wrapped" in found.effects[0].reason
    assert len(found.scores)


def test_without_a_design_there_is_no_effect(made_cohort):
    cohort = made_cohort(design=False, binary=False)
    from genorx.outcomes import GroupShrunkCox

    found = TreatmentRanker(survival=GroupShrunkCox()).evaluate(cohort, folds=2, n_boot=5)
    assert found.effects == ()
    assert found.to_dict()["effects"] == []
    control = dataclasses.replace(cohort.outcomes["os"], name="late", role="negative_control")
    both = dataclasses.replace(cohort, outcomes={"os": cohort.outcomes["os"], "late": control})
    said = TreatmentRanker(survival=GroupShrunkCox()).fit(both).findings_
    assert [one.code for one in said] == ["negative-control-not-checked"]
    with pytest.raises(SupportError):
        TreatmentRanker(survival=GroupShrunkCox()).fit(both).rank(cohort)
