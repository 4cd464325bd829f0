"""``genorx study check``: the audit of a study; nothing is fitted."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from genorx._core.output import to_json, write_text
from genorx.cli.loading import read_study
from genorx.cli.options import Seed, Study
from genorx.cli.output import check_out, deliver
from genorx.cli.streams import say_error

_Out = Annotated[
    Path | None, typer.Option("--out", metavar="FILE", help="JSON file of the audit; - for standard output.")
]


_Strict = Annotated[
    bool,
    typer.Option(
        "--strict/--no-strict",
        help="End with status 3, and write no file, where the study cannot be loaded; or write its audit, status 0.",
    ),
]


def check(
    study: Study,
    *,
    out: _Out = None,
    strict: _Strict = True,
    seed: Seed = 0,  # noqa: ARG001
) -> None:
    """Read everything a study names, fit nothing, and print the audit.

    Without --out the audit is printed as text. Every fault that stops the study from being loaded is printed as an
    error line on standard error, and the status is 3; with --no-strict the audit is written all the same, with the
    faults in it, and the status is 0.
    """
    if out is not None:
        check_out(out, [study])
    audit = read_study(study, [] if out is None else [out]).audit()
    for fault in audit.faults[:-1] if strict else audit.faults:
        say_error(fault)
    if out is None:
        write_text(audit.to_text().rstrip("\n") + "\n", "-")
    if strict and audit.faults:
        raise audit.faults[-1]
    if out is not None:
        deliver(out, lambda path: path.write_text(to_json(audit.to_dict()), encoding="utf-8"))
