"""Star-allele definitions: positions of a gene, and the bases that define its named alleles.

Samples are matched in ``pgx``; other formats are read by ``knowledge.importer``.
Source of the notation: Gaedigk A et al. 2018, Clin Pharmacol Ther 103:399 (PharmVar).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

from genorx._core.short_repr import short

#: IUPAC codes for one of several bases (NC-IUB 1985, Nucleic Acids Res 13:3021).
WOBBLES: dict[str, frozenset[str]] = {
    "R": frozenset("AG"),
    "Y": frozenset("CT"),
    "S": frozenset("CG"),
    "W": frozenset("AT"),
    "K": frozenset("GT"),
    "M": frozenset("AC"),
    "B": frozenset("CGT"),
    "D": frozenset("AGT"),
    "H": frozenset("ACT"),
    "V": frozenset("ACG"),
    "N": frozenset("ACGT"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """A site of a gene on both assemblies, 1-based and left-aligned as in VCF.

    ``ref`` and ``alts`` are the bases on GRCh38; ``ref37`` differs if the reference base on GRCh37 is another.
    ``pos37`` is None if the position on GRCh37 is not known.
    """

    chrom: str
    pos: int
    ref: str
    alts: tuple[str, ...]
    rsid: str | None = None
    hgvs: tuple[str, ...] = ()  # genomic names, parallel to ``alts``; empty if the source has none
    pos37: int | None = None
    ref37: str | None = None

    @property
    def key(self) -> str:
        """Return ``chr10:94781859``, the name of the site in reports (GRCh38)."""
        return f"{self.chrom}:{self.pos}"

    def name_of(self, base: str) -> str:
        """Return the genomic name of a base at this site, such as ``g.94781859G>A``."""
        if base in self.alts and len(self.hgvs) == len(self.alts):
            return self.hgvs[self.alts.index(base)]
        return f"g.{self.pos}{self.ref}>{base}"


@short
@dataclass(frozen=True, slots=True, kw_only=True)
class NamedAllele:
    """A named allele: its bases by index of position; at other positions it equals the reference allele."""

    name: str
    bases: dict[int, str]
    id: str | None = None
    reference: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Priority:
    """Diplotypes that unphased data cannot distinguish, and the one to report."""

    diplotypes: tuple[str, ...]
    pick: str


@short
@dataclass(frozen=True, kw_only=True)
class GeneDefinition:
    """Positions and named alleles of one gene, with the exemptions of the source for this gene.

    Attributes
    ----------
    required : frozenset of int
        Positions (GRCh38) without which the gene is not called.
    extra : tuple of Position
        Sites that are read and reported, but never matched.
    suballeles : dict
        Core alleles by sub-allele, for alleles whose own definition is ambiguous.
    tier1 : tuple of str
        Alleles that every test should detect, by the Association for Molecular Pathology (tier 1).
    """

    gene: str
    chrom: str
    version: str
    positions: tuple[Position, ...]
    alleles: tuple[NamedAllele, ...]
    suballeles: dict[str, str] = field(default_factory=dict)
    required: frozenset[int] = frozenset()
    extra: tuple[Position, ...] = ()
    priorities: tuple[Priority, ...] = ()
    tier1: tuple[str, ...] = ()

    @cached_property
    def reference(self) -> NamedAllele:
        """The reference allele."""
        return next(allele for allele in self.alleles if allele.reference)

    @cached_property
    def by_name(self) -> dict[str, NamedAllele]:
        """Alleles by name."""
        return {allele.name: allele for allele in self.alleles}

    def filled(self, index: int) -> str:
        """Return the base at a position that an allele does not define."""
        entry = self.reference.bases.get(index)
        return self.positions[index].ref if entry is None or entry in WOBBLES else entry

    def fitting(self, index: int, one: str | None, other: str | None) -> int:
        """Return a bit mask of the alleles that have one of two bases at a position, in their order."""
        found = self._fitting.get((index, one, other))
        if found is None:
            fill = self.filled(index)
            found = 0
            for number, allele in enumerate(self.alleles):
                entry = allele.bases.get(index, "") or fill
                found |= (matches(entry, one) or matches(entry, other)) << number
            self._fitting[(index, one, other)] = found
        return found

    @cached_property
    def ambiguous(self) -> dict[str, tuple[int, ...]]:
        """Positions at which an allele has an ambiguity code, by name of the allele."""
        found = {a.name: tuple(index for index, entry in a.bases.items() if entry in WOBBLES) for a in self.alleles}
        return {name: indices for name, indices in found.items() if indices}

    @cached_property
    def _fitting(self) -> dict[tuple[int, str | None, str | None], int]:
        return {}


def matches(entry: str, base: str | None) -> bool:
    """Return whether a base matches the entry of an allele: equal, or one of the bases of its ambiguity code."""
    return base == entry or (base is not None and base in WOBBLES.get(entry, ()))
