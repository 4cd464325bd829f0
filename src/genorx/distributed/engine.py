"""Ordered tasks on a cluster: the function is sent once, each task separately; Dask retries.

Functions and tasks are pickled, as for a process of the same machine.  The tasks of a killed worker are passed to the
others, which give the same bytes.
Source: Rocklin M 2015, Proc 14th Python in Science Conf 126-132 (Dask).
"""

from __future__ import annotations

import errno
import hashlib
import logging
import math
import pickle
import time
import warnings
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import CancelledError
from datetime import datetime
from itertools import count
from typing import TYPE_CHECKING, Any

from genorx._core.limits import Limits, current
from genorx._core.pool import confined
from genorx._core.provenance import moment_fixed, this_second
from genorx.distributed.versions import refuse_others, versions_here
from genorx.errors import GenorxError, InputError, OutputError

if TYPE_CHECKING:
    from distributed import Client

    from genorx.distributed.local import LocalWorkers

logger = logging.getLogger("genorx.cli")
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
_LOOK, _PATIENCE = 10.0, 600.0  # seconds between checks for a worker, and until giving up
_FETCH = 60.0  # seconds for a result to arrive from its worker, until the next check
_COUNT = 2.0  # seconds between counts of workers
_KEPT = 4  # functions kept on the cluster for the next call


class DaskEngine:
    """Runs tasks on the workers of a Dask client.

    Parameters
    ----------
    client : distributed.Client
        Client of the cluster.
    own : LocalWorkers, optional
        Workers that are being started for this engine only.
    """

    def __init__(self, client: Client, own: LocalWorkers | None = None) -> None:
        self._client: Any = client  # most of it is untyped
        self._own = own
        self._wanted = versions_here() if own is None else {}  # processes of this installation need no check
        self._sent: dict[str, Any] = {}
        self._numbers = count()
        self._moment = this_second()
        self._threads, self._looked = 0, -math.inf

    def __call__(self, function: Callable[[Any], Any], tasks: Iterable[Any]) -> Iterator[Any]:
        """Yield the results of a function for each task, in the order of the tasks.

        Raises
        ------
        GenorxError
            Errors of a task; ``worker-lost``, ``cluster-lost``, ``cluster-empty``, ``cluster-version``.
        """
        sent = self._send(function)
        if self._own is not None:
            self._own.wait()
            self._own = None
        waiting: deque[Any] = deque()
        try:
            for task in tasks:
                waiting.append(self._submit(sent, task))
                if len(waiting) >= self._most():
                    yield self._result(waiting.popleft())
            while waiting:
                yield self._result(waiting.popleft())
        finally:
            if waiting and self._client.status == "running":  # an error, or the caller stopped
                self._client.cancel(list(waiting), force=True)

    def _most(self) -> int:
        """Return the number of tasks in flight: two for each worker, including those that join later."""
        if time.monotonic() >= self._looked + _COUNT:
            self._threads = self._count()
            self._looked = time.monotonic()
        return max(4, 2 * self._threads)

    def _count(self) -> int:
        """Return the number of threads of the workers; the last known one if the scheduler does not answer."""
        if self._client.status != "running":
            return self._threads
        try:
            return sum(self._client.nthreads().values())
        except OSError:  # just lost, which is reported when waiting for a result
            return self._threads

    def _send(self, function: Callable[[Any], Any]) -> Any:
        """Send a function to the cluster, unless it is there; the scheduler passes it to workers that lack it."""
        data = pickle.dumps((function, current(), self._moment))
        digest = hashlib.sha256(data).hexdigest()
        if digest not in self._sent:
            while len(self._sent) >= _KEPT:
                del self._sent[next(iter(self._sent))]
            with warnings.catch_warnings():
                warnings.filterwarnings("ignore", message="Sending large graph")
                self._sent[digest] = self._client.submit(hold, data, self._wanted, key=f"genorx-{digest}")
        return self._sent[digest]

    def _submit(self, sent: Any, task: Any) -> Any:
        key = f"genorx-task-{self._client.id}-{next(self._numbers)}"
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="Sending large graph")
            return self._client.submit(work, sent, pickle.dumps(task), self._wanted, key=key, pure=False)

    def _result(self, future: Any) -> Any:
        from distributed.scheduler import KilledWorker

        waited = 0.0
        while True:
            try:
                future.exception(timeout=_LOOK)  # only waits: a started transfer is not interrupted
                return pickle.loads(future.result(timeout=_FETCH))  # noqa: S301  written by this run's code
            except TimeoutError:
                if future.status == "error":  # the task's own
                    raise
                waited = 0.0 if self._count() else waited + _LOOK
                self._lose_patience(waited)
            except KilledWorker as error:
                reason = "several worker processes ended during the same task: they ran out of memory"
                hint = "give workers more memory, or use a smaller --batch"
                raise GenorxError(reason, hint=hint, code="worker-lost") from error
            except (CancelledError, OSError) as error:
                if isinstance(error, GenorxError):
                    raise
                reason = "the scheduler of the cluster was lost before the end"
                raise GenorxError(reason, hint="check its log, and start again", code="cluster-lost") from error

    def _lose_patience(self, waited: float) -> None:
        if waited:
            logger.warning("the cluster has no worker; waiting for one (%d s)", waited)
        if waited >= _PATIENCE:
            reason = f"the cluster has had no worker for {waited:.0f} s"
            raise InputError(reason, hint="start workers, and try again", code="cluster-empty")


class Held:
    """A function held by a worker, from which other workers can fetch it."""

    def __init__(self, function: Callable[[Any], Any], limits: Limits, moment: datetime) -> None:
        self.function, self.limits, self.moment = function, limits, moment


def hold(data: bytes, wanted: Mapping[str, str]) -> Held:
    """Return the sent function."""
    _refuse_if_other(wanted)
    return Held(*pickle.loads(data))  # noqa: S301  written by the caller's code, of the same digest


def work(held: Held, task: bytes, wanted: Mapping[str, str]) -> bytes:
    """Return the pickled result of the function for a task.

    Raises
    ------
    InputError
        ``cluster-version`` if the worker joined later with other versions.
    OutputError
        ``disk-full``, with the address of the worker.
    """
    _refuse_if_other(wanted)
    try:
        with moment_fixed(held.moment):
            return pickle.dumps(confined(held.function, held.limits)(pickle.loads(task)))  # noqa: S301  as above
    except OSError as error:
        if isinstance(error, GenorxError) or error.errno not in _FULL:
            raise
        hint = "free space there, or remove the worker; nothing was written"
        raise OutputError("its disk is full", file=f"worker {_address()}", hint=hint, code="disk-full") from error


def _refuse_if_other(wanted: Mapping[str, str]) -> None:
    if wanted:
        refuse_others(versions_here(), wanted, _address())


def _address() -> str:
    from distributed import get_worker

    return str(get_worker().address)
