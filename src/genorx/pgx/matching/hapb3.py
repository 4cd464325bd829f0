"""HapB3 of DPYD: a haplotype defined by an intronic variant, with an exonic one as the usual proxy.

Source: Turner AJ et al. 2024, Clin Pharmacol Ther 116:1167 (the intronic variant decides); positions on GRCh38.
"""

from __future__ import annotations

from genorx.pgx.matching.combinations import Combination
from genorx.pgx.matching.gene_rules import value_of
from genorx.pgx.matching.genotype import Bases, GeneSample

HAPB3 = "c.1129-5923C>G, c.1236G>A (HapB3)"
INTRONIC = "c.1129-5923C>G"
ALLELES = frozenset({HAPB3, INTRONIC})

_PARTIALS = frozenset({"g.97573863C>T", "g.97579893G>C"})

MISMATCH = "hapb3-intronic-mismatch-exonic"
EXON_ONLY = "hapb3-exonic-only"


def positions_of(gene: str) -> tuple[int, ...]:
    """Return the exonic and the intronic position; nothing for a gene without HapB3."""
    return tuple(map(int, value_of(gene, "hapb3").split()))


class HapB3:
    """HapB3 in one sample: the strands that carry it, and warnings."""

    def __init__(self, sample: GeneSample) -> None:
        known = {p.pos: i for i, p in enumerate(sample.gene.positions)}
        self._sample = sample
        sites: list[int | None] = [known.get(pos) for pos in positions_of(sample.gene.gene)] or [None, None]
        self._exon, self._intron = sites
        self.warnings: set[str] = set()

    @property
    def sites(self) -> tuple[Bases | None, Bases | None]:
        """Genotypes of the exonic and the intronic site."""
        bases = self._sample.bases
        exon = None if self._exon is None else bases.get(self._exon)
        intron = None if self._intron is None else bases.get(self._intron)
        return exon, intron

    @property
    def present(self) -> bool:
        """Whether a genotype of either site contains a non-reference allele; half calls count."""
        return any(call is not None and is_variant(call.gt) for call in self.sites)

    def on_strand(self, sides: tuple[int, ...]) -> str | None:
        """Return the HapB3 allele of the strand given by a side for each group: the intronic base decides."""
        exon, intron = (None if i is None else self._sample.base_on(i, sides) for i in (self._exon, self._intron))
        return self._allele(self._state(self._exon, exon), self._state(self._intron, intron))

    def _allele(self, exon: bool | None, intron: bool | None) -> str | None:
        if intron is None:
            if exon:
                self.warnings.add(EXON_ONLY)
            return HAPB3 if exon else None
        if not intron:
            if exon:
                self.warnings.add(MISMATCH)
            return None
        return HAPB3 if exon else INTRONIC

    def _state(self, index: int | None, base: str | None) -> bool | None:
        """Return whether a base is non-reference, or None if it is unknown."""
        return None if index is None or base is None else base != self._sample.gene.positions[index].ref

    def unphased(self) -> list[str]:
        """Return the HapB3 alleles of an unphased sample, by counts of the changed bases."""
        exon, intron = self.sites
        if exon is not None and intron is not None and _same_phase(exon, intron):
            bases = ((exon.first, intron.first), (exon.second, intron.second))
            states = [(self._state(self._exon, e), self._state(self._intron, i)) for e, i in bases]
            return [found for e, i in states if (found := self._allele(e, i)) is not None]
        i = self._changed(intron, self._intron)
        e = self._changed(exon, self._exon)
        if intron is None:
            if exon is not None and (e or not exon.half):
                self.warnings.add(EXON_ONLY)
            return [HAPB3] * e
        if exon is None:
            return [INTRONIC] * i
        return self._by_counts(i, e, intron)

    def _by_counts(self, i: int, e: int, intron: Bases) -> list[str]:
        if intron.half:
            return []
        if i < e:
            self.warnings.add(MISMATCH)
        return [HAPB3] * min(i, e) + [INTRONIC] * max(i - e, 0)

    def _changed(self, call: Bases | None, index: int | None) -> int:
        if call is None or index is None:
            return 0
        ref = self._sample.gene.positions[index].ref
        return sum(base is not None and base != ref for base in (call.first, call.second))


def _same_phase(one: Bases, two: Bases) -> bool:
    return one.phased and two.phased and one.phase_set == two.phase_set


def is_variant(gt: str) -> bool:
    """Return whether a GT contains anything but 0 and separators."""
    return bool(set(gt) - set("0/|"))


def add_to(combination: Combination, allele: str | None, reference: str) -> Combination:
    """Add the HapB3 allele to a strand's content; a sole reference is replaced."""
    partials = tuple(name for name in combination.partials if name not in _PARTIALS)
    alleles = combination.alleles
    if allele is not None:
        alleles = (*(name for name in alleles if name != reference), allele)
    if not alleles and not partials:
        alleles = (reference,)
    return Combination(alleles, partials, combination.score)
