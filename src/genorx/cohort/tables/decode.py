"""Decoding of a table file: compression, encoding and separator are detected, or the file is refused.

UTF-8 is read; UTF-16 and UTF-8 with a byte-order mark are read and reported; anything else is refused, since a wrong
guess would change names and levels unnoticed.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator
from pathlib import Path

from genorx._core.files import FileKind
from genorx._core.limits import check
from genorx.errors import Finding, TableError

_TABLE = FileKind(
    name="table",
    error=TableError,
    code="unreadable",
    absent="no-file",
    folder="not-a-file",
    damaged="damaged-file",
    absent_hint="paths in a study file are relative to it",
)
_SEPARATORS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
_PIECE = 1 << 20  # letters of text that are made into lines at a time
_CHECKED = 100  # rows between two looks at the limits
_LONGEST = 131_072  # characters of a cell
_SAMPLE = 200  # records that decide on the separator
_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


def read_bytes(path: Path) -> bytes:
    """Return the bytes of a file, decompressed if gzipped.

    Raises
    ------
    TableError
        If there is no such file, it is a folder, a pipe, empty or damaged.
    LimitError
        If it is larger than the limit, as stored or decompressed.
    """
    data = _TABLE.read_bytes(path)
    if not data or data.isspace():
        raise TableError("the file is empty", file=path, code="empty-table")
    return data


def first_bytes(path: Path, number: int) -> bytes:
    """Return the first bytes of a file, as stored on disk.

    Raises
    ------
    TableError
        If there is no such file, it is a folder or a pipe.
    """
    with _TABLE.open(path) as handle:
        return handle.read(number)


def decode(data: bytes, path: Path) -> tuple[str, str, tuple[Finding, ...]]:
    """Return text, encoding and findings.

    Raises
    ------
    TableError
        If the bytes are not UTF-8 and carry no byte-order mark, or hold NUL.
    """
    encoding = next((name for mark, name in _MARKS if data.startswith(mark)), "utf-8")
    if encoding == "utf-8" and b"\0" in data:
        hint = "the file looks like UTF-16 without a mark: save it as UTF-8" if _looks_wide(data) else None
        line = data[: data.index(b"\0")].count(b"\n") + 1
        raise TableError("the file holds NUL bytes", file=path, place=line, code="nul-byte", hint=hint)
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        hint = "save the table as UTF-8 (in R: fileEncoding = 'UTF-8'; in a spreadsheet: CSV UTF-8)"
        raise TableError(f"the text is not {encoding}", file=path, place=line, code="encoding", hint=hint) from error
    if "\0" in text:
        line = text[: text.index("\0")].count("\n") + 1
        raise TableError("the file holds NUL characters", file=path, place=line, code="nul-byte")
    if not text or text.isspace():  # only a byte-order mark
        raise TableError("the file is empty", file=path, code="empty-table")
    if encoding == "utf-8":
        return text, encoding, ()
    message = f"the file is {'UTF-16' if encoding == 'utf-16' else 'UTF-8'} with a byte-order mark and was read as such"
    return text, encoding, (Finding(code="byte-order-mark", severity="info", message=message, place=path.name),)


def _looks_wide(data: bytes) -> bool:
    sample = data[:4096]
    return sample[1::2].count(0) > len(sample) // 4 or sample[::2].count(0) > len(sample) // 4


def _lines(text: str, separator: str, path: Path) -> Iterator[str]:
    """Yield lines, reading the text in blocks, since a text buffer takes four bytes per character."""
    start = 0
    while start < len(text):
        stop = text.find("\n", start + _PIECE) + 1 or len(text)
        for line in io.StringIO(text[start:stop], newline=""):
            check("cells", line.count(separator), file=path)  # before it is split
            yield line
        start = stop


def _records(text: str, separator: str, path: Path) -> Iterator[list[str]]:
    return csv.reader(_lines(text, separator, path), delimiter=separator, strict=True)


def without_preamble(text: str) -> tuple[str, int]:
    r"""Skip comment lines (``#``) before the header; return the rest, and their number.

    cBioPortal writes names, descriptions, types and priorities of the columns there, other programs their version.  A
    lone line that is as wide as the next one is itself the header (``#id``).

    >>> without_preamble("#Patient\tAge\n#STRING\tNUMBER\nPATIENT_ID\tAGE\n1\t60\n")
    ('PATIENT_ID\tAGE\n1\t60\n', 2)
    """
    lines, rest = 0, text
    while rest.startswith("#"):
        line, _, after = rest.partition("\n")
        following = after.partition("\n")[0]
        alone = lines == 0 and not following.startswith("#")
        if alone and any(following.count(each) == line.count(each) > 0 for each in _SEPARATORS):
            break
        lines, rest = lines + 1, after
    return (rest, lines) if rest else (text, 0)


def find_separator(text: str, path: Path) -> str:
    """Return the cell separator: the one at which the records are as wide as the header.

    Raises
    ------
    TableError
        If two characters fit equally well.
    """
    fits: dict[str, float] = {}
    for separator in _SEPARATORS:
        width, same, seen = 0, 0, 0
        try:
            for record in _records(text, separator, path):
                width = width or len(record)
                same += len(record) == width
                seen += bool(record)
                if seen >= _SAMPLE:
                    break
        except csv.Error:  # this separator does not fit the quotes; another one does, or reading fails
            continue
        if width > 1:
            fits[separator] = same / seen
    if len(fits) <= 1:
        return next(iter(fits), "\t" if path.suffix in (".tsv", ".tab") else ",")
    best, second, *_ = sorted(fits, key=lambda each: (-fits[each], each))
    if fits[best] - fits[second] < 0.1:
        names = f"{_SEPARATORS[best]} and {_SEPARATORS[second]}"
        hint = "quote the cells that hold the other one"
        raise TableError(f"{names} both fit as separator", file=path, place=1, code="separator", hint=hint)
    return best


def read_records(text: str, separator: str, path: Path) -> Iterator[tuple[int, list[str]]]:
    """Yield row numbers, as a spreadsheet counts them (the header is row 1), and cells; blank lines are skipped.

    Raises
    ------
    TableError
        If quotes do not close, or a cell is longer than 131,072 characters.
    LimitError
        If there are more rows or cells than a table may have.
    """
    row = cells = 0
    try:
        for record in _records(text, separator, path):
            if record and len(max(record, key=len)) > _LONGEST:  # the limit of csv is set by other libraries too
                raise csv.Error(f"field larger than field limit ({_LONGEST})")
            row += 1
            cells += len(record)
            if not row % _CHECKED:
                check("rows", row, file=path)
                check("cells", cells, file=path)
            if record:
                yield row, record
    except csv.Error as error:
        hint = "a quote inside a quoted cell is doubled"
        place = f"row {row + 1}"
        raise TableError(
            f"cells cannot be separated: {error}", file=path, place=place, code="csv", hint=hint
        ) from error
    check("rows", row, file=path)
    check("cells", cells, file=path)
