"""Strict reading of genorx's own JSON files, with numbers as numbers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from genorx._core.strict_json import typed
from genorx.errors import InputError
from genorx.interop.reading.json_files import documents


def read_values(path: str | Path) -> list[Any]:
    """Return the values of a file: one, or one per line.

    Raises
    ------
    InputError
        As ``documents``; ``json-number`` for a number too large for a float.
    """
    return [typed(document.value, path) for document in documents(Path(path))]


def read_value(path: str | Path, what: str, code: str) -> Any:
    """Return the single value of a file; ``what`` and ``code`` describe what it should be.

    Raises
    ------
    InputError
        As ``read_values``; ``code`` for a file of several values.
    """
    found = read_values(path)
    if len(found) != 1:
        raise InputError(f"one {what} is needed, there are {len(found)}", file=path, code=code)
    return found[0]
