"""Graded outcomes as themselves: through fit, evaluate, predict, rank, the report and the model file."""

from __future__ import annotations

import dataclasses
import json

import jsonschema
import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator

from genorx.cohort.outcome import Outcome
from genorx.effects.protocol import EffectDraws, EffectEstimator
from genorx.errors import SupportError, UsageError
from genorx.outcomes import (
    ChosenOrdinalModel,
    CumulativeOrdinal,
    ForestLogistic,
    GroupShrunkLogistic,
    GroupShrunkOrdinal,
)
from genorx.ranking import TreatmentRanker, load_model
from genorx.ranking.answer.schema import ranking_schema
from genorx.report import evaluation_html, ranking_html, report_html
from genorx.report.what_if_table import what_if_html

LEVELS = ("none", "mild", "severe", "fatal")
SHARES = {"standard": (0.5, 0.3, 0.15, 0.05), "new": (0.3, 0.3, 0.3, 0.1)}


def _graded(cohort, *, effect=0.0, seed=9):
    """Grades of proportional odds: log odds 0.09 a year of age above 60, 1 with the gene, ``effect`` under ``new``."""
    rng = np.random.default_rng(seed)
    index = cohort.features.index
    age = cohort.features["age_years"].astype(float).fillna(60).to_numpy()
    latent = 0.09 * (age - 60) + cohort.features["TP53"].to_numpy(float)
    if cohort.design is not None:
        latent = latent + effect * (cohort.design.treatment == "new").to_numpy()
    grade = np.digitize(latent + rng.logistic(size=len(index)), [0.0, 1.5, 3.5]).astype(float)
    tox = Outcome(
        name="tox",
        kind="ordinal",
        frame=pd.DataFrame({"value": grade}, index=index),
        better="lower",
        role="harm",
        levels=LEVELS,
        at_least="severe",
    )
    return dataclasses.replace(cohort, outcomes={"tox": tox}, primary="tox", horizon=None)


@pytest.fixture(scope="module")
def alone(made_cohort):
    """500 patients without a design."""
    return _graded(made_cohort(500, seed=4, design=False))


@pytest.fixture(scope="module")
def fitted(alone):
    return TreatmentRanker(models={"ordinal": GroupShrunkOrdinal()}, n_draws=300).fit(alone)


class KnownGrades(BaseEstimator):
    """The shares of ``SHARES`` for everybody, with the uncertainty of 200 patients; or, told so, no grades."""

    def __init__(self, stated=True, reference=None):
        self.stated = stated
        self.reference = reference

    def fit(self, X, y, *, treatment, strata=None):
        self.options_ = tuple(SHARES)
        return self

    def sample(self, X, times=None, *, n_draws=400, seed=0):
        rng = np.random.default_rng(seed)
        drawn = np.stack([rng.dirichlet(200 * np.array(shares), n_draws) for shares in SHARES.values()], axis=1)
        draws = np.broadcast_to(drawn[:, None], (n_draws, len(X), 2, 4))
        grades = np.broadcast_to(np.array(list(SHARES.values())), (len(X), 2, 4))
        graded = {"grades": grades, "grade_draws": draws} if self.stated else {}
        return EffectDraws(
            options=self.options_,
            times=np.zeros(0),
            point=grades[..., 2:].sum(axis=-1, keepdims=True),
            draws=draws[..., 2:].sum(axis=-1, keepdims=True),
            **graded,
        )

    def support(self, X):
        frame = pd.DataFrame([(i, o) for i in X.index for o in SHARES], columns=["patient_id", "option"])
        return frame.assign(effective_n=50.0, propensity=0.5, inside=True, outside_feature="", reason="")

    def drivers(self, X):
        return pd.DataFrame(columns=["patient_id", "option", "feature", "prognosis", "effect"])

    def state(self):
        return {}, {}

    @classmethod
    def from_state(cls, values, arrays):
        return cls()


