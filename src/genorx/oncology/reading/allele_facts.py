"""Alterations of a variant file's alleles, independent of carriers: by annotation, and by exact position."""

from __future__ import annotations

from dataclasses import dataclass, replace

from genorx.oncology.alteration import Alteration
from genorx.oncology.criteria import Atom
from genorx.oncology.reading.consequence_entry import EntryReader
from genorx.oncology.reading.known_alleles import AlleleIndex, chosen_facts
from genorx.oncology.reading.transcript_choice import Named, alterations_of, as_tandem_duplication
from genorx.variants.annotation import masked_entries
from genorx.variants.assembly import bare_contig

Row = list[str]


@dataclass(frozen=True, kw_only=True)
class AlleleFacts:
    """Conversion of the alleles of one file to alterations.

    Attributes
    ----------
    entries : EntryReader or None
        Reader of the annotation; None if the file is not annotated.
    named : callable
        Returns whether evidence names a (gene, protein change).
    every : bool
        Whether to include alleles that are not alterations, as facts that match nothing.
    """

    entries: EntryReader | None
    alleles: AlleleIndex
    assembly: str | None
    named: Named
    every: bool = False

    def of(self, row: Row, alts: list[str], number: int, mask: str | None = None) -> list[Alteration]:
        """Return the alterations of an allele; ``mask`` is the sample's own choice among BCSQ entries."""
        chrom, pos, ref, alt = bare_contig(row[0]), int(row[1]), row[3], alts[number]
        symbolic = not alt.isalpha()
        key = None if symbolic else self.alleles.find(self.assembly or "", chrom, pos, ref, alt)
        by_place = self.alleles.alterations(key) if key else []
        found = self._chosen(self._annotated(row, alts, number, mask), by_place)
        if self.every and not found:
            found = [Alteration(atom=Atom(type="opaque", text=f"{row[0]}:{row[1]} {ref[:60]}>{alt[:60]}"))]
        names = self.alleles.names(key) if key else frozenset()
        if names:
            found = [replace(fact, known_alleles=fact.known_alleles | names) for fact in found]
        return [
            as_tandem_duplication(fact, assembly=self.assembly, chrom=chrom, pos=pos, ref=ref, alt=alt)
            for fact in found
        ]

    def _chosen(self, annotated: list[Alteration], by_place: list[Alteration]) -> list[Alteration]:
        return chosen_facts(annotated, by_place) if self.entries else by_place

    def _annotated(self, row: Row, alts: list[str], number: int, mask: str | None) -> list[Alteration]:
        if self.entries is None:
            return []
        info = dict(part.partition("=")[::2] for part in row[7].split(";"))
        entries = self.entries.read(info, row[3], alts)[number]
        if self.entries.kind == "BCSQ" and mask is not None and len(alts) == 1:
            numbers = masked_entries(mask, len(entries))
            entries = [entry for at, entry in enumerate(entries) if at in numbers]
        return alterations_of(entries, self.named)
