"""Gene effects of one sample, row by row: common records by a fast path, any other by ``features.genes``.

The usual record has one simple ALT, annotation entries that all name it, and a diploid call.  Used for one sample of
many, and for the records of a single-sample file that ``features.bulk`` leaves.
"""

from __future__ import annotations

from urllib.parse import unquote

import numpy as np
from numpy.typing import NDArray

from genorx.features.genes import CLASS_BITS, LOOKED, NO_CALL, WHY, GeneTally
from genorx.variants.annotation import Annotator
from genorx.variants.calls import CARRYING, Kind
from genorx.variants.consequence import Effect, EffectsByTerms
from genorx.variants.record_checks import Row
from genorx.variants.records import VariantReader

RELEVANT = 256  # besides the bits of a cell: the record can change the protein
OUTSIDE = -1
# kinds besides those of a call: the record is not accepted, and the sample carries its change or not
FILTERED_CHANGE, FILTERED_OTHER = len(Kind), len(Kind) + 1
_KINDS = (*Kind, Kind.FILTERED, Kind.FILTERED)  # bits that each of these adds to genes
#: Kind of a call by the first four characters of its column; others are parsed in full.
_USUAL = {
    first + mark + second + end: kind
    for mark in "/|"
    for end in ("", ":")
    for first, second, kind in (
        ("0", "0", int(Kind.REFERENCE)),
        ("0", "1", int(Kind.CHANGED)),
        ("1", "0", int(Kind.CHANGED)),
        ("1", "1", int(Kind.CHANGED)),
        (".", ".", int(Kind.MISSING)),
    )
}


def _added(kind: Kind, effect: Effect) -> int:
    """Return the bits that a call adds to a gene's cell; the lowest ones are those of ``features.genes``."""
    known = LOOKED if kind <= Kind.CHANGED else 0
    if effect == Effect.OUTSIDE:
        return OUTSIDE
    if effect == Effect.SILENT:
        return known
    bits = RELEVANT | (known or (0 if kind == Kind.FILTERED else NO_CALL))
    return bits | CLASS_BITS[effect] if kind in CARRYING else bits  # a half call changes the gene, and leaves it open


#: Bits that a call adds to a gene's cell, by kind and class of consequence.
ADDS = tuple(tuple(_added(kind, effect) for effect in Effect) for kind in _KINDS)


class CallTimes:
    """Counts of each kind of call: index ``2 * kind``, plus one if the record can change a protein."""

    def __init__(self) -> None:
        self.times = [0] * (2 * len(_KINDS))

    def count(self, numbers: NDArray[np.int64]) -> None:
        """Count calls."""
        counts = np.bincount(numbers, minlength=len(self.times))
        self.times[:] = (counts + self.times).tolist()

    def add_to(self, tally: GeneTally) -> None:
        """Add the counts to those of a tally, and reset them."""
        relevant, every = self.times[1::2], [sum(self.times[n : n + 2]) for n in range(0, len(self.times), 2)]
        carried = relevant[Kind.CHANGED] + relevant[Kind.HALF]
        tally.changes[0] += carried
        tally.looked[0] += carried + relevant[Kind.REFERENCE]
        unknown = (Kind.MISSING, Kind.ABSENT_DEPTH, *WHY)
        tally.no_calls[0] += sum(relevant[kind] for kind in unknown)
        tally.missing_calls += every[Kind.HALF] + sum(every[kind] for kind in unknown)
        tally.doubted.update({kind: every[kind] for kind in WHY})
        tally.filtered_records += every[FILTERED_CHANGE] + every[FILTERED_OTHER]
        tally.filtered_changes += every[Kind.FILTERED] + every[FILTERED_CHANGE]
        self.times[:] = [0] * len(self.times)


class SingleGeneTally(GeneTally):
    """``GeneTally`` of one sample of an annotated file."""

    def __init__(self, reader: VariantReader, columns: list[int], annotator: Annotator) -> None:
        super().__init__(reader, columns, annotator, None)
        self.annotator: Annotator = annotator
        self._single: dict[str, int] = {}
        self._effects = EffectsByTerms()
        self._times = CallTimes()
        self._filter = ""

    def take(self, rows: list[Row]) -> None:
        """Process the records of a block."""
        if not rows:
            return
        column, form, layout = self.columns[0], rows[0][8], self.annotator.layout
        key, allele_at, terms_at, symbol_at = f"{layout.key}=", layout.allele, layout.terms, layout.symbol
        parts, colons, passed = layout.last + 1, form.count(":"), self._usual_filter(rows[0][6])
        usual = _USUAL if self._plain_format(form) else {}
        times, effects = self._times.times, self._effects
        doubted = int(Kind.CHANGED) if self.reader.formats[form].allele_depths > 0 else -1
        for row in rows:
            _, _, _, ref, alt, _, flt, info, keys, text = row if len(row) == 10 else (*row[:9], row[column])
            kind = usual.get(text[:4])
            if kind is None or keys != form or ":0" in text or text.count(":") > colons or kind == doubted:
                kind = self._kind(row)
            if flt != passed and not self.reader.accepts(flt):
                kind = FILTERED_CHANGE if kind in CARRYING else FILTERED_OTHER
            before, _, annotation = info.partition(key)
            if ";" in annotation or (before and before[-1] != ";"):
                annotation = self.annotator.text(info)
            allele = alt if len(alt) == 1 == len(ref) and alt >= "A" else self._allele_name(ref, alt)
            worst: dict[str, int] = {}
            for entry in annotation.split(","):
                values = entry.split("|", parts)
                if len(values) < parts or values[allele_at] != allele or not (gene := values[symbol_at]):
                    self.take_row(row, [text])
                    break
                effect = effects[values[terms_at]]
                if effect > worst.get(gene, OUTSIDE):
                    worst[gene] = effect
            else:
                times[kind + kind + self._mark(worst, ADDS[kind])] += 1

    def finish(self) -> None:
        """Merge the fast path's cells into those of ``features.genes``."""
        for gene, bits in self._single.items():
            self.cell(unquote(gene) if "%" in gene else gene)[0] |= bits & 255
        self._single.clear()
        self._times.add_to(self)

    def _mark(self, worst: dict[str, int], adds: tuple[int, ...]) -> bool:
        """Mark the genes of a record; return whether it can change a protein."""
        seen, cells = 0, self._single
        for gene, effect in worst.items():
            if (bits := adds[effect]) != OUTSIDE:
                cells[gene] = cells.get(gene, 0) | bits
                seen |= bits
        return seen >= RELEVANT

    def _usual_filter(self, text: str) -> str:
        if self.reader.accepts(text):
            self._filter = text
        return self._filter

    def _plain_format(self, form: str) -> bool:
        keys = form.split(":")
        return keys[0] == "GT" and "FT" not in keys and "BCSQ" not in keys

    def _kind(self, row: Row) -> int:
        """Parse a call in full."""
        return int(self.reader.call(row, self.columns[0]).kind)

    def _allele_name(self, ref: str, alt: str) -> str | None:
        """Return the name of a single sequence ALT in the annotation; None for every other ALT."""
        if not alt.isalpha():
            return None
        layout = self.annotator.layout
        if layout.kind == "CSQ" and len(ref) != len(alt) and ref[0] == alt[0]:
            return alt[1:] or "-"
        return alt