@pytest.fixture(scope="module")
def compared(made_cohort):
    return _graded(made_cohort(400, seed=5), effect=1.0)


@pytest.fixture(scope="module")
def ranking(compared, patients_of):
    ranker = TreatmentRanker(binary_effect=KnownGrades(), n_draws=500).fit(compared)
    return ranker.rank(patients_of(compared, "P0030", "P0100"))


def test_each_grade_has_a_row_and_they_sum_to_one(fitted, alone):
    """The columns are fixed; NAME is the chance of ``at_least`` or more, as the grades say it."""
    frame = fitted.predict(alone.only(["P0040", "P0041"]))
    assert frame["outcome"].tolist()[:5] == ["tox", *(f"tox:{level}" for level in LEVELS)]
    wide = frame.pivot_table(index="patient_id", columns="outcome", values="estimate").astype(float)
    np.testing.assert_allclose(wide[[f"tox:{level}" for level in LEVELS]].sum(axis=1), 1.0, rtol=1e-12)
    np.testing.assert_allclose(wide["tox"], wide["tox:severe"] + wide["tox:fatal"], rtol=1e-9)
    assert ((frame["lower"] < frame["estimate"]) & (frame["estimate"] < frame["upper"])).all()
    assert frame["time"].isna().all()
    risk = frame.pivot_table(index="patient_id", columns="outcome", values="risk").astype(float)
    np.testing.assert_allclose(risk["tox:severe"], wide["tox"])  # this grade or a worse one
    np.testing.assert_allclose(risk["tox:none"], 1.0)


def test_where_more_is_better_the_risk_of_a_grade_is_this_one_or_a_lower_one(alone):
    """By hand: a response of at most this grade."""
    better = dataclasses.replace(alone.outcomes["tox"], better="higher", role="benefit")
    cohort = dataclasses.replace(alone, outcomes={"tox": better})
    frame = (
        TreatmentRanker(models={"ordinal": GroupShrunkOrdinal()}, n_draws=20)
        .fit(cohort)
        .predict(cohort.only(["P0040"]))
    )
    own = frame.set_index("outcome").astype({"estimate": float, "risk": float})
    assert own.loc["tox:mild", "risk"] == pytest.approx(own.loc[["tox:none", "tox:mild"], "estimate"].sum())
    assert own.loc["tox", "risk"] == pytest.approx(1 - own.loc["tox", "estimate"])


def test_probabilities_are_near_the_truth_and_limits_hold_it(fitted, alone):
    """Known truth of the fixture: P(severe or more) = F(0.09 (age - 60) + gene - 1.5)."""
    some = alone.only(alone.features.index[20:220].tolist())
    frame = fitted.predict(some)
    rows = frame[frame["outcome"] == "tox"].set_index("patient_id").astype({"estimate": float})
    latent = 0.09 * (some.features["age_years"].astype(float) - 60) + some.features["TP53"].astype(float)
    truth = 1 / (1 + np.exp(1.5 - latent))
    assert (rows["estimate"] - truth).abs().mean() < 0.05
    assert ((rows["lower"] <= truth) & (truth <= rows["upper"])).mean() > 0.8


def test_the_estimates_hold_each_grade(fitted, alone):
    frame = fitted.estimate(alone.only(["P0040"]))
    assert frame["measure"].tolist() == ["probability", *["grade"] * 4]
    assert float(frame["estimate"].iloc[1:].sum()) == pytest.approx(1.0)


def test_a_patient_outside_of_the_training_range_is_named(fitted, alone, patients_of):
    found = fitted.predict(patients_of(alone, "P0040", age_years=120.0)).attrs["findings"]
    named = [one for one in found if one.code == "outside-training-range"]
    assert [one.patient_id for one in named] == ["P0040"]
    assert "age_years 120" in named[0].message


