"""Gene effects of a single-sample file, a table of records at a time.

Simple records are processed by columns; each distinct text (genotype, filter, consequence) is parsed once, by the same
functions as elsewhere.  All other records are processed by ``features.genes``.  ``benchmarks/variants.py`` measures it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from genorx.features.annotated_genes import GeneSource, Touched
from genorx.features.genes import GeneTally
from genorx.features.single import ADDS, FILTERED_CHANGE, FILTERED_OTHER, OUTSIDE, RELEVANT, CallTimes
from genorx.variants.call_table import FIXED_CALLS
from genorx.variants.calls import CARRYING, CallFormat, CallFormats, Kind, parse_genotype
from genorx.variants.cells import fixed_numbers
from genorx.variants.line_batch import LineBatch, Places
from genorx.variants.line_checks import CheckedLines
from genorx.variants.record_checks import Row

_UNREAD = 255  # in place of a kind
_NAMED = 1 << 9  # besides the bits of ``features.single``: the gene is named by an entry that counts
_ADDS = np.array(ADDS, dtype=np.int64)
_ONE = np.ones(1, dtype=np.uint8)
_FIXED_KINDS = np.array([c.kind if c.genotype.top <= 1 else _UNREAD for c in FIXED_CALLS], dtype=np.uint8)
_CARRYING = np.isin(np.arange(256), tuple(CARRYING))


class BulkGeneTally:
    """Feeds tables of records of one sample to a ``GeneTally``, which reads all that are not simple."""

    def __init__(self, tally: GeneTally, source: GeneSource) -> None:
        self._tally = tally
        self._reader = tally.reader
        self._source = source
        self._times = CallTimes()

    def take(self, part: CheckedLines | list[Row]) -> None:
        """Process the records of a block."""
        if isinstance(part, list):
            self._tally.take(part)
            return
        unread = self._take_plain(part) if len(part.lines) else part.lines
        self._tally.take(part.rows_with(unread))  # in file order: a finding names the first place

    def finish(self) -> None:
        """Complete the tally after the last record."""
        self._times.add_to(self._tally)
        self._tally.finish()

    def _take_plain(self, part: CheckedLines) -> Places:
        """Process simple records; return those that must be read one by one."""
        kinds = _kinds(part.table, part.lines, self._reader.formats)
        touched = self._source.touched(part)
        unread = touched.open | (kinds == _UNREAD)
        self._count_bare(kinds[~touched.known & ~unread])
        kinds = np.where(self._accepted(part), kinds, np.where(_CARRYING[kinds], FILTERED_CHANGE, FILTERED_OTHER))
        taken = touched.known & ~unread
        relevant = self._mark(touched, kinds, taken)
        self._times.count(2 * kinds[taken].astype(np.int64) + relevant[taken])
        if self._tally.regions is not None:
            self._tally.placed_records += int(taken.sum())
        unread_lines: Places = part.lines[unread]
        return unread_lines

    def _mark(self, touched: Touched, kinds: NDArray[np.uint8], taken: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Mark genes; return the records that can change a protein."""
        bits = _ADDS[np.where(taken, kinds, 0)[touched.record], touched.effects]
        counts = taken[touched.record] & (bits != OUTSIDE)
        record, genes, bits = touched.record[counts], touched.genes[counts], bits[counts]
        seen = np.zeros(len(touched.names), dtype=np.int64)
        np.bitwise_or.at(seen, genes, bits | _NAMED)
        for number in np.flatnonzero(seen).tolist():
            for gene in touched.names[number]:
                self._tally.cell(gene)[0] |= int(seen[number]) & 255
        relevant = np.zeros(len(kinds), dtype=bool)
        relevant[record[(bits & RELEVANT) > 0]] = True
        return relevant

    def _count_bare(self, kinds: NDArray[np.uint8]) -> None:
        """Count records without any information on genes."""
        if self._tally.annotator is not None:
            self._tally.bare_records += len(kinds)
        for kind, times in enumerate(np.bincount(kinds, minlength=len(Kind)).tolist()):
            if kind >= Kind.HALF:
                self._tally.count_unknown(Kind(kind), times)

    def _accepted(self, part: CheckedLines) -> NDArray[np.bool_]:
        filters = part.table.column(6)
        return np.array([self._reader.accepts(text) for text in filters.texts], dtype=bool)[filters.codes[part.lines]]


def _kinds(table: LineBatch, lines: Places, forms: CallFormats) -> NDArray[np.uint8]:
    """Return the kind of call of each line; ``_UNREAD`` if it must be parsed in full."""
    starts, ends = table.start(9)[lines], table.end(9)[lines]
    formats, codes = table.column(8).texts, table.column(8).codes[lines]
    kinds = np.full(len(lines), _UNREAD, dtype=np.uint8)
    for code, text in enumerate(formats):
        form = forms[text]
        if form.genotype == 0 and not {"FT", "BCSQ"} & set(form.keys):
            chosen = np.flatnonzero(codes == code)
            kinds[chosen] = _kinds_of_form(table, starts[chosen], ends[chosen], form)
    return kinds


def _kinds_of_form(table: LineBatch, starts: Places, ends: Places, form: CallFormat) -> NDArray[np.uint8]:
    found = fixed_numbers(table.data, starts - 1, ends, form, _ONE)
    if found is None:
        return _kinds_by_arrays(table, starts, ends, form)
    numbers, others = found
    kinds = _FIXED_KINDS[numbers]
    if len(others):
        kinds[others[:, 0]] = _kinds_by_arrays(table, others[:, 1], others[:, 2], form)
    return kinds


def _kinds_by_arrays(table: LineBatch, starts: Places, ends: Places, form: CallFormat) -> NDArray[np.uint8]:
    colons = table.places(":", len(form.keys) + 1)
    first = np.searchsorted(colons, starts)
    calls = table.distinct(starts, np.minimum(colons[first], ends))
    kinds = np.array([_kind(text) for text in calls.texts], dtype=np.uint8)[calls.codes]
    unread = kinds == _UNREAD
    if form.allele_depths > 0:
        unread |= np.array([_two_alleles(text) for text in calls.texts], dtype=np.bool_)[calls.codes]
    for place in form.depths:
        begin, behind = np.minimum(colons[first + place - 1] + 1, ends), np.minimum(colons[first + place], ends)
        zero = (behind > begin) & (table.data[begin] == ord("0"))
        kinds[zero & (behind - begin == 1)] = Kind.ABSENT_DEPTH
        unread |= zero & (behind - begin > 1)  # a zero followed by more
    many = colons[first + len(form.keys) - 1] < ends
    kinds[unread | many] = _UNREAD
    return kinds


def _two_alleles(text: str) -> bool:
    """Return whether a genotype may have two alleles, which depths of alleles can contradict."""
    return len(set(text.replace("|", "/").strip("/").split("/"))) > 1


def _kind(text: str) -> int:
    """Return the kind of a genotype at a record with one ALT; ``_UNREAD`` if invalid or with a further allele."""
    try:
        genotype = parse_genotype(text)
    except ValueError:  # reported, with its place, when the row is parsed
        return _UNREAD
    return int(genotype.kind) if genotype.top <= 1 else _UNREAD
