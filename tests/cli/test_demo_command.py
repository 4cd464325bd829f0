"""The demo from end to end, as a newcomer runs it."""

import json

import pytest


@pytest.mark.slow
def test_demo_writes_everything_and_shows_truth_beside_estimate(genorx, genorx_process, fitted, tmp_path):
    """Issue: study files, audit, model, evaluation, ranking.json, report.html, a table; simulated, and said so."""
    result = genorx_process("demo", "--out", "here")
    assert result.status == 0, result.err
    home = tmp_path / "here"
    made = {path.name for path in home.iterdir()}
    assert {"study.toml", "audit.json", "demo.model", "evaluation.json", "ranking.json", "report.html"} <= made
    assert sorted(path.name for path in tmp_path.iterdir()) == ["here"]
    lines = result.out.splitlines()
    assert lines[0].split() == [
        "patient",
        "rank",
        "option",
        "advice",
        "difference",
        "(95",
        "%",
        "interval)",
        "chance",
        "better",
        "truth",
    ]
    assert len(lines) == 1 + 9 + 2
    assert "Simulated patients." in result.out
    page = (home / "report.html").read_text()
    assert "Simulated patients." in page
    assert "truth (simulated)" in page
    assert "How good the predictions are" in page
    advice = {
        option["advice"] for answer in json.loads((home / "ranking.json").read_text()) for option in answer["options"]
    }
    assert {"recommend", "equipoise", "no_estimate"} <= advice
    # the same study and seed, by the single commands and in another process: the same bytes
    genorx("fit", fitted.study, "--folds", 3, "--out", tmp_path / "again.model", "--quiet")
    assert (home / "demo.model").read_bytes() == (tmp_path / "again.model").read_bytes()
    again = genorx("rank", home / "demo.model", home / "patients.toml", "--out", "-", "--quiet")
    assert again.out == (home / "ranking.json").read_text()


def test_demo_does_not_touch_a_folder_of_others(genorx, tmp_path):
    """Files that are not of a demo stay; wrong usage."""
    (tmp_path / "thesis.tex").write_text("precious")
    result = genorx("demo", "--out", tmp_path)
    assert (result.status, result.error_lines[0].split("]")[0]) == (2, "error[out-folder")
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]
    (tmp_path / "file").write_text("")
    assert genorx("demo", "--out", tmp_path / "file").status == 2
    assert genorx("demo", "--out", tmp_path / "no" / "demo").status == 2


def test_demo_that_fails_leaves_nothing(genorx, tmp_path, monkeypatch):
    """Contract section 1: no output, whole or partial."""

    def broken(*_, **__):
        raise OSError(28, "No space left on device", "ranking.json")

    monkeypatch.setattr("genorx.cohort.Study.load", broken)
    result = genorx("demo", "--out", tmp_path / "demo")
    assert result.status == 3
    assert list(tmp_path.iterdir()) == []
