"""Standard error of a command: logs, warnings, findings, progress; never data, never colour."""

from __future__ import annotations

import json
import logging
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

from genorx._core import progress
from genorx._core.page import by_severity
from genorx._visible import visible
from genorx.errors import Finding, GenorxError

if TYPE_CHECKING:
    from rich.console import Console

#: Most findings that are listed; the rest is counted.
_MOST_FINDINGS = 12
SPEAKER, FINDER = "genorx.cli", "genorx.cli.findings"
_console: ContextVar[Console | None] = ContextVar("genorx_console", default=None)
_as_json: ContextVar[bool] = ContextVar("genorx_errors_as_json", default=False)


class ReaderGone(Exception):  # noqa: N818  nothing went wrong
    """The reader of standard output has closed it."""


def say(text: str) -> None:
    """Write one line to standard error, above any progress bars."""
    console = _console.get()
    if console is not None:
        console.print(text, markup=False, highlight=False, emoji=False, soft_wrap=True)
        return
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


def tell(text: str) -> None:
    """Write one line to standard error unless the command is quiet."""
    logging.getLogger(SPEAKER).info("%s", text)


def say_error(error: GenorxError, *, as_json: bool | None = None) -> None:
    """Write an error as one line of text or one JSON object, in the style requested for the command."""
    json_style = _as_json.get() if as_json is None else as_json
    say(visible(json.dumps(error.to_dict(), ensure_ascii=False)) if json_style else str(error))


def say_findings(findings: Iterable[Finding]) -> None:
    """Log serious findings and warnings, each once and on its own line, and count the others.

    With ``--debug`` all are listed.
    """
    logger = logging.getLogger(FINDER)
    found = by_severity(findings)
    every = logger.isEnabledFor(logging.DEBUG)
    written = found if every else [each for each in found if each.severity != "info"][:_MOST_FINDINGS]
    for each in written:
        where = f" patient {each.patient_id}" if each.patient_id else ""
        where += f" at {each.place}" if each.place else ""
        logger.warning("finding[%s] %s%s: %s", each.code, each.severity, where, each.message)
    left = Counter(each.severity for each in found) - Counter(each.severity for each in written)
    if left:
        counts = ", ".join(f"{number} {severity}" for severity, number in left.items())
        logger.warning("findings not listed here: %s; --debug lists them all", counts)


@contextmanager
def speaking(*, quiet: bool, debug: bool, as_json: bool) -> Iterator[None]:
    """Set up logs, error style and progress while a command runs."""
    style = _as_json.set(as_json)
    try:
        with _progress(shown=not quiet and sys.stderr.isatty()) as console:
            handler = logging.StreamHandler(sys.stderr) if console is None else _OnConsole(console)
            handler.setFormatter(_OneLine())
            with _logging(handler, quiet=quiet, debug=debug):
                yield
    finally:
        _as_json.reset(style)


@contextmanager
def _logging(handler: logging.Handler, *, quiet: bool, debug: bool) -> Iterator[None]:
    """Send logs of the library, and on request warnings of others, to a handler."""
    level = logging.DEBUG if debug else logging.CRITICAL + 1 if quiet else logging.WARNING
    root, warned, own = (logging.getLogger(name) for name in ("genorx", "py.warnings", SPEAKER))
    before = root.level, warned.level, warned.propagate
    own.setLevel(logging.CRITICAL + 1 if quiet else logging.INFO)
    root.addHandler(handler)
    warned.addHandler(handler)
    root.setLevel(level)
    # warnings of other libraries change no result; otherwise they would be findings
    warned.setLevel(logging.WARNING if debug else logging.CRITICAL + 1)
    warned.propagate = False
    logging.captureWarnings(True)
    try:
        yield
    finally:
        logging.captureWarnings(False)
        root.removeHandler(handler)
        warned.removeHandler(handler)
        root.setLevel(before[0])
        warned.setLevel(before[1])
        warned.propagate = before[2]
        own.setLevel(logging.NOTSET)


class _OneLine(logging.Formatter):
    """A record as one line without control characters."""

    def format(self, record: logging.LogRecord) -> str:
        text = record.getMessage()
        own = record.name in (SPEAKER, FINDER)
        head = "" if own else f"{record.levelname.lower()}: "
        return visible(head + " ".join(text.splitlines()), one_line=True)


class _OnConsole(logging.Handler):
    """Writes records through the console of the progress bars, which places them above; lines are not cut."""

    def __init__(self, console: Console) -> None:
        super().__init__()
        self.console = console

    def emit(self, record: logging.LogRecord) -> None:
        self.console.print(self.format(record), markup=False, highlight=False, emoji=False, soft_wrap=True)


@contextmanager
def _progress(*, shown: bool) -> Iterator[Console | None]:
    """Draw progress on a terminal, and yield its console; elsewhere progress is logged at debug level."""
    if not shown:
        yield None
        return
    from rich.console import Console

    with progress.drawing(Console(stderr=True)) as console:
        token = _console.set(console)
        try:
            yield console
        finally:
            _console.reset(token)
