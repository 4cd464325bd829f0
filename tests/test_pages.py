"""Pages of the documentation whose examples run: from top to bottom, as the documentation's build runs them."""

import contextlib
import io
import re
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "guide"
CELL = re.compile(r"```\{code-cell\} python\n(.*?)```", re.DOTALL)
PAGES = {path.name: CELL.findall(path.read_text(encoding="utf-8")) for path in sorted(FOLDER.glob("*.md"))}


def test_gbsg2_goes_from_frames_to_a_ranking_in_eight_lines():
    first = [line for line in PAGES["data_frames.md"][0].splitlines() if line.strip()]
    assert len(first) <= 8
    start = (FOLDER / "first_steps.md").read_text(encoding="utf-8")
    assert PAGES["data_frames.md"][0] in start


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name, cells in PAGES.items() if cells])
def test_the_examples_of_a_page_run(name):
    known: dict[str, object] = {}
    with contextlib.redirect_stdout(io.StringIO()) as said:
        for cell in PAGES[name]:
            exec(compile(cell, name, "exec"), known)
    assert said.getvalue()
