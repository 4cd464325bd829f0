"""Exact genomic alleles that mean something without annotation: changes that evidence names, promoters, DPYD."""

from __future__ import annotations

from collections.abc import Iterable

from genorx.oncology.alteration import Alteration
from genorx.oncology.atoms import Atom
from genorx.oncology.drug_safety import PHARMACOGENE_ALLELES
from genorx.oncology.gene_facts import PROMOTER_ALLELES
from genorx.oncology.profile import parse_profile
from genorx.oncology.protein import read_protein_change
from genorx.oncology.table import KnownAllele
from genorx.variants.allele import trim

AlleleKey = tuple[str, str, int, str, str]
_ORDER = {"protein": 0, "codon": 1, "cdna": 2}


def allele_key(assembly: str, chrom: str, pos: int, ref: str, alt: str) -> AlleleKey:
    """Return what an allele is looked up by: bare contig, alleles trimmed."""
    place, short_ref, short_alt = trim(pos, ref.upper(), alt.upper())
    return assembly, chrom, place, short_ref, short_alt


class AlleleIndex:
    """Known alleles by place and bases."""

    def __init__(self, alleles: Iterable[KnownAllele]) -> None:
        self._held: dict[AlleleKey, list[KnownAllele]] = {}
        for allele in alleles:
            key = allele_key(allele.assembly, allele.chrom, allele.pos, allele.ref, allele.alt)
            self._held.setdefault(key, []).append(allele)
        self._places = {key[:3] for key in (*self._held, *PROMOTER_ALLELES, *PHARMACOGENE_ALLELES)}

    def may_hold(self, assembly: str, chrom: str, pos: int) -> bool:
        """Tell quickly whether any known allele begins at a place."""
        return (assembly, chrom, pos) in self._places

    def names(self, key: AlleleKey) -> frozenset[tuple[str, str]]:
        """Return (gene, protein change) of an allele, in normal form."""
        found = set()
        for allele in self._held.get(key, ()):
            change = read_protein_change(allele.change)
            if change is not None:
                found.add((allele.gene.upper(), change.text))
        return frozenset(found)

    def alterations(self, key: AlleleKey) -> list[Alteration]:
        """Return the alterations that an allele is, without any annotation."""
        if key in PHARMACOGENE_ALLELES:
            gene, name, rsid = PHARMACOGENE_ALLELES[key]
            star = Atom(type="star_allele", gene=gene, name=f"{gene}{name}" if name.startswith("*") else name)
            note = "drug metabolism: a safety note, no target"
            return [Alteration(atom=star, origin="germline", rsids=frozenset({rsid}), notes=(note,))]
        if key in PROMOTER_ALLELES:
            gene, cdna = PROMOTER_ALLELES[key]
            return [Alteration(atom=Atom(type="region", gene=gene, name="Promoter"), cdna=frozenset({cdna}))]
        atoms = {atom for allele in self._held.get(key, ()) for atom in _atoms(allele)}
        if not atoms:
            return []
        best = min(atoms, key=lambda atom: (_ORDER.get(atom.type, 9), atom.label))
        rest = {atom for atom in atoms if atom.gene != best.gene and atom.type in _ORDER}
        return [
            Alteration(atom=atom, known_alleles=self.names(key))
            for atom in (best, *sorted(rest, key=lambda a: a.label))
        ]


def _atoms(allele: KnownAllele) -> list[Atom]:
    found = parse_profile(f"{allele.gene} {allele.change}")
    return [alternative[0] for alternative in found if len(alternative) == 1 and alternative[0].type in _ORDER]
