"""A pack as a folder of files of facts with a manifest of release, licence and checksums.

A changed byte is an error on reading; importers rewrite manifest and files.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from genorx._core.files import FileKind
from genorx.errors import PackError

MANIFEST_FILE = "manifest.json"
_MEMBER = FileKind(name="file of a pack", error=PackError, code="pack-missing", damaged="pack-format")


def read_manifest(folder: Path) -> dict[str, Any]:
    """Return the manifest in the folder of a pack; it must list the digests of the files.

    Raises
    ------
    PackError
        ``pack-missing`` if there is no manifest, ``pack-format`` if it is not one.
    """
    path = folder / MANIFEST_FILE
    manifest = _MEMBER.read_json(path)
    if not isinstance(manifest, dict) or not isinstance(manifest.get("files"), dict):
        raise PackError("the manifest names no files", file=path, code="pack-format")
    return manifest


def checked_bytes(folder: Path, name: str, manifest: dict[str, Any]) -> bytes:
    """Return the bytes of a file of the pack, verified against its digest.

    Raises
    ------
    PackError
        ``pack-checksum`` if the digest differs from the manifest.
    """
    path = folder / name
    with _MEMBER.open(path) as handle:
        content = handle.read()
    if hashlib.sha256(content).hexdigest() != manifest["files"].get(name):
        raise PackError(
            "the checksum of the file differs from the manifest",
            file=path,
            hint="import the source again; never edit a pack by hand",
            code="pack-checksum",
        )
    return content
