"""Use of a Dask cluster within a block: its workers do the work that is shared by processes otherwise.

Starting clusters, retries, memory and dashboards are left to Dask; ``docs/guide/cluster.md`` has recipes.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from genorx._core.extras import require
from genorx._core.workers import cores, engaged, processes
from genorx.distributed.engine import DaskEngine
from genorx.distributed.local import begin_local, local_workers
from genorx.distributed.versions import refuse_others, versions_here
from genorx.errors import InputError, UsageError, shown

if TYPE_CHECKING:
    from distributed import Client

_TIMEOUT = 8  # seconds within which a scheduler must answer


@contextmanager
def cluster(address: str | None = None) -> Iterator[Client]:
    """Use the workers of a Dask cluster within a ``with`` block: features, pharmacogenes, answers, evaluations.

    Results are byte-identical to those of one process, even if a worker is lost.  Files are passed by path, which must
    be the same on the workers.

    Parameters
    ----------
    address : str, optional
        Address of a scheduler, ``tcp://host:8786``; ``local`` for processes of this machine; or the file
        ``scheduler.json`` written by a scheduler.  By default the existing client, otherwise the address in Dask's
        configuration, otherwise ``local``.

    Yields
    ------
    distributed.Client

    Raises
    ------
    InputError
        ``cluster-absent`` if no scheduler answers within ten seconds; ``cluster-version`` if a worker has other
        versions.
    UsageError
        ``cluster-address`` if the address is not valid.
    MissingExtraError
        If distributed is not installed.

    Examples
    --------
    >>> import genorx as gx
    >>> with gx.distributed.cluster("local"):  # doctest: +SKIP
    ...     ranking = gx.load_model("study.model").rank(patients)
    """
    if address == "local":
        begin_local()  # while Dask is imported
    require("distributed", extra="dask")
    with ExitStack() as stack:
        stack.enter_context(_quiet())
        found = _existing() if address is None else address
        if found == "local":
            workers = stack.enter_context(local_workers(processes() if processes() > 1 else cores()))
            client, engine = workers.client, DaskEngine(workers.client, workers)
        else:
            client = stack.enter_context(_connected(found)) if isinstance(found, str) else found
            _agree(client, address)
            engine = DaskEngine(client)
        stack.enter_context(engaged(engine))
        yield client


@contextmanager
def _quiet() -> Iterator[None]:
    """Limit Dask's log to errors: the loss and replacement of a worker is not an error."""
    names = [name for name in logging.root.manager.loggerDict if name.split(".")[0] in ("distributed", "tornado")]
    loggers = [logging.getLogger(name) for name in names]
    levels = [each.level for each in loggers]
    for each in loggers:
        each.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        for each, level in zip(loggers, levels, strict=True):
            each.setLevel(level)


def _existing() -> Client | str:
    """Return the existing client, otherwise the address in Dask's configuration."""
    dask, distributed = require("dask", extra="dask"), require("distributed", extra="dask")
    try:
        client: Client = distributed.default_client()
    except ValueError:  # no client
        return str(dask.config.get("scheduler-address", None) or "local")
    return client


def _connected(address: str) -> Client:
    """Return a client of a running scheduler."""
    distributed = require("distributed", extra="dask")
    how: dict[str, Any] = {"address": address}
    if address.endswith(".json"):
        if not Path(address).is_file():
            hint = "the scheduler writes it at its start"
            raise InputError("there is no such file", file=address, hint=hint, code="cluster-absent")
        how = {"scheduler_file": address}
    try:
        client: Client = distributed.Client(**how, timeout=_TIMEOUT, set_as_default=False)
    except (OSError, TimeoutError) as error:
        hint = "start it (dask scheduler), or check that the port is open from here"
        reason = f"no Dask scheduler answers within {_TIMEOUT} s"
        raise InputError(reason, file=shown(address), hint=hint, code="cluster-absent") from error
    except (ImportError, KeyError, TypeError, ValueError) as error:
        hint = "give tcp://host:8786, local, or the name of a scheduler.json"
        reason = "this is not the address of a cluster"
        raise UsageError(reason, file=shown(address), hint=hint, code="cluster-address") from error
    return client


def _agree(client: Client, address: str | None) -> None:
    """Refuse a cluster with a worker of other versions; workers that join later are checked with their first task."""
    answers = client.run(versions_here, on_error="return")
    for worker, found in answers.items():
        if not isinstance(found, dict):
            reason = f"it cannot report its versions ({type(found).__name__})"
            hint = "install the same genorx there"
            raise InputError(reason, file=f"worker {worker}", hint=hint, code="cluster-version")
        refuse_others(found, versions_here(), worker)
    if not answers:
        logging.getLogger("genorx.cli").info("the cluster %s has no worker yet", shown(str(address)))
