"""Work shared out over processes: the same results in the same order, whatever their number.

``sharing`` says how many processes may be used, ``engaged`` that something else than a pool of them does the work, such
as a cluster; ``map_in_order`` is the one place where work is handed out.  Processes and not threads, since most of
the work is Python; each runs linear algebra in one thread and reads files within the caller's limits.
"""

from __future__ import annotations

import pickle
import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sized
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import asdict
from threading import Thread
from typing import TYPE_CHECKING, Any, TypeVar

from genorx._core.limits import Limits, current, limits
from genorx._core.threads import single_threaded
from genorx.errors import GenorxError, UsageError

if TYPE_CHECKING:
    from concurrent.futures import Future
    from multiprocessing.connection import Connection
    from multiprocessing.context import SpawnContext
    from multiprocessing.synchronize import Lock

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
        ``workers`` for fewer than one; ``script-unguarded`` in a worker that runs its caller's script again.
    """
    if workers < 1:
        raise UsageError(f"workers is {workers}, at least 1 is needed", code="workers")
    if workers > 1 and _is_loading_script():
        raise _unguarded()
    before = _workers.set(workers)
    try:
        yield
    finally:
        _workers.reset(before)


def _is_loading_script() -> bool:
    """Tell whether this process is a worker that has not begun: it still imports the script of its caller."""
    from multiprocessing import current_process

    return bool(getattr(current_process(), "_inheriting", False))


def _unguarded() -> UsageError:
    reason = "worker processes ended before they began: each runs the script that started it, and that starts workers"
    hint = 'put what the script does under: if __name__ == "__main__":'
    return UsageError(reason, hint=hint, code="script-unguarded")


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
        ``worker-lost`` if a process was killed, or had no memory left; ``script-unguarded`` if it could not begin,
        since it runs the caller's script first.
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
    yield from _by_processes(function, tasks, number)


def _by_processes(function: Callable[[T], R], tasks: Iterable[T], number: int) -> Iterator[R]:
    from concurrent.futures import ProcessPoolExecutor
    from concurrent.futures.process import BrokenProcessPool
    from multiprocessing import active_children, get_context

    others, started, whole = set(active_children()), set[Any](), False
    context = get_context("spawn")
    with _handing_out(pickle.dumps((function, current())), number, context) as taken:
        pool = ProcessPoolExecutor(number, mp_context=context, initializer=_begin, initargs=taken)
        try:
            waiting: deque[Future[R]] = deque()
            for task in tasks:
                waiting.append(pool.submit(_work, task))
                started |= set(active_children()) - others
                if len(waiting) == 2 * number:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
            whole = True
        except BrokenProcessPool as error:
            pool.shutdown(cancel_futures=True)
            if any(process.exitcode == 1 for process in started):  # an error of Python before it began
                raise _unguarded() from error
            reason = "a worker process ended before its work: it was killed, or had no memory left"
            raise GenorxError(reason, hint="use fewer workers", code="worker-lost") from error
        finally:
            if not whole:  # an error, or nobody wants the rest: what runs is not waited for
                for process in set(active_children()) - others:
                    process.terminate()
            pool.shutdown(cancel_futures=True)


@contextmanager
def _handing_out(content: bytes, number: int, context: SpawnContext) -> Iterator[tuple[Connection, Lock]]:
    """Hand content to so many processes that have begun; yields where each takes it, one at a time.

    It is not among what starts a process: who starts one waits until all of that is read, and for ever if the process
    ends before it reads.
    """
    reader, writer = context.Pipe(duplex=False)

    def hand_out() -> None:
        with writer, suppress(OSError):  # nobody is left to take it
            for _ in range(number):
                writer.send_bytes(content)

    Thread(target=hand_out, daemon=True).start()
    try:
        yield reader, context.Lock()
    finally:
        reader.close()


def _begin(reader: Connection, turn: Lock) -> None:
    """Make a worker process ready: what it does, and within which limits."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the caller hears it too, and ends its workers
    with turn:
        content = reader.recv_bytes()
    function, held = pickle.loads(content)  # noqa: S301  of the process that started this one
    _FUNCTION["run"] = confined(function, held)


def confined(function: Callable[[T], R], held: Limits) -> Callable[[T], R]:
    """Return a function as a worker runs it: within the caller's limits, linear algebra in one thread."""

    def run(task: T) -> R:
        with limits(**asdict(held)):
            return function(task)

    return single_threaded(run)


def _work(task: Any) -> Any:
    return _FUNCTION["run"](task)
