"""Genes that the plain records of a table touch, and how: by their annotation, or by a gene table alone.

Plain records have one ALT, so every entry of an annotation belongs to it, under whatever name, if all have the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol
from urllib.parse import unquote

import numpy as np
from numpy.typing import NDArray

from genorx.features.regions import GeneRegions
from genorx.variants.annotation import AnnotationLayout
from genorx.variants.consequence import Effect, EffectsByTerms
from genorx.variants.line_batch import LineBatch, Places
from genorx.variants.line_checks import CheckedLines


@dataclass(frozen=True, slots=True, eq=False)
class Touched:
    """What records do to genes; an entry is a record and some genes.

    Attributes
    ----------
    record, genes, effects : arrays, one value an entry
        Number of the record (ascending), number in ``names``, class of consequence.
    names : list of tuples of symbols
    known : array of bool, one a record
        Whether anything says which genes it touches.
    open : array of bool, one a record
        Records that must be read one by one.
    """

    record: Places
    genes: Places
    effects: NDArray[np.int64]
    names: list[tuple[str, ...]]
    known: NDArray[np.bool_]
    open: NDArray[np.bool_]


class GeneSource(Protocol):
    """Tells which genes records touch."""

    def touched(self, checked: CheckedLines) -> Touched:
        """Return the genes of plain records."""


class AnnotatedGenes:
    """Genes by VEP or SnpEff annotation."""

    def __init__(self, layout: AnnotationLayout) -> None:
        self._layout = layout
        self._effects = EffectsByTerms()

    def touched(self, checked: CheckedLines) -> Touched:
        """Return the genes of plain records."""
        table, layout, count = checked.table, self._layout, len(checked.lines)
        record, starts, ends, twice = self._values(table, checked.lines)
        known = np.zeros(count, dtype=bool)
        known[record] = True
        owner, starts, ends = _entries(table.places(","), starts, ends)
        pipes = table.places("|", layout.last + 1)
        first = np.searchsorted(pipes, starts)
        whole = pipes[first + layout.last - 1] < ends

        def part(number: int) -> tuple[Places, Places]:
            begin = np.minimum(pipes[first + number - 1] + 1, ends) if number else starts
            return begin, np.minimum(pipes[first + number], ends)

        symbols, terms = table.distinct(*part(layout.symbol)), table.distinct(*part(layout.terms))
        if len(owner) > len(record):
            alleles = table.distinct(*part(layout.allele)).codes
            whole &= alleles == alleles[np.searchsorted(owner, owner)]
        whole &= np.array([bool(text) for text in symbols.texts], dtype=bool)[symbols.codes]
        unread = np.zeros(count, dtype=bool)
        unread[twice] = True
        unread[record[owner[~whole]]] = True
        effects = np.array([self._effects[text] for text in terms.texts], dtype=np.int64)[terms.codes]
        names: list[tuple[str, ...]] = [(unquote(text) if "%" in text else text,) for text in symbols.texts]
        parts = record[owner], symbols.codes, effects
        return Touched(*(parts if len(owner) == len(record) else _worst(*parts)), names, known, unread)

    def _values(self, table: LineBatch, lines: Places) -> tuple[Places, Places, Places, Places]:
        """Records with an annotation, where its value begins and ends, and records that have it twice."""
        key = f"{self._layout.key}="
        begin, end = table.start(7)[lines], table.end(7)[lines]
        breaks = table.places(";")
        behind = breaks[:-1] + 1
        starts = np.sort(np.concatenate((begin[table.at(begin, key)], behind[table.at(behind, key)])))
        record = np.searchsorted(begin, starts, side="right") - 1
        inside = (record >= 0) & (starts < end[record])
        record, starts = record[inside], starts[inside] + len(key)
        again = np.diff(record, prepend=-1) == 0
        twice, record, starts = record[again], record[~again], starts[~again]
        return record, starts, np.minimum(breaks[np.searchsorted(breaks, starts)], end[record]), twice


def _entries(commas: Places, starts: Places, ends: Places) -> tuple[Places, Places, Places]:
    """Split values at commas: number of its value, start and end of each entry."""
    value = np.searchsorted(starts, commas, side="right") - 1
    inside = commas[(value >= 0) & (commas < ends[value])] if len(starts) else commas[:0]
    if not len(inside):
        return np.arange(len(starts)), starts, ends
    begins = np.sort(np.concatenate((starts, inside + 1)))
    owner = np.searchsorted(starts, begins, side="right") - 1
    stops = np.append(begins[1:] - 1, 0)
    stops[np.flatnonzero(np.diff(owner, append=len(starts)))] = ends
    return owner, begins, stops


def _worst(record: Places, genes: Places, effects: Places) -> tuple[Places, Places, Places]:
    """Bring the entries of one gene in one record together: of its transcripts the most severe class counts."""
    count = int(genes.max()) + 1
    keys = record * count + genes
    order = np.argsort(keys, kind="stable")
    keys = keys[order]
    first = np.flatnonzero(np.diff(keys, prepend=-1))
    return keys[first] // count, keys[first] % count, np.maximum.reduceat(effects[order], first)


class PlacedGenes:
    """Genes by a gene table alone: what a change does to them is not known."""

    def __init__(self, regions: GeneRegions) -> None:
        self._regions = regions

    def touched(self, checked: CheckedLines) -> Touched:
        """Return the genes of plain records."""
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
