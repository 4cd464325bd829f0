"""Provenance of a result: digests of the inputs, versions of the software, the date.

The date has no time of day, so that two runs give the same bytes; ``SOURCE_DATE_EPOCH`` fixes it.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from genorx._core.numerals import whole_number
from genorx._core.version import __version__
from genorx.errors import UsageError

_LIBRARIES = ("numpy", "pandas", "scipy", "scikit-learn", "scikit-survival", "pysam")
_moment: ContextVar[datetime | None] = ContextVar("genorx_moment", default=None)
_LAST_SECOND = 253402300799  # end of the year 9999, the last that a date can have


def file_digest(path: str | Path) -> str:
    """Return the SHA-256 of a file in hexadecimal; of a folder, of its files and their relative names."""
    where = Path(path)
    if where.is_dir():
        inside = sorted(each for each in where.rglob("*") if each.is_file())
        return json_digest([[each.relative_to(where).as_posix(), file_digest(each)] for each in inside])
    with open(where, "rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def json_digest(value: Any) -> str:
    """Return the SHA-256 of a JSON value, independent of the order of keys."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def versions(*others: str) -> dict[str, str]:
    """Return the versions of genorx, Python and the numerical libraries, and of ``others``."""
    found = {"genorx": __version__, "python": platform.python_version()}
    for name in (*_LIBRARIES, *others):
        try:
            found[name] = version(name)
        except PackageNotFoundError:  # some parts of genorx run without some of them
            continue
    return found


@contextmanager
def moment_fixed(moment: datetime) -> Iterator[None]:
    """Fix the timestamp of results within a ``with`` block: a cluster's workers use that of the caller."""
    before = _moment.set(moment)
    try:
        yield
    finally:
        _moment.reset(before)


def today() -> str:
    """Return the UTC date as ISO text: that of ``SOURCE_DATE_EPOCH`` if set, otherwise of the clock.

    Raises
    ------
    UsageError
        See ``this_second``.
    """
    return this_second().date().isoformat()


def this_second() -> datetime:
    """Return the UTC time to the second: that of ``SOURCE_DATE_EPOCH`` if set, otherwise of the clock.

    Raises
    ------
    UsageError
        If ``SOURCE_DATE_EPOCH`` is not a number of seconds up to the year 9999.

    References
    ----------
    https://reproducible-builds.org/specs/source-date-epoch/
    """
    if (fixed := _moment.get()) is not None:
        return fixed
    epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
    if not epoch:
        return datetime.now(UTC).replace(microsecond=0)
    seconds = whole_number(epoch, 12)
    if seconds is None or seconds > _LAST_SECOND:
        hint = "seconds since 1970-01-01, such as $(date +%s)"
        raise UsageError("the variable SOURCE_DATE_EPOCH is not a valid time", hint=hint, code="source-date-epoch")
    return datetime.fromtimestamp(seconds, UTC)
