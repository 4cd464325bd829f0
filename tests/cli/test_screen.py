"""``genorx screen`` and ``genorx screen-evaluate``: files in, files out, exit statuses."""

import json

import numpy as np
import pandas as pd
import pytest

from genorx.datasets import make_screening_cohort

COLUMNS = ["patient_id", "model", "risk", "horizon", "threshold", "above", "reason"]
OPTIONS = """
[screening]
reference = "do_not_screen"
effect = {relative_risk = 0.80, lower = 0.70, upper = 0.92, source = "doi:10.1/e"}
fatality = {value = 0.6, source = "doi:10.1/f"}
"""
SPEC = {
    "id": "patient_id",
    "risk": "risk",
    "time": "time",
    "cause": "cause",
    "horizon": 6,
    "thresholds": [0.0151, 0.02],
}


@pytest.fixture(scope="module")
def people():
    return make_screening_cohort(3000, seed=8).people


@pytest.fixture
def files(people, tmp_path):
    """Table of 3,000 people with predicted risk and follow-up, a specification, and declared options."""
    people.to_csv(tmp_path / "people.csv", index=False)
    (tmp_path / "spec.json").write_text(json.dumps(SPEC))
    (tmp_path / "options.toml").write_text(OPTIONS)
    return tmp_path


PLCO = ("--model", "plcom2012@2013")


def test_each_person_has_a_risk_with_full_precision(genorx, files, people):
    """Columns, a fraction, above at the card's threshold."""
    out = files / "r.csv"
    assert genorx("screen", files / "people.csv", *PLCO, "--out", out).status == 0
    found = pd.read_csv(out)
    assert list(found.columns) == COLUMNS
    np.testing.assert_allclose(found["risk"], people["risk"], rtol=1e-12)
    assert (found["above"] == (people["risk"] >= 0.0151)).all()
    assert set(found["model"]) == {"plcom2012@2013"}
    assert out.read_text().splitlines()[1].count(",6,0.0151,") == 1


def test_who_is_not_meant_has_empty_cells_and_the_reason(genorx, files, people):
    changed = people.head(4).assign(age=[54, 64, 64, 80], cigs=[20, 0, 20, 20], current=[0, 0, 0, 0], quit_years=1)
    changed["bmi"] = changed["bmi"].astype(object).mask([False, False, True, False], "")
    changed.to_csv(files / "few.csv", index=False)
    done = genorx("screen", files / "few.csv", *PLCO, "--out", "-")
    assert done.status == 0
    rows = [line.split(",") for line in done.out.splitlines()[1:]]
    reasons = ["outside-derivation", "not-for-patient", "unknown-input", "outside-derivation"]
    assert [row[6] for row in rows] == [f"published-{each}" for each in reasons]
    assert {(row[2], row[5]) for row in rows} == {("", "")}
    more = genorx("screen", files / "few.csv", *PLCO, "--out", "-", "--extrapolate", "--threshold", "0.0001")
    rows = [line.split(",") for line in more.out.splitlines()[1:]]
    assert [row[2] != "" for row in rows] == [True, False, False, True]
    assert [row[5] for row in rows] == ["1", "", "", "1"]
    assert rows[0][6] == "published-outside-derivation"


def test_own_names_come_in_by_map(genorx, files, people):
    people.rename(columns={"cigs": "per_day", "bmi": "body"}).to_csv(files / "own.csv", index=False)
    maps = ("--map", "cigs=per_day", "--map", "bmi=body")
    plain = genorx("screen", files / "people.csv", *PLCO, "--out", "-").out
    assert genorx("screen", files / "own.csv", *PLCO, *maps, "--out", "-").out == plain


@pytest.mark.parametrize(
    ("arguments", "code", "status"),
    [
        (("--model", "plcom2012"), "published-version", 3),
        (("--model", "plcom2012@2014"), "published-version", 3),
        (("--model", "brock@2013"), "published-name", 3),
        ((*PLCO, "--map", "bmi"), "usage", 2),
        ((*PLCO, "--map", "bmi=nobody"), "column-missing", 3),
        ((*PLCO, "--map", "colour=bmi"), "published-input", 2),
        ((*PLCO, "--threshold", "1.51"), "threshold", 2),
        ((*PLCO, "--options", "nothing.toml"), "file-absent", 3),
        (("--model", "albi@2015"), "column-missing", 3),
    ],
)
def test_wrong_calls_end_with_their_status_and_no_file(genorx, files, arguments, code, status):
    out = files / "r.csv"
    done = genorx("screen", files / "people.csv", *arguments, "--out", out)
    assert done.status == status
    assert [line.partition("]")[0] for line in done.error_lines] == [f"error[{code}"]
    assert not out.exists()


def test_a_name_without_version_is_refused_with_the_versions(genorx, files):
    done = genorx("screen", files / "people.csv", "--model", "mayo-nodule", "--out", files / "r.csv")
    assert "mayo-nodule@1997" in done.error_lines[0]


