"""What results depend on, here and on workers of a cluster: genorx, its knowledge, the libraries of its numbers."""

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
    """Return versions by name; of genorx also a digest of its code, of knowledge the digest of the pack."""
    found = versions()
    found["python"] = ".".join(found["python"].split(".")[:2])
    return found | {"code of genorx": _code(), "knowledge pack": default_pack().digest}


def _code() -> str:
    """Return a digest of the modules of genorx: a version says little of a working copy."""
    root = Path(str(files("genorx")))
    digest = hashlib.sha256()
    for path in sorted(root.rglob("*.py")):
        digest.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def refuse_others(found: Mapping[str, str], wanted: Mapping[str, str], worker: str) -> None:
    """Refuse a worker whose versions are not those of the caller.

    Raises
    ------
    InputError
        ``cluster-version``.
    """
    other = next((name for name in wanted if found.get(name) != wanted[name]), None)
    if other is None:
        return
    here, there = wanted[other][:12], found.get(other, "none")[:12]
    hint = "install the same versions on all machines: results would not be the same"
    reason = f"its {other} is {there}, here it is {here}"
    raise InputError(reason, file=f"worker {worker}", hint=hint, code="cluster-version")
