"""Each command on the demo study: what it writes, and that it writes the same again."""

import io
import json
import os

import pandas as pd
import pytest

COLUMNS = ["patient_id", "option", "outcome", "time", "estimate", "lower", "upper", "risk"]


def test_fit_writes_the_same_model_whatever_the_number_of_workers_and_says_that_it_did_not_evaluate(
    genorx, fitted, tmp_path
):
    """Repeatable to the byte."""
    result = genorx("fit", fitted.study, "--out", tmp_path / "m", "--workers", "2")
    assert result.status == 0
    assert "not evaluated: " in result.err
    assert "--folds 5" in result.err
    assert (tmp_path / "m").read_bytes() == fitted.model.read_bytes()


def test_threads_of_linear_algebra_do_not_change_the_model(genorx_process, fitted, tmp_path):
    """A server that sets OMP_NUM_THREADS for its users gives the same bytes."""
    more = {"env": os.environ | {"OMP_NUM_THREADS": "2", "OPENBLAS_NUM_THREADS": "2"}}
    assert genorx_process("fit", fitted.study, "--out", "m", "--quiet", **more).status == 0
    assert (tmp_path / "m").read_bytes() == fitted.model.read_bytes()


def test_predictions_are_a_row_a_patient_option_and_horizon(genorx, fitted, tmp_path):
    """Three patients x three options x (three horizons + one toxicity)."""
    result = genorx("predict", fitted.model, fitted.patients, "--out", tmp_path / "p.csv", "--quiet")
    assert result.status == 0
    table = pd.read_csv(tmp_path / "p.csv")
    assert list(table.columns) == COLUMNS
    assert len(table) == 3 * 3 * 4
    assert sorted(table["time"].dropna().unique()) == [12.0, 24.0, 36.0]
    known = table.dropna(subset=["estimate"])
    assert ((known["lower"] <= known["estimate"]) & (known["estimate"] <= known["upper"])).all()
    survival = known[known["outcome"] == "os"]
    assert survival["risk"].to_numpy() == pytest.approx(1.0 - survival["estimate"].to_numpy())


def test_standard_output_gets_the_bytes_of_the_file(genorx, fitted, tmp_path):
    """``--out -`` and ``--out FILE`` are the same data."""
    genorx("predict", fitted.model, fitted.patients, "--out", tmp_path / "p.csv", "--quiet")
    result = genorx("predict", fitted.model, fitted.patients, "--out", "-", "--quiet")
    assert result.out == (tmp_path / "p.csv").read_text()
    assert list(pd.read_csv(io.StringIO(result.out)).columns) == COLUMNS


def test_ranking_names_the_option_that_cannot_be_estimated(genorx, fitted, tmp_path):
    """The demo's third patient is older than anybody who had the combination."""
    result = genorx("rank", fitted.model, fitted.patients, "--out", tmp_path / "r.json")
    assert result.status == 0
    assert "finding[outside-support]" in result.err
    answers = json.loads((tmp_path / "r.json").read_text())
    assert len(answers) == 3
    third = {option["option"]: option for option in answers[2]["options"]}
    assert third["combination"]["advice"] == "no_estimate"
    assert "age_years" in third["combination"]["no_estimate_reason"]
    assert answers[0]["options"][0]["option"] == "targeted"
    assert answers[0]["options"][0]["advice"] == "recommend"  # truth: +11 months for this carrier


def test_ranking_comes_in_three_formats_with_the_same_numbers(genorx, fitted, tmp_path):
    """One run gives all; each agrees with a run of its own, byte for byte."""
    genorx("rank", fitted.model, fitted.patients, "--out", tmp_path / "all.x", "--format", "json,csv,html", "--quiet")
    for kind in ("json", "csv", "html"):
        genorx("rank", fitted.model, fitted.patients, "--out", tmp_path / f"one.{kind}", "--quiet")
        assert (tmp_path / f"all.{kind}").read_bytes() == (tmp_path / f"one.{kind}").read_bytes()
    assert (tmp_path / "one.html").read_text().startswith("<!DOCTYPE html>")
    assert set(pd.read_csv(tmp_path / "one.csv")["advice"]) >= {"recommend", "no_estimate"}


