"""Strategies over time ranked: from a study to answers, files and pages.

Cohorts are made (``datasets.make_course_cohort``): what is true of them is known.
"""

import json
import tomllib
from copy import copy
from dataclasses import replace

import jsonschema
import numpy as np
import pandas as pd
import pytest

from genorx import Study, TreatmentRanker, load_model
from genorx.cohort.study_file.sections import StudyFile
from genorx.datasets import make_course_cohort
from genorx.effects import StrategyEffect
from genorx.errors import SupportError, UsageError
from genorx.ranking.answer.schema import ranking_schema
from genorx.ranking.evaluation.carried_findings import carried_findings
from genorx.ranking.evaluation.choosing import choosing_by
from genorx.ranking.evaluation.strategy_evaluation import strategy_findings
from genorx.ranking.model.strategy_options import transition_weights
from genorx.report import (
    evaluation_html,
    plot_state_diagram,
    plot_states,
    plot_survival,
    report_html,
    stack_states,
)
from genorx.report.cautions import cautions
from genorx.report.state_view import strategy_rows

FEW = {"multistate": StrategyEffect(n_draws=40)}


@pytest.fixture(scope="module")
def made():
    return make_course_cohort(300, seed=3)


@pytest.fixture(scope="module")
def cohort(made):
    return made.study().load()


@pytest.fixture(scope="module")
def ranker(cohort):
    return TreatmentRanker(effects=FEW).fit(cohort)


@pytest.fixture(scope="module")
def ranking(ranker, cohort):
    covered = ranker.fits_[0].model.support(cohort.features).groupby("patient_id")["inside"].all()
    return ranker.rank(cohort.only(list(covered[covered].index[:2])))


def of(option, measure, outcome="course"):
    return [each for each in option.estimates if (each.measure, each.outcome) == (measure, outcome)]


def test_strategies_are_the_options_and_the_reference_is_never(ranker):
    assert ranker.options_ == ("first_remission", "after_relapse", "never")
    assert ranker.reference_ == "never"
    assert ranker.training_["design"]["kind"] == "strategy"
    assert ranker.notes_[0].startswith("first_remission: transplant in remission within 180 days of entering it (")
    assert set(ranker.training_["averages"]) == {"first_remission", "after_relapse"}


def test_states_add_up_at_each_horizon_and_over_time(ranking):
    """By hand: probabilities of all states are 1, times in them the horizon; survival is that of the states alive."""
    for option in ranking.answers[0].options:
        at = {(each.outcome, each.horizon): each.estimate for each in option.estimates if each.measure == "state"}
        for horizon in (365.0, 1096.0, 1826.0):
            each = [at[f"course:{state}", horizon] for state in ("remission", "relapse", "dead")]
            assert sum(each) == pytest.approx(1.0)
            survival = next(one.estimate for one in of(option, "survival") if one.horizon == horizon)
            assert survival == pytest.approx(each[0] + each[1])
        times = [each.estimate for each in option.estimates if each.measure == "state_time"]
        assert sum(times) == pytest.approx(1096.0)
        assert of(option, "rmst")[0].estimate == pytest.approx(times[0] + times[1])


def test_a_strategy_that_acts_after_relapse_leaves_remission_as_it_is(ranking):
    for answer in ranking.answers:
        option = next(each for each in answer.options if each.option == "after_relapse")
        gap = of(option, "state_time", "course:remission")[0].difference
        assert (gap.estimate, gap.lower, gap.upper) == (0.0, 0.0, 0.0)


def test_estimates_are_those_of_the_estimator_itself(ranker, ranking):
    """Expected: ``StrategyEffect.predict``, on its own grid of time."""
    effect = ranker.fits_[0].model.effect
    means = effect.predict(ranking.asked.aligned.X)
    for answer in ranking.answers:
        for option in answer.options:
            expected = means.loc[answer.patient_id, option.option]
            assert of(option, "rmst")[0].estimate == pytest.approx(expected, rel=0.01)


