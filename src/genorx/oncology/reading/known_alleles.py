"""Genomic alleles that are recognised without annotation: changes in the evidence, promoters, DPYD.

Insertions and deletions are compared without the bases shared by both alleles.  A deletion placed elsewhere in a repeat
by another caller is recognised if the deleted bases of both prove that the same sequence remains; an insertion only
with the reference sequence, by which both are aligned to the left.
Source: Tan A et al. 2015, Bioinformatics 31:2202 (normalisation).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from genorx.oncology.alteration import Alteration
from genorx.oncology.criteria import Atom
from genorx.oncology.drug_safety import PHARMACOGENE_ALLELES
from genorx.oncology.gene_facts import PROMOTER_ALLELES
from genorx.oncology.profile import parse_profile
from genorx.oncology.protein import read_protein_change
from genorx.oncology.table import KnownAllele

AlleleKey = tuple[str, str, int, str, str]
#: Bases in capitals of (contig, first, last), 1-based.
Fetch = Callable[[str, int, int], str]
_ORDER = {"protein": 0, "codon": 1, "cdna": 2}
#: Most bases by which an insertion or deletion is moved to the left.
_FARTHEST = 500


def allele_key(assembly: str, chrom: str, pos: int, ref: str, alt: str) -> AlleleKey:
    """Return the lookup key of an allele: contig without prefix, alleles without their common part.

    A deletion has the position of its first base and no ALT, an insertion that of the base before it and no REF, as in
    MAF files.

    >>> allele_key("GRCh37", "7", 100, "CAAG", "CAG"), allele_key("GRCh37", "7", 100, "C", "CA")
    (('GRCh37', '7', 101, 'A', ''), ('GRCh37', '7', 100, '', 'A'))
    """
    short_ref, short_alt = ref.upper().replace("-", ""), alt.upper().replace("-", "")
    if not short_ref or not short_alt:
        return assembly, chrom, pos, short_ref, short_alt
    end = _shared(short_ref[::-1], short_alt[::-1])
    short_ref, short_alt = short_ref[: len(short_ref) - end], short_alt[: len(short_alt) - end]
    start = _shared(short_ref, short_alt)
    short_ref, short_alt, pos = short_ref[start:], short_alt[start:], pos + start
    return assembly, chrom, pos if short_ref else pos - 1, short_ref, short_alt


def _shared(one: str, other: str) -> int:
    """Return the length of the common prefix of two texts."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((at for at, (a, b) in pairs if a != b), min(len(one), len(other)))


def left_aligned(key: AlleleKey, fetch: Fetch) -> AlleleKey:
    """Return an insertion or deletion at the leftmost equivalent position; other alleles are unchanged."""
    assembly, chrom, pos, ref, alt = key
    moved = ref or alt
    if (ref and alt) or not moved:
        return key
    first = max(1, pos - _FARTHEST)
    before = fetch(chrom, first, pos - 1 if ref else pos)  # bases to the left of the change
    while before and before[-1] == moved[-1]:
        moved, before, pos = moved[-1] + moved[:-1], before[:-1], pos - 1
    return assembly, chrom, pos, moved if ref else "", "" if ref else moved


def same_deletion(one: AlleleKey, other: AlleleKey) -> bool:
    """Return whether two deletions give the same sequence, as far as their own bases prove it."""
    (a, b) = sorted((one, other), key=lambda key: key[2])
    shift, length = b[2] - a[2], len(a[3])
    if a[:2] != b[:2] or a[4] or b[4] or len(b[3]) != length or shift > length:
        return False
    if a[3][shift:] != b[3][: length - shift]:
        return False  # the two files are not on the same reference
    whole = a[3] + b[3][length - shift :]
    return whole[length:] == whole[:shift]


class AlleleIndex:
    """Known alleles by position and bases.

    Parameters
    ----------
    fetch : callable, optional
        Returns bases of the reference sequence of ``assembly``; without it insertions are not aligned.
    assembly : str, optional
        Assembly of the alleles to look up.
    """

    def __init__(
        self, alleles: Iterable[KnownAllele], fetch: Fetch | None = None, *, assembly: str | None = None
    ) -> None:
        self._held: dict[AlleleKey, list[KnownAllele]] = {}
        self._fetch = fetch
        for allele in alleles:
            key = allele_key(allele.assembly, allele.chrom, allele.pos, allele.ref, allele.alt)
            if fetch is not None and allele.assembly == assembly:
                key = left_aligned(key, fetch)
            self._held.setdefault(key, []).append(allele)
        self._near: dict[tuple[str, str, int], list[AlleleKey]] = {}
        for key in self._held:
            for place in range(key[2] - len(key[3]), key[2] + len(key[3]) + 1) if key[3] and not key[4] else ():
                self._near.setdefault((key[0], key[1], place), []).append(key)
        every = (*self._held, *PROMOTER_ALLELES, *PHARMACOGENE_ALLELES)
        self._exact = frozenset(every)

    def find(self, assembly: str, chrom: str, pos: int, ref: str, alt: str) -> AlleleKey | None:
        """Return the key of the known allele, or None."""
        key = allele_key(assembly, chrom, pos, ref, alt)
        if key in self._exact:
            return key
        if key[3] and key[4]:
            return None
        if self._fetch is not None:
            moved = left_aligned(key, self._fetch)
            return moved if moved in self._exact else None
        return next((known for known in self._near.get(key[:3], ()) if not key[4] and same_deletion(key, known)), None)

    def names(self, key: AlleleKey) -> frozenset[tuple[str, str]]:
        """Return (gene, protein change) of an allele, in normal form."""
        found = set()
        for allele in self._held.get(key, ()):
            change = read_protein_change(allele.change)
            if change is not None:
                found.add((allele.gene.upper(), change.text))
        return frozenset(found)

    def alterations(self, key: AlleleKey) -> list[Alteration]:
        """Return the alterations of an allele, without any annotation."""
        if key in PHARMACOGENE_ALLELES:
            gene, name, rsid = PHARMACOGENE_ALLELES[key]
            star = Atom(type="star_allele", gene=gene, name=f"{gene}{name}" if name.startswith("*") else name)
            note = "drug metabolism: a safety note, not a target"
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


def chosen_facts(annotated: list[Alteration], by_place: list[Alteration]) -> list[Alteration]:
    """Choose between annotation and exact position: the annotation, except for pharmacogenes and promoters.

    An allele of a pharmacogene is a note on drugs, whatever its consequence, and promoters are not coding.
    """
    if any(fact.atom.type == "star_allele" for fact in by_place):
        return by_place
    return annotated or [fact for fact in by_place if fact.atom.type == "region"]


def _atoms(allele: KnownAllele) -> list[Atom]:
    found = parse_profile(f"{allele.gene} {allele.change}")
    return [alternative[0] for alternative in found if len(alternative) == 1 and alternative[0].type in _ORDER]
