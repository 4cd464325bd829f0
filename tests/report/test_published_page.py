"""Pages of published models: what a reader sees first; expected words are those of the models' cards."""

import re

import pandas as pd
import pytest

from genorx import published
from genorx.report import report_html

_MAN = {"age": 64, "psa": 9.9, "t_stage": 2, "grade_group": 3, "charlson": 0, "brca": 0,
        "cores_taken": 24, "cores_involved": 5}  # fmt: skip
_WOMAN = {"age": 62, "sex": "female", "smoker": 1, "tc_mmol": 5.91, "hdl_mmol": 1.02, "sbp": 116, "bp_meds": 0,
          "statin": 1, "diabetes": 0, "bmi": 33.4, "egfr": 32}  # fmt: skip


def _page(model, person, **more):
    ranking = published.load(model).rank(pd.DataFrame([person], index=["A"]))
    page = report_html(ranking, **more).partition("</head>")[2]
    return ranking, re.sub(r"\s+", " ", re.sub("<[^>]+>", " ", page))


@pytest.mark.parametrize("short", [False, True])
def test_a_model_without_treatments_shows_its_risks_first(short):
    """The risk stood in the appendix alone, behind an option "as recorded" that was called reasonable."""
    ranking, text = _page("prevent@2023", _WOMAN, short=short)
    (option,) = ranking.answers[0].options
    first = option.estimates[0]
    summary, _, patient = text.partition(" Patient A ")
    value = f"probability by 10 years {100 * first.estimate:.0f} %"
    assert value in summary
    assert value in patient
    assert "it compares no treatments" in patient
    assert "reasonable" not in text
    assert "Outcomes estimated" in text


def test_names_of_options_are_not_explained_where_labels_stand_for_them():
    """Labels had been put into the explanation itself: "radical" is a name, and a word of its own meaning."""
    ranking, text = _page("predict-prostate@2025.03", _MAN)
    assert any("an option is named by its treatments" in note for note in ranking.notes)
    assert "an option is named by its treatments" not in text
    assert "prostatectomy or radical radiotherapy" in text
    assert "prostatectomy or prostatectomy" not in text
