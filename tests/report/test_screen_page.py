"""The page of screening or not: risks, counts and rounding; expected numbers are those of the decision itself."""

import re

import numpy as np
import pytest

from genorx import published
from genorx.datasets import make_screening_cohort
from genorx.report import screening_decision_html
from genorx.report.screen_people import _needed

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
