"""The class ``Ranking``: table, JSON against its schema, reasons."""

import json
from pathlib import Path

import jsonschema
import pandas as pd
import pytest

from genorx.errors import Finding, UsageError
from genorx.ranking import OptionAnswer, PatientAnswer, Ranking
from genorx.ranking.answer.record import horizon_key
from genorx.ranking.answer.schema import ranking_schema

SCHEMA = Path(__file__).resolve().parents[2] / "data_schemas" / "ranking.schema.json"


def test_the_schema_file_is_the_one_that_the_code_makes():
    """To write it anew: ``to_json(ranking_schema())``."""
    assert json.loads(SCHEMA.read_text(encoding="utf-8")) == ranking_schema()


def test_real_output_is_valid_by_the_schema(ranking):
    records = json.loads(ranking.to_json())
    jsonschema.validate(records, ranking_schema(), cls=jsonschema.Draft202012Validator)
    jsonschema.Draft202012Validator.check_schema(ranking_schema())
    assert [record["patient_id"] for record in records] == ["P0000", "P0030", "P0100"]


def test_output_with_a_key_too_many_is_not_valid(ranking):
    records = json.loads(ranking.to_json())
    records[0]["options"][0]["score"] = 1
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(records, ranking_schema(), cls=jsonschema.Draft202012Validator)


def test_outcomes_have_horizons_as_text_and_the_restricted_mean(ranking):
    outcomes = json.loads(ranking.to_json())[0]["options"][0]["outcomes"]
    assert set(outcomes["os"]) == {"1", "3", "rmst", "median"}
    assert set(outcomes["toxicity"]) == {"probability"}
    assert set(outcomes["os"]["rmst"]) == {"estimate", "lower", "upper", "difference"}


@pytest.mark.parametrize(("horizon", "key"), [(365.0, "365"), (0.5, "0.5"), (1096, "1096")])
def test_a_horizon_is_written_without_a_needless_point(horizon, key):
    assert horizon_key(horizon) == key


def test_the_frame_has_one_row_an_estimate_and_one_for_each_option_without(ranking):
    frame = ranking.to_frame()
    assert len(frame) == 3 * (2 * 5 + 1)
    empty = frame[frame["advice"] == "no_estimate"]
    assert empty["estimate"].isna().all()
    assert (empty["reason"] != "").all()
    assert frame["rank"].dtype == "Int64"


def test_explain_names_features_with_their_values_and_directions(ranking):
    """Truth: P0030 is 76.9 years old and mutated, both of which raise the hazard."""
    frame = ranking.explain("new", "P0030").set_index("feature")
    assert frame.loc["age_years", "value"] == "76.9 years"
    assert frame.loc["age_years", "direction"] == "worse"
    assert frame.loc["TP53", "direction"] == "worse"
    assert (frame["size"].abs() >= 0.05).all()
    assert set(ranking.explain("new")["patient_id"]) == {"P0000", "P0030", "P0100"}


def test_a_missing_value_is_written_as_missing(cohort, ranker, patients_of):
    found = ranker.rank(patients_of(cohort, "P0030", TP53=pd.NA))
    assert found.explain("new", "P0030").set_index("feature").get("value").get("TP53", "missing") == "missing"


@pytest.mark.parametrize(
    ("ask", "code"),
    [
        (lambda r: r["nobody"], "no-such-patient"),
        (lambda r: r.explain("magic"), "no-such-option"),
        (lambda r: r.explain("new", "nobody"), "no-such-patient"),
    ],
)
def test_what_is_not_there_is_refused_by_name(ranking, ask, code):
    with pytest.raises(UsageError) as caught:
        ask(ranking)
    assert caught.value.code == code


def test_patients_are_kept_in_their_order_and_can_be_taken_out(ranking):
    assert ranking.patients == ("P0000", "P0030", "P0100")
    assert len(ranking) == 3
    assert ranking.for_patient("P0030").patients == ("P0030",)
    assert ranking.reference == "standard"


def test_findings_of_all_patients_stand_with_each(ranking):
    for record in json.loads(ranking.to_json()):
        assert "option-not-estimated" in [finding["code"] for finding in record["findings"]]


def test_hostile_text_stays_text_in_json():
    option = OptionAnswer(option="=cmd|'/c'!A0</script>", rank=None, advice="no_estimate", no_estimate_reason="\x07")
    finding = Finding(code="few-alike", severity="info", message="<b>", patient_id="../../etc")
    made = Ranking(
        answers=(PatientAnswer(patient_id="../../etc", reference="", options=(option,), findings=(finding,)),)
    )
    assert json.loads(made.to_json())[0]["options"][0]["option"] == option.option


def test_an_empty_ranking_is_an_empty_array():
    assert json.loads(Ranking(answers=()).to_json()) == []
    assert Ranking(answers=()).to_frame().empty
    assert Ranking(answers=()).reference == ""
