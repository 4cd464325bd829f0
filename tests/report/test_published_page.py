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


_TUMOUR = {"age": 57, "size": 29, "grade": 3, "nodes": 5, "er": 1, "pr": 1, "her2": 1, "ki67": 1, "screen": 0,
           "generation": 3, "smoker": 0, "heart_gy": 2, "postmenopausal": 1}  # fmt: skip


def test_the_summary_names_the_recommended_option_however_many_gain_more():
    """With a threshold ten options that are not advised come before it, and six were named."""
    ranking = published.load("predict-breast@3.1").rank(
        pd.DataFrame([_TUMOUR], index=["A"]), threshold=0.03, harms={"c": 0.02}
    )
    (best,) = [option for option in ranking.answers[0].options if option.advice == "recommend"]
    assert best.rank > 6
    page = report_html(ranking, short=True)
    summary = page[page.index('id="summary"') : page.index('id="patient-1"')]
    first = re.search(r'<ol class="best"><li><span class="word">([^<]*)</span> <span class="tag ([^"]*)"', summary)
    assert first.groups() == (ranking.labels["options"][best.option], "recommend")


def test_a_page_of_a_published_model_begins_with_the_record_in_words():
    """Codes as the card explains them: her2 1 is positive, ki67 1 high, screen 0 symptoms."""
    _, text = _page("predict-breast@3.1", _TUMOUR | {"heart_gy": None})
    record = text[text.index("Record.") : text.index("Best published estimate")]
    for said in (
        "age at diagnosis: 57 years",
        "HER2 status: positive",
        "Ki67 status: high",
        "mode of detection: symptoms",
    ):
        assert said in record
    assert "Not known: mean heart dose of the planned radiotherapy" in record


def test_an_unknown_input_is_named_by_its_meaning():
    _, text = _page("predict-prostate@2025.03", {k: v for k, v in _MAN.items() if k != "cores_taken"})
    assert "biopsy cores taken (cores_taken) is not known" in text
