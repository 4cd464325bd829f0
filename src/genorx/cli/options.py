"""Options common to all commands."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Mapping
from dataclasses import fields
from enum import StrEnum
from functools import wraps
from pathlib import Path
from typing import Annotated, Any

import typer

from genorx._core.fork_server import begin_server
from genorx._core.limits import Limits, limits, option_of, what_is_limited
from genorx._core.whole_files import output_errors
from genorx._core.workers import cores, sensible_number, sharing
from genorx.cli.streams import ReaderGone, speaking


class ErrorStyle(StrEnum):
    """How an error is printed on standard error."""

    TEXT = "text"
    JSON = "json"


Study = Annotated[Path, typer.Argument(metavar="STUDY", help="Study file (TOML).", show_default=False)]
Model = Annotated[Path, typer.Argument(metavar="MODEL", help="Model file made by genorx fit.", show_default=False)]
Seed = Annotated[int, typer.Option(min=0, help="The same input and seed give the same bytes.")]
Batch = Annotated[
    int | None,
    typer.Option(
        "--batch",
        min=1,
        metavar="N",
        help="Process this many patients at a time, such as 10000, within bounded memory. "
        "Writes .csv, .jsonl (one JSON object per line) or .parquet.",
    ),
]
_Cluster = Annotated[
    str | None,
    typer.Option(
        "--cluster",
        metavar="ADDRESS",
        help="Use a Dask cluster: tcp://host:8786, a scheduler.json, or local; the result is the same.",
    ),
]

_COMMON = {
    "errors": Annotated[
        ErrorStyle, typer.Option("--errors", help="Print an error as one line of text, or as one JSON object.")
    ],
    "quiet": Annotated[bool, typer.Option("--quiet", "-q", help="Write only errors to standard error.")],
    "debug": Annotated[bool, typer.Option("--debug", help="Log all steps, and show the place of a defect.")],
}
_LIMITS = {f"max_{each.name}": each.name for each in fields(Limits)}
_COMMON |= {
    named: Annotated[int, typer.Option(option_of(limit), min=1, metavar="N", help=f"Most {what_is_limited(limit)}.")]
    for named, limit in _LIMITS.items()
}
_DEFAULTS = {"errors": ErrorStyle.TEXT, "quiet": False, "debug": False}
_DEFAULTS |= {named: getattr(Limits(), limit) for named, limit in _LIMITS.items()}
#: Common options that take a value, and those that take none.
VALUED = frozenset({"--errors", *map(option_of, _LIMITS.values())})
FLAGS = frozenset({"--quiet", "-q", "--debug"})


def with_common_options(command: Callable[..., None]) -> Callable[..., None]:
    """Return the command with the common options added to its signature: verbosity, and limits on files.

    ``--errors`` and ``--debug`` are read by ``app.main`` from the command line itself, since a line that cannot be
    parsed must be reported in the requested style as well; here they are for the help and the parser.
    """

    @wraps(command)
    def run(*args: Any, quiet: bool, debug: bool, errors: ErrorStyle, **named: Any) -> None:
        most = {limit: named.pop(option) for option, limit in _LIMITS.items()}
        try:
            with speaking(quiet=quiet, debug=debug, as_json=errors is ErrorStyle.JSON), limits(**most):
                command(*args, **named)
            with output_errors("standard output"):
                sys.stdout.flush()
        except BrokenPipeError as fault:
            raise ReaderGone from fault  # before typer parses it, and exits with its own status

    return _with_parameters(run, command, _COMMON, _DEFAULTS)


def with_workers(command: Callable[..., None], *, most: int = 1, files: str | None = None) -> Callable[..., None]:
    """Return a command whose work processes can share, with an option for their number.

    The default is the number of cores, ``most`` at most; for a command whose parameter ``files`` names variant files
    with an index, as many as have enough to read.
    """

    @wraps(command)
    def run(*args: Any, workers: int | None, **named: Any) -> None:
        if workers is None:
            workers = min(most, cores()) if files is None else _sensible(named[files])
        with sharing(workers):
            command(*args, **named)

    shown: str | bool = True if most == 1 else f"all cores, {most} at most"
    if files is not None:
        shown = "all cores for a large cohort with an index, otherwise 1"
    option = typer.Option(
        "--workers", min=1, metavar="N", help="Number of processes; the result is the same.", show_default=shown
    )
    default = 1 if most == 1 and files is None else None
    return _with_parameters(run, command, {"workers": Annotated[int | None, option]}, {"workers": default})


def _sensible(files: Path | list[Path]) -> int:
    from genorx.variants.parts import size_in_parts

    return sensible_number(sum(map(size_in_parts, files if isinstance(files, list) else [files])))


def with_cluster(*modules: str, files: str | None = None) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Return a decorator that adds options for processes or a cluster to a command.

    Workers of a cluster may run in another folder, so that given paths are made absolute.  ``modules`` are the modules
    of genorx needed for the work, which workers of this machine load while files are read.  For ``files`` see
    ``with_workers``.
    """

    def add(command: Callable[..., None]) -> Callable[..., None]:
        shared = with_workers(command, files=files)

        @wraps(shared)
        def run(*args: Any, cluster: str | None, **named: Any) -> None:
            if cluster is None:
                shared(*args, **named)
                return
            if cluster == "local":
                begin_server("genorx.distributed.ready", "genorx.cli.app", *modules)
            from genorx import distributed

            named["workers"] = named["workers"] or 1
            with sharing(named["workers"]), distributed.cluster(cluster):
                shared(*args, **{name: _whole(value) for name, value in named.items()})

        return _with_parameters(run, shared, {"cluster": _Cluster}, {"cluster": None})

    return add


def _whole(value: Any) -> Any:
    if isinstance(value, list):
        return [_whole(each) for each in value]
    return value.absolute() if isinstance(value, Path) and str(value) != "-" else value


def _with_parameters(
    run: Callable[..., None], command: Callable[..., None], added: Mapping[str, Any], defaults: Mapping[str, Any]
) -> Callable[..., None]:
    """Return ``run`` with the signature of a command and additional keywords, for typer."""
    signature = inspect.signature(command, eval_str=True)
    extra = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=defaults[name], annotation=annotation)
        for name, annotation in added.items()
    ]
    run.__signature__ = signature.replace(parameters=[*signature.parameters.values(), *extra])  # type: ignore[attr-defined]
    run.__annotations__ = {name: each.annotation for name, each in run.__signature__.parameters.items()}  # type: ignore[attr-defined]
    return run
