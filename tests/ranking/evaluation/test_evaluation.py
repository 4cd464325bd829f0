"""Out-of-fold scores of a ranker."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from genorx.errors import SupportError
from genorx.outcomes import GroupShrunkCox, GroupShrunkLogistic, hash_folds
from genorx.ranking import TreatmentRanker
from genorx.ranking.evaluation.evaluation import evaluate_outcomes
from genorx.ranking.model.fitting import fit_outcomes
from genorx.ranking.model.templates import Templates


@pytest.fixture(scope="module")
def evaluated(cohort):
    made = TreatmentRanker(n_draws=50)
    return made.evaluate(cohort, folds=2, n_boot=20)


def test_with_a_design_the_option_that_was_had_is_predicted_and_scored(evaluated, cohort):
    """Truth: age, gene and option move the hazard, so survival is told better than by chance; 12 had ``rare``."""
    assert evaluated.value("harrell_c", outcome="os") > 0.58
    counts = evaluated.counts.set_index("outcome")
    assert counts.loc["os", "patients"] == len(cohort.features) - 12
    said = [finding for finding in evaluated.findings if finding.code == "option-not-estimated"]
    assert said
    assert "12 patients under rare" in said[0].message


def test_predictions_are_those_of_a_model_that_did_not_see_the_patient(evaluated, cohort):
    """Recomputed by hand for one fold: fit to the others, predict under the option that each patient had."""
    from genorx.effects import SurvivalEffect

    frame = evaluated.predictions.query("outcome == 'os' and horizon == 3.0").set_index("patient_id")
    test = frame.index[frame["fold"] == 0]
    rare = cohort.design.treatment.index[cohort.design.treatment == "rare"]
    train = cohort.features.index.difference(test)
    unscored = rare[hash_folds(cohort.features.index, 2)[cohort.features.index.isin(rare)] == 0]
    train = train.difference(unscored)
    model = SurvivalEffect(reference="standard", specs=cohort.specs, horizon=3.0).fit(
        cohort.features.loc[train],
        cohort.outcomes["os"].frame.loc[train],
        treatment=cohort.design.treatment,
        strata=cohort.design.strata,
    )
    point = model.sample(cohort.features.loc[test], np.array([3.0]), n_draws=2).point[:, :, 0]
    had = [model.options_.index(name) for name in cohort.design.treatment[test]]
    expected = point[np.arange(len(test)), had]
    np.testing.assert_allclose(expected, frame.loc[test, "predicted"], atol=1e-9)


@pytest.mark.parametrize("design", [True, False])
def test_a_horizon_that_one_patient_alone_reaches_is_named_and_not_scored(made_cohort, design):
    """By construction: all but one are cut at 4 years, so a set of folds without that one is not followed to 4.5."""
    cohort = made_cohort(400, design=design, binary=False, n_rare=0)
    frame = cohort.outcomes["os"].frame.copy()
    frame.loc[frame["time"] > 4.0, "event"] = False
    frame["time"] = frame["time"].clip(upper=4.0)
    taken = pd.Series("", index=frame.index) if cohort.design is None else cohort.design.treatment.astype(str)
    for option in set(taken):
        frame.loc[frame.index[(frame["time"] == 4.0) & (taken == option)][0], "time"] = 5.0
    os = dataclasses.replace(cohort.outcomes["os"], frame=frame, horizons=(3.0, 4.5))
    late = dataclasses.replace(cohort, outcomes={"os": os}, horizon=4.5)
    templates = Templates(models={"survival": GroupShrunkCox(specs=cohort.specs)})
    found = evaluate_outcomes(late, templates, folds=2, n_boot=5)
    assert set(found.predictions["horizon"]) == {3.0}
    said = [finding.message for finding in found.findings if finding.code == "horizon-beyond-follow-up"]
    assert said == ["horizons 4.5 of os are not scored: not every set of folds is followed beyond them"]
    assert fit_outcomes(late, templates).fits[0].horizons == (3.0, 4.5)


def test_scores_go_into_the_model_when_it_is_fitted_and_until_then_rankings_say_that_there_are_none(cohort):
    bare = dataclasses.replace(cohort, outcomes={"os": cohort.outcomes["os"]})
    made = TreatmentRanker(n_draws=20).fit(bare)
    before = made.digest_
    one = dataclasses.replace(bare, features=bare.features.iloc[:1])
    assert "not-evaluated" in {finding.code for finding in made.rank(one).findings}
    made.evaluate(bare, folds=2, n_boot=5)
    assert made.metrics_["folds"] == 2
    assert made.metrics_["scores"]
    assert made.digest_ != before
    assert "not-evaluated" not in {finding.code for finding in made.rank(one).findings}


def test_a_chosen_prognosis_carries_the_scores_it_was_chosen_by(made_cohort):
    """The model file carries metrics; these cost nothing more than the choice."""
    cohort = made_cohort(design=False)
    only = dataclasses.replace(cohort, outcomes={"os": cohort.outcomes["os"]})
    table = TreatmentRanker(n_draws=20).fit(only).metrics_["choice"]["os"]
    assert [row["model"] for row in table if row["chosen"]]
    assert all(0 < row["brier_integrated"] < 0.5 for row in table)


def test_an_outcome_that_cannot_be_evaluated_is_named_unless_it_is_the_primary(cohort):
    none = dataclasses.replace(cohort.outcomes["os"], name="pfs", frame=cohort.outcomes["os"].frame.assign(event=False))
    two = dataclasses.replace(cohort, outcomes={"os": cohort.outcomes["os"], "pfs": none})
    found = TreatmentRanker(n_draws=20).evaluate(two, folds=2, n_boot=5)
    assert set(found.counts["outcome"]) == {"os"}
    assert "outcome-not-estimated" in [finding.code for finding in found.findings]
    with pytest.raises(SupportError):
        TreatmentRanker().evaluate(dataclasses.replace(two, primary="pfs", horizon=None), folds=2, n_boot=5)


@pytest.fixture(scope="module")
def prognosis(made_cohort):
    cohort = made_cohort(design=False)
    made = TreatmentRanker(survival=GroupShrunkCox(), binary=GroupShrunkLogistic(), n_draws=100)
    return made.fit(cohort), cohort


def test_without_a_design_there_is_one_prognosis_and_nothing_to_rank(prognosis, patients_of):
    made, cohort = prognosis
    patients = patients_of(cohort, "P0030", "P0100")
    frame = made.predict(patients)
    assert set(frame["option"]) == {"as_treated"}
    assert len(frame) == 2 * 3
    assert ((frame["lower"] <= frame["estimate"]) & (frame["estimate"] <= frame["upper"])).all()
    with pytest.raises(SupportError) as caught:
        made.rank(patients)
    assert caught.value.code == "no-design"
    assert caught.value.exit_code == 4
    assert "[treatment]" in caught.value.hint


def test_risk_of_a_prognosis_is_higher_for_who_dies_sooner(prognosis, patients_of):
    """The model's own risk score; P0030 is old and mutated, P0100 neither."""
    made, cohort = prognosis
    frame = made.predict(patients_of(cohort, "P0030", "P0100"))
    by_patient = frame[(frame["outcome"] == "os") & (frame["time"] == 3.0)].set_index("patient_id")
    assert by_patient.loc["P0030", "risk"] > by_patient.loc["P0100", "risk"]
    assert by_patient.loc["P0030", "estimate"] < by_patient.loc["P0100", "estimate"]


def test_a_prognosis_is_evaluated_and_saved_like_a_ranker(prognosis, patients_of, tmp_path):
    from genorx.ranking import load_model

    made, cohort = prognosis
    made.save(tmp_path / "m")
    patients = patients_of(cohort, "P0030")
    left, right = load_model(tmp_path / "m").predict(patients), made.predict(patients)
    assert left.to_csv() == right.to_csv()
    found = TreatmentRanker(survival=GroupShrunkCox(), binary=GroupShrunkLogistic()).evaluate(cohort, folds=2, n_boot=5)
    assert found.value("harrell_c", outcome="os") > 0.58
