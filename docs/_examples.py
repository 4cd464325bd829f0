"""Which executed pages and notebooks use a name: the page of a name without an example of its own links them."""

import json
import re
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
_CELL = re.compile(r"^```\{code-cell\}[^\n]*\n(.*?)^```", re.MULTILINE | re.DOTALL)
MOST = 3  # pages that are linked


@cache
def executed_code() -> dict[str, str]:
    """Code of each page that is executed, by the page's name in the documentation."""
    found = {}
    for path in sorted((ROOT / "docs" / "guide").glob("[!_]*.md")):
        found[f"guide/{path.stem}"] = "\n".join(_CELL.findall(path.read_text(encoding="utf-8")))
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        code = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
        found[f"notebooks/{path.stem}"] = "\n".join(code)
    return {page: code for page, code in found.items() if code}


def pages_with(name: str) -> list[str]:
    """Pages whose code uses a name, at most three."""
    return [page for page, code in executed_code().items() if re.search(rf"\b{re.escape(name)}\b", code)][:MOST]


def link_examples(app, what, name, obj, options, lines) -> None:  # noqa: ARG001, PLR0917  # Sphinx calls it so
    """Add links to pages that use a function or class which has no example in its docstring."""
    if what in {"class", "function"} and not any(">>>" in line for line in lines):
        pages = pages_with(name.rpartition(".")[2])
        if pages:
            lines += ["", ".. rubric:: Examples", "", "In " + ", ".join(f":doc:`/{page}`" for page in pages) + "."]
