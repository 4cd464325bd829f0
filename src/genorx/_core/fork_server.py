"""Start of worker processes: milliseconds by a fork server on Linux, half a second by spawning elsewhere.

On Linux it is forked from Python's own server (``forkserver`` of ``multiprocessing``), which is started once per
session, has imported the modules that the work needs, has no threads and runs nothing.  A fork of the caller itself
could inherit a lock held by a thread of linear algebra.  System libraries of macOS do not support forks at all: there,
and on Windows, each process is a new interpreter.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from threading import Lock
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from multiprocessing.context import SpawnContext

_OWN = "genorx."
_SERVED = "genorx._core.pool"  # module run by each process
_starting = Lock()


def ready_context(function: Callable[[Any], Any]) -> SpawnContext:
    """Return the multiprocessing context with which a worker for a function can be started."""
    from multiprocessing import get_context

    while isinstance(function, partial):
        function = function.func
    served = begin_server(getattr(function, "__module__", None) or "")
    return cast("SpawnContext", get_context("forkserver" if served else "spawn"))


def begin_server(*modules: str) -> bool:
    """Start the fork server, unless it runs, and preload modules into it; False if there can be none.

    Modules of other packages are not imported there, since they may start threads.
    """
    if sys.platform != "linux":
        return False
    from multiprocessing import forkserver, resource_tracker

    resource_tracker.ensure_running()  # unblocks all signals in this process again
    with _starting, _same_imports(), _uninterrupted():
        own = [_SERVED, *[name for name in modules if name.startswith(_OWN)]]
        forkserver.set_forkserver_preload([] if sys.flags.ignore_environment else own)
        try:
            forkserver.ensure_running()
        except OSError:  # such as a temporary folder with too long a name for a socket
            return False
    return True


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Block Ctrl-C in processes started in the block and forked from them: the caller ends them."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def _same_imports() -> Iterator[None]:
    """Pass the import path of this process to the server, without unrelated modules of the current folder."""
    found = os.pathsep.join(path for path in sys.path if isinstance(path, str))
    paths = {"PYTHONPATH": found, "PYTHONSAFEPATH": "1"}
    before = {name: os.environ.get(name) for name in paths}
    os.environ.update(paths)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name)
            if value is not None:
                os.environ[name] = value
