"""Advice that knows its evaluation: what a model file carries of choosing by patient, and what that does."""

import dataclasses
import json

import jsonschema
import numpy as np
import pytest

from genorx.ranking import TreatmentRanker, load_model
from genorx.ranking.answer.schema import ranking_schema
from genorx.ranking.evaluation.choosing import average_differences


@pytest.fixture(scope="module")
def only_survival(cohort):
    return dataclasses.replace(cohort, outcomes={"os": cohort.outcomes["os"]})


@pytest.fixture(scope="module")
def fitted(only_survival):
    return TreatmentRanker(n_draws=200).fit(only_survival)


@pytest.fixture(scope="module")
def evaluated(fitted, only_survival):
    """The same fit, evaluated; ``fitted`` stays as it was."""
    made = TreatmentRanker(n_draws=200)
    made.__dict__ |= fitted.__dict__ | {"metrics_": dict(fitted.metrics_)}
    made.evaluate(only_survival, folds=2, n_boot=5)
    return made


@pytest.fixture(scope="module")
def one(only_survival):
    return dataclasses.replace(only_survival, features=only_survival.features.iloc[20:22])


def _with_checks(ranker, gain, slope):
    """The ranker as if an evaluation had found this gain and slope."""
    effects = [dict(each) for each in ranker.metrics_["effects"]]
    policy = [dict(row) for row in effects[0]["policy"]]
    policy[1] |= dict(zip(("gain", "lower", "upper"), gain, strict=True))
    slopes = [dict(row) | dict(zip(("slope", "lower", "upper"), slope, strict=True)) for row in effects[0]["slopes"]]
    effects[0] |= {"policy": policy, "slopes": slopes}
    made = TreatmentRanker(n_draws=200)
    made.__dict__ |= ranker.__dict__ | {"metrics_": ranker.metrics_ | {"effects": effects}}
    return made


def test_the_average_is_that_of_the_models_own_predictions(fitted, only_survival):
    """Independent: the mean over the patients of the restricted means that the ranking gives each."""
    found = average_differences(fitted.fits_[0], only_survival, seed=0)["new"]
    frame = fitted.estimate(dataclasses.replace(only_survival, outcomes={}, design=None))
    rmst = frame[frame["measure"] == "rmst"].dropna(subset="estimate")
    wide = rmst.pivot(index="patient_id", columns="option", values="estimate").dropna()
    assert found["estimate"] == pytest.approx(float((wide["new"] - wide["standard"]).mean()), abs=0.05)
    assert found["lower"] < found["estimate"] < found["upper"]


def test_without_an_evaluation_the_answer_says_so_and_leads_with_the_average(fitted, one, tmp_path):
    fitted.save(tmp_path / "a.model")
    for ranker in (fitted, load_model(tmp_path / "a.model")):
        ranking = ranker.rank(one)
        basis = ranking.answers[0].advice_basis
        assert (basis.rests_on, basis.choosing, basis.best_single) == ("own", "not_evaluated", "new")
        assert basis.averages["new"].lower > 0
        records = json.loads(ranking.to_json())
        jsonschema.validate(records, ranking_schema())
        assert "was not evaluated" in records[0]["advice_basis"]["text"]
        frame = ranking.to_frame()
        assert set(frame["choosing"]) == {"not_evaluated"}
        assert frame.loc[frame["option"] == "new", "average_difference"].notna().all()


def test_the_model_file_carries_whether_choosing_was_shown_to_help(evaluated, one, tmp_path):
    evaluated.save(tmp_path / "a.model")
    before, after = evaluated.rank(one), load_model(tmp_path / "a.model").rank(one)
    assert before.answers[0].advice_basis == after.answers[0].advice_basis
    found = evaluated.metrics_["effects"][0]
    basis = after.answers[0].advice_basis
    assert basis.gain.estimate == pytest.approx(found["policy"][1]["gain"])
    assert basis.slopes["new"].upper == pytest.approx(found["slopes"][0]["upper"])
    assert basis.averages["new"].estimate == pytest.approx(found["averages"][0]["estimate"])  # doubly robust


def test_differences_shown_to_be_exaggerated_give_the_average_and_the_rest_stays(evaluated, one):
    """Slope shown to be 0: every patient gets what is best on average; estimates are those of the model."""
    plain = evaluated.rank(one)
    flat = _with_checks(evaluated, gain=(-0.1, -0.3, 0.1), slope=(-0.5, -0.9, -0.1)).rank(one)
    for own, shrunk in zip(plain.answers, flat.answers, strict=True):
        assert shrunk.advice_basis.rests_on == "average"
        assert shrunk.options[0].option == shrunk.advice_basis.best_single == "new"
        numbers = {option.option: option.difference for option in own.options}
        assert all(numbers[option.option] == option.difference for option in shrunk.options)
    same = _with_checks(evaluated, gain=(-0.1, -0.3, 0.1), slope=(-0.13, -1.28, 1.02)).rank(one)
    for one_answer, other in zip(same.answers, plain.answers, strict=True):
        stated = [[(o.option, o.rank, o.advice, o.probability_best) for o in a.options] for a in (one_answer, other)]
        assert stated[0] == stated[1]
    assert np.isfinite(same.answers[0].advice_basis.gain.estimate)
