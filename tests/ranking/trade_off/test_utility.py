"""Utility of options in a ranking: by hand from the outcomes that the same answer holds."""

import dataclasses
import json

import jsonschema
import numpy as np
import pandas as pd
import pytest

from genorx.cohort.outcome import Outcome
from genorx.cohort.study_file.utility import Utility, Weight
from genorx.errors import SupportError, UsageError
from genorx.ranking import TreatmentRanker, load_model
from genorx.ranking.answer.schema import ranking_schema
from genorx.ranking.answer.standing import part_of
from genorx.ranking.question import question_of
from genorx.ranking.trade_off.utility import trade_off
from genorx.report import plot_acceptability, plot_benefit_harm

QUALITY = Utility(outcomes={"os": Weight(quality=0.8), "toxicity": Weight(loss=0.5)}, thresholds=(50000.0,))
WEIGHTED = Utility(
    rule="weighted",
    outcomes={"os": Weight(weight=0.7, scale=(0.0, 3.0)), "toxicity": Weight(weight=0.3, scale=(1.0, 0.0))},
)


@pytest.fixture(scope="module")
def weighed(made_cohort):
    """A cohort with a harm (more under ``new``) and a cost (30,000 more under ``new``)."""
    cohort = made_cohort(500, seed=4)
    rng = np.random.default_rng(9)
    new = (cohort.design.treatment == "new").to_numpy()
    paid = pd.DataFrame({"value": 20000 + 30000 * new + rng.normal(0, 5000, 500)}, index=cohort.features.index)
    cost = Outcome(name="cost", kind="continuous", frame=paid, unit="EUR", better="lower", role="cost")
    return dataclasses.replace(cohort, outcomes=dict(cohort.outcomes) | {"cost": cost}, utility=QUALITY)


@pytest.fixture(scope="module")
def fitted(weighed):
    return TreatmentRanker(n_draws=300).fit(weighed)


def _main(answer, option, outcome, measure):
    found = next(each for each in answer.options if each.option == option)
    return next(each.estimate for each in found.estimates if (each.outcome, each.measure) == (outcome, measure))


def test_quality_adjusted_time_is_time_times_quality_less_what_harm_takes(fitted, weighed, patients_of):
    """By hand: .8 x restricted mean - .5 years x probability of toxicity."""
    ranking = fitted.rank(patients_of(weighed, "P0030"))
    frame = ranking.trade_off().set_index("option")
    for option in ("standard", "new"):
        time = _main(ranking.answers[0], option, "os", "rmst")
        chance = _main(ranking.answers[0], option, "toxicity", "probability")
        assert frame.loc[option, "utility"] == pytest.approx(0.8 * time - 0.5 * chance)
    assert frame.loc["new", "difference"] == pytest.approx(frame["utility"]["new"] - frame["utility"]["standard"])
    assert (frame["lower"] < frame["utility"]).all()
    assert frame["probability_best"].sum() == pytest.approx(1.0)
    assert "takes away 0.5 years" in ranking.trade_off().attrs["rule"]


def test_a_weighted_scale_runs_from_worst_to_best(fitted, weighed, patients_of):
    """By hand: .7 x time / 3 + .3 x (1 - probability of toxicity)."""
    ranking = fitted.rank(patients_of(weighed, "P0030"), utility=WEIGHTED)
    frame = ranking.trade_off().set_index("option")
    time = _main(ranking.answers[0], "new", "os", "rmst")
    chance = _main(ranking.answers[0], "new", "toxicity", "probability")
    assert frame.loc["new", "utility"] == pytest.approx(0.7 * time / 3 + 0.3 * (1 - chance))


