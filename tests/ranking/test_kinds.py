"""Outcomes that are amounts, counts and grades, through fit, evaluate, predict, rank and the model file."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import jsonschema
import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, clone

from genorx.cohort.outcome import Outcome
from genorx.effects import ResponseEffect, cohort_average_effects
from genorx.errors import SupportError, UsageError
from genorx.outcomes import (
    ChosenValueModel,
    CumulativeOrdinal,
    ForestCounts,
    ForestLogistic,
    GroupShrunkLogistic,
    GroupShrunkRegression,
)
from genorx.ranking import TreatmentRanker, load_model
from genorx.ranking.answer.schema import ranking_schema


@pytest.fixture(scope="module")
def with_values(made_cohort):
    """Weight gained (2 kg more under ``new``), a count (twice under ``new``), a grade; ``os`` is not used."""
    cohort = made_cohort(600, seed=4)
    rng = np.random.default_rng(9)
    new = (cohort.design.treatment == "new").to_numpy()
    index = cohort.features.index
    gain = pd.DataFrame({"value": 1.0 + 2.0 * new + rng.normal(0, 1.5, len(index))}, index=index)
    stays = pd.DataFrame({"value": rng.poisson(np.where(new, 4.0, 2.0)).astype(float)}, index=index)
    grade = pd.DataFrame({"value": np.minimum(5.0, rng.poisson(np.where(new, 2.5, 1.5)))}, index=index)
    outcomes = {
        "gain": Outcome(name="gain", kind="continuous", frame=gain, unit="kg", better="lower", role="harm"),
        "stays": Outcome(name="stays", kind="count", frame=stays, unit="", better="lower", role="harm"),
        "toxicity": Outcome(
            name="toxicity",
            kind="ordinal",
            frame=grade,
            better="lower",
            role="harm",
            levels=tuple("012345"),
            at_least="3",
        ),
    }
    return dataclasses.replace(cohort, outcomes=outcomes, primary="gain", horizon=None)


@pytest.fixture(scope="module")
def fitted(with_values):
    return TreatmentRanker(n_draws=300).fit(with_values)


def test_an_amount_is_ranked_in_its_unit(fitted, with_values, patients_of):
    """Truth: 2 kg more under ``new``, and less is better."""
    ranking = fitted.rank(patients_of(with_values, "P0030", "P0100"))
    best = ranking.answers[0].options[0]
    assert (best.option, best.advice) == ("standard", "recommend")
    new = next(option for option in ranking.answers[0].options if option.option == "new")
    assert (new.difference.measure, new.difference.unit) == ("value", "kg")
    assert new.difference.lower < 2.0 < new.difference.upper
    assert new.difference.estimate == pytest.approx(2.0, abs=0.5)
    assert new.difference.probability_better < 0.01
    jsonschema.validate(json.loads(ranking.to_json()), ranking_schema())
    assert "kg" in ranking._repr_html_()


def test_counts_and_grades_stand_beside_it(fitted, with_values, patients_of):
    """Truth: 2 stays more; P(grade >= 3) of Poisson means 2.5 and 1.5 are .456 and .191."""
    answer = fitted.rank(patients_of(with_values, "P0030")).answers[0]
    new = {each.outcome: each for option in answer.options if option.option == "new" for each in option.estimates}
    assert new["stays"].measure == "value"
    assert new["stays"].difference.estimate == pytest.approx(2.0, abs=0.5)
    assert new["toxicity"].measure == "probability"
    assert new["toxicity"].estimate == pytest.approx(0.456, abs=0.12)


def test_predictions_have_one_row_an_option_without_time(fitted, with_values, patients_of):
    frame = fitted.predict(patients_of(with_values, "P0030"))
    rows = frame[(frame["outcome"] == "gain") & frame["estimate"].notna()]
    assert rows["time"].isna().all()
    assert (rows["risk"] == rows["estimate"]).all()  # less is better
    assert ((rows["lower"] < rows["estimate"]) & (rows["estimate"] < rows["upper"])).all()


def test_a_model_file_gives_the_same_numbers(fitted, with_values, patients_of, tmp_path):
    fitted.save(tmp_path / "m")
    back = load_model(tmp_path / "m")
    patient = patients_of(with_values, "P0030")
    pd.testing.assert_frame_equal(back.predict(patient), fitted.predict(patient))
    assert back.fits_[2].levels == tuple("012345")


def test_an_outcome_that_is_the_same_in_all_is_refused_by_name(with_values):
    """Nothing tells patients apart: not answerable, whatever the kind."""
    for name in ("gain", "stays", "toxicity"):
        outcome = with_values.outcomes[name]
        same = dataclasses.replace(outcome, frame=outcome.frame.assign(value=0.0))
        for design in (None, with_values.design):
            cohort = dataclasses.replace(with_values, outcomes={name: same}, primary=name, design=design)
            with pytest.raises(SupportError) as caught:
                TreatmentRanker(n_draws=20).fit(cohort)
            assert (caught.value.code, name in caught.value.reason) == ("no-events", True)


def test_amounts_are_scored_out_of_fold(with_values):
    """Truth: noise of 1.5 kg, so the mean absolute error is about 1.5 sqrt(2 / pi) = 1.197."""
    found = TreatmentRanker(n_draws=20).evaluate(with_values, folds=3, n_boot=50)
    assert found.value("mae", outcome="gain") == pytest.approx(1.197, abs=0.1)
    assert found.value("r2", outcome="gain") == pytest.approx(1 / (1 + 1.5**2), abs=0.1)  # variance of 2 x 0/1 is 1
    assert found.value("auc", outcome="toxicity") > 0.6


class _MeanModel(BaseEstimator):
    """The mean for all, with normal limits."""

    def fit(self, X: pd.DataFrame, y: pd.Series[float]) -> _MeanModel:
        self.mean_, self.sd_ = float(y.mean()), float(y.std())
        return self

    def predict_value(self, X: pd.DataFrame) -> Any:
        return np.full(len(X), self.mean_)

    def sample_value(self, X: pd.DataFrame, *, n_draws: int = 200, seed: int = 0) -> Any:
        return np.full((n_draws, len(X)), self.mean_)

    def predict_interval(self, X: pd.DataFrame, *, level: float = 0.95) -> Any:
        return np.tile([self.mean_ - 1.96 * self.sd_, self.mean_ + 1.96 * self.sd_], (len(X), 1))

    def contributions(self, X: pd.DataFrame) -> pd.DataFrame:
        return pd.DataFrame(0.0, index=X.index, columns=X.columns)

    def state(self) -> Any:
        return {}, {}

    @classmethod
    def from_state(cls, values: Any, arrays: Any) -> Any:
        raise NotImplementedError


def test_without_options_limits_are_those_of_the_patients_own_value(with_values):
    """By hand: mean and 1.96 standard deviations, which hold about 95 % of normal values."""
    alone = dataclasses.replace(with_values, design=None, outcomes={"gain": with_values.outcomes["gain"]})
    made = TreatmentRanker(models={"continuous": _MeanModel()}, n_draws=10)
    frame = made.fit(alone).predict(alone.only(["P0001"]))
    values = alone.outcomes["gain"].frame["value"]
    assert frame["estimate"].iloc[0] == pytest.approx(values.mean())
    assert frame["upper"].iloc[0] - frame["lower"].iloc[0] == pytest.approx(3.92 * values.std())
    scored = made.evaluate(alone, folds=2, n_boot=20)
    assert scored.value("coverage_95") == pytest.approx(0.95, abs=0.03)
    assert scored.value("mae_skill") == pytest.approx(0.0, abs=0.02)
    assert "no-skill" in {finding.code for finding in scored.findings}


@pytest.mark.slow
def test_each_kind_has_a_default_prognosis(with_values, tmp_path):
    """Truth of the fixture: gain has a noise of 1.5 kg and 1 of spread between options that are not told here."""
    outcomes = dict(with_values.outcomes)
    few = outcomes["toxicity"].frame.iloc[:90]  # too few to choose among models, which takes long for six grades
    outcomes["toxicity"] = dataclasses.replace(outcomes["toxicity"], frame=few)
    alone = dataclasses.replace(with_values, design=None, outcomes=outcomes)
    ranker = TreatmentRanker(n_draws=50).fit(alone)
    kinds = [type(fit.model).__name__ for fit in ranker.fits_]
    assert kinds == ["ChosenValueModel", "ChosenCountModel", "ChosenOrdinalModel"]
    scores = {name: set(table[0]) for name, table in ranker.metrics_["choice"].items() if table}
    assert "poisson_deviance" in scores["stays"]
    some = alone.only(["P0001", "P0002"])
    frame = ranker.predict(some)
    gain = frame[frame["outcome"] == "gain"]
    width = (gain["upper"] - gain["lower"]).astype(float)
    assert np.allclose(width, 3.92 * np.hypot(1.5, 1.0), rtol=0.2)  # 95 % limits of the patient's own value
    stays = frame[frame["outcome"] == "stays"]
    assert (stays["lower"] == stays["lower"].round()).all()  # quantiles of a count are counts
    ranker.save(tmp_path / "m")
    pd.testing.assert_frame_equal(load_model(tmp_path / "m").predict(some), frame)
    scored = ranker.evaluate(alone, folds=2, n_boot=20)
    assert scored.value("coverage_95", outcome="gain") == pytest.approx(0.95, abs=0.03)
    assert scored.value("mae", outcome="stays") > 0


def test_the_mean_effect_on_an_amount_stands_in_the_notes(fitted):
    """Truth: 2 kg more under ``new``."""
    note = next(note for note in fitted.notes_ if note.startswith("Mean effect on gain, new"))
    assert note.endswith(" kg.")
    assert float(note.split("mean difference ")[1].split(" ")[0]) == pytest.approx(2.0, abs=0.4)


def test_notes_name_the_ratios_of_counts_and_grades(fitted):
    """Truth: twice the stays under ``new``; grades are Poisson, so more of them there."""
    stated = [note for note in fitted.notes_ if "new against" in note and "ratio" in note]
    found = {note.split(",")[0].rsplit(" ", 1)[-1]: note for note in stated}
    ratio = float(found["stays"].split("rate ratio ")[1].split(" ")[0])
    assert ratio == pytest.approx(2.0, abs=0.3)
    assert float(found["toxicity"].split("common odds ratio ")[1].split(" ")[0]) > 1.5
    assert "The probability of toxicity is that of grade 3 or more." in fitted.notes_


def test_grades_under_options_are_told_of_the_studys_levels(fitted, with_values, patients_of):
    """Six levels; the chance of each under ``new``, a Poisson of mean 2.5, is .082, .205, .257, .214, .134, .109."""
    sampled = fitted.fits_[2].draw(patients_of(with_values, "P0030").features, n_draws=10, seed=0)
    grades = sampled.grades[0, sampled.options.index("new")]
    np.testing.assert_allclose(grades, [0.082, 0.205, 0.257, 0.214, 0.134, 0.109], atol=0.09)
    assert grades[3:].sum() == pytest.approx(sampled.point[0, sampled.options.index("new"), 0])


class _YesOrNo(ResponseEffect):
    """An estimator of one's own that knows nothing of kinds."""

    def __init__(self, *, reference=None, better="higher"):
        super().__init__(reference=reference, better=better, n_draws=5)

    def fit(self, X, y, *, treatment=None, strata=None):
        self.given_ = sorted(set(y["value"]))
        return super().fit(X, y, treatment=treatment, strata=strata)


