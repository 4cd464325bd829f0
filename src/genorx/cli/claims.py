"""``genorx claims``: files of claims to one table of lines."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from genorx._core.output import to_csv, to_json
from genorx.cli.options import Seed
from genorx.cli.output import Write, check_outs, deliver_all
from genorx.cli.streams import say_findings

_Files = Annotated[
    list[Path],
    typer.Argument(metavar="FILE...", help="X12 837, FHIR (JSON), RIF or CSV, in any mixture.", show_default=False),
]
_Out = Annotated[Path, typer.Option("--out", metavar="LINES.csv", help="Table to write; - for standard output.")]
_Info = Annotated[
    Path | None, typer.Option("--info", metavar="I.json", help="Content that was read or not read, and the findings.")
]


def claims(files: _Files, *, out: _Out, info: _Info = None, seed: Seed = 0) -> None:  # noqa: ARG001
    """Read claims in any format as one table with one row per claim line.

    The format is recognised by the content of a file, not its name. Names, addresses and birth dates are never read.
    """
    from genorx.audit.claim_table import findings_of, written
    from genorx.audit.claims import read_claims
    from genorx.audit.reading_info import reading_info

    check_outs([out, *([] if info is None else [info])], files)
    table = read_claims(*files)
    say_findings(findings_of(table))
    text = to_csv(written(table))
    writers: dict[Path, Write] = {out: lambda path: path.write_text(text, encoding="utf-8")}
    if info is not None:
        summary = to_json(reading_info(table, files))
        writers[info] = lambda path: path.write_text(summary, encoding="utf-8")
    deliver_all(writers)
