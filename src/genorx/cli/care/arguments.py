"""Arguments and options that commands of ``genorx care`` share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

RankingFile = Annotated[
    Path, typer.Argument(metavar="RANKING.json", help="What genorx rank --format json wrote.", show_default=False)
]
Out = Annotated[Path, typer.Option("--out", metavar="FILE", help="File to write; - for standard output.")]
Patient = Annotated[str | None, typer.Option("--patient", metavar="ID", help="The patient, if there are several.")]
Pgx = Annotated[Path | None, typer.Option("--pgx", metavar="F.json", help="What genorx pgx wrote as JSON.")]


def given(*paths: Path | None) -> list[Path]:
    """Return the files that are given."""
    return [path for path in paths if path is not None]