def test_an_estimator_without_kinds_is_given_whether_grades_count(with_values):
    only = dataclasses.replace(with_values, outcomes={"toxicity": with_values.outcomes["toxicity"]}, primary="toxicity")
    made = TreatmentRanker(n_draws=5, binary_effect=_YesOrNo()).fit(only)
    assert made.fits_[0].model.given_ == [0.0, 1.0]


def test_average_effects_of_grades_are_of_those_that_count(with_values):
    """By hand: shares of grade 3 and more under each option."""
    grades = with_values.outcomes["toxicity"].frame["value"]
    found = cohort_average_effects(with_values, "toxicity", covariates=["sex"]).frame
    row = found[(found["option"] == "new") & (found["method"] == "unadjusted")].iloc[0]
    shares = (grades >= 3).groupby(with_values.design.treatment, observed=True).mean()
    assert row["estimate"] == pytest.approx(shares["new"] - shares["standard"])


def test_limits_are_those_of_a_new_site_where_the_cohort_names_its_sites(with_values):
    """Truth: sites differ by 3 kg, patients of a site by 1: limits that know of no site are too narrow at a new one."""
    rng = np.random.default_rng(4)
    patients = with_values.features.index
    site = pd.Series([f"s{number % 20}" for number in range(len(patients))], index=patients)
    level = {name: rng.normal(0, 3) for name in site.unique()}
    frame = pd.DataFrame({"value": site.map(level) + rng.normal(0, 1, len(patients))}, index=patients)
    gain = dataclasses.replace(with_values.outcomes["gain"], frame=frame)
    alone = dataclasses.replace(with_values, design=None, outcomes={"gain": gain}, site=site)
    default = ChosenValueModel(candidates={"default": GroupShrunkRegression()})  # the others take long
    made = TreatmentRanker(n_draws=10, models={"continuous": default})
    found = made.evaluate(alone, folds=4, n_boot=5)
    fold = found.predictions.set_index("patient_id")["fold"].loc[patients].to_numpy()
    assert site.groupby(fold).nunique().sum() == 20  # no site in two folds
    blind = np.empty((len(patients), 2))
    for k in range(4):
        model = clone(default).set_params(specs=alone.specs)
        model.fit(alone.features[fold != k], frame["value"][fold != k])
        blind[fold == k] = model.predict_interval(alone.features[fold == k])
    held = ((frame["value"] >= blind[:, 0]) & (frame["value"] <= blind[:, 1])).mean()
    assert found.value("coverage_95") > max(0.88, held)
    few = dataclasses.replace(alone, site=site.where(site == "s1", "s0"))  # two sites stand for no others
    assert made.evaluate(few, folds=4, n_boot=5).predictions["fold"].nunique() == 4


