"""A demo study with a fitted model, made once; and the command run in this process or in its own."""

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from genorx.cli.app import run as run_command
from genorx.datasets import write_demo


@dataclass(frozen=True)
class Result:
    """What a command left behind."""

    status: int
    out: str
    err: str

    @property
    def error_lines(self):
        return [line for line in self.err.splitlines() if line.startswith("error[")]


@pytest.fixture(scope="session", autouse=True)
def one_thread():
    """As ``main`` does for the command: threads of linear algebra wait for each other on a busy machine."""
    from threadpoolctl import threadpool_limits

    import genorx.ranking  # noqa: F401  loads what has threads

    with threadpool_limits(1):
        yield


@pytest.fixture
def genorx(capfd):
    """Run the command in this process; standard output and error as the user would get them."""

    def run(*arguments):
        capfd.readouterr()
        status = run_command([str(argument) for argument in arguments])
        out, err = capfd.readouterr()
        return Result(status, out, err)

    return run


@pytest.fixture
def genorx_process(tmp_path):
    """Run the command as a process of its own, in an empty folder."""

    def run(*arguments, **more):
        code = "from genorx.cli import main; main()"
        command = [sys.executable, "-W", "error", "-c", code, *map(str, arguments)]
        done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False, **more)
        return Result(done.returncode, done.stdout, done.stderr)

    return run


@dataclass(frozen=True)
class Fitted:
    """The demo's files and the model fitted to them."""

    home: Path
    study: Path
    patients: Path
    model: Path


@pytest.fixture(scope="session")
def fitted(tmp_path_factory):
    home = tmp_path_factory.mktemp("fitted")
    files = write_demo(home, seed=0)
    model = home / "demo.model"
    assert run_command(["fit", str(files.study), "--out", str(model), "--quiet"]) == 0
    return Fitted(home, files.study, files.patients, model)


_SMALL = """
[study]
name = "small"
patient_id = "patient_id"
[[tables]]
path = "clinical.csv"
role = "clinical"
[[tables]]
path = "lifestyle.csv"
role = "lifestyle"
{treatment}
[outcomes.os]
table = "outcomes.csv"
kind = "survival"
time = "os_months"
event = "os_event"
unit = "months"
horizons = [24]
[ranking]
primary = "os"
horizon = 24
"""
_TREATMENT = """
[treatment]
table = "treatments.csv"
column = "option"
reference = "chemotherapy"
"""


@pytest.fixture
def small(fitted, tmp_path):
    """Two tables of the demo, 300 patients, quick to fit; returns (study, study without a treatment)."""
    return write_small(fitted, tmp_path / "small")


@pytest.fixture(scope="session")
def evaluation(fitted, tmp_path_factory):
    """What ``genorx evaluate`` writes of such a study in two folds, as a file."""
    home = tmp_path_factory.mktemp("evaluation")
    study, _ = write_small(fitted, home / "small")
    assert run_command(["evaluate", str(study), "--folds", "2", "--out", str(home / "e.json"), "--quiet"]) == 0
    return home / "e.json"


def write_small(fitted, home):
    home.mkdir()
    for name in ("clinical", "lifestyle", "treatments", "outcomes"):
        lines = (fitted.home / f"{name}.csv").read_text().splitlines()[:301]
        (home / f"{name}.csv").write_text("\n".join(lines) + "\n")
    (home / "study.toml").write_text(_SMALL.format(treatment=_TREATMENT))
    (home / "prognosis.toml").write_text(_SMALL.format(treatment=""))
    return home / "study.toml", home / "prognosis.toml"