def harming_the_old(model):
    """Return the model with a treatment in remission whose log hazard ratio rises by 0.8 a unit of age."""
    effect = copy(model.effect)
    effect.models_ = tuple(
        replace(each, fits=tuple(replace(fit, beta=with_age(effect, each, fit)) for fit in each.fits))
        for each in effect.models_
    )
    effect._drawing = None
    return replace(model, effect=effect)


def with_age(effect, model, fit):
    beta = fit.beta.copy()
    if model.state == "remission":
        beta[model.column_names(effect.encoder_.columns_)[0].index("age_years with transplant")] = 0.8
    return beta


def test_what_moved_the_estimate_orders_patients_as_the_estimates_do(ranker, made):
    """Expected: restricted means without treatment, and differences, of the estimator itself, by rank.

    What these 300 patients tell of the treatment's effect being another in some is next to nothing: it is put in.
    """
    model, X = harming_the_old(ranker.fits_[0].model), made.features
    drivers = model.drivers(X)
    moved = drivers.groupby(["option", "patient_id"])[["prognosis", "effect"]].sum()
    drawn = model.sample(X, np.linspace(0.0, 1096.0, 61), n_draws=0)
    means = pd.DataFrame(np.trapezoid(drawn.point, drawn.times), index=X.index, columns=list(drawn.options))
    assert moved.loc["never", "prognosis"].corr(means["never"], method="spearman") < -0.95
    gain = (means["first_remission"] - means["never"]).to_numpy()
    prognosis, effect = (moved.loc["first_remission", kind].to_numpy() for kind in ("prognosis", "effect"))
    columns = np.column_stack([np.ones(len(X)), prognosis, prognosis**2, effect])  # days hang on the prognosis as well
    assert np.linalg.lstsq(columns, gain, rcond=None)[0][3] < 0.0
    assert (moved.loc["never", "effect"] == 0.0).all()
    assert drivers.groupby("feature")["prognosis"].apply(lambda sizes: sizes.abs().mean()).idxmax() == "age_years"


def test_weights_of_transitions_add_up_over_those_into_death(made):
    weights = transition_weights(made.course, 1096.0)
    into_death = weights["remission", "dead"] + weights["relapse", "dead"]
    assert into_death == pytest.approx(1.0, abs=0.03)  # to first order
    assert 0.0 < weights["remission", "relapse"] < 1.0
    five = transition_weights(make_course_cohort(300, states=5, seed=1).course, 1096.0)
    assert five["induction", "remission"] < 0.0  # remission adds time


def test_a_saved_model_gives_the_same_answers(ranker, ranking, cohort, tmp_path):
    ranker.save(tmp_path / "m.genorx")
    again = load_model(tmp_path / "m.genorx").rank(cohort.only(ranking.patients))
    assert again.to_json() == ranking.to_json()


def test_the_json_fits_its_schema_and_names_states(ranking):
    written = json.loads(ranking.to_json())
    jsonschema.validate(written, ranking_schema())
    outcomes = written[0]["options"][0]["outcomes"]
    assert set(outcomes) == {"course", "course:remission", "course:relapse", "course:dead"}
    assert set(outcomes["course:relapse"]) == {"365", "1096", "1826", "state_time"}


def test_predict_has_states_beside_survival(ranker, cohort):
    frame = ranker.predict(cohort.only(cohort.patients[:2]))
    assert set(frame["outcome"]) == {"course", "course:remission", "course:relapse", "course:dead"}
    parts = frame[frame["outcome"] != "course"].groupby(["patient_id", "option", "time"])["estimate"].sum(min_count=3)
    assert np.allclose(parts.dropna().astype(float), 1.0)


def test_the_page_shows_states_side_by_side_the_diagram_and_what_moves_transitions(ranking):
    page = report_html(ranking)
    assert page.count("The states under each strategy, side by side") == 2
    assert "States and transitions" in page
    assert "begun in this state" in page
    assert "Cumulative incidence" not in page
    assert "mean time alive up to 1096 days" in page
    assert "course, relapse: in this state at 365 days" in page
    assert "course, dead: in this state" not in page  # survival says it
    assert "weighted over the transitions" in page
    assert "event-free" not in page
    axes = plot_survival(ranking, patient_id=ranking.patients[0])
    assert axes.get_ylabel() == "Probability alive (course)"


