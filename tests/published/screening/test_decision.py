"""Screening or not: every number by hand from the declared ones, and the advice that follows."""

import json
from pathlib import Path

import jsonschema
import numpy as np
import pytest

from genorx import published
from genorx.errors import TableError
from genorx.published import ScreeningOptions, screening_decision

SCHEMA = json.loads((Path(__file__).resolve().parents[3] / "data_schemas" / "ranking.schema.json").read_text())
PLCO = "plcom2012@2013"
RISK_RATIO = {"column": "polygenic", "scale": "risk_ratio", "source": "doi:10.1/p"}


@pytest.fixture
def decided(smoker, options):
    """``decided(frame, threshold=None)`` -> records of the decision by changed options."""

    def make(frame=None, *, how=None, model=PLCO, **changes):
        declared = ScreeningOptions.of(options(**changes))
        frame = smoker() if frame is None else frame
        made = screening_decision(published.load(model), frame, declared, **(how or {}))
        records = json.loads(made.to_json())
        jsonschema.validate(records, SCHEMA)
        return records

    return make


def _by_name(record):
    return {each["option"]: each for each in record["options"]}


def test_every_number_is_that_of_the_declared_ones(decided):
    """By hand: deaths p f and p f RR, harm 0.25 (1 - p), cost 900 + 20000 p, gain, number needed."""
    record = decided()[0]
    p = record["risk"]
    screen, not_screen = _by_name(record)["screen"], _by_name(record)["do_not_screen"]
    assert screen["outcomes"]["cancer_death"]["6"] == pytest.approx(
        {"estimate": 0.48 * p, "lower": 0.42 * p, "upper": 0.552 * p}
    )
    assert not_screen["outcomes"]["cancer_death"]["6"] == {
        "estimate": pytest.approx(0.6 * p),
        "lower": None,
        "upper": None,
    }
    assert screen["outcomes"]["false_positive"]["6"]["estimate"] == pytest.approx(0.25 * (1 - p))
    assert not_screen["outcomes"]["false_positive"]["6"]["estimate"] == 0.0
    assert screen["outcomes"]["cost"]["6"]["estimate"] == pytest.approx(900 + 20000 * p)
    assert not_screen["outcomes"]["cost"]["6"]["estimate"] == 0.0
    gap = screen["difference"]
    assert (gap["outcome"], gap["measure"], gap["horizon"]) == ("cancer_death", "incidence", 6.0)
    assert [gap["estimate"], gap["lower"], gap["upper"]] == pytest.approx([-0.12 * p, -0.18 * p, -0.048 * p])
    assert not_screen["difference"] is None
    weighed = {each["option"]: each for each in record["trade_off"]["options"]}
    assert weighed["screen"]["utility"] == pytest.approx(-0.48 * p - 0.004 * 0.25 * (1 - p))
    assert weighed["do_not_screen"]["utility"] == pytest.approx(-0.6 * p)
    needed = weighed["screen"]["number_needed"][0]
    assert (needed["to"], needed["estimate"]) == ("benefit", pytest.approx(1 / (0.12 * p)))
    assert [needed["lower"], needed["upper"]] == pytest.approx([1 / (0.18 * p), 1 / (0.048 * p)])
    assert weighed["screen"]["cost"]["per_death_averted"] == pytest.approx((900 + 20000 * p) / (0.12 * p))


@pytest.mark.parametrize(
    ("weight", "advice"), [(0.004, ("recommend", "not_advised")), (0.02, ("equipoise", "equipoise")), (0.9, None)]
)
def test_weights_decide_over_the_whole_interval(decided, weight, advice):
    """p = 0.040: gain 0.0048 (0.0019 to 0.0073), harm 0.24 x weight: above, across, below."""
    harm = {"name": "x", "probability": 0.25, "among": "without", "weight": weight, "source": "doi:10.1/x"}
    record = decided(harms=[harm])[0]
    found = _by_name(record)
    expected = advice or ("not_advised", "recommend")
    assert (found["screen"]["advice"], found["do_not_screen"]["advice"]) == expected
    first = record["options"][0]
    assert first["rank"] == 1
    assert first["advice"] in ("recommend", "equipoise")
    assert record["advice_basis"]["rests_on"] == "declared"


@pytest.mark.parametrize(("threshold", "advice"), [(0.0151, "recommend"), (0.2, "not_advised")])
def test_without_all_weights_the_threshold_decides(decided, threshold, advice):
    harm = {"name": "x", "probability": 0.25, "among": "all", "source": "doi:10.1/x"}
    for harms in ([harm], None):
        found = _by_name(decided(harms=harms, threshold=threshold)[0])
        assert found["screen"]["advice"] == advice
        assert found["do_not_screen"]["advice"] == ("not_advised" if advice == "recommend" else "recommend")
    assert decided(harms=None, threshold=threshold)[0]["trade_off"]["options"][0]["utility"] is None


def test_a_risk_at_the_threshold_is_screened(decided):
    risk = decided()[0]["risk"]
    assert _by_name(decided(harms=None, threshold=risk)[0])["screen"]["advice"] == "recommend"