@pytest.mark.parametrize(
    "model",
    [
        CumulativeOrdinal(engine=ForestLogistic(n_bags=4, folds=0)),
        ChosenOrdinalModel(candidates={"a": CumulativeOrdinal(engine=GroupShrunkLogistic(folds=0))}),
    ],
    ids=["cumulative", "chosen"],
)
def test_a_model_file_gives_the_same_numbers(model, alone, tmp_path):
    """To the bit; the model was told the study's grades and from which on they count."""
    made = TreatmentRanker(models={"ordinal": model}, n_draws=20).fit(alone)
    assert (made.fits_[0].model.highest, made.fits_[0].model.at_least) == (3, 2)
    made.save(tmp_path / "m")
    some = alone.only(["P0040", "P0041"])
    pd.testing.assert_frame_equal(load_model(tmp_path / "m").predict(some), made.predict(some))


def test_all_grades_are_scored_out_of_fold(alone):
    """Truth: age and gene tell; each threshold, by the study's names, has a calibration of its own."""
    found = TreatmentRanker(models={"ordinal": GroupShrunkOrdinal()}).evaluate(alone, folds=3, n_boot=20)
    assert found.value("ranked_probability_skill") > 0.05
    assert 0.6 < found.value("ordinal_c") < 0.85
    assert found.value("auc", outcome="tox") > 0.65
    assert found.counts["outcome"].tolist() == ["tox", "tox>=mild", "tox>=fatal"]
    page = evaluation_html(found)
    assert "Ranked probability score of all grades" in page
    assert "tox ≥ mild" in page


def test_each_option_has_each_grade_in_the_answer(ranking):
    """By hand from SHARES: difference .15 in each of the two grades that count, which more of is worse."""
    records = json.loads(ranking.to_json())
    jsonschema.validate(records, ranking_schema())
    new = next(option for option in records[0]["options"] if option["option"] == "new")
    assert {name: list(own) for name, own in new["outcomes"].items()} == {
        "tox": ["probability"],
        **{f"tox:{level}": ["grade"] for level in LEVELS},
    }
    stated = [new["outcomes"][f"tox:{level}"]["grade"]["estimate"] for level in LEVELS]
    assert stated == pytest.approx(list(SHARES["new"]))
    severe, none = (new["outcomes"][f"tox:{level}"]["grade"]["difference"] for level in ("severe", "none"))
    assert severe["estimate"] == pytest.approx(0.15)
    assert severe["probability_better"] < 0.05
    assert none["estimate"] == pytest.approx(-0.2)
    assert none["probability_better"] < 0.05  # fewer patients without any
    assert new["difference"]["estimate"] == pytest.approx(0.2)
    assert [option["option"] for option in records[0]["options"][:2]] == ["standard", "new"]
    frame = ranking.to_frame()
    assert (frame["measure"] == "grade").sum() == 2 * 2 * 4


def test_the_page_and_the_notebook_show_grades_on_one_line(ranking):
    """From SHARES, written out; no table row a grade."""
    for page in (report_html(ranking), ranking_html(ranking)):
        assert page.count("tox: chance of each grade") == 2  # one a patient
        assert "none: 30 %, mild: 30 %, severe: 30 %, fatal: 10 %" in page
        assert "tox:severe" not in page


def test_the_factual_grade_is_scored_where_the_estimator_tells_grades(compared):
    """The score of ``SHARES`` by the option had, by the definition; with no grades told, that of those that count."""
    found = TreatmentRanker(binary_effect=KnownGrades()).evaluate(compared, folds=3, n_boot=5)
    option = compared.design.treatment.astype(str)
    grade = compared.outcomes["tox"].frame["value"][option.isin(SHARES)]
    chance = np.array([SHARES[option[patient]] for patient in grade.index])
    reached = chance[:, ::-1].cumsum(axis=1)[:, ::-1][:, 1:]
    happened = grade.to_numpy()[:, None] >= np.arange(1, 4)
    expected = np.square(reached - happened).sum(axis=1).mean()
    assert found.value("ranked_probability") == pytest.approx(expected)
    blind = TreatmentRanker(binary_effect=KnownGrades(stated=False)).evaluate(compared, folds=3, n_boot=5)
    assert "ranked_probability" not in set(blind.scores["measure"])
    for measure in ("auc", "brier"):
        assert blind.value(measure, outcome="tox") == pytest.approx(found.value(measure, outcome="tox"))


