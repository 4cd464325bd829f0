"""Rankings by published models: which options, in which order, and what is said of them."""

import json

import jsonschema
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genorx import published
from genorx.errors import UsageError
from genorx.ranking.answer.schema import ranking_schema


def _options(answer):
    return {option.option: option for option in answer.options}


def test_options_that_do_not_apply_are_absent_with_the_reason(breast):
    """Hormone in ER-, trastuzumab in HER2-, bisphosphonate before menopause."""
    frame = breast(er=0, her2=0, postmenopausal=0)
    answer = published.load("predict-breast@2.2").rank(frame)["P0"]
    assert set(_options(answer)) == {"none", "c"}
    reasons = {each.message.partition(":")[0] for each in answer.findings if each.code == "published-option-absent"}
    assert reasons == {
        "a bisphosphonate does not apply before menopause",
        "trastuzumab does not apply to HER2-negative disease",
        "hormone therapy does not apply to ER-negative disease",
    }
    applies_all = published.load("predict-breast@2.2").rank(breast())["P0"]
    assert "published-option-absent" not in {each.code for each in applies_all.findings}


def test_the_gain_of_each_treatment_on_top_of_the_rest_is_the_difference_of_two_survivals(breast):
    """By hand from the authors' numbers: hctb minus hct, and so on."""
    model = published.load("predict-breast@2.2")
    row = model.evaluate(breast()).iloc[0]
    answer = _options(model.rank(breast(), reference="none")["P0"])["hctb"]
    found = {reason.feature: reason for reason in answer.reasons}
    for name, without in {"bisphosphonate": "hct", "chemotherapy": "htb"}.items():
        gain = 100 * (row["hctb.10.os"] - row[f"{without}.10.os"])
        assert found[name].value == f"{gain:+.2f} points at 10 years on top of {without}"
    assert found["bisphosphonate"].size == pytest.approx(-0.198)
    assert answer.difference.estimate == pytest.approx(row["hctb.10.os"] - row["none.10.os"])
    table = published.gains(model, breast()).set_index(["option", "treatment"])["gain"]
    assert table["hctb", "bisphosphonate"] == pytest.approx(row["hctb.10.os"] - row["hct.10.os"])


def test_nothing_is_recommended_unless_the_user_names_a_threshold(breast):
    """Reasonable unless the user gives a threshold (PREDICT's users take 3 and 5 points)."""
    model = published.load("predict-breast@2.2")
    plain = {option.advice for option in model.rank(breast())["P0"].options}
    assert plain <= {"reasonable", "equipoise"}
    stated = _options(model.rank(breast(), threshold=0.03)["P0"])
    best = [name for name, option in stated.items() if option.advice == "recommend"]
    assert len(best) == 1
    gains = published.gains(model, breast())
    assert (gains[gains["option"] == best[0]]["gain"] >= 0.03).all()


def test_gains_below_the_resolution_share_a_rank_and_read_equipoise(breast):
    """Ties; hormone therapy for 10 years differs from 5 years only after year 10."""
    options = _options(published.load("predict-breast@2.2").rank(breast(), horizon=10)["P0"])
    assert options["hctb"].rank == options["Hctb"].rank == 1
    assert options["hctb"].advice == options["Hctb"].advice == "equipoise"
    later = _options(published.load("predict-breast@2.2").rank(breast(), horizon=15)["P0"])
    assert later["Hctb"].rank == 1 < later["hctb"].rank


def test_min_gain_drops_additions_that_gain_less(breast):
    """An addition with a gain under ``min_gain`` is dropped (by default 0: shown, not dropped)."""
    model = published.load("predict-breast@2.2")
    gains = published.gains(model, breast())
    kept = set(_options(model.rank(breast(), min_gain=0.03)["P0"]))
    small = set(gains[gains["gain"] < 0.03]["option"])
    assert small
    assert not kept & small


def test_a_users_harm_changes_the_order(breast):
    """Harms that the user gives are taken."""
    model = published.load("predict-breast@2.2")
    assert "c" in model.rank(breast())["P0"].options[0].option
    costly = model.rank(breast(), harms={"c": 0.5})["P0"]
    assert "c" not in costly.options[0].option


def test_a_treatment_that_lowers_survival_says_so(breast):
    """Harm where the source has one; in 3.2 chemotherapy lowers survival in 49 % from 75 years."""
    frame = breast(age=84.0, size=8.0, nodes=0, grade=1, her2=0, ki67=0, generation=2)
    answer = published.load("predict-breast@3.2").rank(frame)["P0"]
    harms = [each for each in answer.findings if each.code == "published-harm"]
    assert any("chemotherapy lowers survival" in each.message for each in harms)
    hc = next(reason for reason in _options(answer)["hc"].reasons if reason.feature == "chemotherapy")
    assert hc.direction == "worse"


def test_no_interval_is_made_up_and_a_finding_says_so(breast):
    """An interval is never invented."""
    ranking = published.load("predict-breast@3.2").rank(breast())
    assert "published-no-interval" in {each.code for each in ranking.findings}
    assert "published-unvalidated" in {each.code for each in ranking.findings}
    frame = ranking.to_frame()
    assert frame[["lower", "upper", "difference_lower", "difference_upper", "probability_better"]].isna().all(axis=None)


