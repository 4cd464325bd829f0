"""A study of graded toxicity through the commands."""

import csv
import json

import numpy as np
import pytest

_STUDY = """
[study]
name = "toxicity"
patient_id = "pid"
[[tables]]
path = "clinical.csv"
role = "clinical"
{treatment}
[outcomes.tox]
table = "outcomes.csv"
kind = "ordinal"
value = "grade"
role = "harm"
[ranking]
primary = "tox"
"""
_TREATMENT = """
[treatment]
table = "outcomes.csv"
column = "arm"
reference = "a"
randomised = true
"""


@pytest.fixture
def studies(tmp_path):
    """90 patients, grades 0 to 4 of CTCAE by age and arm: a study with the arms, and one without."""
    rng = np.random.default_rng(3)
    age, arm = rng.normal(60, 8, 90).round(1), rng.integers(0, 2, 90)
    latent = 0.1 * (age - 60) + 1.0 * arm + rng.logistic(size=90)
    grade = np.digitize(latent, [-0.5, 0.8, 1.6, 3.5])
    (tmp_path / "clinical.csv").write_text("pid,age_years\n" + "".join(f"p{i},{age[i]}\n" for i in range(90)))
    rows = "".join(f"p{i},{grade[i]},{'ab'[arm[i]]}\n" for i in range(90))
    (tmp_path / "outcomes.csv").write_text("pid,grade,arm\n" + rows)
    (tmp_path / "arms.toml").write_text(_STUDY.format(treatment=_TREATMENT))
    (tmp_path / "alone.toml").write_text(_STUDY.format(treatment=""))
    return tmp_path / "arms.toml", tmp_path / "alone.toml"


def test_grades_are_fitted_evaluated_and_predicted(genorx, studies, tmp_path):
    """Columns of ``genorx predict``; CTCAE 0 to 5 with at_least 3 by default; grade 5 was never seen."""
    _, study = studies
    model, scores, out = (tmp_path / name for name in ("m", "scores.json", "p.csv"))
    assert genorx("fit", study, "--out", model, "--quiet").status == 0
    assert genorx("predict", model, study, "--out", out, "--quiet").status == 0
    rows = [row for row in csv.DictReader(out.read_text().splitlines()) if row["patient_id"] == "p7"]
    assert list(rows[0]) == ["patient_id", "option", "outcome", "time", "estimate", "lower", "upper", "risk"]
    stated = {row["outcome"]: float(row["estimate"]) for row in rows}
    assert list(stated) == ["tox", *(f"tox:{grade}" for grade in range(6))]
    assert sum(stated[f"tox:{grade}"] for grade in range(6)) == pytest.approx(1.0)
    assert stated["tox"] == pytest.approx(stated["tox:3"] + stated["tox:4"] + stated["tox:5"])
    assert genorx("evaluate", study, "--out", scores, "--folds", "3", "--quiet").status == 0
    measures = {(row["outcome"], row["measure"]) for row in json.loads(scores.read_text())["scores"]}
    assert {("tox", "ranked_probability_skill"), ("tox", "log_score"), ("tox", "ordinal_c")} <= measures
    assert {("tox", "auc"), ("tox", "calibration_slope"), ("tox>=2", "calibration_slope")} <= measures


def test_arms_are_ranked_by_the_grades_that_count(genorx, studies, tmp_path):
    """Truth of the fixture: arm b raises the odds of a higher grade by e, and less is better."""
    study, _ = studies
    model, out = tmp_path / "m", tmp_path / "r.json"
    assert genorx("fit", study, "--out", model, "--quiet").status == 0
    assert genorx("rank", model, study, "--patient", "p7", "--out", out, "--quiet").status == 0
    options = json.loads(out.read_text())[0]["options"]
    assert options[0]["option"] == "a"
    a, b = (option["outcomes"]["tox"]["probability"]["estimate"] for option in options)
    assert a < b
