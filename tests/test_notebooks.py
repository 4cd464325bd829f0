"""Notebooks run from top to bottom and show what they are kept with: all of them where the documentation is built.

After a change of what they show: ``python scripts/notebook_outputs.py write``.
"""

import importlib.util
import re
from pathlib import Path

import nbformat
import pytest

FOLDER = Path(__file__).resolve().parent.parent / "notebooks"
NAMES = sorted(path.name for path in FOLDER.glob("*.ipynb"))
ABSOLUTE = re.compile(r"(?<![\w.:/<])/\w+/\w")  # a path from the root of a machine
LONG = {"aml_knowledge_bank.ipynb", "competing_colon.ipynb"}  # a minute and more, which the documentation spends anyway


def test_there_are_notebooks():
    assert {"first_five_minutes.ipynb", *LONG} <= {*NAMES}


@pytest.fixture(scope="module")
def outputs():
    """``scripts/notebook_outputs.py``."""
    path = FOLDER.parent / "scripts" / "notebook_outputs.py"
    spec = importlib.util.spec_from_file_location("notebook_outputs", path)
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # of the notebook server's own libraries
@pytest.mark.parametrize("name", sorted({*NAMES} - LONG))
def test_a_notebook_runs_and_shows_what_it_is_kept_with(name, request, monkeypatch, outputs):
    if name.startswith("aml_"):
        monkeypatch.setenv("GENORX_SHARED", str(request.getfixturevalue("aml").parents[1]))
    monkeypatch.delenv("MPLBACKEND", raising=False)  # a backend without a screen would keep figures out
    fresh = outputs.run(FOLDER / name)
    if name in outputs.kept_names():
        assert outputs.differences(nbformat.read(FOLDER / name, as_version=4), fresh) == []


@pytest.mark.parametrize("name", NAMES)
def test_outputs_are_kept_small_and_without_folders_of_a_machine(name, outputs):
    """Those with rows of patients of a data set that the project may not pass on are kept without outputs."""
    notebook = nbformat.read(FOLDER / name, as_version=4)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert any(cell.outputs for cell in code) == (name in outputs.kept_names())
    assert sum(map(len, outputs.pictures(notebook))) <= outputs.PICTURES
    assert not any(ABSOLUTE.search(text) for cell in code for text in outputs.texts(cell))
    assert not any("execution" in cell.metadata for cell in code)


@pytest.mark.parametrize(
    ("old", "new", "same"),
    [
        ("C = 0.703 (0.650 to 0.751)", "C =  0.702 (0.651 to 0.751)", True),  # the last digit
        ("C = 0.703", "C = 0.713", False),
        ("0.70312345678901", "0.70312345678977", True),
        ("dtype: object", "dtype: str", True),  # pandas 2 and 3
        ("alive  None", "alive   NaN", True),
        ("280 patients", "281 patients", False),  # counts are exact
        ("gain −1.25", "gain −1.26", True),
        ("gain −1.25", "gain 1.25", False),
        ("recommended", "reasonable", False),
        ("one two", "one two three", False),
    ],
)
def test_numbers_may_differ_in_their_last_digits_and_words_not_at_all(old, new, same, outputs):
    assert (outputs.text_difference(old, new) == "") is same


@pytest.mark.parametrize("line", ["what-if-refused | after 250 lies outside\n" * 3, "error 8.64\n", "a\nb\n"])
def test_a_piece_that_a_kernel_sends_twice_counts_once(line, outputs):
    pieces = [nbformat.v4.new_output("stream", text=text) for text in ("first\n" + line, line)]
    once = [nbformat.v4.new_output("stream", text="first\n" + line)]
    kept, fresh = (nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(outputs=o)]) for o in (once, pieces))
    assert outputs.differences(kept, fresh) == []


def test_a_cell_that_shows_something_else_is_named(outputs):
    def notebook(text):
        cell = nbformat.v4.new_code_cell("f()", outputs=[nbformat.v4.new_output("stream", text=text)])
        return nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("# A"), cell])

    (line,) = outputs.differences(notebook("12 patients\n"), notebook("13 patients\n"))
    assert line == "cell 1: '12' was kept, '13' is made"