def test_at_the_border_of_a_range_two_options_are_worth_the_same(fitted, weighed, patients_of):
    """By hand: with loss L both are worth the same where .8 (t1 - t0) = L (p1 - p0)."""
    ranking = fitted.rank(patients_of(weighed, "P0030"))
    ranges = ranking.weight_ranges().query("outcome == 'toxicity'")
    answer = ranking.answers[0]
    gain = _main(answer, "new", "os", "rmst") - _main(answer, "standard", "os", "rmst")
    more = _main(answer, "new", "toxicity", "probability") - _main(answer, "standard", "toxicity", "probability")
    assert ranges["upper"].iloc[0] == pytest.approx(0.8 * gain / more)
    assert ranges["option"].tolist() == ["new", "standard"]


def test_options_are_ordered_by_utility_only_where_the_study_says_so(fitted, weighed, patients_of):
    """With toxicity worth 3 years, standard is worth more although new gives more time."""
    patient = patients_of(weighed, "P0030")
    dear = dataclasses.replace(QUALITY, outcomes=dict(QUALITY.outcomes) | {"toxicity": Weight(loss=3.0)})
    assert fitted.rank(patient, utility=dear).answers[0].options[0].option == "new"
    ordered = fitted.rank(patient, utility=dataclasses.replace(dear, orders=True)).answers[0]
    assert ordered.options[0].option == "standard"
    found = {each.option: each for each in ordered.trade_off.options}
    assert ordered.options[0].probability_best == pytest.approx(found["standard"].probability_best)


def test_costs_stand_against_utility_and_change_no_rank(fitted, weighed, patients_of):
    """Truth: 30,000 more under new."""
    ranking = fitted.rank(patients_of(weighed, "P0030"))
    cost = next(each.cost for each in ranking.answers[0].trade_off.options if each.option == "new")
    assert cost.cost == pytest.approx(30000, abs=2500)
    frame = ranking.trade_off().set_index("option")
    assert cost.ratio == pytest.approx(cost.cost / frame.loc["new", "difference"])
    assert ranking.acceptability()["probability"].sum() == pytest.approx(1.0)


def test_without_weights_harms_stand_beside_and_count_nothing(made_cohort, patients_of):
    cohort = made_cohort(400)
    ranking = TreatmentRanker(n_draws=200).fit(cohort).rank(patients_of(cohort, "P0030"))
    found = ranking.answers[0].trade_off
    time = _main(ranking.answers[0], "new", "os", "rmst")
    assert next(each.utility for each in found.options if each.option == "new") == pytest.approx(time)
    assert "toxicity takes away 0" in found.rule
    assert ranking.acceptability().empty


def test_json_schema_and_page_hold_it(fitted, weighed, patients_of, tmp_path):
    ranking = fitted.rank(patients_of(weighed, "P0030"))
    records = json.loads(ranking.to_json())
    jsonschema.validate(records, ranking_schema())
    assert records[0]["trade_off"]["options"][0]["utility"] is not None
    ranking.report(tmp_path / "r.html")
    page = (tmp_path / "r.html").read_text(encoding="utf-8")
    assert "Benefit against harm" in page
    assert "to harm" in page
    assert "Chance of the largest net benefit where a unit of utility may cost 50,000" in page


def test_a_model_file_remembers_the_weights(fitted, weighed, patients_of, tmp_path):
    fitted.save(tmp_path / "m")
    patient = patients_of(weighed, "P0030")
    pd.testing.assert_frame_equal(
        load_model(tmp_path / "m").rank(patient).trade_off(), fitted.rank(patient).trade_off()
    )


def test_an_outcome_that_was_not_fitted_cannot_be_weighed(fitted, weighed, patients_of):
    with pytest.raises(UsageError) as caught:
        fitted.rank(patients_of(weighed, "P0030"), utility=Utility(outcomes={"pain": Weight(loss=1.0)}))
    assert caught.value.code == "utility-outcome"


