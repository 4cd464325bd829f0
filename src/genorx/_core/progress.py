"""Progress of long work: logged by the library, drawn by the command on a terminal, or reported to ``progress=``."""

from __future__ import annotations

import inspect
import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress

logger = logging.getLogger("genorx.progress")
T = TypeVar("T")
Method = TypeVar("Method", bound=Callable[..., Any])

#: Called with (task, done, total); the command line installs one that draws a bar on standard error.
Listener = Callable[[str, int, int | None], None]
_listener: ContextVar[Listener | None] = ContextVar("genorx_progress", default=None)
_bars: ContextVar[Progress | None] = ContextVar("genorx_progress_bars", default=None)


@contextmanager
def listening(listener: Listener) -> Iterator[None]:
    """Send progress to ``listener`` within the block."""
    token = _listener.set(listener)
    try:
        yield
    finally:
        _listener.reset(token)


@contextmanager
def drawing(console: Console | None = None) -> Iterator[Console]:
    """Draw one progress bar per task within the block, on standard error or in a notebook; yield the console.

    Other output is written through this console, which places it above the bars.
    """
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    own = console or Console(stderr=True)
    with Progress(*columns, console=own, transient=True, redirect_stdout=False, redirect_stderr=False) as bars:
        tasks: dict[str, Any] = {}

        def listen(task: str, done: int, total: int | None) -> None:
            if task not in tasks:
                tasks[task] = bars.add_task(task, total=total)
            bars.update(tasks[task], completed=done, total=total)

        token = _bars.set(bars)
        try:
            with listening(listen):
                yield own
        finally:
            _bars.reset(token)


def finish() -> None:
    """Remove the bars before data are written to the same terminal."""
    bars = _bars.get()
    if bars is not None:
        bars.stop()


def with_progress(method: Method) -> Method:
    """Add the keyword ``progress`` to a method: True draws bars, a function is called with (task, done, total)."""

    @wraps(method)
    def run(*args: Any, progress: bool | Listener = False, **named: Any) -> Any:
        if progress is False:
            return method(*args, **named)
        with drawing() if progress is True else listening(progress):
            return method(*args, **named)

    signature = inspect.signature(method)
    added = inspect.Parameter("progress", inspect.Parameter.KEYWORD_ONLY, default=False, annotation="bool | Listener")
    run.__signature__ = signature.replace(parameters=[*signature.parameters.values(), added])  # type: ignore[attr-defined]
    return run  # type: ignore[return-value]


def report(task: str, done: int, total: int | None = None) -> None:
    """Report the progress of a task."""
    listener = _listener.get()
    if listener is not None:
        listener(task, done, total)
    else:
        logger.debug("%s: %s of %s", task, done, "?" if total is None else total)


def track(items: Iterable[T], task: str, total: int | None = None) -> Iterator[T]:
    """Yield items and report progress after each."""
    report(task, 0, total)
    for done, item in enumerate(items, start=1):
        yield item
        report(task, done, total)
