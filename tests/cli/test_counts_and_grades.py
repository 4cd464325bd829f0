"""Counts and grades of a study with a treatment, through fit, evaluate, predict and rank."""

import json

import numpy as np
import pandas as pd
import pytest

_STUDY = """
[study]
name = "made"
patient_id = "id"
[[tables]]
path = "clinical.csv"
role = "clinical"
[treatment]
table = "treatments.csv"
design = "baseline"
column = "arm"
reference = "a"
[outcomes.stays]
table = "outcomes.csv"
kind = "count"
value = "stays"
better = "lower"
role = "harm"
[outcomes.pain]
table = "outcomes.csv"
kind = "ordinal"
value = "pain"
levels = ["none", "mild", "severe", "unbearable"]
at_least = "severe"
better = "lower"
role = "harm"
[ranking]
primary = "stays"
"""


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """300 patients; mean stays 2 and, under b, 1; log odds of more pain lower by 1 under b; b is given by age."""
    home = tmp_path_factory.mktemp("values")
    rng = np.random.default_rng(3)
    age = rng.normal(60, 8, 300).round(1)
    b = rng.random(300) < 1 / (1 + np.exp(-(age - 60) / 10))
    names = [f"P{place:03d}" for place in range(300)]
    reached = 1 / (1 + np.exp(-((age - 60) / 10 - 1.0 * b)[:, None] + np.array([-1.0, 0.5, 2.0])))
    pain = np.array(["none", "mild", "severe", "unbearable"])[(rng.random((300, 1)) < reached).sum(axis=1)]
    sex = rng.choice(["f", "m"], 300)
    pd.DataFrame({"id": names, "age_years": age, "sex": sex}).to_csv(home / "clinical.csv", index=False)
    pd.DataFrame({"id": names, "arm": np.where(b, "b", "a")}).to_csv(home / "treatments.csv", index=False)
    stays = rng.poisson(rng.gamma(2.0, np.where(b, 0.5, 1.0)))
    pd.DataFrame({"id": names, "stays": stays, "pain": pain}).to_csv(home / "outcomes.csv", index=False)
    (home / "study.toml").write_text(_STUDY, encoding="utf-8")
    return home / "study.toml"


def test_a_count_and_grades_are_ranked_under_a_design(study, genorx, tmp_path):
    """Truth: one stay less under b, which is better; severe pain less often there."""
    assert genorx("fit", study, "--out", tmp_path / "model").status == 0
    done = genorx("rank", tmp_path / "model", study, "--patient", "P007", "--out", tmp_path / "ranking.json")
    assert done.status == 0
    whole = json.loads((tmp_path / "ranking.json").read_text(encoding="utf-8"))
    patient = whole[0]
    best = patient["options"][0]
    assert (best["option"], best["rank"]) == ("b", 1)
    assert best["difference"]["lower"] < -1.0 < best["difference"]["upper"]
    other = patient["options"][1]
    chance = [option["outcomes"]["pain"]["probability"]["estimate"] for option in (best, other)]
    assert 0 < chance[0] < chance[1] < 1
    assert genorx("predict", tmp_path / "model", study, "--out", tmp_path / "p.csv").status == 0
    table = pd.read_csv(tmp_path / "p.csv")
    assert {"stays", "pain"} <= set(table["outcome"])
    assert (table.loc[table["outcome"] == "stays", "lower"].dropna() >= 0).all()


@pytest.mark.slow
def test_a_count_and_grades_are_evaluated_under_a_design(study, genorx, tmp_path):
    """Truth: mean stays 1 less under b; a gamma of shape 2 leaves them a variance of mean + mean^2 / 2."""
    assert genorx("evaluate", study, "--folds", "2", "--out", tmp_path / "e.json").status == 0
    found = json.loads((tmp_path / "e.json").read_text(encoding="utf-8"))
    effects = {effect["outcome"]: effect for effect in found["effects"]}
    row = effects["stays"]["averages"][0]
    assert row["lower"] < -1.0 < row["upper"]
    assert effects["stays"]["measure"] == "value"
    row = effects["pain"]["averages"][0]
    assert -0.35 < row["estimate"] < 0
    assert effects["pain"]["measure"] == "probability"
