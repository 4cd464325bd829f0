"""A competing outcome through fit, evaluate, predict, rank, the model file and the page."""

from __future__ import annotations

import dataclasses
import json

import jsonschema
import numpy as np
import pandas as pd
import pytest

from genorx._core.feature_spec import FeatureSpec
from genorx.cohort import Study
from genorx.cohort.outcome import Outcome
from genorx.datasets import load_colon
from genorx.effects import SurvivalEffect
from genorx.errors import SupportError, UsageError
from genorx.ranking import TreatmentRanker, load_model
from genorx.ranking.answer.schema import ranking_schema


@pytest.fixture(scope="module")
def competing(made_cohort):
    return _with_causes(made_cohort(900, seed=6, binary=False))


@pytest.fixture(scope="module")
def fewer(made_cohort):
    return _with_causes(made_cohort(450, seed=6, binary=False))


def _with_causes(cohort):
    """``new`` has 0.3 times the relapses and 3 times the deaths without relapse, so it depends on what is asked."""
    rng = np.random.default_rng(3)
    new = (cohort.design.treatment == "new").to_numpy()
    n = len(new)
    relapse, death = 0.35 * 0.3**new, 0.05 * 3.0**new
    time, stop = rng.exponential(1 / (relapse + death)), rng.uniform(4, 9, n)
    cause = np.where(time <= stop, np.where(rng.random(n) < relapse / (relapse + death), 1, 2), 0)
    frame = pd.DataFrame(
        {"time": np.minimum(time, stop), "event": cause > 0, "cause": cause}, index=cohort.features.index
    )
    outcome = Outcome(
        name="first", kind="competing", frame=frame, unit="years", horizons=(1.0, 3.0), causes=("relapse", "death")
    )
    levels = ("current", "former", "never")
    smoking = FeatureSpec(name="smoking_status", kind="category", group="lifestyle", levels=levels)
    features = cohort.features.assign(smoking_status=pd.Categorical(rng.choice(levels, n), categories=levels))
    stated = {"features": features, "specs": (*cohort.specs, smoking)}
    return dataclasses.replace(cohort, outcomes={"first": outcome}, primary="first", **stated)


@pytest.fixture(scope="module")
def fitted(competing):
    return TreatmentRanker(n_draws=300).fit(competing)


@pytest.fixture(scope="module")
def ranking(fitted, competing, patients_of):
    return fitted.rank(patients_of(competing, "P0030"))


def _by_cause(cohort, cause, **changes):
    outcome = dataclasses.replace(cohort.outcomes["first"], cause=cause)
    return dataclasses.replace(cohort, outcomes={"first": outcome}, **changes)


def _numbers(ranking, option):
    found = next(each for each in ranking.answers[0].options if each.option == option)
    return found, {(each.outcome, each.measure, each.horizon): each for each in found.estimates}


def test_options_are_ranked_by_the_time_without_any_event(ranking):
    """Truth: hazards of any event 0.40 and 0.255, so event-free means to 3 of 1.747 and 2.097 years."""
    best = ranking.answers[0].options[0]
    assert (best.option, best.advice) == ("new", "recommend")
    assert (best.difference.measure, best.difference.horizon) == ("rmst", 3.0)
    assert best.difference.lower < 2.097 - 1.747 < best.difference.upper


@pytest.mark.parametrize(
    ("option", "relapse", "death"), [("standard", 0.35, 0.05), ("new", 0.35 * 0.3, 0.15)], ids=["standard", "new"]
)
def test_each_cause_is_told_beside_it(ranking, option, relapse, death):
    """Truth: constant hazards; with survival the causes make 1, and the times the horizon."""
    _, numbers = _numbers(ranking, option)
    total = relapse + death
    for cause, hazard in (("relapse", relapse), ("death", death)):
        found = numbers[f"first:{cause}", "incidence", 3.0]
        assert found.lower < hazard / total * -np.expm1(-total * 3) < found.upper
    at = [numbers[name, measure, 3.0].estimate for name, measure in _parts("survival", "incidence")]
    assert sum(at) == pytest.approx(1.0, abs=1e-9)
    times = [numbers[name, measure, 3.0].estimate for name, measure in _parts("rmst", "rmtl")]
    assert sum(times) == pytest.approx(3.0, abs=1e-9)


def _parts(whole, part):
    return [("first", whole), ("first:relapse", part), ("first:death", part)]


def test_a_cause_with_few_events_is_named(competing):
    """Deaths without relapse but every fourth are taken for censored: some 50 by 3 years are left."""
    outcome = competing.outcomes["first"]
    frame = outcome.frame.copy()
    death = frame.index[frame["cause"] == 2]
    frame.loc[death[np.arange(len(death)) % 4 > 0], ["event", "cause"]] = [False, 0]
    cohort = dataclasses.replace(competing, outcomes={"first": dataclasses.replace(outcome, frame=frame)})
    fitted = TreatmentRanker(n_draws=50).fit(cohort)
    said = [finding.message for finding in fitted.findings_ if finding.code == "cause-rare"]
    events = int((frame.loc[frame["time"] <= 3.0, "cause"] == 2).sum())
    assert len(said) == 1
    assert said[0].startswith(f"death of first has {events} events by ")


