"""Genes affected by simple records, and the class of effect: by annotation, or by a gene table alone.

Simple records have one ALT, so every entry of an annotation belongs to it, under any name, if all have the same name.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from genorx.features.annotation_kernels import EntryReader, symbol_names
from genorx.features.regions import GeneRegions
from genorx.variants.annotation import AnnotationLayout
from genorx.variants.consequence import Effect, EffectsByTerms
from genorx.variants.line_batch import LineBatch, Places
from genorx.variants.line_checks import CheckedLines
from genorx.variants.record_checks import INFO


@dataclass(frozen=True, slots=True, eq=False)
class Touched:
    """Effects of records on genes, one entry per record and gene.

    Attributes
    ----------
    record, genes, effects : arrays, one value per entry
        Index of the record (ascending), index in ``names``, class of consequence.
    names : list of tuples of symbols
        Symbols of the genes.
    known : array of bool, one per record
        Whether the genes affected by the record are known.
    open : array of bool, one per record
        Whether the record must be parsed by itself.
    """

    record: Places
    genes: Places
    effects: NDArray[np.int64]
    names: list[tuple[str, ...]]
    known: NDArray[np.bool_]
    open: NDArray[np.bool_]


class GeneSource(Protocol):
    """Source of the genes that records affect."""

    def touched(self, checked: CheckedLines) -> Touched:
        """Return the genes affected by simple records."""


class AnnotatedGenes:
    """Genes by VEP or SnpEff annotation."""

    def __init__(self, layout: AnnotationLayout) -> None:
        self._layout = layout
        self._effects = EffectsByTerms()
        self._entries = EntryReader(layout, self._effects)

    def touched(self, checked: CheckedLines) -> Touched:
        """Return the genes affected by simple records."""
        return self.of_lines(checked.table, checked.lines, INFO)

    def of_lines(self, table: LineBatch, lines: Places, info: int) -> Touched:
        """Return the genes of lines with one sequence ALT; ``info`` is the number of the column INFO."""
        begin, end = table.start(info)[lines], table.end(info)[lines]
        found = self._entries.read(table.data, begin, end)
        if found is None:
            return self._by_arrays(table, begin, end)
        return Touched(found.record, found.genes, found.effects, found.names, found.known, found.open)

    def _by_arrays(self, table: LineBatch, begin: Places, end: Places) -> Touched:
        """Return the genes by array operations over all records; INFO is between ``begin`` and ``end``."""
        layout, count = self._layout, len(begin)
        record, starts, ends, twice = self._values(table, begin, end)
        known = np.zeros(count, dtype=bool)
        known[record] = True
        entries = _entries(table.places(","), starts, ends)
        parts, whole = _parts(table.places("|", layout.last + 1), entries, layout.last)
        symbols, terms = table.distinct(*parts(layout.symbol)), table.distinct(*parts(layout.terms))
        if len(entries.owner) > len(record):
            whole &= table.alike(*parts(layout.allele), entries.first[entries.owner])
        if not all(symbols.texts):
            whole &= np.array([bool(text) for text in symbols.texts], dtype=bool)[symbols.codes]
        unread = np.zeros(count, dtype=bool)
        unread[twice] = True
        unread[record[entries.owner[~whole]]] = True
        effects = np.array([self._effects[text] for text in terms.texts], dtype=np.int64)[terms.codes]
        names = [symbol_names(text) for text in symbols.texts]
        entries_by_gene = record[entries.owner], symbols.codes, effects
        return Touched(
            *(entries_by_gene if len(entries.owner) == len(record) else _worst(*entries_by_gene)), names, known, unread
        )

    def _values(self, table: LineBatch, begin: Places, end: Places) -> tuple[Places, Places, Places, Places]:
        """Return the records with an annotation, the bounds of its value, and the records that have it twice."""
        key = f"{self._layout.key}="
        breaks = table.places(";")
        behind = breaks[:-1] + 1
        found = np.flatnonzero(table.at(behind, key))
        starts, stops = behind[found], breaks[found + 1]
        first = begin[table.at(begin, key)]
        if len(first):
            starts = np.concatenate((first, starts))
            stops = np.concatenate((breaks[np.searchsorted(breaks, first)], stops))
            order = np.argsort(starts)
            starts, stops = starts[order], stops[order]
        if len(starts) == len(begin) and (starts >= begin).all() and (starts < end).all():  # one per record
            return np.arange(len(begin)), starts + len(key), np.minimum(stops, end), begin[:0]
        record = np.searchsorted(begin, starts, side="right") - 1
        inside = (record >= 0) & (starts < end[record])
        record, starts, stops = record[inside], starts[inside] + len(key), stops[inside]
        again = np.diff(record, prepend=-1) == 0
        twice, record, starts, stops = record[again], record[~again], starts[~again], stops[~again]
        return record, starts, np.minimum(stops, end[record]), twice


@dataclass(frozen=True, slots=True, eq=False)
class _Entries:
    """Entries of annotations: index of the value, start and end of each; the first entry of each value."""

    owner: Places
    starts: Places
    ends: Places
    first: Places


def _entries(commas: Places, starts: Places, ends: Places) -> _Entries:
    """Split values at commas."""
    low, high = np.searchsorted(commas, starts), np.searchsorted(commas, ends)
    inside = high - low  # commas in each value
    numbers = np.arange(len(starts))
    if not inside.any():
        return _Entries(numbers, starts, ends, numbers)
    owner = np.repeat(numbers, inside + 1)
    first = np.cumsum(inside + 1) - inside - 1
    place = np.arange(len(owner)) + (low - first - 1)[owner]  # number of the comma before each entry
    begins = commas[np.maximum(place, 0)] + 1
    begins[first] = starts
    stops = np.append(begins[1:] - 1, 0)
    stops[first + inside] = ends
    return _Entries(owner, begins, stops, first)


def _parts(
    pipes: Places, entries: _Entries, last: int
) -> tuple[Callable[[int], tuple[Places, Places]], NDArray[np.bool_]]:
    """Split entries at pipes: return a function from part index to bounds, and the entries that have part ``last``.

    ``pipes`` has some positions more, after the text.
    """
    starts, ends = entries.starts, entries.ends
    found = pipes[: len(pipes) - last - 1]
    if len(starts) and not len(found) % len(starts) and (count := len(found) // len(starts)) > last:
        grid = found.reshape(-1, count)
        if (grid[:, 0] >= starts).all() and (grid[:, -1] < ends).all():  # as many in each, none elsewhere
            return lambda number: (grid[:, number - 1] + 1 if number else starts, grid[:, number]), np.ones(
                len(starts), dtype=bool
            )
    first = np.searchsorted(pipes, starts)

    def part(number: int) -> tuple[Places, Places]:
        begin = np.minimum(pipes[first + number - 1] + 1, ends) if number else starts
        return begin, np.minimum(pipes[first + number], ends)

    return part, pipes[first + last - 1] < ends


def _worst(record: Places, genes: Places, effects: Places) -> tuple[Places, Places, Places]:
    """Merge the entries of one gene in one record: the most severe class of its transcripts counts."""
    count = int(genes.max()) + 1
    keys = record * count + genes
    order = np.argsort(keys, kind="stable")
    keys = keys[order]
    first = np.flatnonzero(np.diff(keys, prepend=-1))
    return keys[first] // count, keys[first] % count, np.maximum.reduceat(effects[order], first)


class PlacedGenes:
    """Genes by a gene table alone; the effect of a change is not known."""

    def __init__(self, regions: GeneRegions) -> None:
        self._regions = regions

    def touched(self, checked: CheckedLines) -> Touched:
        """Return the genes affected by simple records."""
        lines, table = checked.lines, checked.table
        start0 = checked.positions[lines] - 1
        last0 = start0 + (table.end(3) - table.start(3))[lines] - 1
        stretch = np.zeros(len(lines), dtype=np.int64)
        unread = np.zeros(len(lines), dtype=bool)
        names: list[tuple[str, ...]] = []
        for contig, first, stop in checked.contigs:
            breaks, genes = self._regions.stretches(contig)
            here = slice(*np.searchsorted(lines, (first, stop)).tolist())
            found = np.searchsorted(breaks, start0[here], side="right")
            unread[here] = found != np.searchsorted(breaks, last0[here], side="right")
            stretch[here] = len(names) + found
            names.extend(genes)
        known = np.array([bool(genes) for genes in names], dtype=bool)[stretch]
        record = np.flatnonzero(known)
        effects = np.full(len(record), Effect.OTHER, dtype=np.int64)
        return Touched(record, stretch[record], effects, names, known | unread, unread)