@pytest.mark.parametrize(
    ("utility", "code"),
    [
        (Utility(outcomes={"os": Weight(quality=1.0), "toxicity": Weight(weight=0.3)}), "missing-key"),
        (Utility(outcomes={"toxicity": Weight(loss=0.3)}), "missing-key"),
        (Utility(rule="weighted", outcomes={"os": Weight(weight=1.0)}), "missing-key"),
        (Utility(rule="weighted", outcomes={"os": Weight(weight=0.9, scale=(0.0, 3.0))}), "weights-sum"),
        (Utility(outcomes={"os": Weight(quality=1.0), "cost": Weight(loss=0.3)}), "wrong-value"),
    ],
)
def test_weights_that_say_nothing_are_refused_and_not_taken_as_zero(utility, code, fitted, weighed, patients_of):
    """They may come from Python, or from a study of patients that names no outcomes: no study file was checked."""
    with pytest.raises(UsageError) as caught:
        fitted.rank(patients_of(weighed, "P0030"), utility=utility)
    assert caught.value.code == code


@pytest.mark.parametrize(
    "wrong",
    [{"quality": 1.1}, {"weight": -0.1}, {"loss": -1.0}, {"loss": float("nan")}, {"scale": (0.0, float("inf"))}],
)
def test_a_weight_outside_of_its_range_is_refused(wrong):
    with pytest.raises(UsageError) as caught:
        Weight(**wrong)
    assert caught.value.code == "weight-range"


def test_the_order_and_the_table_rest_on_the_same_draws_whatever_else_is_fitted(weighed, patients_of):
    """A cost between the outcomes that are weighed changes no draw; the answer says what it is ordered by."""
    names = ("os", "cost", "toxicity")
    orders = dataclasses.replace(QUALITY, orders=True)
    cohort = dataclasses.replace(weighed, outcomes={name: weighed.outcomes[name] for name in names}, utility=orders)
    ranking = TreatmentRanker(n_draws=300).fit(cohort).rank(patients_of(cohort, "P0030"))
    answer = ranking.answers[0]
    table = {each.option: each.probability_best for each in answer.trade_off.options}
    assert {each.option: each.probability_best for each in answer.options if each.rank} == table
    assert any("by utility" in note for note in ranking.notes)


def test_one_patient_alone_or_among_others_has_the_same_trade_off(fitted, weighed, patients_of):
    among = fitted.rank(patients_of(weighed, "P0031", "P0030", "P0032"))
    alone = fitted.rank(patients_of(weighed, "P0030"))
    (one,), others = alone.to_records(), among.to_records()
    assert json.dumps(one["trade_off"]) == json.dumps(others[1]["trade_off"])


def test_times_in_other_units_are_brought_to_that_of_the_primary(weighed, patients_of):
    """By hand: .5 x years alive + .3 x months without relapse / 12; the rule names each horizon in its own unit."""
    survival = weighed.outcomes["os"]
    months = survival.frame.assign(time=survival.frame["time"] * 12)
    relapse = dataclasses.replace(survival, name="rfs", frame=months, unit="months", horizons=(12.0, 36.0))
    cohort = dataclasses.replace(
        weighed,
        outcomes={"os": survival, "rfs": relapse},
        utility=Utility(outcomes={"os": Weight(quality=0.5), "rfs": Weight(quality=0.3)}),
    )
    ranking = TreatmentRanker(n_draws=100).fit(cohort).rank(patients_of(cohort, "P0030"))
    frame = ranking.trade_off().set_index("option")
    years, in_months = (_main(ranking.answers[0], "new", name, "rmst") for name in ("os", "rfs"))
    assert in_months == pytest.approx(12 * years, rel=0.02)
    assert frame.loc["new", "utility"] == pytest.approx(0.5 * years + 0.3 * in_months / 12)
    assert "rfs, up to 36 months" in ranking.trade_off().attrs["rule"]


def _weighed_where(covered, fitted, weighed, patients_of, utility=None):
    """The trade-off of a patient who has estimates under ``covered`` only."""
    question = question_of(fitted, utility)
    block = patients_of(weighed, "P0030").features
    parts = [part_of(question, fit, block, fit.prepared(block)) for fit in question.fits]
    return trade_off(parts, 0, ["standard", "new"], "standard", utility, covered=covered)