def test_an_estimator_that_tells_no_grades_still_ranks(compared, patients_of):
    ranker = TreatmentRanker(binary_effect=KnownGrades(stated=False), n_draws=50).fit(compared)
    assert isinstance(ranker.fits_[0].model, EffectEstimator)
    found = ranker.rank(patients_of(compared, "P0030")).to_frame()
    assert set(found["outcome"].dropna()) == {"tox"}


def test_what_if_shows_grades_before_and_after(alone):
    """The numbers of each grade after a change are those predicted for the changed patient."""
    weight = dataclasses.replace(alone.specs[0], name="weight_kg", unit="kg", group="lifestyle")
    features = alone.features.rename(columns={"age_years": "weight_kg"})
    cohort = dataclasses.replace(alone, features=features, specs=(weight, *alone.specs[1:]))
    made = TreatmentRanker(models={"ordinal": GroupShrunkOrdinal()}, n_draws=50).fit(cohort)
    patient = cohort.only(["P0040"])
    change = made.what_if(patient, {"weight_kg": 70.0})
    heavier = patient.features.assign(weight_kg=pd.array([70.0], dtype="Float64"))
    after = made.predict(dataclasses.replace(patient, features=heavier)).set_index("outcome")["estimate"]
    rows = change.to_frame().set_index("outcome")
    assert rows["measure"].tolist() == ["probability", *["grade"] * 4]
    for level in LEVELS:
        assert rows.loc[f"tox:{level}", "changed"] == pytest.approx(float(after[f"tox:{level}"]))
    page = what_if_html(change)
    assert page.count("tox, chance of each grade") == 1
    assert "tox:severe" not in page


def test_grades_stand_in_the_trade_off_by_those_that_count(compared, made_cohort, patients_of):
    """By hand from SHARES: .2 more of severe or worse is one more harmed of five."""
    made = made_cohort(400, seed=5, binary=False)
    both = dataclasses.replace(made, outcomes={**made.outcomes, **compared.outcomes})
    ranking = TreatmentRanker(binary_effect=KnownGrades(), n_draws=50).fit(both).rank(patients_of(both, "P0030"))
    table = ranking.trade_off().set_index("option")
    assert table.loc["new", "number_needed_tox"] == pytest.approx(-5.0)


def test_grades_of_which_none_counts_are_not_never(alone):
    """Nobody had a severe one: no probability of 0 is claimed."""
    tox = alone.outcomes["tox"]
    mild = dataclasses.replace(tox, frame=tox.frame.clip(upper=1.0))
    cohort = dataclasses.replace(alone, outcomes={"tox": mild})
    for asked in (TreatmentRanker().fit, TreatmentRanker().evaluate):
        with pytest.raises(SupportError, match="nobody had grade severe or more of tox") as caught:
            asked(cohort)
        assert caught.value.code == "no-events"


def test_a_model_that_gives_no_grades_is_refused(alone):
    with pytest.raises(UsageError) as caught:
        TreatmentRanker(models={"ordinal": GroupShrunkLogistic()}).fit(alone)
    assert caught.value.code == "no-grades"


def test_grades_that_are_not_those_of_the_study_are_refused(compared, patients_of):
    tox = dataclasses.replace(compared.outcomes["tox"], levels=tuple("01234"), at_least="2")
    ranker = TreatmentRanker(binary_effect=KnownGrades()).fit(dataclasses.replace(compared, outcomes={"tox": tox}))
    with pytest.raises(UsageError) as caught:
        ranker.rank(patients_of(compared, "P0030"))
    assert caught.value.code == "grades-differ"
