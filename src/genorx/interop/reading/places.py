"""Position of a change: reference sequences, HGVS and SPDI to assembly, chromosome, position and a common notation.

Changes are not left-aligned, since the sequence is not available: a deletion in a repeat may still have two notations.
Source: HGVS nomenclature 21 (DNA: substitution, deletion, duplication, insertion); SPDI: Holmes JB et al. 2020,
Bioinformatics 36:1902; versions of the chromosomes' accessions: assembly reports GCF_000001405.25 and .26 of NCBI.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from typing import Any

from genorx.variants.assembly import AUTOSOMES, assembly_named, bare_contig

_NAMES = (*AUTOSOMES, "X", "Y")
#: Version of each chromosome's accession in GRCh37; that of GRCh38 is the next.
_VERSIONS = (10, 11, 11, 11, 9, 11, 13, 10, 11, 10, 9, 11, 10, 8, 9, 9, 10, 9, 9, 10, 8, 10, 10, 9)
_ACCESSIONS = {
    f"NC_{number:06d}.{version + later}": (assembly, name)
    for number, (name, version) in enumerate(zip(_NAMES, _VERSIONS, strict=True), start=1)
    for later, assembly in ((0, "GRCh37"), (1, "GRCh38"))
}
_BASES = re.compile(r"[ACGT]*")
_GENOMIC = re.compile(
    r"(NC_\d{6}\.\d+)(?:\([^)]*\))?:g\.(\d+)(?:_(\d+))?(?:([ACGT])>([ACGT])|(delins|del|dup|ins)(.*))",
    re.ASCII,
)
_SPDI = re.compile(r"(NC_\d{6}\.\d+):(\d+):([ACGT]*|\d+):([ACGT]*)", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class GenomicPlace:
    """A position and the change at it; missing fields are None."""

    assembly: str | None = None
    chrom: str | None = None
    pos: int | None = None
    ref: str | None = None
    alt: str | None = None
    start: int | None = None
    end: int | None = None
    allele: str | None = None

    def columns(self) -> dict[str, Any]:
        """Return the position as columns of ``variants``."""
        return {each.name: getattr(self, each.name) for each in fields(self)}


def accession(text: str | None) -> tuple[str | None, str | None]:
    """Return assembly and chromosome of a reference sequence; None if it is none of the 24 chromosomes.

    >>> accession("NC_000021.9"), accession("NC_000021.8"), accession("NG_007400.1")
    (('GRCh38', '21'), ('GRCh37', '21'), (None, None))
    """
    return _ACCESSIONS.get((text or "").strip().rpartition("refseq:")[2], (None, None))


def bare_chromosome(text: str | None) -> str | None:
    """Return a chromosome's name without ``chr``; an accession is translated to its chromosome."""
    if not text:
        return None
    named = accession(text)[1]
    if named is not None:
        return named
    return bare_contig(text)


def known_assembly(text: str | None) -> str | None:
    """Return GRCh37 or GRCh38 for any synonym (hg19, GRCh38.p13); otherwise None."""
    return assembly_named(text or "")


def spelled(assembly: str | None, chrom: str | None, start: int | None, ref: str | None, alt: str | None) -> str | None:
    """Return ``ASSEMBLY:CHROM:START:REF:ALT`` after trimming the common end, then the common start; ``-`` for nothing.

    START is the first base replaced, for an insertion the base before it.  ``start`` is the first base of ``ref``.

    >>> spelled("GRCh38", "21", 41479182, "GT", "G"), spelled("GRCh38", "21", 34880555, "A", "ACC")
    ('GRCh38:21:41479183:T:-', 'GRCh38:21:34880555:-:CC')
    """
    if assembly is None or chrom is None or start is None or ref is None or alt is None or ref == alt:
        return None
    if not _BASES.fullmatch(ref) or not _BASES.fullmatch(alt):
        return None
    while ref and alt and ref[-1] == alt[-1]:
        ref, alt = ref[:-1], alt[:-1]
    while ref and alt and ref[0] == alt[0]:
        ref, alt, start = ref[1:], alt[1:], start + 1
    start = start if ref else start - 1
    return f"{assembly}:{chrom}:{start}:{ref or '-'}:{alt or '-'}"


def of_hgvs(text: str | None) -> GenomicPlace | None:
    """Parse a genomic HGVS name on a chromosome; None if invalid.

    >>> of_hgvs("NC_000007.14:g.140801502T>C").allele, of_hgvs("NC_000007.14:g.10_12del").allele
    ('GRCh38:7:140801502:T:C', None)
    """
    found = _GENOMIC.fullmatch((text or "").strip())
    assembly, chrom = accession(found[1]) if found else (None, None)
    if found is None or assembly is None:
        return None
    start, end = int(found[2]), int(found[3] or found[2])
    if found[4]:
        allele = spelled(assembly, chrom, start, found[4], found[5])
        return GenomicPlace(assembly=assembly, chrom=chrom, pos=start, ref=found[4], alt=found[5], allele=allele)
    kind, bases = found[6], found[7] if found[7] and _BASES.fullmatch(found[7]) else None
    allele = None
    if kind == "del" and bases:
        allele = spelled(assembly, chrom, start, bases, "")
    elif kind == "dup" and bases:
        allele = spelled(assembly, chrom, end + 1, "", bases)
    elif kind == "ins" and bases:
        allele = spelled(assembly, chrom, start + 1, "", bases)
    return GenomicPlace(assembly=assembly, chrom=chrom, start=start, end=end, allele=allele)


def of_spdi(text: str | None) -> GenomicPlace | None:
    """Parse an SPDI name (0-based) on a chromosome; None if invalid.

    >>> of_spdi("NC_000001.10:69510:A:G").pos
    69511
    """
    found = _SPDI.fullmatch((text or "").strip())
    assembly, chrom = accession(found[1]) if found else (None, None)
    if found is None or assembly is None:
        return None
    first, ref, alt = int(found[2]) + 1, found[3], found[4]
    if ref.isdigit():
        return GenomicPlace(assembly=assembly, chrom=chrom, start=first, end=first + int(ref) - 1)
    return of_alleles(assembly, chrom, first, ref, alt)


def of_alleles(
    assembly: str | None, chrom: str | None, first: int | None, ref: str | None, alt: str | None
) -> GenomicPlace:
    """Return the position of two alleles, ``first`` being the first base of REF; no ``pos`` if either is empty."""
    known = {"-": "", ".": ""}
    ref, alt = (known.get(each, each) if each is not None else None for each in (ref, alt))
    allele = spelled(assembly, chrom, first, ref, alt)
    if ref == "" or alt == "":  # the base before it is not known, so it has no VCF position
        start = first if ref or first is None else first - 1
        end = start if not ref or start is None else start + len(ref) - 1
        return GenomicPlace(assembly=assembly, chrom=chrom, start=start, end=end, allele=allele)
    return GenomicPlace(assembly=assembly, chrom=chrom, pos=first, ref=ref, alt=alt, allele=allele)


def accession_of(assembly: str | None, chrom: str) -> str | None:
    """Return the reference sequence of a chromosome on an assembly; None if there is none.

    >>> accession_of("GRCh38", "chr7")
    'NC_000007.14'
    """
    key = (assembly, bare_chromosome(chrom))
    return next((name for name, known in _ACCESSIONS.items() if known == key), None)
