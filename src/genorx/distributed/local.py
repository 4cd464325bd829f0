"""Processes of this machine as workers of a Dask cluster, started while the caller reads its files.

Dask's defaults for a monitored and shared cluster cost processor time; here other settings apply while the cluster
lives.  For a dashboard, start a ``LocalCluster`` and use its client.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from genorx._core.extras import require
from genorx._core.fork_server import begin_server
from genorx._core.workers import refuse_unguarded
from genorx.errors import GenorxError

if TYPE_CHECKING:
    from distributed import Client

_READY = "genorx.distributed.ready"  # imports of the server from which workers are forked
_LOOK, _PATIENCE = (
    0.02,
    10.0,
)  # seconds between checks whether all have started, and until work begins with those that have
_SETTINGS: dict[str, Any] = {
    "distributed.worker.profile.enabled": False,  # by default of all stacks, 100 times a second
    "distributed.admin.tick.interval": "1s",  # by default 50 times a second in each loop
    "distributed.admin.system-monitor.interval": "5s",
    "distributed.worker.memory.monitor-interval": "500ms",  # by default 10 times a second, here and in each worker
    # Memory is not released after each array, to be allocated again.
    "distributed.nanny.pre-spawn-environ.MALLOC_TRIM_THRESHOLD_": None,
}


class LocalWorkers:
    """Requested processes of this machine.

    Attributes
    ----------
    client : distributed.Client
        Client of the cluster.
    number : int
        Number of processes.
    """

    def __init__(self, client: Client, number: int) -> None:
        self.client, self.number = client, number

    def wait(self) -> None:
        """Wait until all have started, since the first would receive all tasks.

        Raises
        ------
        GenorxError
            ``worker-lost`` if they ended instead.
        """
        from distributed.core import Status

        client: Any = self.client  # much of it has no types
        until = time.monotonic() + _PATIENCE
        while len(client.nthreads()) < self.number and time.monotonic() < until:
            if any(each.status == Status.failed for each in list(client.cluster.workers.values())):
                reason = "worker processes ended before they started"
                hint = 'a script puts its statements under: if __name__ == "__main__":'
                raise GenorxError(reason, hint=hint, code="worker-lost")
            time.sleep(_LOOK)


def begin_local() -> bool:
    """Start the imports of the server from which workers are forked; False if each is a new interpreter."""
    refuse_unguarded()
    return begin_server(_READY)


@contextmanager
def local_workers(number: int) -> Iterator[LocalWorkers]:
    """Yield the given number of processes of this machine, without waiting for their start.

    Raises
    ------
    UsageError
        ``script-unguarded`` if the script starts processes without a main guard.
    """
    how = _SETTINGS | ({"distributed.worker.multiprocessing-method": "forkserver"} if begin_local() else {})
    dask, distributed = require("dask", extra="dask"), require("distributed", extra="dask")
    with (
        dask.config.set(how),
        distributed.LocalCluster(
            n_workers=0,
            threads_per_worker=1,
            memory_limit=1 / number,
            dashboard_address=":0",
            scheduler_kwargs={"dashboard": False},
            silence_logs=logging.CRITICAL,
            preload=[_READY],
            env=dict(os.environ),  # the server may be older
        ) as cluster,
        distributed.Client(cluster, set_as_default=False, direct_to_workers=True) as client,
    ):
        cluster.scale(number)
        yield LocalWorkers(client, number)
