"""Progress of long work: logged by the library, drawn by the command on a terminal."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeVar

logger = logging.getLogger("genorx.progress")
T = TypeVar("T")

#: Called with (task, done, total); the command line installs one that draws a bar on standard error.
Listener = Callable[[str, int, int | None], None]
_listener: ContextVar[Listener | None] = ContextVar("genorx_progress", default=None)


@contextmanager
def listening(listener: Listener) -> Iterator[None]:
    """Send progress to ``listener`` for the time of the block."""
    token = _listener.set(listener)
    try:
        yield
    finally:
        _listener.reset(token)


def report(task: str, done: int, total: int | None = None) -> None:
    """Say how far a task is."""
    listener = _listener.get()
    if listener is not None:
        listener(task, done, total)
    else:
        logger.debug("%s: %s of %s", task, done, "?" if total is None else total)


def track(items: Iterable[T], task: str, total: int | None = None) -> Iterator[T]:
    """Yield items and report each."""
    report(task, 0, total)
    for done, item in enumerate(items, start=1):
        yield item
        report(task, done, total)
