"""State of each gene in each sample: changed, tested without a change, or not known.

One byte per gene and sample collects the observations; the cell follows from it at the end, so that the order of
records does not matter and memory does not grow with them.
"""

from __future__ import annotations

from array import array
from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from genorx.features.regions import GeneRegions
from genorx.variants.allele import UNSPECIFIED, is_change
from genorx.variants.annotation import Annotation, Annotator, Genes, masked_entries
from genorx.variants.calls import CARRYING, Call, Kind
from genorx.variants.consequence import Effect
from genorx.variants.record_checks import Row
from genorx.variants.records import VariantReader
from genorx.variants.reference_quality import LOW_QUALITY_WORDS
from genorx.variants.site import end_of, is_reference_block

LOOKED, NO_CALL = 1, 2  # bits
#: Kinds of no-calls whose genotype is written, in the words of a finding.
WHY = {
    Kind.LOW_QUALITY: LOW_QUALITY_WORDS,
    Kind.CONTRADICTED: "genotypes of two alleles with reads of one",
}
#: Bit of each non-silent class; a byte of at least the smallest holds an accepted change.
CLASS_BITS = {
    Effect.TRUNCATING: 8,
    Effect.MISSENSE: 16,
    Effect.INFRAME: 32,
    Effect.SPLICE: 64,
    Effect.OTHER: 128,
}
SMALLEST_CHANGE = 8


def _by_kind(**values: int) -> bytes:
    """Return a table for ``bytes.translate`` from kinds of call."""
    return bytes(values.get(kind.name, 0) for kind in Kind).ljust(256, b"\0")


# information of each kind of call on a gene, if the record can change the protein, or cannot
_UNKNOWN = dict.fromkeys(("HALF", "MISSING", "ABSENT_DEPTH", "LOW_QUALITY", "CONTRADICTED"), NO_CALL)
_RELEVANT = _by_kind(REFERENCE=LOOKED, CHANGED=LOOKED, **_UNKNOWN)
_SILENT = _by_kind(REFERENCE=LOOKED, CHANGED=LOOKED)
_IS_TESTED = _by_kind(REFERENCE=1, CHANGED=1)
_IS_NO_CALL = _by_kind(**dict.fromkeys(_UNKNOWN, 1))


@dataclass(frozen=True, slots=True)
class _Record:
    """An accepted record with its annotation, and the sample columns if samples have their own annotations."""

    row: Row
    alts: list[str]
    annotation: Annotation
    texts: list[str]


_COUNTS = ("filtered_records", "filtered_changes", "missing_calls", "doubted", "bare_records", "placed_records")


@dataclass(frozen=True, slots=True, eq=False)
class GenesSeen:
    """Results of ``GeneTally`` for some records: cells, counts by sample, counts by name."""

    cells: dict[str, bytearray]
    arrays: tuple[array[int], array[int], array[int]]
    counts: dict[str, Any]


#: A call that carries a change, and the indices of its samples.
_Carriers = tuple[Call, NDArray[np.intp]]