def test_less_of_a_cause_is_better(ranking):
    _, numbers = _numbers(ranking, "new")
    assert numbers["first:relapse", "rmtl", 3.0].difference.probability_better > 0.99
    assert numbers["first:death", "incidence", 3.0].difference.probability_better < 0.01


def test_ranked_by_a_cause_the_time_lost_to_it_decides(competing, patients_of):
    """Truth: ``new`` kills three times as often, so that by deaths the standard is better; by relapses it is not."""
    for cause, best in (("death", "standard"), ("relapse", "new")):
        found = TreatmentRanker(n_draws=300).fit(_by_cause(competing, cause)).rank(patients_of(competing, "P0030"))
        first = found.answers[0].options[0]
        assert (first.option, first.advice) == (best, "recommend")
        new, _ = _numbers(found, "new")
        assert (new.difference.outcome, new.difference.measure) == (f"first:{cause}", "rmtl")
        assert (new.difference.estimate > 0) == (cause == "death")


def test_benefit_against_harm_counts_the_time_without_event_whatever_is_ranked_by(competing, patients_of):
    """By the default rule utility is the restricted mean of the primary outcome's event-free time."""
    index = competing.features.index
    frame = pd.DataFrame({"value": np.random.default_rng(1).binomial(1, 0.3, len(index)).astype(float)}, index=index)
    toxic = Outcome(name="toxicity", kind="binary", frame=frame, better="lower", role="harm")
    cohort = _by_cause(competing, "relapse")
    cohort = dataclasses.replace(cohort, outcomes=dict(cohort.outcomes) | {"toxicity": toxic})
    found = TreatmentRanker(n_draws=100).fit(cohort).rank(patients_of(cohort, "P0030"))
    _, numbers = _numbers(found, "new")
    weighed = next(each for each in found.answers[0].trade_off.options if each.option == "new")
    assert weighed.utility == pytest.approx(numbers["first", "rmst", 3.0].estimate)


def test_a_changed_factor_is_told_for_each_cause(ranking, competing):
    """The fitted options' own numbers before the change; each row of a cause has its own name and sense of better."""
    other = "never" if competing.features.loc["P0030", "smoking_status"] != "never" else "current"
    found = ranking.what_if({"smoking_status": other}).frame
    assert set(found["outcome"]) == {"first", "first:relapse", "first:death"}
    assert not found.duplicated(["patient_id", "option", "outcome", "measure", "horizon"]).any()
    lost = found[(found["outcome"] == "first:relapse") & (found["measure"] == "rmtl") & found["difference"].notna()]
    assert ((lost["difference"] < 0) == (lost["probability_better"] > 0.5)).all()


def test_notes_name_the_hazard_ratio_of_each_cause(ranking):
    """Truth: 0.3 for relapse, 3 for death without it."""
    notes = " ".join(ranking.notes)
    assert "Mean effect on first:relapse, new against standard: hazard ratio 0." in notes
    assert "Mean effect on first:death, new against standard: hazard ratio " in notes


def test_json_meets_its_schema_and_the_page_shows_the_causes(ranking, tmp_path):
    record = json.loads(ranking.to_json())
    jsonschema.validate(record, ranking_schema())
    assert set(record[0]["options"][0]["outcomes"]["first:relapse"]) == {"1", "3", "rmtl"}
    ranking.report(tmp_path / "page.html")
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert "Cumulative incidence of relapse" in page
    assert "What happens under new" in page
    assert "mean time lost up to 3 years" in page


def test_predictions_of_survival_and_causes_sum_to_one(fitted, competing, patients_of):
    frame = fitted.predict(patients_of(competing, "P0030", "P0100"))
    known = frame[frame["estimate"].notna()]
    assert set(known["outcome"]) == {"first", "first:relapse", "first:death"}
    sums = known.groupby(["patient_id", "option", "time"])["estimate"].sum()
    np.testing.assert_allclose(sums.to_numpy(float), 1.0, atol=1e-12)
    causes = known[known["outcome"] != "first"]
    assert (causes["risk"] == causes["estimate"]).all()
    free = known[known["outcome"] == "first"]
    np.testing.assert_allclose(free["risk"].to_numpy(float), 1 - free["estimate"].to_numpy(float))
    assert ((known["lower"] <= known["estimate"]) & (known["estimate"] <= known["upper"])).all()


def test_a_model_file_gives_the_same_numbers(fitted, competing, patients_of, tmp_path):
    fitted.save(tmp_path / "m")
    back = load_model(tmp_path / "m")
    patient = patients_of(competing, "P0030")
    pd.testing.assert_frame_equal(back.predict(patient), fitted.predict(patient))
    assert back.rank(patient).to_json() == fitted.rank(patient).to_json()
    assert (back.fits_[0].causes, back.fits_[0].cause) == (("relapse", "death"), None)


