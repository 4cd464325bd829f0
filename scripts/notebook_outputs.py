"""Outputs of the notebooks: ``write [NAME...]`` keeps those of a run, ``compare FOLDER`` holds fresh runs to them.

FOLDER has notebooks that were run, such as ``docs/_build/jupyter_execute/notebooks`` after ``nox -s docs``.  Texts are
compared word for word and numbers up to their last digits, since machines and versions of libraries differ in those;
pictures and pages are not compared.  Those whose data are not the project's to pass on are kept without outputs.
"""

from __future__ import annotations

import argparse
import base64
import os
import re
import sys
import tempfile
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient

FOLDER = Path(__file__).resolve().parent.parent / "notebooks"
#: Rows of patients of a data set under GPL-3.0, which the project does not ship.
WITHOUT = "aml_*.ipynb"
PICTURES = 150_000  # bytes of all pictures of a notebook
PAGE = 30_000  # characters: a longer page stands in the documentation, and its text here
PIECE = 100  # characters: printed twice in a row they are one piece that was sent twice
KINDS = ("image/png", "text/html", "text/plain")
#: A difference of two in the last digit shown, or of one in a thousand.
LAST, SHARE = 2.0, 1e-3
#: Lines that a busy kernel may have sent twice, too short for ``PIECE``.
_TWICE = re.compile(r"^((?:.*\n){1,9}?)\1+", re.MULTILINE)
_NUMBER = re.compile(r"[-+−]?\d[\d,]*(?:\.\d+)?(?:e[-+]?\d+)?")


def kept_names() -> list[str]:
    """Names of the notebooks that are kept with outputs."""
    without = {path.name for path in FOLDER.glob(WITHOUT)}
    return sorted(path.name for path in FOLDER.glob("*.ipynb") if path.name not in without)


def run(path: Path) -> Any:
    """Return a notebook with the outputs of a run in an empty folder."""
    notebook = nbformat.read(path, as_version=4)
    with tempfile.TemporaryDirectory() as place:
        where = {"metadata": {"path": place}}
        NotebookClient(notebook, timeout=1800, kernel_name="python3", resources=where).execute()
    return notebook


def strip(notebook: Any) -> Any:
    """Leave out times of execution, folders of this machine, messages of libraries and pages that are long."""
    notebook.metadata["language_info"] = {"name": "python", "pygments_lexer": "ipython3"}  # no version of a machine
    for number, cell in enumerate((cell for cell in notebook.cells if cell.cell_type == "code"), 1):
        cell.metadata.pop("execution", None)
        cell.execution_count = number
        cell.outputs = [_stripped(output, number) for output in _joined(cell.outputs)]
    return notebook


def _joined(outputs: list[Any]) -> list[Any]:
    """One output of all that was printed: how it came in pieces differs between runs; warnings go."""
    found: list[Any] = []
    for output in outputs:
        if output.output_type == "stream" and output.name == "stderr":
            continue
        if output.output_type == "stream" and found and found[-1].output_type == "stream":
            # a kernel that is busy may send its last piece twice
            again = len(output.text) >= PIECE and found[-1].text.endswith(output.text)
            found[-1].text += "" if again else output.text
        else:
            found.append(output)
    return found


def _stripped(output: Any, number: int) -> Any:
    if output.output_type == "stream":
        output.text = _without_folders(output.text)
        return output
    if output.output_type == "execute_result":
        output.execution_count = number
    output.data = {kind: _without_folders(output.data[kind]) for kind in KINDS if kind in output.data}
    if len(output.data.get("text/html", "")) > PAGE:
        del output.data["text/html"]
    return output


def _without_folders(text: str) -> str:
    return text.replace(tempfile.gettempdir() + os.sep, "")


def pictures(notebook: Any) -> list[bytes]:
    """Pictures among the outputs, as bytes of PNG."""
    data = [output.get("data", {}) for cell in notebook.cells for output in cell.get("outputs", [])]
    return [base64.b64decode(each["image/png"]) for each in data if "image/png" in each]


