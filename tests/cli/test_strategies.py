"""Strategies over time through the command: check, fit, rank, predict, and what it refuses."""

import json

import pandas as pd
import pytest

from genorx.datasets import make_course_cohort

_STUDY = """
[study]
name = "made course"
patient_id = "patient_id"
[[tables]]
path = "features.csv"
role = "clinical"
[treatment]
table = "treatments.csv"
design = "strategy"
start = "day"
[outcomes.course]
table = "course.csv"
kind = "multistate"
states = ["remission", "relapse", "dead"]
transitions = [["remission", "relapse"], ["remission", "dead"], ["relapse", "dead"]]
start = "remission"
unit = "days"
horizons = [365, 1096]
[strategies.first_remission]
in = "remission"
treatment = "transplant"
within = 180
[strategies.after_relapse]
in = "relapse"
treatment = "transplant"
within = 120
[strategies.never]
[ranking]
horizon = 1096
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A made cohort of 250 patients as files."""
    folder = tmp_path_factory.mktemp("course")
    for name, frame in make_course_cohort(250, seed=3).study().frames.frames.items():
        frame.to_csv(folder / f"{name}.csv", index=name == "features")
    (folder / "study.toml").write_text(_STUDY, encoding="utf-8")
    return folder


@pytest.mark.slow
def test_a_study_of_strategies_goes_from_check_to_page(genorx, home):
    assert genorx("study", "check", home / "study.toml", "--out", home / "audit.json").status == 0
    audit = json.loads((home / "audit.json").read_text())
    assert [row["option"] for row in audit["options"]] == ["first_remission", "after_relapse", "never"]
    assert audit["transitions"][0]["from"] == "remission"
    assert genorx("fit", home / "study.toml", "--out", home / "m.genorx").status == 0
    asked = (home / "m.genorx", home / "study.toml", "--patient", "P0001")
    assert genorx("rank", *asked, "--out", home / "r.json").status == 0
    answer = json.loads((home / "r.json").read_text())[0]
    assert {option["option"] for option in answer["options"]} == {"first_remission", "after_relapse", "never"}
    assert answer["reference"] == "never"
    assert genorx("rank", *asked, "--out", home / "r.html").status == 0
    assert "States and transitions" in (home / "r.html").read_text()
    assert genorx("predict", home / "m.genorx", home / "study.toml", "--out", home / "p.csv").status == 0
    outcomes = pd.read_csv(home / "p.csv")["outcome"].unique().tolist()
    assert outcomes == ["course", "course:remission", "course:relapse", "course:dead"]


@pytest.mark.parametrize(
    ("table", "row", "code", "status"),
    [
        ("course.csv", "P0001,remission,4\n", "course-state-twice", 3),
        ("treatments.csv", "P0001,transplant,-4\n", "treatment-before-start", 3),
    ],
)
def test_bad_input_is_refused_with_its_row_and_leaves_no_file(genorx, home, tmp_path, table, row, code, status):
    for path in home.iterdir():
        if path.suffix in (".csv", ".toml") and path.name != "p.csv":
            (tmp_path / path.name).write_bytes(path.read_bytes())
    with (tmp_path / table).open("a", encoding="utf-8") as handle:
        handle.write(row)
    got = genorx("fit", tmp_path / "study.toml", "--out", tmp_path / "m.genorx")
    assert got.status == status
    assert got.error_lines[0].startswith(f"error[{code}]")
    assert "row " in got.error_lines[0]
    assert not (tmp_path / "m.genorx").exists()
