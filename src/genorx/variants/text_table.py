"""Lines of a VCF with samples: the columns before the samples as a table, the sample columns as bytes.

Only for whole lines without anything unusual; the lines of any other text are parsed one by one.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from genorx._core.short_repr import short
from genorx.variants.allele import number_of_alts
from genorx.variants.files import Bytes
from genorx.variants.header import MOST_DIGITS
from genorx.variants.line_batch import PAD, Distinct, LineBatch, Places
from genorx.variants.line_checks import LineHeads
from genorx.variants.line_kernels import line_places
from genorx.variants.record_checks import INFO, SITE_COLUMNS, Row
from genorx.variants.spans import Spans, windows
from genorx.variants.table_row import TableRow

_TAB, _RETURN = ord("\t"), ord("\r")
#: Bytes of a line searched for the columns before the samples: those of the first line and some more, then these.
_SLACK, _WIDE = 16, 1024
_ALT, _FORMAT = 4, 8  # columns


@short
@dataclass(frozen=True, slots=True, eq=False)
class LateLines:
    """The first eight columns of some lines of a text; ``lines`` are their numbers."""

    heads: str
    lines: Places

    def __len__(self) -> int:
        return len(self.lines)

    def text(self) -> str:
        """Return lines of text."""
        heads = self.heads.split("\n")
        return "\n".join([heads[line].rpartition("\t")[0] for line in self.lines.tolist()])


class TextTable:
    """Consecutive lines.

    Attributes
    ----------
    data : bytes or bytearray
        The lines, until ``let_go``.
    bodies, ends : arrays of int64
        Offsets of the tab before the first sample of each line, and of its line end.
    batch : LineBatch
        The columns before the samples.
    info : int
        Index of the column INFO in ``batch``.
    positions : array of int64
        Positions, 1-based.
    """

    info = INFO

    def __init__(self, data: Bytes, bodies: Places, ends: Places, heads: str, batch: LineBatch) -> None:
        self.data = data
        self.bodies = bodies
        self.ends = ends
        self._heads = heads
        self.batch = batch
        self._columns = LineHeads(batch)
        self.positions = batch.numbers(1, MOST_DIGITS)

    @classmethod
    def of(cls, piece: Bytes, samples: int) -> TextTable | None:
        """Return the table of whole lines; None for unusual lines, which are then parsed and reported one by one.

        Unusual are an empty line, a line with too few columns, and a last line without an end; also, except in lines of
        three-character genotypes only, text that is not ASCII and zero bytes.
        """
        if not piece.endswith(b"\n"):
            return None
        found = _compiled_lines(piece) or _lines(piece)
        if found is None:
            return cls.of(piece.replace(b"\r\n", b"\n"), samples) if b"\r\n" in piece else None
        bodies, ends, heads, batch = found
        made = cls(piece, bodies, ends, heads, batch)
        plain = made.forms.texts == ["GT"] and bool((ends - bodies == 4 * samples).all())
        return made if plain or (piece.isascii() and b"\0" not in piece) else None

    def __len__(self) -> int:
        return len(self.batch)

    @property
    def filters(self) -> Distinct:
        """FILTER."""
        return self._columns.filters

    @property
    def forms(self) -> Distinct:
        """FORMAT."""
        return self.batch.column(_FORMAT)

    @cached_property
    def plain(self) -> NDArray[np.bool_]:
        """Records with a REF of bases and one ALT of bases."""
        return self._columns.plain

    @cached_property
    def alts(self) -> Places:
        """Number of alternate alleles of each record."""
        found = np.ones(len(self), dtype=np.int64)
        for line in np.flatnonzero(~self.plain).tolist():
            found[line] = number_of_alts(self.batch.row(line)[_ALT])
        return found

    def contigs(self) -> list[tuple[str, int, int]]:
        """Ranges of records on one contig: its name, first record, end of the range."""
        return self._columns.contigs()

    def row(self, line: int) -> TableRow:
        """Return a record as a packed row."""
        cells = self.data[int(self.bodies[line]) + 1 : int(self.ends[line])].decode("utf-8", errors="replace")
        return TableRow(self.batch.row(line), cells, self, line)

    def rows(self, lines: Places) -> list[Row]:
        """Return the nine columns before the samples of some records."""
        heads = self._heads.split("\n")
        return [heads[line].split("\t") for line in lines.tolist()]

    def sites(self, lines: Places) -> LateLines:
        """Return the first eight columns of some records."""
        return LateLines(self._heads, lines)

    def cells(self, lines: Places) -> tuple[Spans, list[tuple[str, NDArray[np.intp]]]]:
        """Return the samples of some records, and each FORMAT with the numbers of its records."""
        spans, forms = Spans(self.data, self.bodies[lines], self.ends[lines]), self.forms
        codes = forms.codes[lines]
        if len(forms.texts) == 1:
            return spans, [(forms.texts[0], np.arange(len(lines)))]
        return spans, [(forms.texts[code], np.flatnonzero(codes == code)) for code in sorted(set(codes.tolist()))]

    def has_columns(self, lines: Places, samples: int) -> bool:
        """Return whether some records have a column for each of ``samples`` samples."""
        bodies, ends = self.bodies[lines].tolist(), self.ends[lines].tolist()
        return all(self.data.count(b"\t", body, end) == samples for body, end in zip(bodies, ends, strict=True))

    def let_go(self) -> None:
        """Release the samples, which take most of the memory."""
        self.data = b""


_Lines = tuple[Places, Places, str, LineBatch]  # bodies, ends, the columns before the samples, also as a table


def _compiled_lines(piece: Bytes) -> _Lines | None:
    """Split lines in one compiled pass; None if unavailable, or for unusual input."""
    found = line_places(piece, PAD)
    if found is None:
        return None
    text = found.heads.tobytes()
    heads = text[len(PAD) : -len(PAD) - 1].decode("ascii")
    return found.bodies, found.ends, heads, LineBatch(text, found.heads, found.columns)


def _lines(piece: Bytes) -> _Lines | None:
    """Split lines by array operations; None for unusual input."""
    data = np.frombuffer(piece, dtype=np.uint8)
    ends = _line_ends(piece)
    if (data[ends - 1] == _RETURN).any():
        return None
    starts = np.concatenate(([0], ends[:-1] + 1))
    bodies = _bodies(piece, starts, ends)
    if bodies is None:
        return None
    view = memoryview(piece)
    heads = b"\n".join([view[start:body] for start, body in zip(starts.tolist(), bodies.tolist(), strict=True)])
    batch = LineBatch.of(heads + b"\n", SITE_COLUMNS) if heads.isascii() else None
    return None if batch is None else (bodies, ends, heads.decode("ascii"), batch)


def _line_ends(piece: Bytes) -> Places:
    """Positions of all line ends."""
    ends, find, at = [], piece.find, piece.find(b"\n")
    while at >= 0:
        ends.append(at)
        at = find(b"\n", at + 1)
    return np.array(ends, dtype=np.int64)


def _bodies(piece: Bytes, starts: Places, ends: Places) -> Places | None:
    """Positions of the ninth tab of each line; None if a line has fewer."""
    if _ninth_tab(piece, 0) < 0:
        return None
    bodies = np.full(len(starts), -1, dtype=np.int64)
    for width in (_ninth_tab(piece, 0) * 5 // 4 + _SLACK, _WIDE):
        left = np.flatnonzero(bodies < 0)
        if len(left):
            bodies[left] = _ninth_tabs(piece, starts[left], width)
    for line in np.flatnonzero(bodies < 0).tolist():
        bodies[line] = _ninth_tab(piece, int(starts[line]))
    return None if ((bodies < 0) | (bodies > ends)).any() else bodies


def _ninth_tabs(piece: Bytes, starts: Places, width: int) -> Places:
    """Positions of the ninth tab after some positions; -1 if it is not within ``width`` bytes."""
    width = min(width, len(piece))
    begins = np.minimum(starts, len(piece) - width)
    is_tab = windows(piece, begins, width) == _TAB
    for line in np.flatnonzero(begins < starts).tolist():  # at the end of the block
        is_tab[line, : starts[line] - begins[line]] = False
    counts, tabs = np.count_nonzero(is_tab, axis=1), np.flatnonzero(is_tab)
    ninth = np.cumsum(counts) - counts + SITE_COLUMNS - 1
    found = np.append(tabs, 0)[np.minimum(ninth, len(tabs))] - np.arange(len(starts)) * width
    return np.where(counts >= SITE_COLUMNS, begins + found, -1)


def _ninth_tab(piece: Bytes, start: int) -> int:
    at = start - 1
    for _ in range(SITE_COLUMNS):
        at = piece.find(b"\t", at + 1)
        if at < 0:
            break
    return at
