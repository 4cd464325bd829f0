"""Unsuitable files: archives, other formats, tables with unknown columns.

A file of which more than a tenth is not recognised is refused: the result would be that nothing was found.
"""

from __future__ import annotations

import re
from pathlib import Path

from genorx.errors import InputError, TableError

#: Largest share of lines or rows that may be unrecognised.
MOST_UNKNOWN = 0.1
_FIRST_BYTES = (
    (b"PK\x03\x04", "a zip archive, or a spreadsheet (.xlsx)", "unpack it, or save the sheet as tab-separated text"),
    (b"\xfd7zXZ\x00", "an xz archive", "unpack it, or use gzip"),
    (b"BZh", "a bzip2 archive", "unpack it, or use gzip"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive", "unpack it, or use gzip"),
    (b"\x28\xb5\x2f\xfd", "a zstd archive", "unpack it, or use gzip"),
    (b"%PDF", "a PDF", "give the table or list from which it was made"),
    (b"\xd0\xcf\x11\xe0", "an old spreadsheet or document (.xls, .doc)", "save it as tab-separated text"),
    (b"PAR1", "a Parquet file", "save it as tab-separated text"),
    (b"CRAM", "a CRAM file of reads", "give called variants"),
    (b"\xff\xfe", "text in UTF-16", "save it as UTF-8"),
    (b"\xfe\xff", "text in UTF-16", "save it as UTF-8"),
)
_VCF_LINE = re.compile(r"##\w+=|#CHROM\tPOS")
_BASES = re.compile(r"[ACGTN]+(?:,[ACGTN<>*]+)*", re.IGNORECASE)


def refuse_foreign(path: str | Path, start: bytes) -> None:
    """Raise an error for a file whose first bytes show that it is not text.

    Raises
    ------
    InputError
        ``alteration-file``.
    """
    for magic, what, hint in _FIRST_BYTES:
        if start.startswith(magic):
            raise InputError(f"the file is {what}", file=path, hint=hint, code="alteration-file")
    if b"\0" in start:
        raise InputError("the file holds zero bytes: it is not text", file=path, code="alteration-file")


def refuse_unknown(path: str | Path, unknown: int, rows: int, *, start: str = "", first: str | None = None) -> None:
    """Raise an error for a file of which more than a tenth is not recognised, with a guess at its format.

    Parameters
    ----------
    unknown, rows : int
        Number of lines or rows that are not recognised, and of all.
    start : str
        The first lines, from which the hint guesses the format; empty (default) for a table whose columns are known.
    first : str, optional
        Place of the first line or row that is not recognised.

    Raises
    ------
    InputError
        ``alteration-file``; a ``TableError`` for a table whose columns are known but whose rows are not recognised.
    """
    if unknown > MOST_UNKNOWN * rows:
        reason = f"{unknown} of {rows} {'lines' if start else 'rows'} are in no known form"
        kind = InputError if start else TableError
        hint = looks_like(start) if start else "the cells do not fit the names of the columns"
        raise kind(reason, file=path, place=first, hint=hint, code="alteration-file")


def looks_like(start: str) -> str:
    """Describe the likely format of a text, without repeating any of it."""
    lines = [line for line in start.splitlines() if line.strip()]
    if any(_VCF_LINE.match(line) for line in lines):
        return "it looks like a VCF whose first line, ##fileformat=VCFv4.x, is missing"
    if start.lstrip().startswith("<"):
        return "it looks like a web page or XML"
    if any(_is_record(line.split("\t")) for line in lines):
        return "it looks like records of a VCF without the header"
    for delimiter, name in (("\t", "tabs"), (",", "commas"), (";", "semicolons")):
        widths = {line.count(delimiter) for line in lines[:20]}
        if len(widths) == 1 and min(widths) > 0:
            known = "MAF, copy-number calls, segments, fusions, signatures, or gene and change"
            return f"it looks like a table of {min(widths) + 1} columns between {name}; known tables are {known}"
    return 'a list holds one alteration a line, as "BRAF V600E", "EML4::ALK", "ERBB2 amplification"'


def _is_record(cells: list[str]) -> bool:
    return len(cells) >= 5 and cells[1].isascii() and cells[1].isdigit() and bool(_BASES.fullmatch(cells[3]))