def test_a_model_given_by_hand_is_told_the_sites_when_it_is_kept_as_when_it_is_judged(with_values):
    """Against the same model fitted by hand with the sites; sites differ by 3 kg, so one told of none is narrower."""
    rng = np.random.default_rng(5)
    patients = with_values.features.index
    site = pd.Series([f"s{number % 20}" for number in range(len(patients))], index=patients)
    level = {name: rng.normal(0, 3) for name in site.unique()}
    frame = pd.DataFrame({"value": site.map(level) + rng.normal(0, 1, len(patients))}, index=patients)
    gain = dataclasses.replace(with_values.outcomes["gain"], frame=frame)
    alone = dataclasses.replace(with_values, design=None, outcomes={"gain": gain}, primary="gain", site=site)
    kept = TreatmentRanker(n_draws=10, models={"continuous": GroupShrunkRegression()}).fit(alone).fits_[0].model
    by_hand = clone(kept).fit(alone.features, frame["value"], groups=site)
    blind = clone(kept).fit(alone.features, frame["value"])
    own, stated, unknown = (model.predict_interval(alone.features[:5]) for model in (kept, by_hand, blind))
    np.testing.assert_allclose(own, stated)
    assert not np.allclose(own, unknown)


@pytest.mark.parametrize(("had", "said"), [(9, "9 patients"), (591, "9 patients"), (10, "")])
def test_an_outcome_of_hardly_anybody_is_named(with_values, had, said):
    """9 of 600 with the rarer answer are too few to learn from, whichever answer it is; 10 are the fewest taken."""
    index = with_values.features.index
    value = pd.DataFrame({"value": (np.arange(len(index)) < had).astype(float)}, index=index)
    rare = Outcome(name="bleed", kind="binary", frame=value, better="lower", role="harm")
    cohort = dataclasses.replace(with_values, outcomes={"bleed": rare}, primary="bleed", design=None)
    model = TreatmentRanker(n_draws=20, binary=GroupShrunkLogistic()).fit(cohort)
    found = [finding.message for finding in model.findings_ if finding.code == "few-events"]
    assert [said in message for message in found] == ([True] if said else [])


