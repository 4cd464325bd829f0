"""Where a command's data go: checked before the work, written whole or not at all."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

from genorx._core.output import atomic_path
from genorx.errors import UsageError


def check_out(out: Path, inputs: Iterable[Path] = ()) -> None:
    """Refuse an ``--out`` that cannot be written or is one of the inputs, before any work is done.

    Raises
    ------
    UsageError
        Code ``out-folder``, ``out-is-input`` or ``out-not-writable``.
    """
    if str(out) == "-":
        return
    if out.is_dir():
        raise UsageError("--out is a folder", file=out, hint="name a file in it", code="out-folder")
    if not out.parent.is_dir():
        raise UsageError("the folder of --out is not there", file=out, hint="make it first", code="out-folder")
    if not os.access(out.parent, os.W_OK):
        raise UsageError("the folder of --out cannot be written to", file=out, code="out-not-writable")
    for path in inputs:
        if path.exists() and out.exists() and out.samefile(path):
            raise UsageError("--out would overwrite an input", file=out, hint="name another", code="out-is-input")


def deliver(out: Path, write: Callable[[Path], object]) -> None:
    """Call ``write`` with a path to fill, then put the file in place, or on standard output for ``-``."""
    if str(out) != "-":
        with atomic_path(out) as part:
            write(part)
        return
    with tempfile.TemporaryDirectory(prefix="genorx-") as folder:
        path = Path(folder) / "out"
        write(path)
        with path.open("rb") as source:
            shutil.copyfileobj(source, sys.stdout.buffer)
    sys.stdout.flush()
