"""Gene effects of many samples, a block of records at a time.

A call is one byte: whether it is informative, and its alleles.  The effect of a call on a gene is the sum of the
effects of its bits, so the calls of all records with the same effect on a gene are merged before they are processed.
Other records, with many alleles or an annotation that matches none of them, are processed one by one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from genorx.features.annotated_genes import AnnotatedGenes, Touched
from genorx.features.call_sums import ALLELES, FILTERED, HALF, CallSums
from genorx.features.genes import CLASS_BITS, LOOKED, NO_CALL, SMALLEST_CHANGE, WHY, GeneTally, alts_of
from genorx.variants.allele import UNSPECIFIED, is_change
from genorx.variants.annotation import Annotation
from genorx.variants.blocks import RecordBlock
from genorx.variants.call_arrays import CallArrays, call_arrays
from genorx.variants.calls import Kind
from genorx.variants.consequence import Effect
from genorx.variants.heads import Heads, TableLines
from genorx.variants.line_batch import Places
from genorx.variants.text_table import TextTable
from genorx.variants.zarr_table import ZarrTable

_BITS_OF_KIND = np.array(
    [
        {Kind.REFERENCE: LOOKED, Kind.CHANGED: LOOKED, Kind.HALF: NO_CALL | HALF, Kind.FILTERED: FILTERED}.get(
            kind, NO_CALL
        )
        for kind in Kind
    ],
    dtype=np.uint8,
)
# bits that an ALT adds to a gene, by class: a change, an unknown allele, and none of the gene
_CLASSES = tuple(CLASS_BITS.get(effect, 0) for effect in Effect)
_UNKNOWN, _NOTHING = (NO_CALL,) * len(Effect), (0,) * len(Effect)
_NO_LINES = np.zeros(0, dtype=np.int64)
_Bits = NDArray[np.uint8]
#: Bits that a record adds to a gene: for a no-call, and for each ALT that a call has.
_Adds = tuple[int, ...]


#: The same for a record with one ALT of bases, by class.
_ADDS_OF_ONE = tuple((NO_CALL if added >= SMALLEST_CHANGE else 0, added) for added in _CLASSES)


@dataclass(slots=True)
class _Found:
    """Indices of the records of a block, by kind.

    Attributes
    ----------
    same
        Records with the same effect on a gene, by its symbol and the effect.
    changing
        Records in which the same ALTs change a protein, by the bits of these ALTs.
    counted, refused
        Records whose calls count, and records that are not accepted.
    """

    same: dict[tuple[str, _Adds], list[int]] = field(default_factory=dict)
    changing: dict[int, list[int]] = field(default_factory=dict)
    counted: list[int] = field(default_factory=list)
    refused: list[int] = field(default_factory=list)


class GeneBlocks:
    """Feeds blocks of records to a ``GeneTally``, which processes other records itself."""

    def __init__(self, tally: GeneTally) -> None:
        self._tally = tally
        self._annotated: AnnotatedGenes | None = None
        if tally.annotator is not None and tally.regions is None:
            self._annotated = AnnotatedGenes(tally.annotator.layout)

    def take(self, block: RecordBlock) -> None:
        """Process records with parsed calls, of a file without bit masks of consequences."""
        found, accepted = _Found(), block.heads.accepted(self._tally.reader.accepts)
        lines = self._take_tables(block.heads, accepted, found)
        self._take_rows(block, lines, accepted[lines], found)
        arrays = call_arrays(block.calls)
        sums = CallSums(block.each(_bits(arrays)))
        self._mark(sums, found.same)
        self._count(sums, found)
        for kind in WHY:
            alike = arrays.kinds == kind
            if alike.any():
                counted = block.lines(np.array(sorted(found.counted), dtype=np.intp))
                self._tally.doubted[kind] += int(np.count_nonzero(counted.each(alike)))
        if found.refused:  # of any ALT, since a byte has no bits for each
            carried = block.lines(np.array(sorted(found.refused))).each(arrays.carrying)
            self._tally.count_unknown(Kind.FILTERED, int(np.count_nonzero(carried)))

    def _take_tables(self, heads: Heads, accepted: NDArray[np.bool_], found: _Found) -> Places:
        """Process records with one sequence ALT, a table at a time; return the numbers of the remaining ones."""
        left, first = np.ones(len(heads), dtype=np.bool_), 0
        for part in heads.parts:
            table, lines = (part.table, part.lines) if isinstance(part, TableLines) else (None, _NO_LINES)
            if self._annotated is not None and isinstance(table, TextTable | ZarrTable) and table.batch is not None:
                plain = np.flatnonzero(table.plain[lines])
                touched = self._annotated.of_lines(table.batch, lines[plain], table.info)
                self._take_plain(touched, accepted[first + plain], first + plain, found)
                left[first + plain[~touched.open]] = False
            first += len(part)
        return np.flatnonzero(left)

    def _take_plain(self, touched: Touched, accepted: NDArray[np.bool_], lines: Places, found: _Found) -> None:
        """Process records with known gene effects; ``lines`` are their numbers."""
        bare, refused = ~touched.open & ~touched.known, ~touched.open & touched.known & ~accepted
        taken = ~touched.open & touched.known & accepted
        self._tally.bare_records += int(np.count_nonzero(bare))
        self._tally.filtered_records += int(np.count_nonzero(refused))
        found.refused += lines[refused].tolist()
        found.counted += lines[bare | taken].tolist()
        inside = touched.effects > Effect.OUTSIDE
        for gene in sorted(set(touched.genes[inside & refused[touched.record]].tolist())):
            self._tally.cell(*touched.names[gene])  # a column, without information from the record
        keep = np.flatnonzero(inside & taken[touched.record])
        if len(keep):
            self._gather(touched, keep, lines, found)

    @staticmethod
    def _gather(touched: Touched, keep: Places, lines: Places, found: _Found) -> None:
        """Group records with the same effect on a gene; ``keep`` selects the entries."""
        record, pairs = touched.record[keep], touched.genes[keep] * len(Effect) + touched.effects[keep]
        order = np.argsort(pairs, kind="stable")
        numbers, begins = np.unique(pairs[order], return_index=True)
        changes = np.zeros(len(lines), dtype=np.bool_)
        for number, some in zip(numbers.tolist(), np.split(order, begins[1:]), strict=True):
            gene, effect = divmod(number, len(Effect))
            adds = _ADDS_OF_ONE[effect]
            found.same.setdefault((*touched.names[gene], adds), []).extend(lines[record[some]].tolist())
            changes[record[some]] |= _hits(adds) > 0
        if changes.any():
            found.changing.setdefault(ALLELES[0], []).extend(lines[changes].tolist())

    def _take_rows(self, block: RecordBlock, lines: Places, accepted: NDArray[np.bool_], found: _Found) -> None:
        """Process records one by one."""
        tally, same, changing = self._tally, found.same, found.changing
        rows = block.heads.among(lines).rows()
        for line, is_accepted, row in zip(lines.tolist(), accepted.tolist(), rows, strict=True):
            alts = alts_of(row)
            annotation = tally.annotation(row, alts)
            if annotation is None:
                found.counted.append(line)
            elif not is_accepted:
                tally.leave_out(annotation.genes, 0)
                found.refused.append(line)
            elif annotation.unattributed or len(alts) > len(ALLELES):
                tally.take_accepted(row, alts, annotation, block.calls_of(line))
            else:
                found.counted.append(line)
                hits = 0
                for gene, adds in _adds_by_gene(alts, annotation):
                    same.setdefault((gene, adds), []).append(line)
                    hits |= _hits(adds)
                if hits:
                    changing.setdefault(hits, []).append(line)

    def _mark(self, sums: CallSums, same: dict[tuple[str, _Adds], list[int]]) -> None:
        """Add the effects of records to the genes."""
        for (gene, adds), seen in zip(same, sums.joined(list(same.values())), strict=True):
            added = np.frombuffer(seen.tobytes().translate(_table(adds)), dtype=np.uint8)
            np.frombuffer(self._tally.cell(gene), dtype=np.uint8)[:] |= added

    def _count(self, sums: CallSums, found: _Found) -> None:
        """Count, by sample, the informative calls where a protein can change and the changes, and all no-calls."""
        counts = sums.counts(found.counted, found.changing)
        for own, more in zip((self._tally.changes, self._tally.looked, self._tally.no_calls), counts, strict=False):
            np.frombuffer(own, dtype=np.int64)[:] += more
        self._tally.count_unknown(Kind.MISSING, int(counts[3].sum()))
        self._tally.count_unknown(Kind.FILTERED, int(counts[4].sum()))


def _bits(arrays: CallArrays) -> _Bits:
    """Return the byte of each distinct call."""
    made: _Bits = np.take(_BITS_OF_KIND, arrays.kinds)
    for number, bit in enumerate(ALLELES, start=1):
        made[arrays.carrying & (arrays.alleles == number).any(axis=1)] |= bit
    return made


def _adds_by_gene(alts: Sequence[str], annotation: Annotation) -> Iterator[tuple[str, _Adds]]:
    """Yield the genes that contain a record, with its effect on them."""
    read = [_CLASSES if is_change(alt) else _UNKNOWN if alt in UNSPECIFIED else _NOTHING for alt in alts]
    for gene, worst in annotation.genes.items():
        if worst > Effect.OUTSIDE:
            adds = [
                adds_of[genes.get(gene, Effect.OUTSIDE)]
                for genes, adds_of in zip(annotation.by_allele, read, strict=True)
            ]
            yield gene, (NO_CALL if max(adds, default=0) >= SMALLEST_CHANGE else 0, *adds)


@lru_cache(maxsize=4096)
def _hits(adds: _Adds) -> int:
    """Return the bits of the ALTs that change a protein."""
    return sum(bit for bit, added in zip(ALLELES, adds[1:], strict=False) if added >= SMALLEST_CHANGE)


@lru_cache(maxsize=4096)
def _table(adds: _Adds) -> bytes:
    """Return the effect on a gene for each byte of a call."""
    added_by = dict(zip((NO_CALL, *ALLELES), adds, strict=False))
    made = bytearray(256)
    for byte in range(256):
        made[byte] = byte & LOOKED
        for bit, added in added_by.items():
            made[byte] |= added if byte & bit else 0
    return bytes(made)
