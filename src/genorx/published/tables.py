"""Coefficient tables of the pack: loaded once, and refused if their digest does not match.

The tables are written by ``scripts/make_published_pack.py``; formulas are in ``published.models``.
"""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

from genorx._core.provenance import json_digest
from genorx.errors import ModelFileError

DATA = Path(__file__).resolve().parent / "data"
_SCHEMA = 1


@lru_cache(maxsize=64)
def load_table(name: str, folder: Path = DATA / "tables") -> dict[str, Any]:
    """Return the coefficients of a model and version.

    Parameters
    ----------
    name : str
        Name of the table, such as ``predict-breast@3.1`` or ``trial-effects``.
    folder : path, optional
        Folder of the tables and ``digests.json``; by default that of the package.

    Raises
    ------
    ModelFileError
        ``published-table-changed`` if the digest of the table differs from the list, ``published-table`` if the table
        cannot be read.
    """
    path = folder / f"{name}.json"
    try:
        table = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as fault:
        raise ModelFileError("the coefficient table cannot be read", file=path.name, code="published-table") from fault
    if json_digest(table) != table_digest(name, folder):
        raise ModelFileError(
            "the digest of the coefficient table differs from that of the checked one",
            file=path.name,
            hint="install genorx again; own coefficients need a separate model",
            code="published-table-changed",
        )
    if table.get("schema") != _SCHEMA or table.get("model") != name:
        raise ModelFileError("the coefficient table is of another kind", file=path.name, code="published-table")
    coefficients: dict[str, Any] = table["coefficients"]
    return coefficients


def table_digest(name: str, folder: Path = DATA / "tables") -> str:
    """Return the SHA-256 of a table by the list of digests; empty for a table that is not listed."""
    try:
        digests = json.loads((folder / "digests.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as fault:
        raise ModelFileError(
            "the list of digests cannot be read", file="digests.json", code="published-table"
        ) from fault
    return str(digests.get(name, ""))
