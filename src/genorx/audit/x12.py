"""Segments of X12 interchanges: separators from ISA, envelopes checked, one iterator per transaction set.

The segments of a transaction set are read by ``audit.x12_837``.
Source: ASC X12, interchange control structures (X12.5): ISA has a fixed length, so that its separators are at fixed
positions.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from genorx.errors import TableError, shown

_ISA_LENGTH = 106
_PIECE = 1 << 20  # characters that are split at a time
_BLANK = " \t\r\n\x00\x1a"  # between segments, and after the last
_ENVELOPE = frozenset({"ISA", "GS", "ST", "GE", "IEA"})

Segment = list[str]


@dataclass(frozen=True, slots=True)
class Separators:
    """Separators of one interchange."""

    element: str
    component: str
    terminator: str


@dataclass(slots=True, kw_only=True)
class Transaction:
    """One transaction set: ST and SE, and an iterator over the segments between.

    Attributes
    ----------
    kind, number : str
        ST01 and ST02.
    component : str
        Separator of components.
    segments : iterator of list of str
        Elements of each segment, its name first; to be read before the next transaction set is requested.
    count_fits : bool
        Whether the number of segments and the control number match SE; known once all segments are read.
    """

    kind: str
    number: str
    component: str
    segments: Iterator[Segment]
    count_fits: bool = field(default=True)


def text_of(data: bytes) -> str:
    """Decode the text of an interchange: UTF-8, with or without a byte-order mark, otherwise Latin-1."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def transactions(text: str, path: Path) -> Iterator[Transaction]:
    """Yield the transaction sets of all interchanges of a file.

    Raises
    ------
    TableError
        ``claims-format``: no ISA at the start of an interchange, or invalid separators; ``claims-truncated``: no IEA,
        or a transaction set without SE.
    """
    at = _past_blanks(text, 0)
    while at < len(text):
        separators = _separators(text, at, path)
        end = _end(text, at, separators, path)
        yield from _of_interchange(_segments(text, at, end, separators), separators, path)
        stop = text.find(separators.terminator, end)
        at = _past_blanks(text, len(text) if stop < 0 else stop + 1)


def _past_blanks(text: str, at: int) -> int:
    while at < len(text) and text[at] in _BLANK:
        at += 1
    return at


def _separators(text: str, at: int, path: Path) -> Separators:
    isa = text[at : at + _ISA_LENGTH]
    if not isa.startswith("ISA"):
        reason = "no interchange (ISA) begins where the one before it ends"
        raise TableError(reason, file=path, place=_line(text, at), code="claims-format")
    if len(isa) < _ISA_LENGTH:
        raise TableError("the interchange ends within its first segment", file=path, code="claims-truncated")
    found = Separators(isa[3], isa[104], isa[105])
    signs = (found.element, found.component, found.terminator)
    possible = len(set(signs)) == len(signs) and not any(sign.isalnum() or sign == " " for sign in signs)
    if not possible or isa.count(found.element) != 16 or isa[103] != found.element:
        hint = "the ISA segment has 106 characters: separators are the 4th, 105th and 106th"
        place = _line(text, at)
        raise TableError("the separators are not valid in X12", file=path, place=place, hint=hint, code="claims-format")
    return found


def _line(text: str, at: int) -> int:
    return text.count("\n", 0, at) + 1


def _end(text: str, at: int, separators: Separators, path: Path) -> int:
    """Return the position of the IEA segment of the interchange."""
    mark = f"IEA{separators.element}"
    blanks = _BLANK.replace(separators.terminator, "")
    found = text.find(mark, at)
    while found >= 0:
        if text[max(at, found - 80) : found].rstrip(blanks).endswith(separators.terminator):
            return found
        found = text.find(mark, found + 1)  # the mark was part of an element
    raise TableError("the interchange has no end (IEA)", file=path, place=_line(text, at), code="claims-truncated")


def _segments(text: str, at: int, end: int, separators: Separators) -> Iterator[Segment]:
    """Yield the segments of an interchange after its ISA, parsed in blocks."""
    element, terminator = separators.element, separators.terminator
    start = at + _ISA_LENGTH
    while start < end:
        stop = text.find(terminator, min(start + _PIECE, end))
        stop = end if stop < 0 or stop > end else stop
        for segment in text[start:stop].split(terminator):
            clean = segment.strip(_BLANK)
            if clean:
                yield clean.split(element)
        start = stop + 1


def _of_interchange(segments: Iterator[Segment], separators: Separators, path: Path) -> Iterator[Transaction]:
    for segment in segments:
        if segment[0] == "ST":
            kind, number = (*segment[1:3], "", "")[:2]
            found = Transaction(kind=kind, number=number, component=separators.component, segments=iter(()))
            found.segments = _until_end(found, segments, path)
            yield found
        elif segment[0] == "ISA":
            raise TableError("an interchange begins within another", file=path, code="claims-truncated")


def _until_end(transaction: Transaction, segments: Iterator[Segment], path: Path) -> Iterator[Segment]:
    count = 1
    for segment in segments:
        count += 1
        if segment[0] == "SE":
            stated, number = (*segment[1:3], "", "")[:2]
            transaction.count_fits = stated.strip().lstrip("0") == str(count) and number == transaction.number
            return
        if segment[0] in _ENVELOPE:
            break
        yield segment
    place = f"transaction {shown(transaction.number)}"
    raise TableError("the transaction set has no end (SE)", file=path, place=place, code="claims-truncated")
