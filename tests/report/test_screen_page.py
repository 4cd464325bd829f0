"""The page of screening or not: risks, counts and rounding; expected numbers are those of the decision itself."""

import re

import numpy as np
import pytest

from genorx import published
from genorx.datasets import make_screening_cohort
from genorx.report import screening_decision_html
from genorx.report.screen_people import _needed
from genorx.report.trade_off_view import _interval
from genorx.report.wording import signed

_DECLARED = {
    "reference": "do_not_screen",
    "threshold": 0.0151,
    "effect": {"relative_risk": 0.8, "lower": 0.7, "upper": 0.92, "source": "s"},
    "fatality": {"value": 0.6, "source": "s"},
}


@pytest.fixture(scope="module")
def people():
    return make_screening_cohort(30, seed=3).people.set_index("patient_id")


def _decision(people):
    options = published.ScreeningOptions.of({"screening": _DECLARED})
    return published.screening_decision(published.load("plcom2012@2013"), people, options)


def test_each_person_stands_with_the_risk_by_which_was_decided(people):
    found = _decision(people)
    page = screening_decision_html(found)
    assert "Risk of the cancer by 6 years" in page
    rows = re.findall(r'<tr><th scope="row" class="word">([^<]+)</th>.*?<td>([^<]+)</td>', page)
    shown = {name: float(cell.removesuffix("\N{NO-BREAK SPACE}%")) for name, cell in rows}
    assert len(shown) == len(people)
    for answer, risk in zip(found.ranking.answers, found.risk, strict=True):
        assert shown[answer.patient_id] == pytest.approx(100 * risk, rel=0.06)  # two digits


def test_the_report_of_the_ranking_shows_the_risks_too(people, tmp_path):
    """``decision.ranking.report`` wrote the page without the risk by which was decided."""
    found = _decision(people)
    found.ranking.report(tmp_path / "page.html")
    assert (tmp_path / "page.html").read_text() == screening_decision_html(found)


def test_names_of_harms_and_columns_are_words_on_the_page(people):
    """It said "Harm false_positive"; the JSON keeps the name."""
    harm = {"name": "false_positive", "probability": 0.25, "among": "without", "source": "doi:10.1/h"}
    relative = {"column": "polygenic_risk", "scale": "odds_ratio", "source": "doi:10.1/p"}
    declared = _DECLARED | {"harms": [harm], "multipliers": [relative]}
    options = published.ScreeningOptions.of({"screening": declared})
    model = published.load("plcom2012@2013")
    found = published.screening_decision(model, people.assign(polygenic_risk=1.1), options)
    page = screening_decision_html(found)
    assert "Harm of screening, false positive: doi:10.1/h" in page
    assert "Relative risk, polygenic risk: doi:10.1/p" in page
    assert "Effect of screening: s" in page
    assert "false_positive" not in page
    assert "false_positive" in found.to_json()


def test_the_top_counts_whom_to_screen(people):
    found = _decision(people)
    many = int(np.sum(found.risk >= 0.0151))
    top = screening_decision_html(found).split("<section")[0]
    assert "Of 30 people: " in top
    assert re.search(rf"(?<!no )screening recommended for {many}\b", top)
    assert f"no screening recommended for {30 - many}" in top


def test_where_nobody_has_an_estimate_the_page_is_still_that_of_screening(people):
    page = screening_decision_html(_decision(people.head(3).assign(age=np.nan)))
    assert "Screen or not" in page
    assert "Of 3 people: no estimate for 3." in page
    assert page.count("age is not known") == 3
    assert "Treatment options" not in page


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("death at 6 years: 2,154,331 to benefit (1,436,221 to 5,385,828)", "2,150,000 (1,440,000 to 5,390,000)"),
        ("death at 6 years: 153 to benefit (102 to 383)", "153 (102 to 383)"),
        ("death: 1,009 to benefit (5 to ∞, or 30 to harm)", "1,010 to benefit (5 to ∞, or 30 to harm)"),
        ("reference", "reference"),
    ],
)
def test_a_number_needed_has_three_digits_and_says_harm_where_there_may_be_some(text, cell):
    assert _needed(text) == cell


def test_an_end_of_an_interval_that_is_not_0_is_not_shown_as_0():
    """Screening was recommended beside a gain of +0.0010 (0.0000 to +0.0020): its lower end was 0.00002."""
    assert _interval((0.001, 0.00002, 0.002), 4, signed) == "+0.00100 (+0.00002 to +0.00200)"
    assert _interval((0.0, 0.0, 0.0), 4, signed) == "0.0000 (0.0000 to 0.0000)"
