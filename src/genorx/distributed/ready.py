"""A worker of a local cluster: what it needs of Dask, imported once by the server from which workers are forked.

Dask imports this module in each worker too, and calls ``dask_setup``.
"""

import gc
import signal
from typing import Any

import distributed.nanny

import genorx.distributed.engine

__all__ = ["dask_setup", "distributed", "genorx"]


def dask_setup(_worker: Any) -> None:
    """Leave an interruption to the caller, who hears it too; look for no garbage in what was imported."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    gc.freeze()