class GeneTally:
    """State of each gene in each sample of one file.

    Parameters
    ----------
    reader : VariantReader
        The open file.
    columns : list of int
        Columns (from 9) of the samples.
    annotator : Annotator or None
        Parser of the annotation; None for a file without one.
    regions : GeneRegions or None
        The gene table; None without one.

    Attributes
    ----------
    cells : dict of gene to bytearray, one byte per sample
        Observations by gene.
    changes, looked, no_calls : array of int64, length n_samples
        Accepted non-silent changes; non-silent sites with a call, and without one.
    """

    def __init__(
        self, reader: VariantReader, columns: list[int], annotator: Annotator | None, regions: GeneRegions | None
    ) -> None:
        self.cells: dict[str, bytearray] = {}
        zeros = [0] * len(columns)
        self.changes, self.looked, self.no_calls = array("q", zeros), array("q", zeros), array("q", zeros)
        self.filtered_records = 0
        self.filtered_changes = 0
        self.missing_calls = 0
        self.doubted = Counter[Kind]()  # of these, written genotypes, by ``WHY``
        self.bare_records = 0  # without an annotation, in a file that has them
        self.placed_records = 0  # given to genes by the gene table alone
        self.reader = reader
        self.columns = columns
        self.annotator = annotator
        self.regions = regions
        self._all = columns == list(range(9, reader.header.width))

    def take(self, rows: list[Row]) -> None:
        """Process the records of a block."""
        for row in rows:
            texts = row[9:] if self._all else [row[column] for column in self.columns]
            self.take_row(row, texts)

    def take_row(self, row: Row, texts: list[str]) -> None:
        """Process one record; ``texts`` are its sample columns."""
        form = self.reader.formats.of(row)
        try:
            ids = list(map(form.ids.__getitem__, texts))
        except ValueError:
            self.reader.calls(row, self.columns)  # names the column
            raise
        kinds = bytes(map(form.kinds.__getitem__, ids))
        alts = row[4].count(",") + 1 if row[4] != "." else 0
        carriers: dict[int, list[int]] = {}
        for number, kind in enumerate(kinds):
            if kind > Kind.REFERENCE and kind != Kind.MISSING:
                if form.calls[ids[number]].genotype.top > alts:
                    self.reader.refuse_allele(row, self.columns[number])
                if kind in CARRYING:
                    carriers.setdefault(ids[number], []).append(number)
        calls = [(form.calls[key], np.array(numbers)) for key, numbers in carriers.items()]
        form.forget()
        self._take(row, kinds, calls, texts)

    def _take(self, row: Row, kinds: bytes, carriers: list[_Carriers], texts: list[str]) -> None:
        alts = alts_of(row)
        annotation = self.annotation(row, alts)
        if annotation is None:
            self._count_kinds(kinds)
        elif not self.reader.accepts(row[6]):
            self.leave_out(annotation.genes, sum(len(columns) for _, columns in carriers))
        else:
            self._add(_Record(row, alts, annotation, texts), kinds, carriers)

    def take_accepted(self, row: Row, alts: list[str], annotation: Annotation, calls: list[Call]) -> None:
        """Process an accepted record with parsed calls, of a file without bit masks of consequences."""
        carriers: dict[Call, list[int]] = {}
        for number, call in enumerate(calls):
            if call.kind in CARRYING:
                carriers.setdefault(call, []).append(number)
        kinds = bytes([call.kind for call in calls])
        self._add(
            _Record(row, alts, annotation, []), kinds, [(call, np.array(each)) for call, each in carriers.items()]
        )

    def annotation(self, row: Row, alts: list[str]) -> Annotation | None:
        """Return and count a record's annotation, otherwise its genes by the gene table; None without either."""
        annotation = self.annotator.read(row[7], row[3], alts) if self.annotator is not None and alts else None
        block = is_reference_block(row)
        if annotation is None and not block and self.annotator is not None:
            self.bare_records += 1
        if self.regions is None:
            return annotation
        touched = self.regions.touching(row[0], int(row[1]) - 1, end_of(row))
        if not touched:
            return annotation
        if annotation is not None or block:  # the table is used only for sequenced records
            looked: Genes = dict.fromkeys(touched, Effect.SILENT)
            if annotation is None:
                return Annotation(looked, tuple({} for _ in alts))
            return Annotation(
                looked | annotation.genes, annotation.by_allele, annotation.unattributed, annotation.entries
            )
        self.placed_records += 1
        changed: Genes = dict.fromkeys(touched, Effect.OTHER)
        return Annotation(changed, tuple(changed for _ in alts))

    def _add(self, record: _Record, kinds: bytes, carriers: list[_Carriers]) -> None:
        """Add an accepted record: tested genes for all samples at once, changes for the carriers of each call."""
        changing = _changing(record)
        for gene, effect in record.annotation.genes.items():
            if effect != Effect.OUTSIDE:
                seen = np.frombuffer(kinds.translate(_RELEVANT if gene in changing else _SILENT), dtype=np.uint8)
                np.frombuffer(self.cell(gene), dtype=np.uint8)[:] |= seen
        if changing:
            for counts, table in ((self.looked, _IS_TESTED), (self.no_calls, _IS_NO_CALL)):
                np.frombuffer(counts, dtype=np.int64)[:] += np.frombuffer(kinds.translate(table), dtype=np.uint8)
        masked = bool(record.annotation.entries) and self.reader.formats[record.row[8]].consequences >= 0
        for call, columns in carriers:
            for alike in columns[:, None] if masked else [columns]:
                self._carry(record, alike, call)
        self._count_kinds(kinds)

    def _carry(self, record: _Record, columns: NDArray[np.intp], call: Call) -> None:
        """Add the changes of the carriers of one call; of one carrier if samples have their own annotations."""
        carried = sorted({allele - 1 for allele in call.genotype.alleles if allele > 0})
        if any(record.alts[allele] in UNSPECIFIED for allele in carried):  # an unspecified change
            self._leave_open(record.annotation.genes, columns)
        changed = False
        for genes in self._carried_genes(record, carried, columns):
            hits = {gene: effect for gene, effect in genes.items() if effect >= Effect.OTHER}
            for gene, effect in hits.items():
                np.frombuffer(self.cell(gene), dtype=np.uint8)[columns] |= CLASS_BITS[effect]
            np.frombuffer(self.changes, dtype=np.int64)[columns] += bool(hits)
            changed = changed or bool(hits)
        if changed and call.kind == Kind.HALF:  # the change itself is known
            np.frombuffer(self.no_calls, dtype=np.int64)[columns] -= 1
            np.frombuffer(self.looked, dtype=np.int64)[columns] += 1

    def _carried_genes(self, record: _Record, carried: list[int], columns: NDArray[np.intp]) -> list[Genes]:
        """Return the genes of each allele that a sample carries; with BCSQ, those in its bit mask."""
        annotation, row = record.annotation, record.row
        place = self.reader.formats[row[8]].consequences
        if annotation.entries and place >= 0:
            mask = (record.texts[columns[0]].split(":") + ["."] * (place + 1))[place]
            genes: Genes = {}
            for entry in masked_entries(mask, len(annotation.entries)):
                gene, effect = annotation.entries[entry]
                genes[gene] = max(effect, genes.get(gene, Effect.OUTSIDE))
            genes.pop("", None)  # entries that point to another record
            return [genes]
        if annotation.unattributed and any(not annotation.by_allele[allele] for allele in carried):
            message = "an annotation matches none of several alleles: its genes are no-calls in carriers of the others"
            where = f"{row[0]}:{row[1]}"
            self.reader.notes.add("annotation-unattributed", "warning", message, place=where, times=len(columns))
            self._leave_open(annotation.unattributed, columns)
        return [annotation.by_allele[allele] for allele in carried if is_change(record.alts[allele])]

    def _leave_open(self, genes: Genes, columns: NDArray[np.intp]) -> None:
        for gene, effect in genes.items():
            if effect != Effect.OUTSIDE:
                np.frombuffer(self.cell(gene), dtype=np.uint8)[columns] |= NO_CALL

    def leave_out(self, genes: Genes, carriers: int) -> None:
        """Count a record that is not accepted; its genes get a column, but no 0 or 1 from it."""
        self.filtered_records += 1
        self.filtered_changes += carriers
        for gene, effect in genes.items():
            if effect != Effect.OUTSIDE:
                self.cell(gene)

    def seen(self) -> GenesSeen:
        """Return the results so far."""
        counts = {name: getattr(self, name) for name in _COUNTS}
        return GenesSeen(self.cells, (self.changes, self.looked, self.no_calls), counts)

    def add(self, seen: GenesSeen) -> None:
        """Add the results of other records of the same samples."""
        for gene, cell in seen.cells.items():
            np.frombuffer(self.cell(gene), dtype=np.uint8)[:] |= np.frombuffer(cell, dtype=np.uint8)
        for own, other in zip((self.changes, self.looked, self.no_calls), seen.arrays, strict=True):
            np.frombuffer(own, dtype=np.int64)[:] += np.frombuffer(other, dtype=np.int64)
        for name, number in seen.counts.items():
            setattr(self, name, getattr(self, name) + number)

    def finish(self) -> None:
        """Complete the cells after the last record."""

    def cell(self, gene: str) -> bytearray:
        """Return the bytes of a gene, created on first use."""
        cell = self.cells.get(gene)
        if cell is None:
            cell = self.cells[gene] = bytearray(len(self.columns))
        return cell

    def _count_kinds(self, kinds: bytes) -> None:
        for kind in (Kind.HALF, Kind.MISSING, *WHY, Kind.ABSENT_DEPTH, Kind.FILTERED):
            if times := kinds.count(kind):
                self.count_unknown(kind, times)

    def count_unknown(self, kind: Kind, times: int) -> None:
        """Count no-calls."""
        if kind == Kind.FILTERED:
            self.filtered_changes += times
        else:
            self.missing_calls += times
            if kind in WHY:
                self.doubted[kind] += times


def alts_of(row: Row) -> list[str]:
    """Return the alternate alleles of a record."""
    return [] if row[4] == "." else row[4].split(",")


def _changing(record: _Record) -> set[str]:
    """Return the genes that some allele of a record changes; a no-call there leaves them unknown."""
    owners = [genes for genes, alt in zip(record.annotation.by_allele, record.alts, strict=True) if is_change(alt)]
    owners.append(record.annotation.unattributed)
    return {gene for genes in owners for gene, effect in genes.items() if effect >= Effect.OTHER}
