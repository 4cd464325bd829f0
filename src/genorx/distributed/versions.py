"""Versions on which results depend, here and on the workers: genorx, its knowledge, numerical libraries."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path

from genorx._core.provenance import versions
from genorx.errors import InputError
from genorx.knowledge import default_pack


@cache
def versions_here() -> dict[str, str]:
    """Return versions by name, with a digest of the code of genorx, and for knowledge the digest of the pack."""
    found = versions()
    found["python"] = ".".join(found["python"].split(".")[:2])
    return found | {"code of genorx": _code(), "knowledge pack": default_pack().digest}


def _code() -> str:
    """Return a digest of the modules of genorx: the version alone does not identify a working copy."""
    root = Path(str(files("genorx")))
    digest = hashlib.sha256()
    for path in sorted(root.rglob("*.py")):
        digest.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def refuse_others(found: Mapping[str, str], wanted: Mapping[str, str], worker: str) -> None:
    """Raise an error for a worker whose versions differ from those of the caller.

    Raises
    ------
    InputError
        ``cluster-version`` if a version differs.
    """
    other = next((name for name in wanted if found.get(name) != wanted[name]), None)
    if other is None:
        return
    here, there = wanted[other][:12], found.get(other, "none")[:12]
    hint = "install the same versions on all machines; results would differ"
    reason = f"its {other} is {there}, but here it is {here}"
    raise InputError(reason, file=f"worker {worker}", hint=hint, code="cluster-version")
