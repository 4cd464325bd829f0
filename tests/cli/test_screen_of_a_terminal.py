"""What stands on a terminal when a command has ended: pyte, an emulator of terminals, reads it."""

import os
import pty
import subprocess
import sys

import pytest

pyte = pytest.importorskip("pyte")

_WIDTH, _HEIGHT = 110, 40
_LONG = "a finding whose sentence is longer than a line of the terminal, so that it goes on in the next one, whole"
_PROGRAM = f"""
import sys
from genorx._core import progress
from genorx._core.output import write_text
from genorx.cli.streams import say_error, say_findings, speaking, tell
from genorx.errors import Finding, InputError
with speaking(quiet=False, debug=False, as_json=False):
    for done in progress.track(range(3), "fit", 3):
        say_findings([Finding(code="no-calls", severity="warning", message={_LONG!r})])
    say_error(InputError("a fault", file="a.csv", code="csv"))
    if "data" in sys.argv:
        write_text("option,rank\\n", "-")
    tell("report: genorx-demo/report.html")
"""


def _screen(*arguments, stdout=None):
    """Return the lines of an emulated terminal after the program has ended, and what went to ``stdout``."""
    ours, theirs = pty.openpty()
    size = {"LINES": str(_HEIGHT), "COLUMNS": str(_WIDTH), "TERM": "xterm"}
    process = subprocess.Popen(
        [sys.executable, "-c", _PROGRAM, *arguments],
        stdin=theirs,
        stdout=theirs if stdout is None else stdout,
        stderr=theirs,
        env=os.environ | size,
        close_fds=True,
    )
    os.close(theirs)
    screen = pyte.Screen(_WIDTH, _HEIGHT)
    stream = pyte.ByteStream(screen)
    while True:
        try:
            stream.feed(os.read(ours, 65536))
        except OSError:  # the other end is closed
            break
    data, _ = process.communicate()
    os.close(ours)
    return [line.rstrip() for line in screen.display if line.strip()], data


def test_the_last_line_stands_findings_are_whole_and_no_bar_is_left():
    """Issue: the last line was erased, and findings were glued to the bar and cut."""
    lines, _ = _screen()
    assert lines[-1] == "report: genorx-demo/report.html"
    text = "".join(line.ljust(_WIDTH) for line in lines)
    assert text.count(_LONG) == 3
    assert "error[csv] a.csv: a fault" in text
    assert "0:00" not in text  # the clock of a bar
    assert lines[0].startswith("finding[no-calls] warning: a finding whose")


def test_data_go_to_standard_output_and_not_above_the_bar():
    """A table piped into a file is in the file, although the terminal has a bar."""
    lines, data = _screen("data", stdout=subprocess.PIPE)
    assert data == b"option,rank\n"
    assert not [line for line in lines if "option,rank" in line]
    lines, _ = _screen("data")
    assert "option,rank" in lines
