"""Ordered tasks on a cluster: the function is sent once by its digest, each task by itself; Dask retries.

What is sent is pickled, as to a process of the same machine.  A worker that is killed loses its tasks to the others,
which give the same bytes.
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
_LOOK, _PATIENCE = 10.0, 600.0  # seconds between looks whether there is a worker, and until we give up
_FETCH = 60.0  # seconds for a result to come here from its worker, until we look again
_COUNT = 2.0  # seconds between looks how many workers there are
_KEPT = 4  # functions that stay on the cluster for the next time


class DaskEngine:
    """Runs tasks on the workers of a Dask client.

    Parameters
    ----------
    client : distributed.Client
    own : LocalWorkers, optional
        Workers that are being started for this engine alone.
    """

    def __init__(self, client: Client, own: LocalWorkers | None = None) -> None:
        self._client: Any = client  # much of it has no types
        self._own = own
        self._wanted = versions_here() if own is None else {}  # processes of this installation need not be asked
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
            if waiting and self._client.status == "running":  # an error, or nobody wants the rest
                self._client.cancel(list(waiting), force=True)

    def _most(self) -> int:
        """Return how many tasks are in flight: two for each worker, also for those that come later."""
        if time.monotonic() >= self._looked + _COUNT:
            self._threads = self._count()
            self._looked = time.monotonic()
        return max(4, 2 * self._threads)

    def _count(self) -> int:
        """Return how many threads workers have; as many as before while the scheduler cannot be asked."""
        if self._client.status != "running":
            return self._threads
        try:
            return sum(self._client.nthreads().values())
        except OSError:  # it just went away, which is said when a result is waited for
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
                future.exception(timeout=_LOOK)  # no more than waits: what was begun to be sent is not broken off
                return pickle.loads(future.result(timeout=_FETCH))  # noqa: S301  written by this run's code
            except TimeoutError:
                if future.status == "error":  # the task's own
                    raise
                waited = 0.0 if self._count() else waited + _LOOK
                self._lose_patience(waited)
            except KilledWorker as error:
                reason = "several worker processes ended during the same piece of work: they had no memory left"
                hint = "give workers more memory, or use a smaller --batch"
                raise GenorxError(reason, hint=hint, code="worker-lost") from error
            except (CancelledError, OSError) as error:
                if isinstance(error, GenorxError):
                    raise
                reason = "the scheduler of the cluster went away before the end"
                raise GenorxError(reason, hint="look into its log, and begin again", code="cluster-lost") from error

    def _lose_patience(self, waited: float) -> None:
        if waited:
            logger.warning("the cluster has no worker; waiting for one (%d s)", waited)
        if waited >= _PATIENCE:
            reason = f"the cluster has had no worker for {waited:.0f} s"
            raise InputError(reason, hint="start workers, and begin again", code="cluster-empty")


class Held:
    """A function as a worker holds it; other workers can fetch it from there."""

    def __init__(self, function: Callable[[Any], Any], limits: Limits, moment: datetime) -> None:
        self.function, self.limits, self.moment = function, limits, moment


def hold(data: bytes, wanted: Mapping[str, str]) -> Held:
    """Return the function that was sent."""
    _refuse_if_other(wanted)
    return Held(*pickle.loads(data))  # noqa: S301  written by the caller's code, of the same digest


def work(held: Held, task: bytes, wanted: Mapping[str, str]) -> bytes:
    """Return the pickled result of the function for a task.

    Raises
    ------
    InputError
        ``cluster-version``: the worker came later, with other versions.
    OutputError
        ``disk-full``, with the worker's address.
    """
    _refuse_if_other(wanted)
    try:
        with moment_fixed(held.moment):
            return pickle.dumps(confined(held.function, held.limits)(pickle.loads(task)))  # noqa: S301  as above
    except OSError as error:
        if isinstance(error, GenorxError) or error.errno not in _FULL:
            raise
        hint = "free space there, or take the worker away; nothing was written"
        raise OutputError("its disk is full", file=f"worker {_address()}", hint=hint, code="disk-full") from error


def _refuse_if_other(wanted: Mapping[str, str]) -> None:
    if wanted:
        refuse_others(versions_here(), wanted, _address())


def _address() -> str:
    from distributed import get_worker

    return str(get_worker().address)
