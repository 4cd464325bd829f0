"""Labels of the study on pages of care: they travel in the JSON of the ranking, while data keep the names.

Expected words are those of the labels given here.
"""

import copy
import json
from dataclasses import replace

import jsonschema
import pandas as pd
import pytest

from genorx import care
from genorx.care import QuestionSection, plot_questions
from genorx.care.answer import read_answer
from genorx.care.json_schemas import plan_schema, schedule_schema
from genorx.care.request.option_page import option_page
from genorx.care.request.request_file import read_request_file
from genorx.ranking.answer.schema import ranking_schema

_LABELS = {
    "options": {"folfiri": "FOLFIRI", "old": "Best supportive care", "elsewhere": "Not in this ranking"},
    "outcomes": {"os": "Overall survival"},
    "features": {"age_years": "Age"},
}
_REQUEST = """
request = { author = "A" }
provider = { name = "Clinic of Example", npi = "1234567893" }
insurer = { name = "Insurer of Example" }
coverage = { subscriber_id = "S-1" }
order = [{ kind = "medication", system = "urn:example:drugs", code = "d" }]
"""


@pytest.fixture
def named(ranking):
    return replace(ranking, labels=_LABELS)


def test_the_record_holds_labels_of_its_names_and_none_without(named, ranking):
    (record, _), (bare, _) = named.to_records(), ranking.to_records()
    assert record.pop("labels") == {
        "options": {"folfiri": "FOLFIRI", "old": "Best supportive care"},
        "outcomes": {"os": "Overall survival"},
        "features": {},  # no reason names the age
    }
    assert record == bare
    turned = {kind: dict(reversed(own.items())) for kind, own in _LABELS.items()}  # a model file keeps no order
    assert replace(ranking, labels=turned).to_json() == named.to_json()
    values = json.loads(named.to_json())[0]
    schema = ranking_schema()
    jsonschema.validate(values["labels"], schema["$defs"]["patient"]["properties"]["labels"])
    assert "labels" not in schema["$defs"]["patient"]["required"]


def test_a_plan_shows_the_label_and_holds_the_name(named, tmp_path):
    path = tmp_path / "ranking.json"
    path.write_text(named.to_json())
    plan = care.plan(path, "folfiri", start="2026-03-02", patient_id="P1")
    assert "<dt>Option</dt><dd>FOLFIRI</dd>" in plan.to_html()
    held = plan.to_records()
    assert (held["plan"]["option"], held["plan"]["option_label"]) == ("folfiri", "FOLFIRI")
    jsonschema.validate(held, plan_schema())
    plan.to_json(tmp_path / "plan.json")
    schedule = care.read_plan(tmp_path / "plan.json").schedule(care.Calendar(), today="2026-01-01")
    assert "<dt>Option</dt><dd>FOLFIRI</dd>" in schedule.to_html()
    jsonschema.validate(schedule.to_records(), schedule_schema())


def test_a_plan_of_an_option_without_label_has_no_key_for_it(ranking):
    plan = care.plan(ranking, "folfiri", start="2026-03-02", patient_id="P1")
    assert "option_label" not in plan.to_records()["plan"]
    assert "<dt>Option</dt><dd>folfiri</dd>" in plan.to_html()


def test_a_card_shows_labels(named):
    made = care.cards(named, hook="patient-view", patient_id="P1")
    (card,) = [each for each in made.message["cards"] if "recommended by" in each["summary"]]
    assert card["summary"].startswith("FOLFIRI: +20 days")
    assert "against Best supportive care" in card["detail"]
    assert "rmst of Overall survival" in card["detail"]


def test_the_report_for_a_payer_shows_labels(named, tmp_path):
    answer = read_answer(named, "P1")
    request = tmp_path / "request.toml"
    request.write_text(_REQUEST)
    page = option_page(answer, answer.option("folfiri"), read_request_file(request), [])
    assert ">FOLFIRI: report for a prior authorisation</h1>" in page
    assert "estimates against Best supportive care: Overall survival, mean time alive up to 365 days" in page
    assert "folfiri" not in page


@pytest.fixture
def asked():
    """Two open questions, of which neither changes the advice in any draw."""
    row = {"patient_id": "P1", "place": 1, "feature": "age_years", "table": "clinical", "column": "age_years",
           "p_change": 0.0, "expected_gain": 0.0, "width_now": 3.0, "width_after": 3.0, "cost": 1.0,
           "advice_now": "recommend", "likely_change": "folfiri would be in equipoise"}  # fmt: skip
    frame = pd.DataFrame([row, row | {"place": 2, "feature": "tp53", "column": "tp53"}])
    frame.attrs = {"unit": "months", "labels": copy.deepcopy(_LABELS), "findings": ()}
    return frame


def test_questions_show_labels_with_the_column_in_which_the_answer_goes(asked):
    page = QuestionSection(asked).section_html()
    assert "Age (age_years)" in page
    assert ">tp53<" in page
    assert "FOLFIRI would be in equipoise" in page


def test_where_no_answer_changes_anything_a_sentence_stands_in_place_of_empty_bars(asked):
    page = QuestionSection(asked).section_html()
    assert "No single answer changed the advice in any draw" in page
    assert "<svg" not in page
    changed = asked.assign(p_change=[0.2, 0.0])
    changed.attrs = asked.attrs
    page = QuestionSection(changed).section_html()
    assert "<svg" in page
    assert "No single answer" not in page


def test_bars_of_nothing_say_so_and_their_axis_has_no_invented_end(asked):
    axes = plot_questions(asked)
    gains = next(each for each in axes.figure.axes if each is not axes)
    assert [label.get_text() for label in axes.get_yticklabels()] == ["Age", "tp53"]
    assert [text.get_text() for text in axes.texts] == ["0 %", "0 %"]
    assert [text.get_text() for text in gains.texts] == ["0", "0"]
    assert gains.get_xticks().tolist() == [0]