def test_figures_of_states(ranking, made):
    figure = plot_states(ranking, patient_id=ranking.patients[0])
    assert [ax.get_title() for ax in figure.axes] == [each.option for each in ranking.answers[0].options]
    named = replace(ranking, labels={"options": {ranking.answers[0].options[0].option: "Transplant first"}})
    assert plot_states(named, patient_id=ranking.patients[0]).axes[0].get_title() == "Transplant first"
    texts = [text.get_text() for text in plot_state_diagram(made.course.counts()).texts]
    events = made.course.counts().set_index(["from", "to"])["events"]
    assert f"{events['remission', 'relapse']} of 300" in texts
    entered = made.course.counts().groupby("to")["events"].sum()
    assert {"remission\n300", f"relapse\n{entered['relapse']}", f"dead\n{entered['dead']}"} <= set(texts)
    late = pd.DataFrame({"from": ["a", "b"], "to": ["b", "c"], "events": [9, 5], "at_risk": [20, 7]})
    boxes = [text.get_text() for text in plot_state_diagram(late).texts]
    assert {"a\n20", "b\n9", "9 of 20", "5 of 7"} <= set(boxes)  # two entered b on their last day: not 7 beside 9 of 20
    with pytest.raises(UsageError):
        stack_states([0.0, 1.0], [[1.0, 0.5]], ["a", "b"])


def test_what_moves_a_transition_is_near_the_truth(ranking):
    """True hazard ratios: transplant exp(-1.1 + 0.1 age) on relapse, TP53 exp(0.6); the interval must hold them."""
    movers = ranking.course.movers
    own = movers[(movers["from"] == "remission") & (movers["to"] == "relapse")].set_index("feature")
    for feature, truth in (("transplant", -1.1), ("TP53", 0.6)):
        assert own.loc[feature, "lower"] < np.exp(truth) < own.loc[feature, "upper"]


def test_limits_of_what_moves_a_transition_are_those_of_the_draws(ranker, ranking):
    """By hand: exp(1.96 SD) above the ratio, SD that of 4,000 draws of the coefficient, under both priors."""
    model = next(each for each in ranker.fits_[0].model.effect.models_ if each.state == "remission")
    names, _ = model.column_names(ranker.fits_[0].model.effect.encoder_.columns_)
    fit = model.fits[model.targets.index("relapse")]
    drawn = fit.draw(4000, np.random.default_rng(0)).beta[:, names.index("transplant here")]
    movers = ranking.course.movers.query("`from` == 'remission' and to == 'relapse'").set_index("step")
    own = movers.loc["begun here"]
    assert np.log(own["upper"] / own["hazard_ratio"]) == pytest.approx(1.96 * drawn.std(), rel=0.05)


def test_without_overlap_nobody_above_the_age_is_answered():
    cohort = make_course_cohort(300, overlap=False, seed=5).study().load()
    ranker = TreatmentRanker(effects=FEW).fit(cohort)
    age = cohort.features["age_years"].astype(float)
    old = list(age.sort_values().index[-8:])
    for answer in ranker.rank(cohort.only(old), curves=False):
        treated = [each for each in answer.options if each.option != "never"]
        assert {each.advice for each in treated} == {"no_estimate"}
        assert all(each.no_estimate_reason for each in treated)


def test_other_outcomes_are_left_out_and_named(made):
    study = made.study()
    said = json.loads(study.text)
    deaths = made.course.survival().reset_index(names="patient_id")
    said["outcomes"]["os"] = {"table": "os", "kind": "survival", "time": "time", "event": "event", "unit": "days"}
    said["outcomes"]["os"]["horizons"] = [365.0]
    tables = {**study.frames.frames, "os": deaths}
    ranker = TreatmentRanker(effects=FEW).fit(Study.from_frames(said, tables).load())
    assert [fit.name for fit in ranker.fits_] == ["course"]
    assert any("os is left out: strategies are compared" in each.message for each in ranker.findings_)


