"""The page of a screening evaluation: numbers of the evaluation in words, nothing of a user that is not escaped."""

import json
import re
from dataclasses import replace

import pytest

from genorx.datasets import make_screening_cohort
from genorx.published import ScreeningSpec, evaluate_table
from genorx.report import screening_html

SPEC = {"id": "patient_id", "risk": "risk", "time": "time", "cause": "cause", "horizon": 6}


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    path = tmp_path_factory.mktemp("screening") / "people.csv"
    people = make_screening_cohort(3000, seed=9).people
    people.assign(site=["<b>", "b"] * 1490 + ["few"] * 20).to_csv(path, index=False)
    spec = ScreeningSpec.of_values(SPEC | {"thresholds": [0.02, 0.99], "by": ["site"]})
    return evaluate_table(path, spec, n_boot=5)


def test_numbers_are_those_of_the_evaluation(found):
    page = screening_html(found, name="people.csv")
    whole = found.evaluation
    assert f"Observed by time 6: {100 * whole.observed:.2f} %" in page
    assert "in the unit of their times" in page
    assert f"{whole.oe.estimate:.2f} ({whole.oe.lower:.2f} to {whole.oe.upper:.2f})" in page
    rule = whole.thresholds[0]
    assert f'<td class="num">{1000 * rule.screened:.0f}</td>' in page
    assert f'<td class="num">{1000 * rule.screened * rule.ppv.estimate:.1f}</td>' in page


def test_groups_have_their_part_and_small_ones_are_only_named(found):
    page = screening_html(found, name="<i>")
    assert page.count("<svg") == 2 * 3
    assert "site: &lt;b&gt;" in page
    assert "<b>" not in page
    assert "<i>" not in page
    assert "few is not measured" in page.split("<h2", 2)[1]  # beside the table of groups, not before the result
    assert page.count("site: few") == 1
    few = page.split("site: few")[1].split("</tr>")[0]
    assert re.findall(">([^<]+)</td>", few) == [
        "20",
        str(found.events["site"]["few"]["cause"]),
        "not measured",
        *"––––",
    ]


def test_a_threshold_that_screens_nobody_has_no_number_needed(found):
    page = screening_html(found)
    assert "at 0.99 none of these people are screened" in page
    assert json.dumps(found.to_dict(), allow_nan=False)
    assert "nan" not in page.replace("nance", "").lower().split("<svg")[0]


def test_a_page_names_the_unit_of_the_horizon_where_the_specification_does(found):
    page = screening_html(replace(found, unit="years"))
    assert f"Observed by 6 years: {100 * found.evaluation.observed:.2f} %" in page
    assert "Predicted risk by 6 years (%)" in page
    assert "by time 6" not in page
    assert replace(found, unit="years").to_dict()["unit"] == "years"
    assert "unit" not in found.to_dict()


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        ((1.07, 1.31), "More cancers were observed than predicted: observed over expected 1.18 (1.07 to 1.31)."),
        ((0.98, 1.31), "are not shown to differ: observed over expected 1.18 (0.98 to 1.31)."),
        ((0.50, 0.99), "Fewer cancers were observed than predicted: observed over expected 1.18 (0.50 to 0.99)."),
    ],
)
def test_the_top_says_only_what_the_interval_excludes(found, limits, words):
    score = replace(found.evaluation.oe, estimate=1.18, lower=limits[0], upper=limits[1])
    page = screening_html(replace(found, evaluation=replace(found.evaluation, oe=score)))
    assert words in page.split("<section")[0]


def test_the_top_says_what_a_threshold_would_have_done(found):
    rule = found.evaluation.thresholds[0]
    top = screening_html(found).split("<section")[0]
    assert f"of 1,000 people {1000 * rule.screened:,.0f} are screened" in top
    assert f"of the {1000 * found.evaluation.observed:.1f} with the cancer" in top
    assert "From a risk of 99.00 % on nobody of these people is screened." in top