def test_evaluation_scores_survival_and_each_cause(fewer):
    """Truth: options differ, so that the one had tells more than a curve for all."""
    found = TreatmentRanker(n_draws=20).evaluate(fewer, folds=2, n_boot=10)
    assert list(found.counts["outcome"]) == ["first", "first:relapse", "first:death"]
    assert found.value("brier_skill", outcome="first:relapse") > 0.02
    assert found.value("wolbers_c", outcome="first:death", horizon=3.0) > 0.55


def test_without_options_a_prognosis_is_predicted(fewer, patients_of, tmp_path):
    alone = dataclasses.replace(fewer, design=None)
    made = TreatmentRanker(n_draws=50).fit(alone)
    compared = [row["model"] for row in made.metrics_["choice"]["first"]]
    assert compared == ["CauseSpecificCox", "ElasticNetCox", "SurvivalForest", "SurvivalBoosting"]
    frame = made.predict(patients_of(fewer, "P0030"))
    assert list(frame["outcome"].unique()) == ["first", "first:relapse", "first:death"]
    sums = frame.groupby("time")["estimate"].sum()
    np.testing.assert_allclose(sums.to_numpy(float), 1.0, atol=1e-12)
    made.save(tmp_path / "m")
    pd.testing.assert_frame_equal(load_model(tmp_path / "m").predict(patients_of(fewer, "P0030")), frame)


@pytest.mark.slow
def test_without_options_a_prognosis_is_scored(fewer):
    scored = TreatmentRanker(n_draws=50).evaluate(dataclasses.replace(fewer, design=None), folds=2, n_boot=10)
    assert set(scored.counts["outcome"]) == {"first", "first:relapse", "first:death"}


def test_a_cause_that_nobody_had_stops_the_fit(competing):
    """Missing is not zero: the primary outcome is refused, with the cause's name."""
    outcome = dataclasses.replace(competing.outcomes["first"], causes=("relapse", "death", "lightning"))
    for design in (competing.design, None):
        with pytest.raises(SupportError, match="lightning") as caught:
            TreatmentRanker().fit(dataclasses.replace(competing, outcomes={"first": outcome}, design=design))
        assert caught.value.code == "no-events"


class _Deaf(SurvivalEffect):
    """An estimator that does not distinguish causes."""

    def sample(self, X, times=None, *, n_draws=None, seed=None):
        drawn = super().sample(X, times, n_draws=n_draws, seed=seed)
        return dataclasses.replace(drawn, parts=None, part_draws=None)


def test_a_cause_that_only_patients_who_are_not_compared_had_is_refused(competing):
    """Twelve had ``rare``, too few for an estimate; a third cause of theirs says nothing of the other options."""
    outcome = competing.outcomes["first"]
    rare = competing.design.treatment.loc[outcome.frame.index] == "rare"
    frame = outcome.frame.assign(cause=outcome.frame["cause"].mask(rare & outcome.frame["event"], 3))
    third = dataclasses.replace(outcome, frame=frame, causes=("relapse", "death", "other"))
    with pytest.raises(SupportError) as caught:
        TreatmentRanker(n_draws=20).fit(dataclasses.replace(competing, outcomes={"first": third}))
    assert caught.value.code == "no-events"


def test_an_estimator_without_causes_is_refused(competing):
    with pytest.raises(UsageError) as caught:
        TreatmentRanker(effect=_Deaf(), n_draws=20).fit(competing)
    assert caught.value.code == "causes-not-told"


_STUDY = """
[study]
name = "Colon trial"
patient_id = "patient_id"
[[tables]]
path = "clinical.csv"
role = "clinical"
[treatment]
table = "arms.csv"
randomised = true
column = "arm"
reference = "observation"
[outcomes.first_event]
table = "events.csv"
kind = "competing"
time = "days"
event = "event"
causes = ["recurrence", "death"]
unit = "days"
horizons = [365, 1826]
[ranking]
primary = "first_event"
horizon = 1826
"""


@pytest.mark.slow
def test_the_colon_trial_puts_levamisole_with_fluorouracil_first(tmp_path):
    """The trial's answer: with 5FU first; levamisole alone is not claimed to beat observation."""
    colon = load_colon().set_index("patient_id")
    clinical = ["age_years", "sex", "obstruction", "adherence", "positive_nodes", "differentiation", "extent"]
    colon[clinical].to_csv(tmp_path / "clinical.csv")
    colon[["arm"]].to_csv(tmp_path / "arms.csv")
    had = colon["recurrence"] == 1
    events = pd.DataFrame(
        {
            "days": np.where(had, colon["recurrence_days"], colon["death_days"]),
            "event": np.where(had, 1, np.where(colon["death"] == 1, 2, 0)),
        },
        index=colon.index,
    )
    events.to_csv(tmp_path / "events.csv")
    (tmp_path / "study.toml").write_text(_STUDY, encoding="utf-8")
    cohort = Study.read(tmp_path / "study.toml").load()
    ranking = TreatmentRanker(n_draws=400).fit(cohort).rank(cohort.only(list(cohort.features.index[:60])))
    best = [answer.options[0].option for answer in ranking.answers]
    assert best.count("levamisole+5FU") >= 50
    for answer in ranking.answers:
        lev = next(option for option in answer.options if option.option == "levamisole")
        assert lev.advice != "recommend"
        assert lev.difference.lower < 0
