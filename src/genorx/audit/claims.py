"""Reading claims from any mixture of files as one table; formats are detected from content, not from the name."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from genorx._core.files import FileKind
from genorx._core.progress import track
from genorx.audit.claim_table import check_lines, findings_of, joined, place_of_line
from genorx.audit.claims_csv import read_csv_claims
from genorx.audit.fhir_claims import read_fhir_claims
from genorx.audit.rif import read_rif
from genorx.audit.x12_837 import read_837
from genorx.errors import Finding, TableError, UsageError, shown

_FILE = FileKind(
    name="file of claims",
    error=TableError,
    code="unreadable",
    absent="no-file",
    folder="not-a-file",
    damaged="claims-format",
)
_HINT = "X12 837, FHIR (JSON), RIF and CSV are read"
_LETTER_FOR_DIGIT = re.compile(r"[A-Z](?=.*[OIl])[0-9OIl]{4}", re.ASCII)
_Reader = Callable[[bytes, Path], pd.DataFrame]


def read_claims(*paths: str | Path) -> pd.DataFrame:
    """Read claim files as one table of claim lines.

    Parameters
    ----------
    *paths : path
        CSV, X12 837 professional or institutional, FHIR Claim or ExplanationOfBenefit (R4, or STU3), RIF; in any
        mixture, gzipped or not.

    Returns
    -------
    DataFrame
        One row per line, sorted by claim and line; columns of ``data_schemas/claims.schema.json``.
        ``attrs["findings"]`` is a tuple of Finding, ``attrs["segments_unread"]`` counts the X12 segments that were
        not read.

    Raises
    ------
    TableError
        ``claims-format``, ``claims-truncated``, ``column-missing``, ``claim-date``, ``claim-units``, ``claim-charge``,
        ``claim-line-twice``; with the row, or claim and line.
    """
    if not paths:
        raise UsageError("no file of claims is given")
    tables = [_read(path) for path in track([Path(path) for path in paths], "reading claims")]
    claims = joined(tables)
    check_lines(claims, {Path(path).name: str(path) for path in paths})
    claims.attrs = {
        "findings": tuple(each for table in tables for each in findings_of(table))
        + _undated(claims)
        + _suspect_codes(claims),
        "segments_unread": dict(sorted(sum((Counter(_unread(table)) for table in tables), Counter()).items())),
    }
    return claims


def _unread(table: pd.DataFrame) -> dict[str, int]:
    return dict(table.attrs.get("segments_unread", {}))


def _read(path: Path) -> pd.DataFrame:
    data = _FILE.read_bytes(path)
    return _reader_of(data, path)(data, path)


def _reader_of(data: bytes, path: Path) -> _Reader:
    """Return the reader for the detected format.

    Raises
    ------
    TableError
        ``claims-format``.
    """
    start = data[:65_536].removeprefix(b"\xef\xbb\xbf").lstrip()
    first = start.partition(b"\n")[0]
    if start.startswith(b"ISA"):
        return read_837
    if start[:1] in (b"{", b"["):
        return read_fhir_claims
    if b"|" in first and b"CLM_ID" in first.upper():
        return read_rif
    if b"," in first:
        return read_csv_claims
    reason = "the file is empty" if not start else "the file has no known format of claims"
    raise TableError(reason, file=path, hint=_HINT, code="claims-format")


def _undated(claims: pd.DataFrame) -> tuple[Finding, ...]:
    where = np.flatnonzero((claims["service_date"] == "").to_numpy(dtype=bool))
    if not where.size:
        return ()
    first = claims.iloc[int(where[0])]
    place = f"{first['file']}: {place_of_line(first['claim_id'], first['line'])}"
    message = f"{where.size:,} lines have no date of service"
    return (Finding(code="claim-date-missing", severity="warning", message=message, place=place),)


def _suspect_codes(claims: pd.DataFrame) -> tuple[Finding, ...]:
    """Return a finding if a code has a letter in place of a digit: O for 0, or I or l for 1."""
    suspect = [code for code in claims["code"].unique() if _LETTER_FOR_DIGIT.fullmatch(code)]
    if not suspect:
        return ()
    where = np.flatnonzero(claims["code"].isin(suspect).to_numpy())
    first = claims.iloc[int(where[0])]
    message = (
        f"{where.size:,} lines have a code with a letter O, I or l where HCPCS has digits, such as {shown(suspect[0])}"
    )
    place = f"{first['file']}: {place_of_line(first['claim_id'], first['line'])}"
    return (Finding(code="code-suspect", severity="warning", message=message, place=place),)