@pytest.mark.parametrize(
    ("column", "value", "code"),
    [("education", 0, "unknown-level"), ("copd", 7, "unknown-level"), ("quit_years", 3, "contradiction")],
)
def test_impossible_tables_end_with_3_and_name_the_row(genorx, files, people, column, value, code):
    changed = people.head(20).assign(current=1, quit_years=0)
    changed.loc[7, column] = value
    changed.to_csv(files / "wrong.csv", index=False)
    done = genorx("screen", files / "wrong.csv", *PLCO, "--out", files / "r.csv")
    assert done.status == 3
    assert done.error_lines[0].startswith(f'error[{code}] {files / "wrong.csv"}:row 9 column "{column}"')


def test_options_make_a_decision_in_the_form_of_a_ranking(genorx, files, people):
    people.head(3).to_csv(files / "few.csv", index=False)
    call = ("screen", files / "few.csv", *PLCO, "--options", files / "options.toml", "--out")
    assert genorx(*call, files / "r.json").status == 0
    found = json.loads((files / "r.json").read_text())
    assert [each["patient_id"] for each in found] == people["patient_id"].head(3).tolist()
    assert list(found[0])[:3] == ["patient_id", "risk", "reference"]
    assert {each["option"] for each in found[0]["options"]} == {"screen", "do_not_screen"}
    assert {each["advice"] for each in found[0]["options"]} == {"reasonable"}
    asked = genorx(*call, "-", "--threshold", "0.99")
    assert json.loads(asked.out)[0]["options"][0]["option"] == "do_not_screen"
    assert genorx(*call, files / "r.html").status == 0
    page = (files / "r.html").read_text()
    assert "Screen or not" in page
    assert "Death from the cancer by 6 years, no screening" in page
    assert "cancer_death" not in page
    assert "do_not_screen" not in page
    assert "Number needed to screen" in page
    assert "Patients alike" not in page
    assert genorx(*call, files / "d.csv").status == 0
    assert set(pd.read_csv(files / "d.csv")["option"]) == {"screen", "do_not_screen"}


def test_a_number_without_a_source_ends_with_3(genorx, files):
    (files / "options.toml").write_text(OPTIONS.replace(', source = "doi:10.1/f"', ""))
    call = ("screen", files / "people.csv", *PLCO, "--options", files / "options.toml", "--out", files / "r.json")
    done = genorx(*call)
    assert done.status == 3
    assert done.error_lines[0].startswith(f"error[options-source] {files / 'options.toml'}:screening.fatality")


def test_an_evaluation_and_its_page_are_written_together(genorx, files):
    """Keys of R.json; the page is self-contained."""
    call = ("screen-evaluate", files / "people.csv", "--spec", files / "spec.json", "--out", files / "r.json")
    assert genorx(*call, "--report", files / "p.html").status == 0
    found = json.loads((files / "r.json").read_text())
    assert set(found) == {
        *("schema_version", "n", "horizon", "events", "observed", "expected", "oe", "slope", "intercept"),
        *("ici", "auc", "thresholds", "findings"),
    }
    assert set(found["oe"]) == {"estimate", "lower", "upper"}
    assert [each["threshold"] for each in found["thresholds"]] == [0.0151, 0.02]
    page = (files / "p.html").read_text()
    assert page.count("<svg") == 2
    assert "<script" not in page
    assert "http://" not in page.replace("http://www.w3.org", "")
    again = genorx(*call[:-1], "-")
    assert again.out == (files / "r.json").read_text()
    other = genorx(*call[:-1], "-", "--seed", "1").out
    assert json.loads(other)["auc"]["estimate"] == found["auc"]["estimate"]
    assert json.loads(other)["auc"]["lower"] != found["auc"]["lower"]


@pytest.mark.parametrize(
    ("change", "code", "status"),
    [
        ({"risk": "risks"}, "column-missing", 3),
        ({"thresholds": [1.51]}, "threshold", 2),
        ({"horizon": 60}, "horizon", 4),
        ({"of": 7}, "too-few-events", 4),
        ({"risk": "time"}, "risk-not-fraction", 3),
        ({"cause": "risk"}, "event-type", 3),
        ({"colour": "red"}, "unknown-key", 3),
    ],
)
def test_what_cannot_be_evaluated_leaves_no_file(genorx, files, change, code, status):
    (files / "spec.json").write_text(json.dumps(SPEC | change))
    out, page = files / "r.json", files / "p.html"
    call = ("screen-evaluate", files / "people.csv", "--spec", files / "spec.json", "--out", out, "--report", page)
    done = genorx(*call)
    assert done.status == status
    assert [line.partition("]")[0] for line in done.error_lines] == [f"error[{code}"]
    assert not out.exists()
    assert not page.exists()


def test_two_outputs_of_one_name_and_a_page_on_standard_output_are_wrong_usage(genorx, files):
    call = ("screen-evaluate", files / "people.csv", "--spec", files / "spec.json", "--out", files / "r.json")
    same = genorx(*call, "--report", files / "r.json")
    assert (same.status, same.error_lines[0].partition("]")[0]) == (2, "error[out-twice")
    assert genorx(*call, "--report", "-").status == 2
