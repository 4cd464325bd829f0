"""Options that are not possible, and differences too small to matter, in the answer for one patient."""

import dataclasses

import numpy as np
import pytest

from genorx.cohort.study_file.possible import Condition
from genorx.effects.decision import decide
from genorx.ranking import TreatmentRanker, load_model


def test_options_that_differ_by_less_than_matters_are_in_equipoise():
    """Draws by hand: b is 2 better than a in every draw; 3 matters, 1 does not."""
    draws = np.column_stack([np.zeros(100), np.full(100, 2.0)])
    value = np.array([0.0, 2.0])
    assert [each.advice for each in decide(("a", "b"), value, draws).placings] == ["not_advised", "recommend"]
    assert [each.advice for each in decide(("a", "b"), value, draws, smallest_difference=1.0).placings] == [
        "not_advised",
        "recommend",
    ]
    alike = decide(("a", "b"), value, draws, smallest_difference=3.0).placings
    assert [(each.advice, each.rank) for each in alike] == [("equipoise", 1), ("equipoise", 1)]
    assert [each.probability_best for each in alike] == [0.0, 1.0]


@pytest.fixture(scope="module")
def strong(made_cohort):
    """A hazard ratio of e^-1.5: ``new`` is shown better for everybody."""
    cohort = made_cohort(effect=-1.5, binary=False, n_rare=0)
    return dataclasses.replace(cohort, possible=(Condition(option="new", column="age_years", upper=65.0),))


@pytest.fixture(scope="module")
def fitted(strong):
    return TreatmentRanker(n_draws=200).fit(strong)


def _advice(answer):
    return {option.option: option.advice for option in answer.options if option.option != "rare"}


def test_an_option_that_is_not_possible_is_listed_without_rank_and_competes_with_none(fitted, strong, patients_of):
    """By hand: 60 is within, 70 beyond, missing is neither."""
    patients = patients_of(strong, "P0100")
    within = fitted.rank(patients_of(strong, "P0100", age_years=60.0)).answers[0]
    beyond = fitted.rank(patients_of(strong, "P0100", age_years=70.0)).answers[0]
    unknown = fitted.rank(patients_of(strong, "P0001")).answers[0]
    assert _advice(within) == {"new": "recommend", "standard": "not_advised"}
    assert _advice(beyond) == {"standard": "reasonable", "new": "no_estimate"}
    new = next(option for option in beyond.options if option.option == "new")
    assert (new.rank, new.difference, new.probability_best) == (None, None, None)
    assert new.no_estimate_reason == "not possible: age_years at most 65 is needed, age_years is 70"
    codes = [finding.code for finding in beyond.findings]
    assert "option-not-possible" in codes
    assert "nothing-to-compare" in codes
    assert _advice(unknown)["new"] == "recommend"
    said = [finding for finding in unknown.findings if finding.code == "possible-unknown"]
    assert [finding.severity for finding in said] == ["warning"]
    assert len(patients.features) == 1


def test_a_prediction_under_an_option_that_is_not_possible_is_empty(fitted, strong, patients_of):
    beyond = patients_of(strong, "P0100", age_years=70.0)
    for frame in (fitted.predict(beyond), fitted.estimate(beyond)):
        known = frame.groupby("option")["estimate"].apply(lambda values: values.notna().any())
        assert not known["new"]
        assert known["standard"]
        assert [one.code for one in frame.attrs["findings"]].count("option-not-possible") == 1
    unknown = fitted.predict(patients_of(strong, "P0001"))
    assert unknown["estimate"][unknown["option"] == "new"].notna().all()
    assert "possible-unknown" in [one.code for one in unknown.attrs["findings"]]


def test_conditions_and_the_smallest_difference_survive_the_model_file(strong, patients_of, tmp_path):
    """1 year of 3 is more than the effect: equipoise, and a finding that there was a difference."""
    wide = dataclasses.replace(strong, smallest_difference=1.5)
    TreatmentRanker(n_draws=200).fit(wide).save(tmp_path / "m")
    loaded = load_model(tmp_path / "m")
    assert loaded.possible_ == strong.possible
    ranking = loaded.rank(patients_of(strong, "P0100", age_years=60.0))
    answer = ranking.answers[0]
    assert _advice(answer) == {"new": "equipoise", "standard": "equipoise"}
    assert {option.rank for option in answer.options if option.rank} == {1}
    said = [finding for finding in answer.findings if finding.code == "below-smallest-difference"]
    assert len(said) == 1
    assert "new is shown to be better than standard, but not by 1.5 years" in said[0].message
    assert "Options that differ by less than 1.5 years count as alike." in ranking.notes
    assert "new is possible only with age_years at most 65." in ranking.notes
