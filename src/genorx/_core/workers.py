"""Work shared out over processes: the same results in the same order, whatever their number.

``sharing`` says how many processes may be used, ``engaged`` that something else than a pool of them does the work, such
as a cluster; ``map_in_order`` is the one place where work is handed out.  Processes and not threads, since most of
the work is Python; each runs linear algebra in one thread and reads files within the caller's limits.
"""

from __future__ import annotations

import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sized
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, TypeVar

from genorx._core.limits import Limits, current, limits
from genorx._core.threads import single_threaded
from genorx.errors import GenorxError, UsageError

if TYPE_CHECKING:
    from concurrent.futures import Future

T = TypeVar("T")
R = TypeVar("R")

#: Yields what a function makes of each task, in the order of the tasks.
Engine = Callable[[Callable[[Any], Any], Iterable[Any]], Iterator[Any]]

_workers: ContextVar[int] = ContextVar("genorx_workers", default=1)
_engine: ContextVar[Engine | None] = ContextVar("genorx_engine", default=None)
_FUNCTION: dict[str, Callable[[Any], Any]] = {}  # of a worker process: what it does, sent once


@contextmanager
def sharing(workers: int) -> Iterator[None]:
    """Let work be shared by so many processes for the length of a ``with`` block.

    Raises
    ------
    UsageError
        ``workers`` for fewer than one.
    """
    if workers < 1:
        raise UsageError(f"workers is {workers}, at least 1 is needed", code="workers")
    before = _workers.set(workers)
    try:
        yield
    finally:
        _workers.reset(before)


def processes() -> int:
    """Return how many processes may be used."""
    return _workers.get()


def is_shared() -> bool:
    """Tell whether work is handed out, to processes or to an engine."""
    return _engine.get() is not None or _workers.get() > 1


@contextmanager
def engaged(engine: Engine) -> Iterator[None]:
    """Let an engine do the work for the length of a ``with`` block, in place of a pool of processes."""
    before = _engine.set(engine)
    try:
        yield
    finally:
        _engine.reset(before)


def map_in_order(function: Callable[[T], R], tasks: Iterable[T]) -> Iterator[R]:
    """Yield what a function makes of each task, in the order of the tasks.

    The function, its results and, with several processes, the tasks are pickled; the first error ends the work.  One
    task alone is done here, so that it can share out its own parts.  Tasks
    that are made one by one are asked for as they are needed: two for each process are in memory.

    Raises
    ------
    GenorxError
        ``worker-lost`` if a process was killed, or had no memory left.
    """
    engine = _engine.get()
    if engine is not None and not (isinstance(tasks, Sized) and len(tasks) <= 1):
        yield from engine(function, tasks)
        return
    number = min(_workers.get(), len(tasks)) if isinstance(tasks, Sized) else _workers.get()
    if engine is not None:
        number = 1
    if number <= 1:
        yield from map(function, tasks)
        return
    from concurrent.futures import ProcessPoolExecutor
    from concurrent.futures.process import BrokenProcessPool
    from multiprocessing import active_children, get_context

    others, whole = set(active_children()), False
    given = (function, current())
    pool = ProcessPoolExecutor(number, mp_context=get_context("spawn"), initializer=_begin, initargs=given)
    try:
        waiting: deque[Future[R]] = deque()
        for task in tasks:
            waiting.append(pool.submit(_work, task))
            if len(waiting) == 2 * number:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
        whole = True
    except BrokenProcessPool as error:
        reason = "a worker process ended before its work: it was killed, or had no memory left"
        raise GenorxError(reason, hint="use fewer workers", code="worker-lost") from error
    finally:
        if not whole:  # an error, or nobody wants the rest: what runs is not waited for
            for process in set(active_children()) - others:
                process.terminate()
        pool.shutdown(cancel_futures=True)


def _begin(function: Callable[[Any], Any], held: Limits) -> None:
    """Make a worker process ready: what it does, and within which limits."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the caller hears it too, and ends its workers
    _FUNCTION["run"] = confined(function, held)


def confined(function: Callable[[T], R], held: Limits) -> Callable[[T], R]:
    """Return a function as a worker runs it: within the caller's limits, linear algebra in one thread."""

    def run(task: T) -> R:
        with limits(**asdict(held)):
            return function(task)

    return single_threaded(run)


def _work(task: Any) -> Any:
    return _FUNCTION["run"](task)