def test_no_number_needed_and_no_dominance_without_an_estimate_of_both(fitted, weighed, patients_of):
    """The reference has no estimate of toxicity: the model's number there is not used in any way."""
    both = ["standard", "new"]
    whole = _weighed_where(dict.fromkeys(("os", "toxicity", "cost"), both), fitted, weighed, patients_of)
    assert {each.outcome for each in whole.options[1].number_needed} == {"os", "toxicity"}
    partly = {"os": both, "cost": both, "toxicity": ["new"]}
    found = _weighed_where(partly, fitted, weighed, patients_of)
    assert {each.outcome for each in found.options[1].number_needed} == {"os"}
    assert found.harms == ("toxicity",)
    assert "toxicity" not in found.rule
    only_os = {"os": both, "cost": both, "toxicity": []}
    bare = _weighed_where(only_os, fitted, weighed, patients_of)
    assert bare.harms == ()
    assert all(each.dominated_by == () for each in bare.options)  # not known on every outcome


def test_several_costs_price_nothing(fitted, weighed, patients_of):
    """None of them is all that an option costs."""
    cost = weighed.outcomes["cost"]
    more = dict(weighed.outcomes) | {"beds": dataclasses.replace(cost, name="beds")}
    cohort = dataclasses.replace(weighed, outcomes=more)
    ranking = TreatmentRanker(n_draws=50).fit(cohort).rank(patients_of(cohort, "P0030"))
    assert ranking.acceptability().empty
    assert all(each.cost is None for each in ranking.answers[0].trade_off.options)


def test_an_option_without_a_weighed_outcome_has_no_utility(weighed, patients_of):
    """Toxicity is known in nobody under ``new``: no utility there, and with one option left nothing to weigh."""
    toxicity = weighed.outcomes["toxicity"]
    third = pd.Series(np.arange(len(weighed.features)) % 3 == 0, index=weighed.features.index)
    treatment = weighed.design.treatment.copy()
    treatment[third & (treatment == "standard")] = "rare"
    known = toxicity.frame[treatment.loc[toxicity.frame.index] != "new"]
    cohort = dataclasses.replace(
        weighed,
        outcomes={"os": weighed.outcomes["os"], "toxicity": dataclasses.replace(toxicity, frame=known)},
        design=dataclasses.replace(weighed.design, treatment=treatment),
    )
    made = TreatmentRanker(n_draws=100).fit(cohort)
    answer = made.rank(patients_of(cohort, "P0030")).answers[0]
    assert "utility-not-made" in {finding.code for finding in answer.findings}
    assert "new" not in {each.option for each in answer.trade_off.options}
    assert "new" in {each.option for each in answer.options if each.rank is not None}
    ordered = made.rank(patients_of(cohort, "P0030"), utility=dataclasses.replace(QUALITY, orders=True)).answers[0]
    assert next(each.advice for each in ordered.options if each.option == "new") == "no_estimate"


def test_figures_draw_each_option_or_say_why_not(fitted, weighed, patients_of, made_cohort):
    ranking = fitted.rank(patients_of(weighed, "P0030"))
    labels = plot_benefit_harm(ranking).get_legend_handles_labels()[1]
    assert labels == ["standard", "new"]
    assert plot_acceptability(ranking).get_legend_handles_labels()[1] == ["standard", "new"]
    turned = fitted.rank(patients_of(weighed, "P0030"), utility=dataclasses.replace(QUALITY, thresholds=(9.0, 1.0)))
    assert all(list(line.get_xdata()) == [1.0, 9.0] for line in plot_acceptability(turned).get_lines())
    plain = made_cohort(400, binary=False)
    bare = TreatmentRanker(n_draws=50).fit(plain).rank(patients_of(plain, "P0030"))
    assert bare.answers[0].trade_off is None
    with pytest.raises(SupportError):
        plot_benefit_harm(bare)
    with pytest.raises(SupportError):
        plot_acceptability(bare)