def texts(cell: Any) -> list[str]:
    """Texts that a cell shows, where a picture counts by being there, and what is printed twice in a row once."""
    found = []
    for output in _joined(cell.get("outputs", [])):
        data = output.get("data", {})
        shown = "(a picture)" if "image/png" in data else data.get("text/plain", "")
        if "text" in output:
            shown = _TWICE.sub(r"\1", output.text)
        found.append(_without_folders(shown))
    return found


def differences(kept: Any, fresh: Any) -> list[str]:
    """Lines that say which cells show another text than they did."""
    if len(kept.cells) != len(fresh.cells):
        return [f"{len(kept.cells)} cells were kept and {len(fresh.cells)} are run"]
    pairs = zip(kept.cells, fresh.cells, strict=True)
    return [
        f"cell {place}: {fault}"
        for place, (old, new) in enumerate(pairs)
        if old.cell_type == "code" and (fault := _difference(texts(old), texts(new)))
    ]


def _difference(old: list[str], new: list[str]) -> str:
    if len(old) != len(new):
        return f"{len(old)} outputs were kept and {len(new)} are made"
    return next((fault for pair in zip(old, new, strict=True) if (fault := text_difference(*pair))), "")


def text_difference(old: str, new: str) -> str:
    """What of two texts differs first, or nothing; white space and how versions of pandas call text do not count."""
    left, right = _words(old), _words(new)
    for one, other in zip(left, right, strict=False):
        if not _alike(one, other):
            return f"{one!r} was kept, {other!r} is made"
    return "" if len(left) == len(right) else f"{len(left)} words were kept, {len(right)} are made"


def _words(text: str) -> list[str]:
    text = re.sub(r"dtype: (?:object|str)\b", "dtype: text", text)
    text = re.sub(r"\b(?:None|nan)\b", "NaN", text)  # a missing text, as versions of pandas write it
    return [
        word
        for word in re.split(rf"({_NUMBER.pattern})|\s+|(?<=\w)(?=\W)|(?<=\W)(?=\w)", text)
        if word and word.strip("-─ ")
    ]


def _alike(one: str, other: str) -> bool:
    if one == other:
        return True
    if not (_NUMBER.fullmatch(one) and _NUMBER.fullmatch(other)):
        return False
    (a, unit), (b, other_unit) = _value(one), _value(other)
    return abs(a - b) <= max(LAST * max(unit, other_unit) * 1.001, SHARE * max(abs(a), abs(b)))


def _value(word: str) -> tuple[float, float]:
    """A number, and one unit of the last digit with which it is written; whole numbers count exactly."""
    plain = word.replace(",", "").replace("−", "-")
    digits = plain.partition("e")[0].partition(".")[2]
    exponent = int(plain.partition("e")[2] or 0)
    whole = "." not in plain and "e" not in plain
    return float(plain), 0.0 if whole else 10.0 ** (exponent - len(digits))


def write(names: list[str]) -> None:
    """Run notebooks and keep their outputs."""
    if others := sorted(set(names) - set(kept_names())):
        sys.exit(f"not kept with outputs: {', '.join(others)}; those that are: {', '.join(kept_names())}")
    os.environ.pop("MPLBACKEND", None)  # a backend without a screen would keep figures out
    for name in names or kept_names():
        notebook = strip(run(FOLDER / name))
        nbformat.write(notebook, FOLDER / name)
        sys.stdout.write(f"{name}: {sum(map(len, pictures(notebook))):,} bytes of pictures\n")


def compare(folder: Path) -> int:
    """Print what differs from the runs in a folder; the number of notebooks with a difference."""
    wrong = 0
    for name in kept_names():
        kept, fresh = (nbformat.read(place / name, as_version=4) for place in (FOLDER, folder))
        found = differences(kept, fresh)
        wrong += bool(found)
        for line in found:
            sys.stdout.write(f"{name}, {line}\n")
    sys.stdout.write(f"{len(kept_names())} notebooks compared, {wrong} with differences\n")
    return wrong


def main() -> None:
    """Write or compare, as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    actions = parser.add_subparsers(dest="action", required=True)
    actions.add_parser("write").add_argument("names", nargs="*")
    actions.add_parser("compare").add_argument("folder", type=Path)
    given = parser.parse_args()
    if given.action == "write":
        write(given.names)
    elif compare(given.folder):
        sys.exit(1)


if __name__ == "__main__":
    main()
