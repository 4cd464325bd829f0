"""A table of followed-up people with the file that names its columns: what is read, refused, and measured by group."""

import json

import numpy as np
import pytest

from genorx.datasets import make_screening_cohort
from genorx.errors import GenorxError, InputError
from genorx.published import ScreeningSpec, evaluate_table
from genorx.survival import evaluate_screening

SPEC = {"id": "patient_id", "risk": "risk", "time": "time", "cause": "cause", "horizon": 6, "thresholds": [0.0151]}


@pytest.fixture(scope="module")
def people():
    return make_screening_cohort(4000, seed=7).people


@pytest.fixture
def table(people, tmp_path):
    """``table(column=function)`` -> CSV with columns changed; None leaves one out."""

    def write(**changes):
        made = people[["patient_id", "risk", "time", "cause", "copd"]].copy()
        for name, change in changes.items():
            made = made.drop(columns=name) if change is None else made.assign(**{name: change})
        made.to_csv(tmp_path / "people.csv", index=False)
        return tmp_path / "people.csv"

    return write


def test_the_measures_are_those_of_the_arrays(people, table):
    found = evaluate_table(table(), ScreeningSpec.of_values(SPEC), n_boot=5, seed=3)
    columns = (people[name] for name in ("risk", "time", "cause"))
    alone = evaluate_screening(*columns, horizon=6, thresholds=[0.0151], n_boot=5, seed=3)
    assert found.evaluation.to_dict() == alone.to_dict()
    record = found.to_dict()
    assert list(record)[:7] == ["schema_version", "n", "horizon", "events", "observed", "expected", "oe"]
    assert set(record["events"]) == {"cause", "competing", "censored"}
    assert set(record["thresholds"][0]) == {
        *("threshold", "screened", "net_benefit", "sensitivity", "specificity", "ppv", "missed"),
        *("net_benefit_all", "number_needed_to_screen"),
    }
    assert "groups" not in record


def test_groups_are_measured_apart_and_small_ones_are_named(people, table):
    """A group under 10 events is named and not measured; a person without the column is in a group of its own."""
    site = np.where(np.arange(4000) < 30, "small", np.where(np.arange(4000) % 2, "a", "b"))
    site[50:2000] = ""
    spec = ScreeningSpec.of_values(SPEC | {"by": ["site", "copd"]})
    found = evaluate_table(table(site=site), spec, n_boot=2).to_dict()
    assert set(found["groups"]) == {"site", "copd"}
    assert set(found["groups"]["site"]) == {"a", "b", "small", "not known"}
    assert "oe" in found["groups"]["site"]["a"]
    assert "oe" not in found["groups"]["site"]["small"]
    assert found["groups"]["site"]["small"]["n"] == 30
    missed = [each["message"] for each in found["findings"] if each["code"] == "screening-group-not-measured"]
    assert any("small" in text for text in missed)
    ones = (people["copd"] == 1).to_numpy()
    alone = evaluate_screening(
        *(people[name][ones] for name in ("risk", "time", "cause")), horizon=6, thresholds=[0.0151], n_boot=2
    )
    assert found["groups"]["copd"]["1"]["auc"]["estimate"] == alone.auc.estimate


def test_the_cause_can_be_another_number(people, table):
    recoded = people["cause"].map({0: 0, 1: 3, 2: 1})
    found = evaluate_table(table(cause=recoded), ScreeningSpec.of_values(SPEC | {"of": 3}), n_boot=2)
    same = evaluate_table(table(), ScreeningSpec.of_values(SPEC), n_boot=2)
    assert found.to_dict() == same.to_dict()


@pytest.mark.parametrize(
    ("changes", "code", "status", "place"),
    [
        ({"risk": lambda d: 100 * d["risk"]}, "risk-not-fraction", 3, "row "),
        ({"risk": lambda d: d["risk"].mask(d.index == 4)}, "risk-missing", 3, 'row 6 column "risk"'),
        ({"risk": lambda d: d["risk"].astype(str).mask(d.index == 4, "high")}, "not-a-number", 3, "row 6"),
        ({"cause": lambda d: d["cause"] - 1}, "event-type", 3, "row "),
        ({"cause": lambda d: d["cause"] + 0.5}, "event-type", 3, "row 2"),
        ({"cause": lambda d: d["cause"].mask(d.index == 0)}, "event-type", 3, "row 2"),
        ({"time": lambda d: d["time"].mask(d.index == 0)}, "time-missing", 3, "row 2"),
        ({"time": lambda d: -d["time"]}, "negative-follow-up", 3, "row 2"),
        ({"risk": None}, "column-missing", 3, ""),
        ({"patient_id": None}, "column-missing", 3, ""),
        ({"patient_id": lambda d: "P1"}, "duplicate-patient", 3, "row 3"),
        ({"time": lambda d: d["time"] / 10}, "horizon", 4, ""),
        ({"time": lambda d: 365.25 * d["time"]}, "horizon-unit", 3, 'column "time"'),
        ({"cause": lambda d: d["cause"].replace(1, 2)}, "too-few-events", 4, ""),
    ],
)
def test_tables_that_cannot_be_measured_are_refused(table, changes, code, status, place):
    """Codes and exit statuses, with row and column where a row is at fault."""
    path = table(**changes)
    with pytest.raises(GenorxError) as caught:
        evaluate_table(path, ScreeningSpec.of_values(SPEC), n_boot=2)
    assert (caught.value.code, caught.value.exit_code) == (code, status)
    assert (caught.value.place or "").startswith(place)


@pytest.mark.parametrize(
    ("change", "code", "status"),
    [
        ({"risks": "risk"}, "unknown-key", 3),
        ({"risk": None}, "spec-key", 3),
        ({"horizon": None}, "spec-key", 3),
        ({"horizon": 0}, "spec-value", 3),
        ({"horizon": "6"}, "spec-value", 3),
        ({"thresholds": 0.1}, "spec-value", 3),
        ({"thresholds": ["0.1"]}, "spec-value", 3),
        ({"thresholds": [0.0]}, "threshold", 2),
        ({"thresholds": [2.0]}, "threshold", 2),
        ({"risk": 3}, "spec-value", 3),
        ({"of": 0}, "spec-value", 3),
        ({"by": 3}, "spec-value", 3),
        ({"unit": "year"}, "spec-value", 3),
        ({"unit": 3}, "spec-value", 3),
        ({"time": "follow_up_years", "unit": "months"}, "unit-contradiction", 3),
    ],
)
def test_specifications_that_cannot_be_are_refused(change, code, status):
    with pytest.raises(GenorxError) as caught:
        ScreeningSpec.of_values(SPEC | change)
    assert (caught.value.code, caught.value.exit_code) == (code, status)


@pytest.mark.parametrize(("text", "code"), [("[1]", "spec-json"), ("{", "spec-json"), (None, "file-absent")])
def test_a_file_that_is_none_is_refused(tmp_path, text, code):
    path = tmp_path / "spec.json"
    if text is not None:
        path.write_text(text)
    with pytest.raises(InputError) as caught:
        ScreeningSpec.read(path)
    assert caught.value.code == code
    path.write_text(json.dumps(SPEC | {"by": "copd"}))
    assert ScreeningSpec.read(path).by == ("copd",)
