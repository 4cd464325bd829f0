"""Arguments and options shared by commands of ``genorx care``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

RankingFile = Annotated[
    Path, typer.Argument(metavar="RANKING.json", help="Output of genorx rank --format json.", show_default=False)
]
Out = Annotated[Path, typer.Option("--out", metavar="FILE", help="File to write; - for standard output.")]
Patient = Annotated[str | None, typer.Option("--patient", metavar="ID", help="The patient, if there are several.")]
Pgx = Annotated[Path | None, typer.Option("--pgx", metavar="F.json", help="JSON output of genorx pgx.")]


def given(*paths: Path | None) -> list[Path]:
    """Return the given files."""
    return [path for path in paths if path is not None]
