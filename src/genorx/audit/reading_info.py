"""Summary of reading claims, as JSON beside the table: lines read, and parts not read."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pandas as pd

from genorx._core.json_schema import DRAFT, TEXT, Schema, by_name, closed, finding, list_of
from genorx._core.provenance import file_digest, today, versions
from genorx.audit.claim_table import findings_of

SCHEMA_VERSION = 1
_COUNT: Schema = {"type": "integer", "minimum": 0}


def reading_info(claims: pd.DataFrame, paths: Iterable[str | Path]) -> dict[str, Any]:
    """Summarise the reading of claim files: lines by file and format, what was not read, and the digests.

    Parameters
    ----------
    claims : DataFrame
        Result of ``read_claims`` for the files.
    paths : iterable of path
    """
    counted = claims[["file", "format"]].value_counts().sort_index().rename("lines").reset_index()
    return {
        "schema_version": SCHEMA_VERSION,
        "lines": len(claims),
        "claims": int(claims["claim_id"].nunique()),
        "read": counted.to_dict("records"),
        "segments_unread": dict(claims.attrs.get("segments_unread", {})),
        "findings": [each.to_dict() for each in findings_of(claims)],
        "provenance": reading_provenance(paths),
    }


def reading_provenance(paths: Iterable[str | Path]) -> dict[str, Any]:
    """Return date, versions and SHA-256 of the files read."""
    files = [{"file": Path(path).name, "sha256": file_digest(path)} for path in paths]
    return {"date": today(), "versions": versions(), "files": sorted(files, key=lambda each: tuple(each.values()))}


def reading_schema() -> Schema:
    """Return the JSON Schema of ``reading_info``."""
    read = closed({"file": TEXT, "format": TEXT, "lines": _COUNT})
    provenance = closed(
        {"date": TEXT, "versions": by_name(TEXT), "files": list_of(closed({"file": TEXT, "sha256": TEXT}))}
    )
    return {
        **DRAFT,
        "title": "Summary of reading claims",
        **closed(
            {
                "schema_version": {"const": SCHEMA_VERSION},
                "lines": _COUNT,
                "claims": _COUNT,
                "read": list_of(read),
                "segments_unread": by_name(_COUNT, "X12 segments that were not read, by name"),
                "findings": list_of(finding()),
                "provenance": provenance,
            }
        ),
    }
