"""Conversion of a variant file to a VCF Zarr store by bio2zarr; every chunk is written, so that a lost one is detected.

Reading such stores is ``zarr_store``.
Source: Czech E et al. 2025, GigaScience 14:giaf049 (bio2zarr, vcf2zarr).
"""

from __future__ import annotations

import logging
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from genorx._core.extras import require
from genorx._core.whole_files import atomic_folder, settle
from genorx._core.workers import processes
from genorx.errors import UsageError, VariantFileError
from genorx.variants.files import file_kind, line_pieces
from genorx.variants.records import VariantReader
from genorx.variants.zarr_store import ZarrStore, is_store

_EMPTY_CHUNKS = "ZARR_ARRAY__WRITE_EMPTY_CHUNKS"  # setting for zarr in the worker processes of bio2zarr


def convert(source: str | Path, store: str | Path) -> Path:
    """Write a VCF or BCF as a VCF Zarr store atomically, and return its path.

    The file is checked as when it is read for features: a file that genorx refuses is not converted.  If the file has
    no index, one is made for a copy; the file itself is not changed.

    Parameters
    ----------
    source : path
        VCF or BCF, plain, gzip or bgzip.
    store : path
        Folder to create, ``.vcz``; it must not exist.

    Raises
    ------
    UsageError
        ``store-exists`` if the store exists.
    VariantFileError
        The errors of ``read_genotypes``; ``zarr-not-made`` if bio2zarr refuses the file.
    MissingExtraError
        If bio2zarr or cyvcf2 is not installed.
    """
    target = Path(store)
    if os.path.lexists(target):
        hint = "name another, or remove it first: chunks of two files must not mix in one store"
        raise UsageError("the store already exists", file=target, hint=hint, code="store-exists")
    if is_store(source):
        raise UsageError("the file is a VCF Zarr store already", file=source, code="store-exists")
    vcf = require("bio2zarr.vcf", extra="zarr")
    require("cyvcf2", extra="zarr")
    reader = VariantReader(source, filters=None)
    for _ in reader.blocks():  # the checks of records that htslib does not make
        pass
    with tempfile.TemporaryDirectory(prefix="genorx-") as scratch, atomic_folder(target) as made:
        indexed = _indexed(Path(source), Path(scratch))
        workers = processes()
        with _every_chunk():
            try:
                vcf.convert([indexed], made / "store", worker_processes=0 if workers == 1 else workers)
            except (AssertionError, KeyError, OSError, RuntimeError, TypeError, ValueError) as error:
                if isinstance(error, OSError) and error.errno is not None:  # the system's, such as a full disk
                    raise
                reason = f"bio2zarr does not convert it ({type(error).__name__})"
                hint = "fields that the header does not declare, or of another type than declared, cannot be stored"
                raise VariantFileError(reason, file=source, hint=hint, code="zarr-not-made") from error
        ZarrStore(made / "store")
        for part in sorted((made / "store").iterdir()):
            part.rename(made / part.name)
        (made / "store").rmdir()
        settle(made)
    return target


def _indexed(path: Path, scratch: Path) -> Path:
    """Return a file with an index that is certainly its own, in a temporary folder."""
    import pysam

    htslib: Any = pysam  # its type stubs lack what is used here
    kind = file_kind(path)
    copy = scratch / ("file.bcf" if kind == "bcf" else "file.vcf.gz")
    if kind in {"plain", "gzip"}:
        with htslib.BGZFile(str(copy), "wb") as out:
            for piece in line_pieces(path):
                out.write(piece)
    elif kind == "bcf":
        with htslib.VariantFile(str(path)) as source, htslib.VariantFile(str(copy), "wb", header=source.header) as out:
            for record in source:
                out.write(record)
    else:
        copy.symlink_to(path.resolve())
    try:
        htslib.tabix_index(str(copy), preset="bcf" if kind == "bcf" else "vcf", csi=True, force=True)
    except (OSError, ValueError) as error:
        raise VariantFileError(
            "the file cannot be indexed", file=path, hint="sort it (bcftools sort)", code="zarr-not-made"
        ) from error
    return copy


@contextmanager
def _every_chunk() -> Iterator[None]:
    """Let zarr write all-zero chunks too, here and in new processes; limit bio2zarr's log to errors."""
    zarr = require("zarr", extra="zarr")
    speaks = logging.getLogger("bio2zarr")
    level = speaks.level
    speaks.setLevel(logging.ERROR)
    before = os.environ.get(_EMPTY_CHUNKS)
    os.environ[_EMPTY_CHUNKS] = "True"
    try:
        with zarr.config.set({"array.write_empty_chunks": True}):
            yield
    finally:
        speaks.setLevel(level)
        os.environ.pop(_EMPTY_CHUNKS)
        if before is not None:
            os.environ[_EMPTY_CHUNKS] = before
