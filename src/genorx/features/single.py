"""Genes of one sample, fast: the usual record goes a short way, any other that of ``features.genes``.

The usual record has one plain ALT, annotation entries that all name it, and a diploid call.  The loop in ``take`` runs
once a record and is the speed of ``variant_features``; ``benchmarks/variants.py`` measures it.
"""

from __future__ import annotations

from urllib.parse import unquote

from genorx.features.genes import CLASS_BITS, LOOKED, NO_CALL, GeneTally
from genorx.variants.annotation import Annotator
from genorx.variants.calls import Kind
from genorx.variants.consequence import Effect, effect_of
from genorx.variants.records import VariantReader
from genorx.variants.rowcheck import Row

_RELEVANT = 256  # beside the bits of a cell: the record can change the protein
_OUTSIDE = -1
_CARRYING = (int(Kind.CHANGED), int(Kind.HALF))
# kinds beside those of a call: the record is not accepted, and the sample carries its change or does not
_FILTERED_CHANGE, _FILTERED_OTHER = len(Kind), len(Kind) + 1
#: Kind of a call by the first four characters of its column; others are read in full.
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


class _BitsByTerms(dict[str, int]):
    """What a call of one kind adds to a gene's cell, by the terms of the consequence."""

    def __init__(self, kind: Kind) -> None:
        super().__init__()
        known = kind <= Kind.CHANGED
        self._silent = LOOKED if known else 0
        self._relevant = self._silent | _RELEVANT
        if not known and kind not in {Kind.FILTERED, Kind.HALF}:
            self._relevant |= NO_CALL
        self._carries = kind in {Kind.CHANGED, Kind.HALF}

    def __missing__(self, terms: str) -> int:
        if len(self) > 10_000:
            self.clear()
        effect = effect_of(terms)
        if effect == Effect.OUTSIDE:
            bits = _OUTSIDE
        elif effect == Effect.SILENT:
            bits = self._silent
        else:
            bits = self._relevant | (CLASS_BITS[effect] if self._carries else 0)
        self[terms] = bits
        return bits


class SingleGeneTally(GeneTally):
    """``GeneTally`` of one sample of an annotated file."""

    def __init__(self, reader: VariantReader, columns: list[int], annotator: Annotator) -> None:
        super().__init__(reader, columns, annotator, None)
        self.annotator: Annotator = annotator
        self._single: dict[str, int] = {}
        self._adds = [*(_BitsByTerms(kind) for kind in Kind), *(_BitsByTerms(Kind.FILTERED) for _ in range(2))]
        self._times = [0] * (2 * len(self._adds))  # by kind, and by whether the record can change a protein
        self._filter = ""

    def take(self, rows: list[Row]) -> None:
        """Take the records of a block."""
        if not rows:
            return
        column, form, layout, cells = self.columns[0], rows[0][8], self.annotator.layout, self._single
        key, allele_at, terms_at, symbol_at = f"{layout.key}=", layout.allele, layout.terms, layout.symbol
        parts, colons, passed = layout.last + 1, form.count(":"), self._usual_filter(rows[0][6])
        usual = _USUAL if self._plain_format(form) else {}
        times, adds_of = self._times, self._adds
        for row in rows:
            _, _, _, ref, alt, _, flt, info, keys, text = row if len(row) == 10 else (*row[:9], row[column])
            kind = usual.get(text[:4])
            if kind is None or keys != form or ":0" in text or text.count(":") > colons:
                kind = self._kind(row, text)
            if flt != passed and not self.reader.accepts(flt):
                kind = _FILTERED_CHANGE if kind in _CARRYING else _FILTERED_OTHER
            before, _, said = info.partition(key)
            if ";" in said or (before and before[-1] != ";"):
                said = self.annotator.text(info)
            allele = alt if len(alt) == 1 == len(ref) else self._allele_name(ref, alt)
            adds, seen = adds_of[kind], 0
            for entry in said.split(","):
                values = entry.split("|", parts)
                if len(values) < parts or values[allele_at] != allele or not (gene := values[symbol_at]):
                    self.take_row(row, [text])
                    break
                if (bits := adds[values[terms_at]]) >= 0:
                    cells[gene] = cells.get(gene, 0) | bits
                    seen |= bits
            else:
                times[kind + kind + (seen >> 8)] += 1

    def finish(self) -> None:
        """Bring the short way's cells to those of the long one."""
        for gene, bits in self._single.items():
            self.cell(unquote(gene) if "%" in gene else gene)[0] |= bits & 255
        self._single.clear()
        relevant, every = self._times[1::2], [sum(self._times[n : n + 2]) for n in range(0, len(self._times), 2)]
        carried = relevant[Kind.CHANGED] + relevant[Kind.HALF]
        self.changes[0] += carried
        self.looked[0] += carried + relevant[Kind.REFERENCE]
        self.no_calls[0] += relevant[Kind.MISSING] + relevant[Kind.ABSENT_DEPTH]
        self.missing_calls += every[Kind.HALF] + every[Kind.MISSING] + every[Kind.ABSENT_DEPTH]
        self.filtered_records += every[_FILTERED_CHANGE] + every[_FILTERED_OTHER]
        self.filtered_changes += every[Kind.FILTERED] + every[_FILTERED_CHANGE]
        self._times = [0] * len(self._times)

    def _usual_filter(self, text: str) -> str:
        if self.reader.accepts(text):
            self._filter = text
        return self._filter

    def _plain_format(self, form: str) -> bool:
        keys = form.split(":")
        return keys[0] == "GT" and "FT" not in keys and "BCSQ" not in keys

    def _kind(self, row: Row, text: str) -> int:
        """Read a call in full."""
        try:
            call = self.reader.formats[row[8]].read(text)
        except ValueError as error:
            self.refuse(row, 0, str(error))
        if call.genotype.top > (0 if row[4] == "." else row[4].count(",") + 1):
            self.refuse_allele(row, 0)
        return int(call.kind)

    def _allele_name(self, ref: str, alt: str) -> str | None:
        """Return the name of one plain ALT in the annotation; None for every other ALT."""
        if not alt.isalpha():
            return None
        layout = self.annotator.layout
        if layout.kind == "CSQ" and len(ref) != len(alt) and ref[0] == alt[0]:
            return alt[1:] or "-"
        return alt
