"""Imports of Dask for a worker of a local cluster, done once by the server from which workers are forked.

Dask imports this module in each worker too, and calls ``dask_setup``.
"""

import gc
import signal
from typing import Any

import distributed.nanny

import genorx.distributed.engine

__all__ = ["dask_setup", "distributed", "genorx"]


def dask_setup(_worker: Any) -> None:
    """Leave an interruption to the caller, which receives it too; exclude imported objects from garbage collection."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    gc.freeze()