def test_a_transition_that_nobody_made_stops_the_fit(made):
    study = made.study()
    tables = dict(study.frames.frames)
    rows = tables["course"]
    relapsed = rows.loc[rows["state"] == "relapse", "patient_id"]
    kept = rows[~((rows["state"] == "dead") & ~rows["patient_id"].isin(relapsed))]
    ended = rows[(rows["state"] == "dead") & ~rows["patient_id"].isin(relapsed)].assign(state="censored")
    tables["course"] = pd.concat([kept, ended])
    cohort = Study.from_frames(json.loads(study.text), tables).load()
    assert "transition-never-seen" in {each.code for each in cohort.findings}
    with pytest.raises(SupportError) as caught:
        TreatmentRanker(effects=FEW).fit(cohort)
    assert caught.value.code == "transition-without-events"


def test_another_estimator_is_refused(cohort):
    from genorx.effects import SurvivalEffect

    with pytest.raises(UsageError) as caught:
        TreatmentRanker(effects={"multistate": SurvivalEffect()}).fit(cohort)
    assert caught.value.code == "model-kind"


def test_without_strategies_a_course_is_a_prognosis_through_its_states(made, tmp_path):
    study = made.study()
    said = json.loads(study.text)
    del said["strategies"], said["treatment"]
    cohort = Study.from_frames(said, {name: study.frames.frames[name] for name in ("features", "course")}).load()
    ranker = TreatmentRanker(n_draws=20).fit(cohort)
    assert type(ranker.fits_[0].model).__name__ == "MultistateModel"
    frame = ranker.predict(cohort.only(cohort.patients[:2]))
    parts = frame[frame["outcome"] != "course"].groupby(["patient_id", "time"])["estimate"].sum()
    assert np.allclose(parts.astype(float), 1.0)
    ranker.save(tmp_path / "m.genorx")
    assert load_model(tmp_path / "m.genorx").predict(cohort.only(cohort.patients[:2])).equals(frame)


@pytest.fixture(scope="module")
def evaluated(cohort):
    return TreatmentRanker(effects=FEW).evaluate(cohort, folds=3, n_boot=10)


@pytest.mark.slow
def test_strategies_are_held_against_clones_and_a_landmark(evaluated):
    table = evaluated.strategies
    everybody = table[table["group"] == "all"]
    assert set(everybody["method"]) == {"model", "clones", "landmark", "policy"}
    assert set(everybody["strategy"]) == {"first_remission", "after_relapse"}
    assert everybody.loc[everybody["method"] == "clones", "estimate"].notna().all()
    written = json.loads(json.dumps(evaluated.to_dict()))
    assert {row["strategy"] for row in written["strategies"]} == {"first_remission", "after_relapse"}
    assert "difference_clones" in set(evaluated.to_frame()["measure"])
    assert {"policy_gain_over_best_single_option", "policy_gain_over_reference"} <= set(evaluated.to_frame()["measure"])
    page = evaluation_html(evaluated)
    assert "Strategies: the model beside clones and a landmark" in page
    assert evaluated.units == {"course": "days"}
    assert "course at 1096 days" in page


@pytest.mark.slow
def test_thirds_are_in_the_order_of_the_gain_that_others_predict(evaluated):
    """By construction: sorted by the prediction, so that the mean rises from third to third; all patients in one."""
    rows = evaluated.strategies.query("method == 'predicted' and strategy == 'first_remission'")
    assert len(rows) == 3
    assert rows["estimate"].is_monotonic_increasing
    assert rows["patients"].sum() == 300


@pytest.mark.slow
def test_the_prognosis_through_states_is_evaluated_out_of_fold(evaluated):
    """A made cohort whose age and genes move every hazard: better than one curve for all."""
    of = evaluated.scores.set_index("measure")["estimate"]
    assert of["brier_integrated"] < of["brier_integrated_km"]
    assert evaluated.scores["outcome"].unique().tolist() == ["course"]


