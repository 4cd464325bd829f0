"""Parallel work over processes: the same results in the same order for any number of them.

``sharing`` sets the number of processes, ``engaged`` an engine other than a pool of processes, such as a cluster;
``map_in_order`` is the only place where work is distributed.  Processes are used instead of threads, since most of the
work is Python; each runs linear algebra in one thread and reads files within the caller's limits.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sized
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, TypeVar

from genorx.errors import GenorxError, UsageError

if TYPE_CHECKING:
    from concurrent.futures import Future

    from genorx._core.pool import Pool

T = TypeVar("T")
R = TypeVar("R")

#: Yields the result of a function for each task, in the order of the tasks.
Engine = Callable[[Callable[[Any], Any], Iterable[Any]], Iterator[Any]]

_BYTES_EACH = 32 << 20  # compressed; about a second of reading for genotypes with little else

_engine: ContextVar[Engine | None] = ContextVar("genorx_engine", default=None)


class _Sharing:
    """The permitted number of processes, and the pool, which is kept for later work."""

    def __init__(self, number: int) -> None:
        self.number = number
        self._pool: Pool | None = None

    def pool(self) -> Pool:
        """Return the pool; its processes start when there is work for them."""
        from genorx._core.pool import Pool

        if self._pool is None:
            self._pool = Pool(self.number)
        return self._pool

    def close(self) -> None:
        """End the processes."""
        if self._pool is not None:
            self._pool.close()


_shared: ContextVar[_Sharing | None] = ContextVar("genorx_sharing", default=None)


@contextmanager
def sharing(workers: int) -> Iterator[None]:
    """Use up to the given number of processes within a ``with`` block, and end them with it.

    Within an outer block with the same number, its processes are used.

    Raises
    ------
    UsageError
        ``workers`` if fewer than one; ``script-unguarded`` in a worker that runs the script of its caller again.
    """
    if workers < 1:
        raise UsageError(f"workers is {workers}; it must be at least 1", code="workers")
    if workers > 1:
        refuse_unguarded()
    if workers == processes():
        yield
        return
    held = _Sharing(workers)
    before = _shared.set(held)
    try:
        yield
    finally:
        _shared.reset(before)
        held.close()


def expect_work(*modules: str) -> None:
    """Start preparing processes in the background: import the modules that the coming work needs."""
    from genorx._core.fork_server import begin_server

    if processes() > 1 and _engine.get() is None:
        begin_server(*modules)


def refuse_unguarded() -> None:
    """Raise an error in a worker that is still importing the script of its caller and would start processes.

    Raises
    ------
    UsageError
        ``script-unguarded`` in such a worker.
    """
    from multiprocessing import current_process

    if getattr(current_process(), "_inheriting", False):
        raise _unguarded()


def _unguarded() -> UsageError:
    reason = "worker processes ended before they began: each runs the script that started it, and that starts workers"
    hint = 'put what the script does under: if __name__ == "__main__":'
    return UsageError(reason, hint=hint, code="script-unguarded")


def cores() -> int:
    """Return the number of cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def sensible_number(size: int) -> int:
    """Return the default number of processes for files of a given size in bytes that can be read in parts.

    The number of cores, but only as many as have enough to read, since a process takes a while to start.
    """
    return max(1, min(cores(), size // _BYTES_EACH))


def processes() -> int:
    """Return the number of processes that may be used."""
    held = _shared.get()
    return 1 if held is None else held.number


def is_shared() -> bool:
    """Return whether work is distributed, to processes or to an engine."""
    return _engine.get() is not None or processes() > 1


@contextmanager
def engaged(engine: Engine) -> Iterator[None]:
    """Use an engine within a ``with`` block, in place of a pool of processes."""
    before = _engine.set(engine)
    try:
        yield
    finally:
        _engine.reset(before)


def map_in_order(function: Callable[[T], R], tasks: Iterable[T]) -> Iterator[R]:
    """Yield the results of a function for each task, in the order of the tasks.

    The function, its results and, with several processes, the tasks are pickled; the first error ends the work.  A
    single task is run in this process, so that it can distribute its own parts.  An iterator of tasks is consumed as
    needed: two tasks per process are in memory.

    Raises
    ------
    GenorxError
        ``worker-lost`` if a process was killed or ran out of memory; ``script-unguarded`` if it could not start, since
        it runs the script of the caller first.
    """
    engine = _engine.get()
    if engine is not None and not (isinstance(tasks, Sized) and len(tasks) <= 1):
        yield from engine(function, tasks)
        return
    held = _shared.get()
    number = 1 if held is None or engine is not None else held.number
    if isinstance(tasks, Sized):
        number = min(number, len(tasks))
    if held is None or number <= 1:
        yield from map(function, tasks)
        return
    yield from _by_processes(held.pool(), function, tasks, 2 * number)


def _by_processes(pool: Pool, function: Callable[[T], R], tasks: Iterable[T], most: int) -> Iterator[R]:
    from genorx._core.pool import Job, WorkerLostError, result_of

    job = Job(function)
    waiting: deque[Future[bytes]] = deque()

    def first() -> R:
        answer = waiting[0].result()
        waiting.popleft()  # no earlier: an interruption must find the task in progress
        made: R = result_of(answer)
        return made

    try:
        for task in tasks:
            waiting.append(pool.submit(job, task))
            if len(waiting) == most:
                yield first()
        while waiting:
            yield first()
    except WorkerLostError as error:
        if error.status == 1 and not error.began:  # an error of Python
            raise _unguarded() from error
        reason = "a worker process ended before its work: it was killed, or ran out of memory"
        raise GenorxError(reason, hint="use fewer workers", code="worker-lost") from error
    finally:
        if waiting:  # an error, or the caller stopped: running tasks are not awaited
            for future in waiting:
                future.cancel()
            pool.drop(job)