def test_one_patient_is_answered_as_among_others(genorx, fitted):
    """--patient chooses; the answer is the same."""
    everybody = json.loads(genorx("rank", fitted.model, fitted.patients, "--out", "-", "--quiet").out)
    chosen = everybody[1]["patient_id"]
    alone = genorx("rank", fitted.model, fitted.patients, "--out", "-", "--patient", chosen, "--quiet")
    assert json.loads(alone.out) == [everybody[1]]


@pytest.mark.parametrize(
    ("more", "status", "code"),
    [
        (["--patient", "P9999"], 2, "no-such-patient"),
        (["--format", "pdf"], 2, "usage"),
        (["--format", "json,xml"], 2, "usage"),
    ],
)
def test_impossible_rankings_leave_no_file(genorx, fitted, tmp_path, more, status, code):
    """Status and code; nothing written."""
    result = genorx("rank", fitted.model, fitted.patients, "--out", tmp_path / "r.json", *more)
    assert result.status == status
    assert f"error[{code}]" in result.err
    assert list(tmp_path.iterdir()) == []


def test_a_changed_model_is_refused(genorx, fitted, tmp_path):
    """One byte in the middle of the file: status 3, no output."""
    content = bytearray(fitted.model.read_bytes())
    content[len(content) // 2] ^= 0xFF
    (tmp_path / "m").write_bytes(content)
    result = genorx("predict", tmp_path / "m", fitted.patients, "--out", tmp_path / "p.csv")
    assert result.status == 3
    assert result.error_lines[0].startswith("error[model-")
    assert not (tmp_path / "p.csv").exists()


def test_features_of_the_demo_have_missing_cells_and_not_zeros(genorx, fitted, tmp_path):
    """A no-call is an empty cell."""
    result = genorx(
        "features", fitted.home / "variants.vcf.gz", "--panel", fitted.home / "panel.toml", "--out", tmp_path / "f.csv"
    )
    assert result.status == 0
    table = pd.read_csv(tmp_path / "f.csv", dtype="str", keep_default_na=False)
    assert table.shape == (800, 17)
    assert set(table["TP53"]) == {"", "0", "1"}
    assert set(table["DPYD_rs3918290"]) == {"", "0", "1", "2"}


def test_audit_goes_to_file_or_standard_output(genorx, fitted, tmp_path):
    """JSON with --out, text without."""
    assert genorx("study", "check", fitted.study, "--out", tmp_path / "a.json").status == 0
    audit = json.loads((tmp_path / "a.json").read_text())
    assert audit["patients"]["in_all"] == 800
    assert audit["ok"]
    assert genorx("study", "check", fitted.study).out.startswith("Audit of genorx demo (simulated)\n")


def test_audit_names_all_faults_and_strict_refuses(genorx, fitted, tmp_path):
    """A patient twice and an event coded 2: both named, in the file and as error lines."""
    for path in fitted.home.iterdir():
        if path.is_file() and path.suffix != ".model":
            (tmp_path / path.name).write_bytes(path.read_bytes())
    clinical = (tmp_path / "clinical.csv").read_text().splitlines()
    (tmp_path / "clinical.csv").write_text("\n".join([*clinical, clinical[1]]) + "\n")
    outcomes = (tmp_path / "outcomes.csv").read_text().replace(",1,", ",2,").replace(",0,", ",1,")
    (tmp_path / "outcomes.csv").write_text(outcomes)
    result = genorx("study", "check", tmp_path / "study.toml", "--out", tmp_path / "a.json", "--quiet", "--no-strict")
    assert result.status == 0
    assert not json.loads((tmp_path / "a.json").read_text())["ok"]
    assert len(result.error_lines) >= 2
    assert any("duplicate-patient" in line for line in result.error_lines)
    as_json = genorx("study", "check", tmp_path / "study.toml", "--quiet", "--errors", "json")
    assert as_json.status == 3
    assert [json.loads(line)["code"] for line in as_json.err.splitlines()] == [
        line.split("]")[0].removeprefix("error[") for line in result.error_lines
    ]
    strict = genorx("study", "check", tmp_path / "study.toml", "--out", tmp_path / "b.json")
    assert strict.status == 3  # a study that cannot be loaded is bad input
    assert not (tmp_path / "b.json").exists()
    assert strict.error_lines == result.error_lines


def test_evaluation_is_written_as_json(genorx, small, evaluation, tmp_path):
    """Age, performance status and stage tell the demo's patients apart (truth: C about 0.7); same seed, same bytes."""
    result = genorx("evaluate", small[0], "--folds", "2", "--out", tmp_path / "again.json", "--quiet")
    assert (result.status, result.err) == (0, "")
    assert evaluation.read_bytes() == (tmp_path / "again.json").read_bytes()
    scores = {row["measure"]: row for row in json.loads(evaluation.read_text())["scores"]}
    assert 0.55 < scores["harrell_c"]["estimate"] < 0.8
    assert scores["harrell_c"]["lower"] < scores["harrell_c"]["estimate"] < scores["harrell_c"]["upper"]


def test_evaluation_says_what_is_known_of_differences(genorx, small, tmp_path):
    """Effect calibration and policy value with intervals; a table or a page by the suffix."""
    for name in ("e.csv", "e.html"):
        result = genorx("evaluate", small[0], "--folds", "2", "--out", tmp_path / name, "--quiet")
        assert (result.status, result.err) == (0, "")
    table = pd.read_csv(tmp_path / "e.csv").set_index("measure")
    assert list(table.columns[:5]) == ["outcome", "horizon", "estimate", "lower", "upper"]
    for measure in ("effect_mean", "effect_calibration_slope", "policy_gain_over_best_single_option"):
        row = table.loc[[measure]].iloc[0]
        assert row["lower"] <= row["estimate"] <= row["upper"]
    page = (tmp_path / "e.html").read_text()
    assert "Do we know who benefits?" in page
    assert "How good the predictions are" in page


def test_model_carries_its_scores_where_asked_for(genorx, small, evaluation, tmp_path):
    """--folds: the model file's metrics are those of genorx evaluate."""
    from genorx.ranking import load_model

    assert genorx("fit", small[0], "--folds", "2", "--out", tmp_path / "m", "--quiet").status == 0
    metrics = load_model(tmp_path / "m").metrics_
    stated = json.loads(evaluation.read_text())
    assert metrics["scores"] == stated["scores"]
    assert metrics["effects"] == stated["effects"]
    for row in stated["effects"][0]["options"]:
        assert row["identified"] == (row["option"] in stated["effects"][0]["identified"])
        assert row["identified"] or row["reason"]


def test_hostile_ids_are_neutralised_in_tables(genorx, fitted, tmp_path):
    """Issue: ``=cmd`` as an id does not start a cell of the CSV; markup is escaped on the page."""
    home = tmp_path / "h"
    (home / "patients").mkdir(parents=True)
    (home / "panel.toml").write_bytes((fitted.home / "panel.toml").read_bytes())
    old = pd.read_csv(fitted.home / "patients" / "clinical.csv")["patient_id"][0]
    hostile = "=cmd<b>"
    text = fitted.patients.read_text().split("[variants]")
    (home / "patients.toml").write_text(text[0] + "[[tables]]" + text[1].split("[[tables]]", 1)[1])
    for name in ("clinical", "laboratory", "lifestyle"):
        content = (fitted.home / "patients" / f"{name}.csv").read_text().replace(old, hostile)
        (home / "patients" / f"{name}.csv").write_text(content)
    out = home / "r.json"
    result = genorx("rank", fitted.model, home / "patients.toml", "--out", out, "--format", "csv,html", "--quiet")
    assert result.status == 0, result.err
    assert "\n=cmd" not in out.with_suffix(".csv").read_text()
    assert "\n'=cmd<b>," in out.with_suffix(".csv").read_text()
    assert "<b>" not in out.with_suffix(".html").read_text()
    assert sorted(path.name for path in home.iterdir()) == [
        "panel.toml",
        "patients",
        "patients.toml",
        "r.csv",
        "r.html",
    ]
