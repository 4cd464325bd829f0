"""Checks of each record beyond htslib's, and merging of records of the same site.

The loop in ``_check`` runs once per record and determines the reader's speed: its usual path has no calls.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import NoReturn

import numpy as np

from genorx._core.numerals import whole_number
from genorx.errors import VariantFileError, shown, written
from genorx.variants.calls import GENOTYPE_CURES, CallFormats, accepted_filter, filter_description, is_right_format
from genorx.variants.header import MOST_DIGITS
from genorx.variants.near import NearRecords
from genorx.variants.notes import Notes
from genorx.variants.site import info_value

Row = list[str]

#: Columns before those of the samples.
SITE_COLUMNS = 9
INFO = 7  # number of the column
_BASES = frozenset("ACGTNacgtn")
#: Whether a byte is a base.
IS_BASE = np.isin(np.arange(256), [ord(base) for base in _BASES])
_REF = re.compile(r"[ACGTNRYSWKMBDHVacgtnryswkmbdhv]+")
_ALT = re.compile(
    r"\.|\*|[ACGTNRYSWKMBDHVacgtnryswkmbdhv]+|<[^<>\s,]+>"  # bases, symbols
    r"|[ACGTNacgtn.]*[\[\]][^\s\[\],]+[\[\]][ACGTNacgtn.]*|\.[ACGTNacgtn]+|[ACGTNacgtn]+\."  # breakends
)
_ALLELE_SIGNS = "ACGTNRYSWKMBDHVacgtnryswkmbdhv0123456789<>[]:,.*/?"
#: Two ALTs as written by VarScan; the alleles numbered by a genotype are then not known.
_TWO_ALTS = re.compile(r"[ACGTNacgtn]+/[ACGTNacgtn]+")
_NO_CALL = "./."
_SEEN = 1_000  # distinct FILTER or FORMAT values that are cached
#: More records at one position than in any panel; without the limit a hostile file would fill the memory.
_MOST_AT_ONE_POSITION = 10_000


class RowChecker:
    """Splits text into rows, checks each, and merges records of the same site.

    Parameters
    ----------
    merge : bool
        Whether records of one site are merged; a reader of few sites may have its own rules for them.
    packed : bool
        Whether the columns of all samples remain one text, the tenth of a row; their number is then not checked.
    """

    def __init__(
        self,
        path: Path,
        width: int,
        limits: Mapping[str, int | None],
        notes: Notes,
        formats: CallFormats,
        *,
        merge: bool = True,
        packed: bool = False,
    ) -> None:
        self.records = 0
        self.line_ends = 0  # of the last block
        self.unsorted = False
        self.near: NearRecords | None = None  # receives the checked records
        self.empty_line = 0  # number of the first of some empty lines, right only if nothing follows them
        self._path = path
        self._width = width
        self._limits = limits
        self._notes = notes
        self._formats = formats
        self._merging = merge
        self._splits = SITE_COLUMNS if packed else -1
        self._row_width = SITE_COLUMNS + 1 if packed else width
        self._form_at = 8 if width > 8 else 6  # column of FORMAT; without one, that of FILTER is checked twice
        self.known_filters: set[str] = set()  # checked values of FILTER and FORMAT
        self.known_forms: set[str] = set() if width > 8 else self.known_filters
        self.contig = ""
        self.last = -1  # position
        self._limit = 0
        self._seen: set[str] = set()
        self._held: list[Row] = []  # rows at the last position, which the next block may continue

    def take(self, piece: str, first_line: int) -> list[Row]:
        """Return the rows of a block of whole lines; those at its last position are held back for the next."""
        if "\0" in piece:  # other readers end the line there
            line = first_line + piece.count("\n", 0, piece.index("\0"))
            self._refuse("text-nul", "a byte of zero in the text", line, "fetch it again")
        lines = piece.split("\n")
        self.line_ends = len(lines) - 1  # counting them takes as long as splitting
        if lines[-1]:
            self._notes.add("last-line-open", "serious", "the last line has no line end: the file may be cut short")
        else:
            lines.pop()
        self._hold_empty(lines, first_line)
        splits = self._splits
        return self.take_rows([line.split("\t", splits) for line in lines], first_line)

    def take_rows(self, rows: list[Row], first_line: int) -> list[Row]:
        """Return rows, checked; those at the last position are held back for the next."""
        twins = self._check(rows, first_line)
        self.records += len(rows)
        if self.near is not None:
            self.near.take(rows)
        held = self._held
        if held:
            twins = [number + len(held) for number in twins]
            rows = held + rows
        return self._split(self._merged(rows, twins))

    def _hold_empty(self, lines: list[str], first_line: int) -> None:
        """Remove empty lines at the end of a block; raise an error for earlier ones if this block has records."""
        end = len(lines)
        while end and not lines[end - 1]:
            end -= 1
        if end and self.empty_line:
            self._refuse("line-empty", "an empty line between records", self.empty_line)
        if end < len(lines) and not self.empty_line:
            self.empty_line = first_line + end
            self._notes.add("line-empty", "info", "the file ends in an empty line", place=f"line {self.empty_line}")
        del lines[end:]

    def rest(self) -> list[Row]:
        """Return the rows held back."""
        rows, self._held = self._held, []
        return rows

    def holds(self, contig: str, position: int) -> bool:
        """Return whether rows at a position are held back."""
        return bool(self._held) and contig == self.contig and position == self.last

    def add(self, rows: list[Row], twins: list[int], records: int, last: tuple[int, int]) -> list[Row]:
        """Return rows held back, and rows checked elsewhere; those at the last position are held back for the next.

        ``twins`` are the indices of rows at the position of the preceding record; ``records`` is the number of all
        checked records, also those that are not among the rows.  ``last`` is the last position with its number of rows:
        in an unsorted file an earlier row may have the same position, with other records in between.
        """
        self.records += records
        before = self.rest()
        self.last, first = last[0], len(rows) - last[1]
        done = self._merged(rows[:first], [number for number in twins if number < first])
        self._held = self._merged(rows[first:], [number - first for number in twins if number >= first])
        return before + done

    def _merged(self, rows: list[Row], twins: list[int]) -> list[Row]:
        return self._merge(rows, twins) if twins and self._merging else rows

    def _split(self, rows: list[Row]) -> list[Row]:
        start = len(rows)
        while start and rows[start - 1][:2] == rows[-1][:2]:
            start -= 1
        self._held = rows[start:]
        return rows[:start]

    def _check(self, rows: list[Row], first_line: int) -> list[int]:
        """Check rows one by one; return the numbers of those at the previous row's position."""
        twins: list[int] = []
        width, contig, limit, last = self._row_width, self.contig, self._limit, self.last
        form_at, filters, forms = self._form_at, self.known_filters, self.known_forms
        for number, row in enumerate(rows):
            if len(row) != width:
                if row == [""]:
                    self._refuse("line-empty", "an empty line between records", first_line + number)
                self._recalibrate_width(row, first_line + number)
            if row[0] != contig:
                contig = row[0]
                self.enter(contig, first_line + number)
                limit, last = self._limit, self.last
            text = row[1]
            if not text.isdigit() or len(text) > MOST_DIGITS or not text.isascii() or (position := int(text)) > limit:
                self._refuse_position(contig, text, limit, first_line + number)
            if row[6] not in filters or row[form_at] not in forms:
                self._check_new(row, first_line + number)
            if row[3] not in _BASES or row[4] not in _BASES:
                self.check_alleles(row, first_line + number)
            if position <= last:
                if position == last:
                    twins.append(number)
                else:
                    self.note_unsorted(f"{contig}:{position}")
            last = position
        self.contig, self._limit, self.last = contig, limit, last
        return twins

    def limit(self, contig: str) -> int | None:
        """Return the largest position of a contig; None if its name is invalid."""
        if contig.split() != [contig] or contig[0] == "#":
            return None
        length = self._limits.get(contig)
        return 2**31 - 1 if length is None else length + 1  # the end telomere has position length + 1

    def enter(self, contig: str, line: int) -> None:
        """Move to a contig, unless the last record was on it."""
        if contig == self.contig:
            return
        limit = self.limit(contig)
        if limit is None:
            self._refuse("contig-name", f"contig {shown(contig)!r} is not a valid name", line)
        if contig in self._seen:
            self.note_unsorted(f"line {line}")
        self._seen.add(contig)
        if contig not in self._limits:
            text = f"contig {shown(contig)} is not declared in the header: positions on it are not checked"
            self._notes.add("contig-undeclared", "warning", text, place=f"line {line}")
        self.contig, self._limit, self.last = contig, limit, -1

    def enters_silently(self, contig: str) -> bool:
        """Return whether ``enter`` causes no finding."""
        return contig == self.contig or (contig in self._limits and contig not in self._seen)

    def note_unsorted(self, place: str) -> None:
        """Record that a record is before the preceding one."""
        self.unsorted = True
        self._notes.add("records-unsorted", "warning", "records are not sorted by position", place=place)

    def check_alleles(self, row: Row, line: int) -> None:
        """Raise an error for invalid REF and ALT, and for an END outside the contig."""
        if not _REF.fullmatch(row[3]):
            self._refuse("ref-allele", f"REF {written(row[3], _ALLELE_SIGNS)} is not a sequence of bases", line)
        if not is_right_alt(row[4]):
            if not _TWO_ALTS.fullmatch(row[4]):
                self._refuse("alt-allele", f"ALT {written(row[4], _ALLELE_SIGNS)} is not a list of alleles", line)
            self._leave_open(row, line)
        if ("<" in row[4] or row[4] == ".") and (end := info_value(row[7], "END")) not in {"", "."}:
            self._check_end(row[0], end, line)

    def _leave_open(self, row: Row, line: int) -> None:
        """Make a record of unknown alleles a no-call, so that its position does not count as unsequenced."""
        text = f"ALT {shown(row[4])!r} is not a list of alleles: the record is a no-call in every sample"
        self._notes.add("alt-unreadable", "serious", text, place=f"line {line}")
        self.check_packed(row)
        row[4] = "<*>"
        row[:] = self._as_read([*row[:SITE_COLUMNS], *[_NO_CALL] * (self._width - SITE_COLUMNS)])

    def _as_read(self, row: Row) -> Row:
        """Join the sample columns if rows are packed."""
        return row if self._splits < 0 else [*row[:SITE_COLUMNS], "\t".join(row[SITE_COLUMNS:])]

    def check_packed(self, row: Row) -> None:
        """Raise an error for a packed row with another number of columns than the header."""
        if self._splits >= 0 and row[SITE_COLUMNS].count("\t") != self._width - SITE_COLUMNS - 1:
            self._refuse("columns-few", "the number of columns differs from the header", f"{row[0]}:{row[1]}")

    def unpacked(self, row: Row) -> Row:
        """Return a row with one text per column."""
        return row if self._splits < 0 else _unpacked(row)

    def _check_end(self, contig: str, text: str, line: int) -> None:
        number, limit = whole_number(text, MOST_DIGITS), self.limit(contig) or 0
        if number is None:
            self._refuse("end-position", "END is not a number of at most ten digits", line)
        if number > limit:
            reason = f"END {number} lies beyond the end of {shown(contig)}, {limit - 1}"
            self._refuse("end-position", reason, line, "check the assembly")

    def _check_new(self, row: Row, line: int) -> None:
        if row[6] not in self.known_filters:
            self.check_filter(row[6], line)
        if row[self._form_at] not in self.known_forms:
            self.check_form(row[self._form_at], line)

    def check_filter(self, text: str, line: int) -> None:
        """Check a new FILTER value; report one with an empty name or a space."""
        _remember(self.known_filters, text)
        if not is_right_filter(text):
            message = f"FILTER {filter_description(text)!r} has an empty name or a space: only the names in it are used"
            self._notes.add("filter-spelling", "warning", message, place=f"line {line}")

    def check_form(self, text: str, line: int) -> None:
        """Check a new FORMAT value; raise an error for an ambiguous one."""
        _remember(self.known_forms, text)
        if not is_right_format(text):
            reason = "FORMAT has a duplicate key, an empty key, or a character that keys cannot have"
            self._refuse("format-keys", reason, line)

    def _merge(self, rows: list[Row], twins: list[int]) -> list[Row]:
        """Merge records of one site: conflicting calls become no-calls."""
        gone: set[int] = set()
        site: tuple[str, str] = ("", "")
        start = 0
        known: dict[tuple[str, str], int] = {}
        for number in twins:
            row = rows[number]
            if (row[0], row[1]) != site:
                site, start = (row[0], row[1]), number
                while start and rows[start - 1][0] == site[0] and rows[start - 1][1] == site[1]:
                    start -= 1
                known = {}
                for before in range(start, number):
                    known.setdefault((rows[before][3], rows[before][4]), before)
            if number - start >= _MOST_AT_ONE_POSITION:
                reason = f"more than {_MOST_AT_ONE_POSITION:,} records at one position"
                self._refuse("site-too-often", reason, f"{row[0]}:{row[1]}")
            first = known.setdefault((row[3], row[4]), number)
            if first != number and self._same_event(rows[first], row):
                rows[first] = self._join(rows[first], row)
                gone.add(number)
        return [row for number, row in enumerate(rows) if number not in gone] if gone else rows

    @staticmethod
    def _same_event(one: Row, other: Row) -> bool:
        """Symbolic alleles are equal only with equal extent; two imprecise events may differ."""
        return "<" not in one[4] or one[7] == other[7]

    def _join(self, one: Row, other: Row) -> Row:
        place = f"{one[0]}:{one[1]}"
        for row in (one, other):
            self.check_packed(row)
        accepted = [accepted_filter(row[6], self._formats.filters) for row in (one, other)]
        if accepted[0] != accepted[1]:
            text = "the same site has an accepted and a filtered record: the accepted one is used"
            self._notes.add("site-twice", "info", text, place=place)
            return one if accepted[0] else other
        whole, other = list(self.unpacked(one)), self.unpacked(other)
        differing = [n for n in range(9, self._width) if not self._agree(whole, other, n)]
        if not differing:
            self._notes.add("site-twice", "info", "the same site appears twice, with the same genotypes", place=place)
            return one
        text = "the same site appears twice with different genotypes: these are no-calls"
        self._notes.add("site-contradiction", "serious", text, place=place, times=len(differing))
        for number in differing:
            whole[number] = _NO_CALL
        one[:] = self._as_read(whole)  # a row of a table remains one
        return one

    def _agree(self, one: Row, other: Row, number: int) -> bool:
        try:
            first, second = (self._formats.of(row).read(row[number]) for row in (one, other))
        except ValueError as error:
            self._refuse("genotype", str(error), f"{one[0]}:{one[1]}", GENOTYPE_CURES["genotype"])
        return first.kind == second.kind and sorted(first.genotype.alleles) == sorted(second.genotype.alleles)

    def _recalibrate_width(self, row: Row, line: int) -> None:
        """Remove a tab at the end of a line; raise an error for any other wrong number of columns."""
        row[:] = self.unpacked(row)
        if len(row) == self._width + 1 and not row[-1]:
            row.pop()
            self._notes.add("trailing-tab", "info", "lines end in a tab, which is ignored", place=f"line {line}")
            return
        few = len(row) < self._width
        reason = f"{len(row)} columns, the header has {self._width}"
        hint = "the line is cut short, or its separators are not tabs" if few else "there is a tab inside a value"
        self._refuse("columns-few" if few else "columns-many", reason, line, hint)

    def _refuse_position(self, contig: str, text: str, limit: int, line: int) -> NoReturn:
        if whole_number(text, MOST_DIGITS) is None:
            self._refuse("position", "POS is not a number of at most ten digits", line)
        reason = f"POS {shown(text)} lies beyond the end of {shown(contig)}, {limit - 1}"
        self._refuse("position-beyond-contig", reason, line, "check the assembly")

    def _refuse(self, code: str, reason: str, place: str | int, hint: str | None = None) -> NoReturn:
        raise VariantFileError(reason, file=self._path, place=place, hint=hint, code=code)


def _unpacked(row: Row) -> Row:
    """Return a row with one text per column, from one with all sample columns in one text."""
    return [*row[:SITE_COLUMNS], *row[SITE_COLUMNS].split("\t")] if len(row) > SITE_COLUMNS else row


def _remember(known: set[str], text: str) -> None:
    if len(known) >= _SEEN:
        known.clear()
    known.add(text)


def is_right_filter(text: str) -> bool:
    """Return whether a FILTER column has no empty name and no space."""
    return "" not in text.split(";") and text.split() == [text]


def is_right_alt(text: str) -> bool:
    """Return whether an ALT column is ``.`` or a list of alleles."""
    return text == "." or all(alt != "." and _ALT.fullmatch(alt) for alt in text.split(","))
