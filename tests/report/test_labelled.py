"""Labels of a study file: pages carry them, data keep the names, and no option changes its style."""

import dataclasses

import pandas as pd

from genorx import published
from genorx.cohort.study_file.sections import study_of
from genorx.errors import Finding
from genorx.ranking.answer.made_later import MadeLater
from genorx.report import report_html
from genorx.report.figures import styles_of
from genorx.report.labelled import labelled, labelled_outcomes, named, told_apart
from genorx.report.labelled_text import in_words, labelled_finding, labelled_findings, labelled_frame

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
    (named,), (bare,) = made.to_records(), ranking.to_records()
    assert set(named.pop("labels")) == {"options", "outcomes", "features"}  # beside the names
    assert named == bare
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
    assert later.to_records() == whole.to_records()


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


def test_a_finding_carries_labels_and_keeps_the_column_in_brackets():
    """Whoever acts on a finding must find the column; a sentence of a page needs the label alone."""
    said = "no estimate under targeted: age_years 79.5 lies outside 32 to 76; see os"
    found = labelled_findings([Finding(code="outside-support", severity="serious", message=said)], LABELS)
    assert found[0].message == (
        "no estimate under A BRAF inhibitor: Age (age_years) 79.5 lies outside 32 to 76; see Overall survival"
    )
    assert in_words("missing from: age_years, KRAS.", LABELS) == "missing from: Age, KRAS."


def test_only_whole_names_are_replaced_and_no_common_word():
    labels = {"options": {"none": "No adjuvant therapy"}, "features": {"age": "Age at diagnosis", "sex": "Sex"}}
    text = "none of age_group, cage and file.age.csv is known; age is; sex is"
    assert in_words(text, labels) == "none of age_group, cage and file.age.csv is known; Age at diagnosis is; sex is"


def test_the_place_of_a_finding_is_labelled_where_it_is_an_outcome():
    found = labelled_findings([Finding(code="no-skill", severity="warning", message="no gain", place="os")], LABELS)
    assert found[0].place == "Overall survival"


def test_tables_of_effects_carry_labels_of_options_features_and_reasons():
    frame = pd.DataFrame({"option": ["targeted"], "column": ["age_years missing"], "reason": ["too few had targeted"]})
    assert labelled_frame(frame, LABELS).iloc[0].tolist() == [
        "A BRAF inhibitor",
        "Age missing",
        "too few had A BRAF inhibitor",
    ]


def test_findings_and_notes_of_a_page_have_no_raw_names(ranking):
    said = Finding(code="imputed", severity="info", message="1 of 9 features is unknown: age_years")
    answers = tuple(dataclasses.replace(each, findings=(said,)) for each in ranking.answers)
    made = dataclasses.replace(ranking, answers=answers, labels=LABELS, notes=("Mean effect on os of targeted.",))
    page = report_html(made)
    assert "1 of 9 features is unknown: Age (age_years)" in page
    assert "Mean effect on Overall survival of A BRAF inhibitor." in page
    assert said.message in {each.message for answer in made.answers for each in answer.findings}


def test_labels_of_which_two_are_alike_are_none():
    assert told_apart({"options": {"a": "Drug", "b": "Drug"}, "outcomes": {}}) == {}
    assert told_apart(LABELS) == LABELS


def test_the_sentences_of_a_published_model_keep_their_words():
    """Its outcome "breast" is labelled; its note read "early invasive death from breast cancer cancer"."""
    woman = {"age": 57, "size": 29, "grade": 1, "nodes": 5, "er": 1, "her2": 1, "ki67": 1, "screen": 0}
    woman |= {"pr": 1, "generation": 3, "postmenopausal": 1, "smoker": 0, "heart_gy": 2}
    ranking = published.load("predict-breast@3.1").rank(pd.DataFrame([woman], index=["A"]))
    page = report_html(ranking, short=True)
    assert "women with early invasive breast cancer" in page
    assert "cancer cancer" not in page


def test_an_option_whose_label_differs_by_capitals_is_named_by_it_everywhere():
    """It stood as "chemotherapy" beside "Combination chemotherapy", and a sentence was taken for another one."""
    labels = {"options": {"chemotherapy": "Chemotherapy", "combination": "Combination chemotherapy"}}
    said = in_words("combination against chemotherapy: 2.1", labels)
    assert said == "Combination chemotherapy against Chemotherapy: 2.1"


def test_a_feature_whose_label_differs_by_capitals_is_named_by_it_in_lists_and_tables():
    labels = {"features": {"stage": "Stage", "ldh": "Lactate dehydrogenase"}}
    assert in_words("no cause is missing from: ldh, stage; one version", labels).endswith(
        "from: Lactate dehydrogenase, Stage; one version"
    )
    assert in_words("the stage of the tumour", labels) == "the stage of the tumour"
    frame = labelled_frame(pd.DataFrame({"column": ["stage", "stage missing", "stage=II", "ldh missing"]}), labels)
    assert frame["column"].tolist() == ["Stage", "Stage missing", "Stage=II", "Lactate dehydrogenase missing"]


def test_the_place_of_a_finding_at_a_horizon_carries_the_label_of_its_outcome():
    finding = Finding(code="calibration-slope", severity="warning", message="too extreme", place="os at 24")
    labels = {"outcomes": {"os": "Overall survival"}}
    assert labelled_finding(finding, labels).place == "Overall survival at 24"
    cause = dataclasses.replace(finding, place="os:relapse")
    assert labelled_finding(cause, labels).place == "Overall survival:relapse"
    assert labelled_finding(dataclasses.replace(finding, place=None), labels).place is None


def test_a_threshold_between_grades_carries_the_label_of_its_outcome():
    assert named("tox>=4", {"tox": "Toxicity"}) == "Toxicity>=4"
    assert named("tox:4", {"tox": "Toxicity"}) == "Toxicity:4"
    assert named("other>=4", {"tox": "Toxicity"}) == "other>=4"


def test_an_option_named_by_a_common_word_carries_its_label_where_only_an_option_can_stand():
    """A page named the reference "Standard chemotherapy", and compared the other with "standard"."""
    labels = {"options": {"standard": "Standard chemotherapy", "new": "New drug"}}
    assert in_words("new against standard: +1.8", labels) == "New drug against Standard chemotherapy: +1.8"
    said = in_words("everybody standard (best single option)", labels)
    assert said == "everybody Standard chemotherapy (best single option)"
    assert in_words("compared: new 297, standard 303.", labels) == "compared: New drug 297, Standard chemotherapy 303."
    assert in_words("the standard deviation, against standards", labels) == "the standard deviation, against standards"


def test_a_number_in_a_sentence_is_an_option_only_where_one_can_stand():
    labels = {"options": {"0": "tx 0", "1": "tx 1"}}
    said = "Mean effect on os, 1 against 0: hazard ratio 0.58 (0.36 to 0.93); 1 is right, 0 is noise"
    assert in_words(said, labels) == said.replace("os, 1 against 0:", "os, tx 1 against tx 0:")
    assert in_words("Compared from time zero on: 0 577, 1 574.", labels).endswith("on: tx 0 577, tx 1 574.")


def test_what_a_policy_is_held_against_carries_labels():
    """The table of strategies said "everybody targeted (best single option)" beside the labels of options."""
    table = pd.DataFrame({"against": ["targeted", "everybody targeted (best single option)", "not within 180"]})
    assert list(labelled_frame(table, LABELS)["against"]) == [
        "A BRAF inhibitor", "everybody A BRAF inhibitor (best single option)", "not within 180",
    ]  # fmt: skip