@pytest.mark.parametrize(
    ("name", "kind", "model"),
    [
        ("stays", "count", ForestCounts(n_bags=4, n_refits=2)),
        ("toxicity", "ordinal", CumulativeOrdinal(engine=ForestLogistic(n_bags=4, n_refits=2))),
    ],
)
def test_a_forest_comes_back_from_its_file(with_values, name, kind, model, tmp_path):
    """The same numbers before and after the file, to the last bit."""
    outcomes = {name: with_values.outcomes[name]}
    cohort = dataclasses.replace(with_values, outcomes=outcomes, primary=name, design=None)
    made = TreatmentRanker(n_draws=20, models={kind: model}).fit(cohort)
    made.save(tmp_path / "a.model")
    found = load_model(tmp_path / "a.model").predict(cohort)
    pd.testing.assert_frame_equal(found, made.predict(cohort))


@pytest.mark.parametrize(
    ("kind", "model"),
    [("continuous", GroupShrunkLogistic()), ("count", CumulativeOrdinal()), ("ordinal", GroupShrunkRegression())],
)
def test_a_model_that_cannot_answer_for_its_kind_is_refused_at_fit(with_values, kind, model):
    """By the protocols: a probability is no amount, a grade no count, an amount tells no grades."""
    alone = dataclasses.replace(with_values, design=None)
    wanted = next(outcome for outcome in alone.outcomes.values() if outcome.kind == kind)
    cohort = dataclasses.replace(alone, outcomes={wanted.name: wanted}, primary=wanted.name)
    for asked in (TreatmentRanker(models={kind: model}).fit, TreatmentRanker(models={kind: model}).evaluate):
        with pytest.raises(UsageError) as caught:
            asked(cohort)
        assert caught.value.code == ("no-grades" if kind == "ordinal" else "model-kind")


def test_an_amount_is_no_longer_taken_for_a_probability(with_values):
    """A model of amounts fits 0 and 1 without complaint, and its estimates may lie outside of them."""
    tox = with_values.outcomes["toxicity"]
    frame = tox.frame.assign(value=(tox.frame["value"] >= 3).astype(float))
    yes = Outcome(name="severe", kind="binary", frame=frame, better="lower", role="harm")
    cohort = dataclasses.replace(with_values, design=None, outcomes={"severe": yes}, primary="severe")
    with pytest.raises(UsageError, match="GroupShrunkRegression is no model of a binary outcome") as caught:
        TreatmentRanker(binary=GroupShrunkRegression()).fit(cohort)
    assert caught.value.code == "model-kind"


def test_a_prognosis_is_no_estimator_of_effects(with_values):
    with pytest.raises(UsageError, match="no estimator of effects on") as caught:
        TreatmentRanker(binary_effect=GroupShrunkRegression()).fit(with_values)
    assert caught.value.code == "model-kind"
