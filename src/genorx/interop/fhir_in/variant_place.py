"""Position of a FHIR variant, by reference sequence and range, HGVS and SPDI; contradictions are reported."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from genorx.interop.fhir_in.elements import Resource, number, part, quantity
from genorx.interop.reading.places import GenomicPlace, accession, of_alleles, of_hgvs, of_spdi

if TYPE_CHECKING:
    from genorx.interop.fhir_in.genomic import Components

_ZERO_BASED, _ZERO_BASED_CHARACTERS, _ONE_BASED = "LA30100-4", "LA30101-2", "LA30102-0"
_EXACT, _OUTER, _INNER = "81254-5", "81301-4", "81302-2"


def variant_place(components: Components, hgvs: str | None, spdi: str | None) -> tuple[dict[str, Any], list[str]]:
    """Return the columns of a variant's position, and the codes of findings.

    The position is that of the range, otherwise of a genomic HGVS name, otherwise of SPDI; none if they disagree.
    """
    stated: list[str] = []
    ref, alt = _allele(components, "69547-8"), _allele(components, "69551-0")
    sequence = components.concept("48013-7")
    assembly, chrom = accession(sequence.code or sequence.text)
    ranged = _ranged(components, assembly, chrom, (ref, alt), stated)
    ways = [each for each in (ranged, of_hgvs(hgvs), of_spdi(spdi)) if each is not None]
    stated_place = GenomicPlace(assembly=assembly, chrom=chrom, ref=ref, alt=alt).columns()
    if any(_disagree(first, second) for i, first in enumerate(ways) for second in ways[i + 1 :]):
        return stated_place, [*stated, "variant-contradiction"]
    for way in reversed(ways):
        stated_place |= {name: value for name, value in way.columns().items() if value is not None}
    if stated_place["pos"] is not None and stated_place["allele"] is not None:
        stated_place["start"] = stated_place["end"] = None
    return stated_place, stated


def _allele(components: Components, code: str) -> str | None:
    found = components.concept(code)
    text = found.text or found.code
    return text.strip().upper() or None if text else None


def _ranged(
    components: Components,
    assembly: str | None,
    chrom: str | None,
    alleles: tuple[str | None, str | None],
    stated: list[str],
) -> GenomicPlace | None:
    exact, inner, outer = (components.of(code) for code in (_EXACT, _INNER, _OUTER))
    found = next(iter(exact or inner or outer), None)
    if found is None or chrom is None:
        return None
    system = components.concept("92822-6").code
    if system not in (_ZERO_BASED, _ZERO_BASED_CHARACTERS, _ONE_BASED):
        stated.append("coordinate-system-not-told")
        return None
    low, high = _limits(found)
    start = None if low is None else low if system == _ONE_BASED else low + 1
    end = None if high is None else high + 1 if system == _ZERO_BASED_CHARACTERS else high
    if not exact:
        return GenomicPlace(assembly=assembly, chrom=chrom, start=start, end=end)
    if None in alleles:
        return GenomicPlace(assembly=assembly, chrom=chrom, pos=start, start=start, end=end)
    return of_alleles(assembly, chrom, start, *alleles)


def _limits(component: Resource) -> tuple[int | None, int | None]:
    """Return the low and high end of a range; a single integer or quantity is the low end."""
    found = part(component, "valueRange")
    low = quantity(part(found, "low")).value
    if low is None:
        low = number(component, "valueInteger")
    high = quantity(part(found, "high")).value
    return (None if low is None else int(low), None if high is None else int(high))


def _disagree(first: GenomicPlace, second: GenomicPlace) -> bool:
    if (first.assembly, first.chrom) != (second.assembly, second.chrom):
        return True
    if first.allele is not None and second.allele is not None:
        return first.allele != second.allele
    one, other = ((each.pos, each.start, each.end) for each in (first, second))
    if first.allele is None and second.allele is None:
        return any(a is not None and b is not None and a != b for a, b in zip(one, other, strict=True))
    return first.pos is not None and second.pos is not None and first.pos != second.pos