def policy(gain, lower, upper, patients, standing="best single option"):
    return {
        "method": "policy",
        "against": f"everybody early ({standing})",
        "estimate": gain,
        "lower": lower,
        "upper": upper,
        "patients": patients,
    }


@pytest.mark.parametrize(
    ("rows", "gain", "verdict"),
    [
        ([], None, "not_evaluated"),
        ([policy(8, 2, 14, 300), policy(0, -6, 6, 100), policy(50, 40, 60, 300, "reference")], (6, 0, 12), "not_shown"),
        ([policy(8, 3, 13, 300)], (8, 3, 13), "shown"),
        ([policy(-8, -13, -3, 300)], (-8, -13, -3), "loses"),
        ([policy(None, None, None, 300)], None, "not_shown"),
    ],
)
def test_what_choosing_by_patient_gains_takes_part_in_the_decision(ranker, rows, gain, verdict):
    """By hand: (300 * 8 + 100 * 0) / 400 = 6, limits likewise; a gain over the reference is none over the best one."""
    known = choosing_by(ranker.fits_[0], ranker.training_["averages"], (), reference="never", strategies=rows)
    assert known.verdict == verdict
    assert (known.gain and (known.gain.estimate, known.gain.lower, known.gain.upper)) == gain


def checks(**methods):
    rows = [
        {"strategy": "early", "group": "all", "method": name, "estimate": low and (low + high) / 2, "reason": "too few"}
        | {"lower": low, "upper": high}
        for name, (low, high) in methods.items()
    ]
    return pd.DataFrame(rows)


@pytest.mark.parametrize(
    ("clones", "code"),
    [((80.0, 120.0), "strategy-checks-differ"), ((10.0, 80.0), None), ((np.nan, np.nan), "strategy-not-checked")],
)
def test_checks_that_differ_from_the_model_or_say_nothing_are_named(clones, code):
    """By hand: the model 0 (-30 to 30); 100 (80 to 120) is off by 100 against 36, 45 (10 to 80) by 45 against 46."""
    found = list(strategy_findings(checks(model=(-30.0, 30.0), clones=clones)))
    assert [each.code for each in found] == ([] if code is None else [code])


def test_a_ranking_repeats_what_the_evaluation_of_its_model_said_against_a_strategy():
    """The model's file holds the checks as JSON, without a number where there is none; a warning stays behind."""
    table = checks(model=(-30.0, 30.0), clones=(80.0, 120.0), landmark=(None, None))
    metrics = {"scores": [], "strategies": json.loads(table.to_json(orient="records"))}
    (found,) = carried_findings(metrics, "days")
    assert (found.code, found.severity) == ("strategy-checks-differ", "serious")
    assert (
        "early: mean gain in time alive after its state was entered +100 (+80 to +120) days by clones" in found.message
    )
    assert cautions(None, [found]) == (f"{found.message}.",)


def test_checks_of_strategies_are_shown_with_the_unit_of_time():
    """ "Not within 180" of what was left to the reader."""
    row = {"strategy": "early", "group": "all", "method": "clones", "against": "not within 180, later as in the data"}
    row |= {"outcome": "course", "estimate": 1.0, "lower": 0.0, "upper": 2.0, "patients": 9, "reason": ""}
    ((*_, against, difference),) = strategy_rows(pd.DataFrame([row]), {"course": "days"})
    assert against == "not within 180 days, later as in the data"
    assert difference == "+1.0 (0.0 to +2.0)"
    assert strategy_rows(pd.DataFrame([row]), {})[0][3] == row["against"]


def test_a_strategy_has_a_label_in_its_section(tmp_path):
    text = (
        '[study]\nname = "s"\npatient_id = "id"\n[strategies.early]\nin = "a"\ntreatment = "t"\nlabel = "At once"\n'
        "[strategies.never]\n"
    )
    sections = StudyFile.model_validate(tomllib.loads(text))
    assert sections.labels == {"options": {"early": "At once"}}
