"""Sphinx configuration: pages in MyST, examples executed, reference made from the code."""

import ast
import os
import shutil
import sys
from pathlib import Path

import genorx
from genorx.errors import ERRORS, FINDINGS

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
os.environ.pop("MPLBACKEND", None)  # a backend without a screen would keep figures out of the notebooks

project = "genorx"
author = "The genorx founders"
copyright = "2026, The genorx founders"
version = release = genorx.__version__

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.viewcode",
    "numpydoc",
    "myst_nb",
]
templates_path = ["_templates"]
exclude_patterns = ["_build", "jupyter_execute", "reference/_*", "guide/_*", "benchmarks/_*", "**.ipynb_checkpoints"]
html_title = "genorx"
html_theme = "pydata_sphinx_theme"
html_static_path = ["_static"]
html_css_files = ["genorx.css"]
html_theme_options = {
    "show_toc_level": 2,
    "header_links_before_dropdown": 5,
    "navigation_with_keys": False,
    "footer_start": ["copyright"],
    "footer_end": [],
    "show_prev_next": True,
    "show_nav_level": 1,
}
html_sidebars = {"index": []}
html_show_sourcelink = False

autosummary_generate = True
autodoc_typehints = "none"  # numpydoc's sections name the types
numpydoc_show_class_members = False
numpydoc_class_members_toctree = False
myst_enable_extensions = ["colon_fence", "dollarmath", "deflist"]
myst_heading_anchors = 3
nb_execution_mode = "force"
nb_execution_raise_on_error = True
nb_execution_timeout = 600
nb_merge_streams = True


def shared_data() -> Path | None:
    """Folder of the development data, where there is one."""
    place = Path(os.environ.get("GENORX_SHARED", HERE.parent.parent / "shared"))
    return place if (place / "data" / "aml_knowledge_bank").is_dir() else None


def lay_notebooks() -> list[str]:
    """Bring the notebooks under the source folder; name those whose data are absent, which are shown unexecuted."""
    target = HERE / "notebooks"
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(HERE.parent / "notebooks", target, ignore=shutil.ignore_patterns(".ipynb_checkpoints"))
    place = shared_data()
    if place is None:
        return ["notebooks/aml_*"]
    os.environ["GENORX_SHARED"] = str(place)
    return []


def write_codes() -> None:
    """The lists of finding and error codes, from the code."""
    for name, codes in (("findings", FINDINGS), ("errors", ERRORS)):
        rows = [f"`{code}`\n: {text}\n" for code, text in sorted(codes.items())]
        (HERE / "reference" / f"_{name}.md").write_text("\n".join(rows), encoding="utf-8")


def write_commands() -> None:
    """The help of every command, as it prints it."""
    from _commands import help_pages  # beside this file

    parts = [f"## genorx {name}\n\n```text\n{text}\n```\n" for name, text in help_pages()]
    (HERE / "reference" / "_commands.md").write_text("\n".join(parts), encoding="utf-8")


def write_study_keys() -> None:
    """Tables of the keys of a study file, from its schema."""
    from _study_keys import key_page

    (HERE / "reference" / "_study_keys.md").write_text(key_page(), encoding="utf-8")


def write_names() -> None:
    """Public names that the page of Python does not list."""
    from _names import names_page

    (HERE / "reference" / "names.md").write_text(names_page(), encoding="utf-8")


def write_benchmarks() -> None:
    """What each benchmark measures, as its first line says."""
    scripts = sorted((HERE.parent / "benchmarks").glob("*.py"))
    first = {path: ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))).splitlines()[0] for path in scripts}
    rows = [f"| `benchmarks/{path.name}` | {line.replace('``', '`')} |" for path, line in first.items()]
    text = "\n".join(["| script | measures |", "|---|---|", *rows]) + "\n"
    (HERE / "benchmarks" / "_scripts.md").write_text(text, encoding="utf-8")


def write_published() -> None:
    """One page a published model, from its card."""
    from _published import write_cards

    write_cards(HERE / "reference" / "published")


nb_execution_excludepatterns = lay_notebooks()
write_codes()
write_commands()
write_study_keys()
write_names()
write_benchmarks()
write_published()


def setup(app) -> None:
    """Link examples behind what numpydoc makes of a docstring."""
    from _examples import link_examples  # beside this file

    app.connect("autodoc-process-docstring", link_examples, priority=900)
