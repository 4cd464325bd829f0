"""The Snakemake wrappers, run on small files: each output is what the command itself writes."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
WRAPPERS = ROOT / "workflows" / "snakemake"
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def snakemake():
    """Path of Snakemake: beside this Python, on the path, or named by GENORX_SNAKEMAKE."""
    beside = Path(sys.executable).with_name("snakemake")
    found = os.environ.get("GENORX_SNAKEMAKE") or (str(beside) if beside.exists() else shutil.which("snakemake"))
    if found is None:
        pytest.skip("Snakemake is not installed here: nox -s workflows, or GENORX_SNAKEMAKE=/path/to/snakemake")
    return found


@pytest.fixture
def run(snakemake, tmp_path):
    """Return a function that runs a rule with one of the wrappers, and returns the folder."""

    def with_rule(tool, inputs, output, **params):
        command = tmp_path / "bin" / "genorx"
        command.parent.mkdir(exist_ok=True)
        command.write_text(f"#!/bin/sh\nexec {sys.executable} -c 'from genorx.cli import main; main()' \"$@\"\n")
        command.chmod(0o755)
        lines = [f"rule {tool}:"]
        lines += ["    input: " + ", ".join(f"{name}={str(path)!r}" for name, path in inputs.items())]
        lines += [f"    output: {output!r}", "    log: 'log.txt'"]
        if params:
            lines.append("    params: " + ", ".join(f"{name}={value!r}" for name, value in params.items()))
        lines.append(f"    wrapper: 'file:{WRAPPERS / tool}'")
        (tmp_path / "Snakefile").write_text("\n".join(lines) + "\n")
        environment = {**os.environ, "PATH": f"{command.parent}{os.pathsep}{os.environ['PATH']}"}
        call = [snakemake, "--cores", "1", "--directory", str(tmp_path), "-s", str(tmp_path / "Snakefile"), output]
        done = subprocess.run(call, capture_output=True, text=True, env=environment, check=False)
        log = tmp_path / "log.txt"
        return done, log.read_text() if log.exists() else ""

    return with_rule


def test_pgx(run, tmp_path):
    from genorx.datasets import write_pgx_cohort

    write_pgx_cohort(tmp_path / "sample one.vcf", n=1)  # a blank in the name
    done, log = run("pgx", {"vcf": "sample one.vcf"}, "calls.json", extra="--drugs clopidogrel")
    assert done.returncode == 0, done.stderr + log
    (report,) = json.loads((tmp_path / "calls.json").read_text())
    assert "CYP2C19" in report["genes"]
    assert list(report["drugs"]) == ["clopidogrel"]


def test_evidence(run, tmp_path):
    (tmp_path / "tumour.txt").write_text("BRAF V600E\n")
    done, log = run("evidence", {"variants": "tumour.txt"}, "evidence.json", disease="MEL")
    assert done.returncode == 0, done.stderr + log
    assert "Dabrafenib" in (tmp_path / "evidence.json").read_text()


def test_rank(run, tmp_path):
    from genorx.cli.app import run as genorx
    from genorx.datasets import write_demo

    files = write_demo(tmp_path / "demo", seed=0)
    model = tmp_path / "demo.model"
    assert genorx(["fit", str(files.study), "--out", str(model), "--quiet"]) == 0
    done, log = run("rank", {"model": model, "study": files.patients}, "ranking.json", extra="--quiet")
    assert done.returncode == 0, done.stderr + log
    assert len(json.loads((tmp_path / "ranking.json").read_text())) == 3


def test_a_workflow_goes_from_variants_and_records_to_three_answers(run, tmp_path):
    """The ninth of the ten ways in ``tests/test_user_stories.py``: three patients, three rules, in one folder."""
    from genorx.cli.app import run as genorx
    from genorx.datasets import write_demo

    files = write_demo(tmp_path / "demo", seed=0)
    assert genorx(["fit", str(files.study), "--out", str(tmp_path / "demo.model"), "--quiet"]) == 0
    germline, tumours = (str(path.relative_to(tmp_path)) for path in (files.germline, files.tumours))
    steps = {
        "pgx.json": ("pgx", {"vcf": germline}, {}),
        "evidence.json": ("evidence", {"variants": tumours}, {"disease": "COADREAD", "extra": "--all"}),
        "ranking.json": ("rank", {"model": "demo.model", "study": str(files.patients)}, {"extra": "--quiet"}),
    }
    for output, (tool, inputs, params) in steps.items():
        done, log = run(tool, inputs, output, **params)
        assert done.returncode == 0, done.stderr + log
    people = {answer["patient_id"] for answer in json.loads((tmp_path / "ranking.json").read_text())}
    assert people == {report["sample"] for report in json.loads((tmp_path / "pgx.json").read_text())}
    tumours = json.loads((tmp_path / "evidence.json").read_text())
    assert people == {tumour["reading"]["sample"] for tumour in tumours}
    assert any(tumour["options"] for tumour in tumours)


def test_a_fault_of_the_command_fails_the_rule_and_stands_in_its_log(run, tmp_path):
    (tmp_path / "tumour.vcf").write_text("##fileformat=VCFv4.2\n")  # no header line
    done, log = run("evidence", {"variants": "tumour.vcf"}, "evidence.json", disease="MEL")
    assert done.returncode != 0
    assert "error[" in log
    assert not (tmp_path / "evidence.json").exists()
