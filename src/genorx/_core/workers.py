"""Parallel work over processes: the same results in the same order, whatever their number.

``sharing`` says how many processes may be used, ``engaged`` that something else than a pool of them does the work, such
as a cluster; ``map_in_order`` is the one place where work is handed out.  Processes and not threads, since most of
the work is Python; each runs linear algebra in one thread and reads files within the caller's limits.
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

#: Yields what a function makes of each task, in the order of the tasks.
Engine = Callable[[Callable[[Any], Any], Iterable[Any]], Iterator[Any]]

_BYTES_EACH = 32 << 20  # compressed: a second of reading where it holds genotypes and little else

_engine: ContextVar[Engine | None] = ContextVar("genorx_engine", default=None)


class _Sharing:
    """The permitted number of processes, and the pool, which is kept from one piece of work to the next."""

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
    """Use up to this number of processes within a ``with`` block, and end them with it.

    Within a block of as many processes these are used.

    Raises
    ------
    UsageError
        ``workers`` for fewer than one; ``script-unguarded`` in a worker that runs its caller's script again.
    """
    if workers < 1:
        raise UsageError(f"workers is {workers}, at least 1 is needed", code="workers")
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
    """Refuse to start processes from one that has not begun: it still imports the script of its caller.

    Raises
    ------
    UsageError
        ``script-unguarded``.
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
    """Return how many processes share files of so many bytes that can be read in parts, where nobody says.

    As many as there are cores, but no more than have enough to read: a process takes a while to start.
    """
    return max(1, min(cores(), size // _BYTES_EACH))


def processes() -> int:
    """Return the number of processes that may be used."""
    held = _shared.get()
    return 1 if held is None else held.number


def is_shared() -> bool:
    """Return whether work is handed out, to processes or to an engine."""
    return _engine.get() is not None or processes() > 1


@contextmanager
def engaged(engine: Engine) -> Iterator[None]:
    """Let an engine do the work within a ``with`` block, in place of a pool of processes."""
    before = _engine.set(engine)
    try:
        yield
    finally:
        _engine.reset(before)


def map_in_order(function: Callable[[T], R], tasks: Iterable[T]) -> Iterator[R]:
    """Yield the results of a function for each task, in the order of the tasks.

    The function, its results and, with several processes, the tasks are pickled; the first error ends the work.  One
    task alone is done here, so that it can share out its own parts.  Tasks
    that are made one by one are asked for as they are needed: two for each process are in memory.

    Raises
    ------
    GenorxError
        ``worker-lost`` if a process was killed, or had no memory left; ``script-unguarded`` if it could not begin,
        since it runs the caller's script first.
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
        waiting.popleft()  # no sooner: who interrupts us must see that it is worked on
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
        reason = "a worker process ended before its work: it was killed, or had no memory left"
        raise GenorxError(reason, hint="use fewer workers", code="worker-lost") from error
    finally:
        if waiting:  # an error, or nobody wants the rest: what runs is not waited for
            for future in waiting:
                future.cancel()
            pool.drop(job)
