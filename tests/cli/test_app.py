"""Conventions of the command line : status, one-line errors, streams, help."""

import json
import signal
import subprocess
import sys
import time

import pytest

from genorx import __version__
from genorx.errors import GenorxError, SupportError

COMMANDS = (
    ("demo",),
    ("study", "check"),
    ("fit",),
    ("evaluate",),
    ("predict",),
    ("rank",),
    ("features",),
)


def test_version_is_printed_without_loading_the_library():
    """Quick: nothing but the command's frame is imported."""
    code = "import sys\nfrom genorx.cli.app import run\nrun(['--version'])\nprint(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    first, modules = done.stdout.split("\n", 1)
    assert first == f"genorx {__version__}"
    assert not {"pandas", "numpy", "sklearn", "pysam"} & set(modules.split())


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_help_of_each_command_explains_every_option_and_has_one_example(genorx, command):
    result = genorx(*command, "--help")
    assert result.status == 0
    assert result.out.count("Example: genorx " + " ".join(command)) == 1
    for option in ("--out", "--seed", "--errors", "--quiet", "--debug"):
        assert option in result.out
    # only where processes can share the work: an option that does nothing does not exist
    assert ("--workers" in result.out) is (
        command in {("demo",), ("effects",), ("features",), ("fit",), ("evaluate",), ("predict",), ("rank",)}
    )
    assert "\x1b" not in result.out


@pytest.mark.parametrize(
    "arguments",
    [(), ("nothing",), ("fit",), ("fit", "study.toml"), ("fit", "s", "--out", "m", "--no-such"), ("study",)],
    ids=" ".join,
)
def test_wrong_usage_ends_with_2(genorx, arguments):
    """The command alone prints its help."""
    result = genorx(*arguments)
    assert result.status == 2
    assert result.out == ""
    assert len(result.error_lines) == (1 if arguments else 0)
    assert "genorx" in result.err


def test_usage_error_can_be_json(genorx):
    """The style is found even on a line that cannot be parsed."""
    for arguments in (("fit", "--errors", "json"), ("nothing", "--errors=json")):
        result = genorx(*arguments)
        error = json.loads(result.err)
        assert list(error) == ["code", "file", "place", "reason", "hint"]
        assert error["code"] == "usage"


def test_bad_input_ends_with_3_and_one_line(genorx, tmp_path):
    """A study file that is not there, and one that is not TOML."""
    result = genorx("fit", tmp_path / "no.toml", "--out", tmp_path / "m")
    assert (result.status, len(result.err.splitlines())) == (3, 1)
    assert result.err.startswith("error[file-not-found] ")
    (tmp_path / "bad.toml").write_text("[study\n")
    result = genorx("fit", tmp_path / "bad.toml", "--out", tmp_path / "m", "--errors", "json")
    assert result.status == 3
    assert json.loads(result.err)["place"] == "1"
    assert not (tmp_path / "m").exists()


def test_question_without_answer_ends_with_4(genorx, small, tmp_path):
    """A study without a treatment has nothing to rank."""
    _, study = small
    assert genorx("fit", study, "--out", tmp_path / "m", "--quiet").status == 0
    result = genorx("rank", tmp_path / "m", study, "--out", tmp_path / "r.json")
    assert result.status == 4
    assert result.error_lines[0].startswith("error[no-design]")
    assert not (tmp_path / "r.json").exists()


def test_a_defect_ends_with_1_and_shows_no_data(genorx, monkeypatch, tmp_path):
    """The text of an unforeseen exception may hold a patient's name: it is not printed; --debug shows the trace."""

    def broken(*_, **__):
        raise RuntimeError("Jane Doe, born 1960-01-01")

    monkeypatch.setattr("genorx.cohort.Study.read", broken)
    result = genorx("fit", "s.toml", "--out", tmp_path / "m")
    assert result.status == 1
    assert len(result.err.splitlines()) == 1
    assert result.err.startswith("error[defect] genorx:test_app.py:")
    assert "Jane" not in result.err
    assert "Traceback" in genorx("fit", "s.toml", "--out", tmp_path / "m", "--debug").err


