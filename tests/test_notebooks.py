"""Notebooks run from top to bottom: the quick ones here, all of them where the documentation is built, in CI too."""

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

FOLDER = Path(__file__).resolve().parent.parent / "notebooks"
NAMES = sorted(path.name for path in FOLDER.glob("*.ipynb"))
LONG = {"aml_knowledge_bank.ipynb", "competing_colon.ipynb"}  # a minute and more, which the documentation spends anyway


def test_there_are_notebooks():
    assert {"first_five_minutes.ipynb", *LONG} <= {*NAMES}


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # of the notebook server's own libraries
@pytest.mark.parametrize("name", sorted({*NAMES} - LONG))
def test_a_notebook_runs(name, request, monkeypatch, tmp_path):
    if name.startswith("aml_"):
        monkeypatch.setenv("GENORX_SHARED", str(request.getfixturevalue("aml").parents[1]))
    notebook = nbformat.read(FOLDER / name, as_version=4)
    NotebookClient(
        notebook, timeout=600, kernel_name="python3", resources={"metadata": {"path": str(tmp_path)}}
    ).execute()


@pytest.mark.parametrize("name", NAMES)
def test_a_notebook_is_kept_without_outputs(name):
    """Outputs are made when it runs; kept ones would be old, and might hold somebody's data."""
    notebook = nbformat.read(FOLDER / name, as_version=4)
    assert all(not cell.get("outputs") for cell in notebook.cells)
