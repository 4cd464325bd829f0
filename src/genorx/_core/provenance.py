"""Where a result comes from: digests of what went in, versions of what ran, the day.

The day, not the second, so that two runs give the same bytes; ``SOURCE_DATE_EPOCH`` fixes it.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from genorx._core.version import __version__

_LIBRARIES = ("numpy", "pandas", "scipy", "scikit-learn", "scikit-survival", "pysam")


def file_digest(path: str | Path) -> str:
    """Return the SHA-256 of a file as hexadecimal text."""
    with open(path, "rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def json_digest(value: Any) -> str:
    """Return the SHA-256 of a JSON value, independent of the order of keys."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def versions() -> dict[str, str]:
    """Return the versions of genorx, Python and the libraries that numbers depend on."""
    found = {"genorx": __version__, "python": platform.python_version()}
    for name in _LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:  # a part of genorx runs without some of them
            continue
    return found


def today() -> str:
    """Return the day in UTC as ISO text."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    moment = datetime.fromtimestamp(int(epoch), UTC) if epoch and epoch.isdigit() else datetime.now(UTC)
    return moment.date().isoformat()