@pytest.mark.parametrize(
    ("raised", "status"),
    [
        (KeyboardInterrupt(), 130),
        (SupportError("nobody"), 4),
        (GenorxError("x"), 3),
        (PermissionError(13, "no", "f"), 3),
    ],
)
def test_each_kind_of_end_has_its_status(genorx, monkeypatch, tmp_path, raised, status):

    def broken(*_, **__):
        raise raised

    monkeypatch.setattr("genorx.cohort.Study.read", broken)
    result = genorx("fit", "s.toml", "--out", tmp_path / "m")
    assert result.status == status
    assert len(result.err.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


def test_terminated_process_ends_with_130_and_leaves_nothing(tmp_path, fitted):
    """What a workflow manager sends first: SIGTERM."""
    code = (
        "import time, genorx.cohort, genorx.cli\n"
        "def slow(*a, **k): print('started', flush=True); time.sleep(600)\n"
        "genorx.cohort.Study.load = slow\n"
        "genorx.cli.main()"
    )
    command = [sys.executable, "-c", code, "fit", str(fitted.study), "--out", str(tmp_path / "m")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "started\n"
        time.sleep(0.1)
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=120)
    assert process.returncode == 130
    assert err.startswith("error[interrupted]")
    assert list(tmp_path.iterdir()) == []


def test_a_closed_pipe_is_no_fault(fitted):
    """``genorx ... --out - | head -1`` ends in silence."""
    code = "from genorx.cli import main; main()"
    command = [sys.executable, "-c", code, "study", "check", str(fitted.study), "--quiet"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        process.stdout.close()
        err = process.stderr.read()
        process.wait(timeout=300)
    assert (process.returncode, err) == (0, "")


@pytest.mark.parametrize("command", ["fit", "predict", "rank", "features"])
def test_an_out_that_cannot_be_written_is_refused_before_the_work(genorx, fitted, tmp_path, command):
    """A missing folder, a folder, an input: wrong usage, found at once."""
    inputs = {
        "fit": [fitted.study],
        "predict": [fitted.model, fitted.patients],
        "rank": [fitted.model, fitted.patients],
        "features": [fitted.home / "variants.vcf.gz", "--panel", fitted.home / "panel.toml"],
    }[command]
    for out, code in ((tmp_path / "no" / "x", "out-folder"), (tmp_path, "out-folder"), (inputs[0], "out-is-input")):
        before = inputs[0].read_bytes()
        result = genorx(command, *inputs, "--out", out)
        assert (result.status, result.error_lines[0].split("]")[0]) == (2, f"error[{code}")
        assert inputs[0].read_bytes() == before


def test_quiet_says_nothing_and_findings_go_to_standard_error(genorx, small, tmp_path):
    """Data to --out, everything else to standard error, nothing with --quiet."""
    loud = genorx("fit", small[0], "--out", tmp_path / "m")
    assert "finding[smoking-contradiction] serious patient" in loud.err
    named = [line for line in loud.err.splitlines() if "smoking-contradiction" in line]
    assert all(" at lifestyle.csv: row " in line and 'column "pack_years": never smoked' in line for line in named)
    assert len(named) == len(set(named))
    assert loud.out == ""
    quiet = genorx("fit", small[0], "--out", tmp_path / "m", "--quiet")
    assert (quiet.status, quiet.out, quiet.err) == (0, "", "")


def test_command_works_with_warnings_as_errors_and_leaves_no_colour(genorx_process, fitted):
    """Warnings of other libraries are captured; a pipe gets no escape codes."""
    result = genorx_process("rank", fitted.model, fitted.patients, "--out", "-")
    assert result.status == 0
    assert json.loads(result.out)
    assert "\x1b" not in result.out + result.err


def test_the_frame_knows_every_kind_of_parse_fault():
    """typer's base of usage errors, whichever click it carries."""
    import typer

    fault = sys.modules["genorx.cli.app"]._ParseFault
    assert issubclass(typer.BadParameter, fault)
    assert not issubclass(ValueError, fault)


@pytest.mark.parametrize("front", [["--quiet"], ["-q", "--errors", "json"], ["--errors=json"]])
def test_options_of_every_command_may_stand_before_it(genorx, front):
    """``genorx --errors json fit ...`` is what people type who know git."""
    result = genorx(*front, "fit", "nothing.toml", "--out", "m")
    assert result.status == 3
    line = result.err.strip()
    as_json = any("json" in each for each in front)
    assert (json.loads(line)["code"] if as_json else line.partition("]")[0]).endswith("file-not-found")
