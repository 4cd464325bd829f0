"""The demo from end to end, as a newcomer runs it."""

import json

import pytest

from genorx.cli.demo import ranked_with_all_three
from genorx.datasets import DEMO_DRUGS, load_demo_truth, write_demo
from genorx.ranking import load_model


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
    named = [word for option, drugs in DEMO_DRUGS.items() for word in ("--drugs", f"{option}={', '.join(drugs)}")]
    named += ["--pgx", home / "patients" / "germline.vcf"]
    again = genorx("rank", home / "demo.model", home / "patients.toml", *named, "--out", "-", "--quiet")
    assert _without_evidence(again.out) == _without_evidence((home / "ranking.json").read_text())


def test_demo_command_shows_estimate_guidance_and_evidence(fitted, tmp_path):
    """P0809 carries DPYD *2A once: CPIC asks for less fluorouracil.  P0852 and P0922 have BRAF V600E, CIViC tier I."""
    files = write_demo(tmp_path, seed=0)
    ranking = ranked_with_all_three(load_model(fitted.model), files)
    assert [[option.axes for option in answer.options if option.option == "targeted"] for answer in ranking] == [
        ["both"], ["model only"], ["both"],
    ]  # fmt: skip
    marked = {
        answer.patient_id
        for answer in ranking
        for o in answer.options
        for row in o.safety_marks
        if row["drug"] == "fluorouracil"
    }
    assert "P0809" in marked
    assert "P0922" not in marked
    ranking.report(tmp_path / "report.html", truth=load_demo_truth(files.truth))
    page = (tmp_path / "report.html").read_text()
    for said in ("Simulated patients.", "Overall survival", "Targeted therapy", "DPYD", "civic:EID", "tier"):
        assert said in page


def _without_evidence(text):
    """Records of a ranking without what evidence adds beside the options: the single command does not look it up."""
    records = json.loads(text)
    for record in records:
        record["findings"] = [
            each for each in record["findings"] if not each["code"].startswith(("evidence-", "alter"))
        ]
        record["provenance"].pop("knowledge", None)
        for option in record["options"]:
            option.pop("evidence", None), option.pop("axes", None)
    return records


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
    """No output, whole or partial."""

    def broken(*_, **__):
        raise OSError(28, "No space left on device", "ranking.json")

    monkeypatch.setattr("genorx.cohort.Study.load", broken)
    result = genorx("demo", "--out", tmp_path / "demo")
    assert result.status == 3
    assert list(tmp_path.iterdir()) == []
