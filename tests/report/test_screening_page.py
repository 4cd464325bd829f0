"""The page of a screening evaluation: numbers of the evaluation in words, nothing of a user that is not escaped."""

import json

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
    assert "few is not measured" in page
    assert "site: few" not in page


def test_a_threshold_that_screens_nobody_has_no_number_needed(found):
    page = screening_html(found)
    assert "at 0.99 nobody of these people is screened" in page
    assert json.dumps(found.to_dict(), allow_nan=False)
    assert "nan" not in page.replace("nance", "").lower().split("<svg")[0]
