"""``genorx convert``: a variant file to a store of VCF Zarr."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from genorx.cli.options import Seed, with_workers
from genorx.cli.output import check_parent

_File = Annotated[Path, typer.Argument(metavar="FILE", help="VCF or BCF.", show_default=False)]
_Store = Annotated[Path, typer.Argument(metavar="STORE", help="Folder to create, STORE.vcz.", show_default=False)]


@with_workers
def convert(file: _File, store: _Store, *, seed: Seed = 0) -> None:  # noqa: ARG001
    """Write a variant file as a VCF Zarr store, which can be used wherever a VCF is read; uses bio2zarr."""
    from genorx.variants.zarr_convert import convert as to_store

    check_parent(store.absolute(), store)
    to_store(file, store)
