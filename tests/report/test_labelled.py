"""Labels of a study file: pages carry them, data keep the names, and no option changes its style."""

import dataclasses

import pandas as pd

from genorx.cohort.study_file.sections import study_of
from genorx.ranking.answer.made_later import MadeLater
from genorx.report import report_html
from genorx.report.figures import styles_of
from genorx.report.labelled import labelled, labelled_outcomes, named

LABELS = {
    "options": {"targeted": "A BRAF inhibitor", "chemotherapy": "Standard chemotherapy"},
    "outcomes": {"os": "Overall survival"},
    "features": {"age_years": "Age"},
}


def test_a_study_file_takes_labels_of_outcomes_options_and_features(tmp_path):
    said = {
        "study": {"name": "s", "patient_id": "id"},
        "tables": [{"path": "c.csv", "role": "clinical", "columns": {"age_years": {"label": "Age"}}}],
        "treatment": {
            "table": "t.csv",
            "reference": "rest",
            "options": {"new": {"drug": "x", "label": "The new drug"}, "rest": {}},
            "labels": {"rest": "All others"},
        },
        "outcomes": {"os": {"table": "o.csv", "label": "Overall survival", "kind": "survival", "time": "d",
                            "event": "e", "unit": "days", "horizons": [365], "better": "longer"}},
    }  # fmt: skip
    content, _ = study_of(said, tmp_path / "s.toml")
    assert content.labels == {
        "options": {"rest": "All others", "new": "The new drug"},
        "outcomes": {"os": "Overall survival"},
        "features": {"age_years": "Age"},
    }
    assert content.treatment.options == {"new": {"drug": "x"}, "rest": {}}


def test_a_page_carries_labels_and_the_data_keep_names(ranking):
    made = dataclasses.replace(ranking, labels=LABELS)
    page = report_html(made)
    for text in ("A BRAF inhibitor", "Standard chemotherapy", "Overall survival: event-free at 36 months", "Age"):
        assert text in page
    assert ">targeted<" not in page
    assert made.to_json() == ranking.to_json()
    assert set(made.to_frame()["option"]) == {"targeted", "chemotherapy", "combination"}


def test_estimates_that_are_made_when_first_read_carry_labels_too(ranking):
    """As those of a fitted model are: a page with labels failed on them, since benefit and harm were not found."""

    class Later(MadeLater):
        def __init__(self, items):
            self.items = items

        def _make(self):
            return iter(self.items)

    answers = tuple(
        dataclasses.replace(
            answer, options=tuple(dataclasses.replace(each, estimates=Later(each.estimates)) for each in answer.options)
        )
        for answer in ranking
    )
    later = labelled(dataclasses.replace(ranking, answers=answers, labels=LABELS))
    whole = labelled(dataclasses.replace(ranking, labels=LABELS))
    assert {each.outcome for option in later.answers[0].options for each in option.estimates} >= {"Overall survival"}
    assert later.answers == whole.answers


def test_an_option_keeps_its_colour_line_and_marker_under_a_label(ranking):
    """“A BRAF inhibitor” comes before “combination”, “targeted” behind it: the name decides, not the label."""
    plain = styles_of(ranking)
    renamed = styles_of(labelled(dataclasses.replace(ranking, labels=LABELS)))
    assert renamed["A BRAF inhibitor"] == plain["targeted"]
    assert renamed["Standard chemotherapy"] == plain["chemotherapy"]
    assert renamed["combination"] == plain["combination"]


def test_labels_that_are_alike_are_not_used(ranking):
    alike = {"options": {"targeted": "Drug", "chemotherapy": "Drug"}}
    made = dataclasses.replace(ranking, labels=alike)
    assert labelled(made) is made


def test_a_cause_keeps_its_own_name_behind_the_label():
    assert named("os:relapse", {"os": "Overall survival"}) == "Overall survival:relapse"
    frame = pd.DataFrame({"outcome": ["os", "tox"]})
    assert labelled_outcomes(frame, LABELS)["outcome"].tolist() == ["Overall survival", "tox"]