def test_the_difference_of_predict_prostate_carries_the_sources_range_of_the_effect():
    """Source: hazard ratio 0.505, range 0.35 to 0.67; checked by running the model at the ends by hand."""
    man = pd.DataFrame([{"age": 66, "psa": 20.0, "t_stage": 3, "grade_group": 4, "charlson": 0}], index=["M"])
    answer = _options(published.load("predict-prostate@2025.03").rank(man)["M"])["radical"]
    found = answer.difference
    assert found.lower < found.estimate < found.upper
    model = published.load("predict-prostate@2025.03")
    inputs = model.read(man)
    from genorx.published.models.two_causes import cumulative_deaths

    ends = [cumulative_deaths(model._hazards_at(inputs, np.log(ratio))).survival[0, 9] for ratio in (1.0, 0.35, 0.67)]
    assert found.upper == pytest.approx(ends[1] - ends[0])
    assert found.lower == pytest.approx(ends[2] - ends[0])


def test_the_ranking_fits_its_schema_and_says_that_it_is_published(breast):
    """The shape is that of ``ranking.json``; its provenance says "published"."""
    frame = pd.concat([breast(), breast(age=20.0, her2=9)])
    frame.index = ["P1", "P2"]
    ranking = published.load("predict-breast@3.1").rank(frame)
    records = json.loads(ranking.to_json())
    jsonschema.validate(records, ranking_schema())
    assert records[0]["provenance"]["knowledge"] == {"published": "predict-breast@3.1"}
    assert records[0]["provenance"]["model"] == published.load("predict-breast@3.1").card.coefficients
    assert ranking.to_json() == published.load("predict-breast@3.1").rank(frame).to_json()
    assert "PREDICT Breast 3.1" in ranking._repr_html_()


@pytest.mark.parametrize("name", ["ipssm@1.0.0", "ipssr@2012"])
def test_a_model_without_treatments_gives_its_numbers_and_says_that_nothing_is_compared(marrow, name):
    """Every model can be asked to rank; one with a single option says so."""
    ranking = published.load(name).rank(marrow().assign(ANC=1.0, AGE=60))
    jsonschema.validate(json.loads(ranking.to_json()), ranking_schema())
    assert "nothing-to-compare" in {each.code for each in ranking.findings}
    assert [option.advice for option in ranking["P1"].options] == ["reasonable"]


def test_a_reference_or_gain_that_makes_no_sense_is_a_usage_error(breast):
    model = published.load("predict-breast@2.2")
    for how in ({"reference": "surgery"}, {"min_gain": 3}, {"outcome": "dfs"}, {"horizon": 40}):
        with pytest.raises(UsageError):
            model.rank(breast(), **how)


women = st.fixed_dictionaries(
    {
        "age": st.integers(25, 85),
        "size": st.integers(1, 120),
        "grade": st.sampled_from([1, 2, 3]),
        "nodes": st.integers(0, 25),
        "er": st.sampled_from([0, 1]),
        "pr": st.sampled_from([0, 1, 9]),
        "her2": st.sampled_from([0, 1, 9]),
        "ki67": st.sampled_from([0, 1, 9]),
        "screen": st.sampled_from([0, 1, 2]),
        "generation": st.sampled_from([0, 2, 3]),
        "smoker": st.sampled_from([0, 1]),
        "heart_gy": st.floats(0, 15),
        "postmenopausal": st.sampled_from([0, 1]),
    }
)


@settings(max_examples=60, deadline=None)
@given(woman=women, version=st.sampled_from(["2.2", "3.1", "3.2"]))
def test_causes_add_up_survival_falls_and_protection_protects(woman, version):
    """Cause 1 + cause 2 = 1 - survival to 1e-12; survival falls with time; a protective effect never
    lowers survival unless its stated harm does, and then a finding says so."""
    model, frame = published.load(f"predict-breast@{version}"), pd.DataFrame([woman], index=["W"])
    table = model.predict(frame, horizons=range(1, 16), options=model.all_options())
    wide = table.pivot_table(index=["option", "time"], columns="outcome", values="estimate")
    assert (wide["breast"] + wide["other"] + wide["os"] - 1).abs().max() < 1e-12
    assert (wide["os"].groupby("option").diff().dropna() <= 1e-15).all()
    assert (wide[["breast", "other"]] >= -1e-15).all(axis=None)
    answer = model.rank(frame)["W"]
    harmed = {each.message.partition(" lowers")[0] for each in answer.findings if each.code == "published-harm"}
    for option in answer.options:
        for reason in option.reasons:
            if reason.size <= 0 and reason.direction == "worse":
                assert reason.feature in harmed
                assert reason.feature in ("chemotherapy", "radiotherapy")
    if version == "2.2":
        assert not harmed


def test_a_difference_without_draws_stands_and_the_missing_threshold_is_named(breast):
    """45 % against 18 % alive is a difference, of which nothing is "shown"; without a threshold none is recommended."""
    from genorx.report import report_html
    from genorx.report.headline import headline

    model = published.load("predict-breast@2.2")
    answer = model.rank(breast())["P0"]
    options = _options(answer)
    said = headline(answer)
    gap = 100 * options["hctb"].difference.estimate
    assert said.startswith(f"Best published estimate: hctb and Hctb; +{gap:.1f} percentage points against none.")
    assert "No threshold was given, so no option is recommended and none advised against." in said
    page = report_html(model.rank(breast()))
    assert "shown to be worse" not in page
    assert "no option is shown to be better, while" not in page
    assert "because no threshold was given: --threshold" in page
    assert "death from breast cancer: probability by 10 years" in page
    assert f"+{gap:.1f}" in page
    assert (answer.advice_basis.rests_on, answer.advice_basis.choosing) == ("estimates", "not_evaluated")
    enough = model.rank(breast(), threshold=0.03)["P0"]
    assert "a gain of 3 percentage points by every treatment" in enough.advice_basis.text
