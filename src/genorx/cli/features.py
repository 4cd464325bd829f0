"""``genorx features``: a variant file to a table of features."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from genorx._core.output import to_csv
from genorx._core.workers import expect_work
from genorx.cli.options import Seed, with_cluster
from genorx.cli.output import check_out, deliver
from genorx.cli.streams import say_findings
from genorx.errors import Finding


class Absent(StrEnum):
    """Meaning of a site without a record in the file."""

    MISSING = "missing"
    REFERENCE = "reference"


class Origin(StrEnum):
    """Origin of the variants of a file."""

    SOMATIC = "somatic"
    GERMLINE = "germline"


_File = Annotated[Path, typer.Argument(metavar="FILE", help="VCF, gVCF, BCF or VCF Zarr.", show_default=False)]
_Panel = Annotated[
    str, typer.Option("--panel", metavar="PANEL", help="genes, sites, burden, pgx, or a panel file (TOML).")
]
_Out = Annotated[Path, typer.Option("--out", metavar="FILE", help="CSV file to write; - for standard output.")]
_Absent = Annotated[Absent, typer.Option(help="Meaning of a site without a record: not sequenced, or reference.")]
_Regions = Annotated[
    Path | None,
    typer.Option("--regions", metavar="BED", help="Only records that begin in these regions; requires an index."),
]
_Assembly = Annotated[str | None, typer.Option(help="GRCh37 or GRCh38; checked against the file.")]
_Origin = Annotated[Origin | None, typer.Option(help="Origin of the variants; by default as the panel asks.")]


@with_cluster("genorx.features.files", files="file")
def features(
    file: _File,
    *,
    panel: _Panel,
    out: _Out,
    absent: _Absent = Absent.MISSING,
    assembly: _Assembly = None,
    origin: _Origin = None,
    regions: _Regions = None,
    seed: Seed = 0,  # noqa: ARG001
) -> None:
    """Write one row per sample and one column per feature of a panel; empty cells are unknown."""
    named = Path(panel)
    check_out(out, [file, named, *([] if regions is None else [regions])])
    if regions is None:  # usually few
        expect_work("genorx.cli.app", "genorx.features.forked")
    from genorx.features import variant_features

    chosen: str | Path = panel if panel in ("genes", "sites", "burden", "pgx") else named
    how: Mapping[str, Any] = {"assembly": assembly, "regions": regions, "origin": origin and origin.value}
    table = variant_features(file, chosen, absent=absent.value, **how)
    say_findings(Finding(**each) for each in table.attrs.get("findings", ()))
    deliver(out, lambda path: path.write_text(to_csv(table, index=True), encoding="utf-8"))
