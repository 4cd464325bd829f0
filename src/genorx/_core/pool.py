"""A pool of worker processes, kept for the length of a block and reused for several functions.

A thread of the caller talks to each process: it sends a function once and then task after task, so that no result
waits in a process until it is requested.  A process ends when its pipe closes, also if its caller is killed.
Processes are started by ``fork_server``.
"""

from __future__ import annotations

import gc
import os
import pickle
import signal
import traceback
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict
from threading import Lock, local
from typing import TYPE_CHECKING, Any, TypeVar

from genorx._core.fork_server import ready_context
from genorx._core.limits import Limits, current, limits
from genorx._core.threads import single_threaded

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

T = TypeVar("T")
R = TypeVar("R")

_BEGUN, _FUNCTION, _TASK = b"begun", b"function", b"task"
_PATIENCE = 2.0  # seconds for a process to end by itself


class WorkerLostError(Exception):
    """A worker process ended before it answered: its exit status, if known, and whether it had started the task."""

    def __init__(self, status: int | None = None, *, began: bool = True) -> None:
        super().__init__(status)
        self.status, self.began = status, began


class WorkerTracebackError(Exception):
    """Traceback of an error in a worker process; set as the cause of that error."""


class Job:
    """A serialised function with the limits and environment of the caller."""

    def __init__(self, function: Callable[[Any], Any]) -> None:
        self.function = function
        self.content = pickle.dumps((function, current(), dict(os.environ)))
        self.wanted = True
        self.loss: WorkerLostError | None = None  # loss of the first process that ended by itself; no other is started


class Pool:
    """A pool of processes, each started when there is work for it.

    Parameters
    ----------
    number : int
    """

    def __init__(self, number: int) -> None:
        self._threads = ThreadPoolExecutor(number, thread_name_prefix="genorx-worker")
        self._own = local()  # process of each thread
        self._workers: set[_Worker] = set()
        self._closed = False
        self._turn = Lock()  # held while a process starts, ends, is stopped, or is checked for work on a job

    def submit(self, job: Job, task: Any) -> Future[bytes]:
        """Submit a task; ``result_of`` reads its result."""
        return self._threads.submit(self._ask, job, pickle.dumps(task))

    def drop(self, job: Job) -> None:
        """End the processes that work on a job whose remaining results are not needed."""
        with self._turn:
            job.wanted = False
            for worker in list(self._workers):
                if worker.job is job:
                    worker.stop()

    def close(self) -> None:
        """End all processes without waiting for unfinished work."""
        with self._turn:
            self._closed = True
            for worker in list(self._workers):
                worker.stop()
        self._threads.shutdown(cancel_futures=True)
        for worker in list(self._workers):
            worker.end()

    def _ask(self, job: Job, task: bytes) -> bytes:
        if self._is_over(job):
            raise job.loss or WorkerLostError
        worker = self._worker(job)
        try:
            with self._turn:
                if self._is_over(job):
                    raise EOFError
                worker.job = job
            answer = worker.ask(job, task)
            with self._turn:
                if worker.is_stopped:
                    raise EOFError
                worker.job = None
        except (EOFError, OSError) as error:
            raise self._loss(worker, job) from error
        return answer

    def _is_over(self, job: Job) -> bool:
        return self._closed or not job.wanted

    def _loss(self, worker: _Worker, job: Job) -> WorkerLostError:
        """End a process and its job, unless the job has ended already; return the loss that ended it."""
        self._own.worker = None
        self._workers.discard(worker)
        if self._is_over(job):
            worker.stop()
            worker.end()
            return job.loss or WorkerLostError()
        loss = WorkerLostError(worker.end(), began=worker.began)
        job.loss, job.wanted = loss, False
        return loss

    def _worker(self, job: Job) -> _Worker:
        """Return the worker process of this thread."""
        found: _Worker | None = getattr(self._own, "worker", None)
        if found is None:
            try:
                found = _Worker(job.function)
            except (EOFError, OSError) as error:  # no resources for one more
                raise WorkerLostError from error
            self._workers.add(found)
            self._own.worker = found
        return found


def result_of(answer: bytes) -> Any:
    """Return the result of a task, or raise its error."""
    is_made, made, text = pickle.loads(answer)  # noqa: S301  written by a process of this one
    if is_made:
        return made
    raise made from WorkerTracebackError(f"\n{text}")


class _Worker:
    """A worker process, the pipe to it, and the function that it holds."""

    def __init__(self, function: Callable[[Any], Any]) -> None:
        context = ready_context(function)
        self._pipe, there = context.Pipe()
        self._process = context.Process(target=serve, args=(there,), daemon=True)
        self._holds: Job | None = None
        self.job: Job | None = None  # the current job
        self.began = False
        self.is_stopped = False
        try:
            self._process.start()
        finally:
            there.close()

    def ask(self, job: Job, task: bytes) -> bytes:
        """Send a request and return the process's answer.

        Raises
        ------
        EOFError, OSError
            If the process ends before it answers.
        """
        if not self.began:  # it may first run the script of its caller
            self._pipe.recv_bytes()
            self.began = True
        if self._holds is not job:
            self._send(_FUNCTION, job.content)
            self._holds = job
        self._send(_TASK, task)
        return self._pipe.recv_bytes()

    def _send(self, kind: bytes, content: bytes) -> None:
        self._pipe.send_bytes(kind)
        self._pipe.send_bytes(content)

    def stop(self) -> None:
        """Ask the process to end; kill it if it is busy."""
        self.is_stopped = True
        if self.job is None:
            self._pipe.close()
        else:
            self._process.terminate()

    def end(self) -> int | None:
        """Wait for the process to end, and return its exit status."""
        self._process.join(_PATIENCE)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()
        return self._process.exitcode


def serve(pipe: Connection) -> None:
    """Run the tasks sent to a worker process until the pipe closes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the caller receives it too, and ends its workers
    content, run = b"", None
    with suppress(EOFError, OSError):
        pipe.send_bytes(_BEGUN)
        while True:
            kind, data = pipe.recv_bytes(), pipe.recv_bytes()
            if kind == _FUNCTION:
                content, run = data, None
                continue
            try:
                if run is None:
                    run, content = _unpacked(content), b""
                answer = pickle.dumps((True, run(pickle.loads(data)), ""))  # noqa: S301  as below
            except Exception as error:  # noqa: BLE001  whatever it is, it is the caller's
                answer = _told(error)
            pipe.send_bytes(answer)


def _unpacked(content: bytes) -> Callable[[Any], Any]:
    """Unpickle a function; it and its imports are then excluded from garbage collection."""
    function, held, environment = pickle.loads(content)  # noqa: S301  of the process that started this one
    if environment != dict(os.environ):
        os.environ.clear()
        os.environ.update(environment)
    gc.freeze()
    return confined(function, held)


def confined(function: Callable[[T], R], held: Limits) -> Callable[[T], R]:
    """Wrap a function for a worker: with the caller's limits, linear algebra in one thread."""

    def run(task: T) -> R:
        with limits(**asdict(held)):
            return function(task)

    return single_threaded(run)


def _told(error: Exception) -> bytes:
    """Return an error that can be pickled; one that cannot is replaced by its message."""
    text = "".join(traceback.format_exception(error))
    try:
        answer = pickle.dumps((False, error, text))
        pickle.loads(answer)  # noqa: S301  written here
    except Exception:  # noqa: BLE001  any class of a user's may fail in its own way
        return pickle.dumps((False, RuntimeError(f"{type(error).__name__}: {error}"), text))
    return answer
