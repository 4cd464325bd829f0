"""Variants of a phenopacket as rows: interpretations of version 2, alleles of version 1."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from genorx.interop.phenopackets.elements import Element, Packet
from genorx.interop.reading.columns import hgnc_id
from genorx.interop.reading.places import (
    GenomicPlace,
    accession,
    bare_chromosome,
    known_assembly,
    of_alleles,
    of_hgvs,
    of_spdi,
)
from genorx.interop.vrs import is_identifier, vrs_identify

Row = dict[str, Any]
_ZYGOSITY = {"GENO:0000135": "heterozygous", "GENO:0000136": "homozygous", "GENO:0000134": "hemizygous"}
_LETTER = re.compile(r"(?:^|:)\s*([gcp])\.")


def variant_rows(packet: Packet) -> Iterator[tuple[str, Row]]:
    """Yield the rows of ``variants``."""
    for interpretation in packet.objects(packet.content, "interpretations"):
        diagnosis = packet.object(interpretation, "diagnosis")
        for genomic in packet.objects(diagnosis, "genomicInterpretations"):
            found = packet.object(genomic, "variantInterpretation")
            if "variationDescriptor" in found:
                row = _descriptor(packet, packet.object(found, "variationDescriptor"))
                status = packet.text(genomic, "interpretationStatus")
                row["presence"] = "absent" if status == "REJECTED" else "present"
                row["status"] = status
                row["significance"] = packet.text(found, "acmgPathogenicityClassification")
                yield "variants", row
    for each in packet.objects(packet.content, "variants"):
        yield "variants", _first_version(packet, each)


def _descriptor(packet: Packet, found: Element) -> Row:
    gene = packet.object(found, "geneContext")
    row: Row = {
        "gene": packet.text(gene, "symbol"),
        "gene_id": hgnc_id(packet.text(gene, "valueId")),
        "zygosity": _zygosity(packet, packet.object(found, "allelicState")),
        "change_type": packet.curie(packet.object(found, "structuralType"))[2],
    }
    if row["change_type"] is None:
        row["change_type"] = packet.text(packet.object(found, "structuralType"), "id")
    for each in packet.objects(found, "expressions"):
        row |= {name: text for name, text in _expression(packet, each).items() if row.get(name) is None}
    place = _vcf(packet, packet.object(found, "vcfRecord")) or _by_names(row)
    return row | _columns(place) | _variation(packet, packet.object(found, "variation"))


def _expression(packet: Packet, found: Element) -> Row:
    syntax, value = packet.text(found, "syntax") or "", packet.text(found, "value")
    if value is None:
        return {}
    if syntax == "spdi":
        return {"spdi": value}
    if syntax == "transcript_reference":
        return {"transcript": value}
    letter = syntax.removeprefix("hgvs.") if syntax.startswith("hgvs.") else _letter(value) if syntax == "hgvs" else ""
    if letter not in ("g", "c", "p"):
        return {}
    return {f"hgvs_{letter}": value}


def _letter(value: str) -> str:
    found = _LETTER.search(value)
    return found[1] if found else ""


def _by_names(row: Row) -> GenomicPlace | None:
    return of_hgvs(row.get("hgvs_g")) or of_spdi(row.pop("spdi", None))


def _columns(place: GenomicPlace | None) -> Row:
    return {} if place is None else place.columns()


def _vcf(packet: Packet, found: Element, names: tuple[str, str] = ("genomeAssembly", "chrom")) -> GenomicPlace | None:
    if not found:
        return None
    chrom = packet.text(found, names[1])
    assembly = known_assembly(packet.text(found, names[0])) or accession(chrom)[0]
    pos = packet.number(found, "pos")
    ref, alt = packet.text(found, "ref"), packet.text(found, "alt")
    bases = {"ref": ref.upper() if ref else ref, "alt": alt.upper() if alt else alt}
    return of_alleles(assembly, bare_chromosome(chrom), None if pos is None else int(pos), **bases)


def _zygosity(packet: Packet, state: Element) -> str | None:
    _, code, label = packet.curie(state)
    return _ZYGOSITY.get(code or "", label)


def _variation(packet: Packet, variation: Element) -> Row:
    """Return copy number and identifier of a VRS object; an identifier that is not its digest is reported."""
    made: Row = {}
    copies = packet.object(variation, "copyNumber")
    if copies:
        number = copies.get("number", copies.get("absoluteCopies"))
        made["copy_number"] = packet.number(number if isinstance(number, dict) else {"value": number}, "value")
    allele = packet.object(variation, "allele") or variation
    identifier = next((each for each in (allele.get("id"), allele.get("_id")) if is_identifier(each)), None)
    if identifier is None:
        return made
    made["vrs_id"] = identifier
    if allele.get("type") == "Allele" and _digest_differs(allele, str(identifier)):
        text = "{n} identifiers are not the digest of their object"
        packet.notes.add("vrs-digest", "serious", text, place=packet.place("interpretations"))
    return made


def _digest_differs(allele: Element, identifier: str) -> bool:
    from genorx.errors import InputError

    try:
        return vrs_identify(allele) != identifier
    except InputError:  # an older object, or one without its sequence: nothing to compare
        return False


def _first_version(packet: Packet, found: Element) -> Row:
    row: Row = {"presence": "present", "zygosity": _zygosity(packet, packet.object(found, "zygosity"))}
    place = None
    if "hgvsAllele" in found:
        value = packet.text(packet.object(found, "hgvsAllele"), "hgvs")
        row |= _expression(packet, {"syntax": "hgvs", "value": value or ""})
        place = of_hgvs(row.get("hgvs_g"))
    elif "vcfAllele" in found:
        allele = packet.object(found, "vcfAllele")
        place = _vcf(packet, allele, ("genomeAssembly", "chr"))
        if place is None or place.assembly is None:
            place = _vcf(packet, allele, ("vcfVersion", "chr"))
    elif "spdiAllele" in found:
        place = _spdi(packet, packet.object(found, "spdiAllele"))
    return row | _columns(place)


def _spdi(packet: Packet, allele: Element) -> GenomicPlace | None:
    position = packet.number(allele, "position")
    if position is None:
        return None
    parts = [packet.text(allele, name) or "" for name in ("seqId", "deletedSequence", "insertedSequence")]
    return of_spdi(f"{parts[0]}:{int(position)}:{parts[1]}:{parts[2]}")