def test_with_neither_both_are_reasonable(decided):
    record = decided(harms=None, threshold=None)[0]
    assert [each["advice"] for each in record["options"]] == ["reasonable", "reasonable"]
    assert [each["rank"] for each in record["options"]] == [1, 1]
    for named in (None, 0.2):  # what is asked for replaces what the file names
        asked = decided(harms=None, threshold=named, how={"threshold": 0.01})[0]
        assert _by_name(asked)["screen"]["advice"] == "recommend"


@pytest.mark.parametrize(
    ("scale", "after"),
    [
        ("odds_ratio", lambda p: 2 * p / (1 - p + 2 * p)),
        ("risk_ratio", lambda p: 2 * p),
        ("hazard_ratio", lambda p: 1 - (1 - p) ** 2),
    ],
)
def test_declared_relative_risks_multiply_on_their_scale(decided, smoker, scale, after):
    """Odds, risk and hazard ratios by their definitions."""
    p = decided()[0]["risk"]
    each = {"column": "polygenic", "scale": scale, "source": "doi:10.1/p"}
    record = decided(smoker(polygenic=2.0), multipliers=[each])[0]
    assert record["risk"] == pytest.approx(after(p), abs=1e-12)
    assert _by_name(record)["do_not_screen"]["outcomes"]["cancer_death"]["6"]["estimate"] == pytest.approx(
        0.6 * after(p)
    )


def test_a_risk_above_one_and_an_unknown_relative_risk_are_refused(decided, smoker):
    frame = smoker(age=[64, 64, 64], polygenic=[1.5, 500.0, np.nan])
    records = decided(frame, multipliers=[RISK_RATIO])
    assert [record["risk"] is None for record in records] == [False, True, True]
    assert {option["advice"] for record in records[1:] for option in record["options"]} == {"no_estimate"}
    codes = [{each["code"] for each in record["findings"]} for record in records]
    assert "screening-risk-above-one" in codes[1]
    assert "published-unknown-input" in codes[2]


@pytest.mark.parametrize(("value", "code"), [(0.0, "impossible-value"), ("high", "not-a-number")])
def test_a_relative_risk_that_cannot_be_is_an_error(decided, smoker, value, code):
    with pytest.raises(TableError) as caught:
        decided(smoker(polygenic=value), multipliers=[RISK_RATIO])
    assert caught.value.code == code
    with pytest.raises(TableError) as caught:
        decided(multipliers=[RISK_RATIO])
    assert caught.value.code == "column-missing"


def test_whom_the_model_is_not_meant_for_has_no_estimate_under_either(decided, smoker):
    first, second, third = decided(smoker(age=[64, 50, 64], cigs=[20, 20, 0]))
    assert first["risk"] is not None
    for record, words in ((second, "age 50"), (third, "ever smoked")):
        assert record["risk"] is None
        assert {each["advice"] for each in record["options"]} == {"no_estimate"}
        assert words in record["options"][0]["no_estimate_reason"]
        assert record["trade_off"] is None
    extrapolated = decided(smoker(age=50), how={"extrapolate": True})[0]
    assert extrapolated["risk"] is not None
    assert "published-outside-derivation" in {each["code"] for each in extrapolated["findings"]}


def test_a_harmful_effect_needs_people_to_harm(decided):
    effect = {"relative_risk": 1.1, "lower": 1.05, "upper": 1.2, "source": "doi:10.1/e"}
    record = decided(effect=effect)[0]
    screen = next(each for each in record["trade_off"]["options"] if each["option"] == "screen")
    assert screen["number_needed"][0]["to"] == "harm"
    assert screen["cost"]["per_death_averted"] is None
    assert _by_name(record)["screen"]["advice"] == "not_advised"


def test_screening_can_be_the_reference(decided):
    record = decided(reference="screen")[0]
    found = _by_name(record)
    assert found["screen"]["difference"] is None
    assert found["do_not_screen"]["difference"]["estimate"] == pytest.approx(0.12 * record["risk"])


def test_a_nodule_has_no_horizon_in_its_keys(decided, nodule):
    record = decided(nodule(), model="mayo-nodule@1997")[0]
    assert set(_by_name(record)["screen"]["outcomes"]["cancer_death"]) == {"probability"}


def test_a_notebook_shows_a_decision_whose_harms_have_no_interval(smoker, options):
    """It ended with "no option has both a benefit and a harm", since there is no plane to draw."""
    made = screening_decision(published.load(PLCO), smoker(), ScreeningOptions.of(options()))
    assert "screening" in made.ranking._repr_html_()


def test_the_page_says_whose_numbers_they_are(smoker, options, tmp_path):
    made = screening_decision(published.load(PLCO), smoker(), ScreeningOptions.of(options()))
    made.ranking.report(tmp_path / "page.html")
    page = (tmp_path / "page.html").read_text()
    assert "were declared by the user" in page
    assert "doi:10.1/fatality" in page
    assert "−0." in page
    assert "No guidance on drugs" not in page
