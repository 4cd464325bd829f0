"""Genomic Observations as rows: variants, genotypes and haplotypes, implications, by their code.

Source: HL7 FHIR Genomics Reporting implementation guide 3.0.0 (http://hl7.org/fhir/uv/genomics-reporting): profiles
variant, genotype, haplotype, therapeutic-, diagnostic-implication, molecular-consequence; LOINC answer lists.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from genorx.interop.fhir_in.clinical import Row
from genorx.interop.fhir_in.elements import (
    LOINC,
    Concept,
    Resource,
    codings,
    concept,
    last_part,
    number,
    part,
    parts,
    quantity,
    text,
)
from genorx.interop.fhir_in.variant_place import variant_place
from genorx.interop.reading.columns import hgnc_id
from genorx.interop.vrs import is_identifier

TBD = "http://hl7.org/fhir/uv/genomics-reporting/CodeSystem/tbd-codes-cs"
#: Kind of an Observation, by its code.
KINDS = {
    (LOINC, "69548-6"): "variant",
    (LOINC, "84413-4"): "genotype",
    (LOINC, "84414-2"): "haplotype",
    (LOINC, "82120-7"): "sequence-phase relationship",
    (TBD, "therapeutic-implication"): "therapeutic",
    (TBD, "diagnostic-implication"): "diagnostic",
    (TBD, "molecular-consequence"): "molecular",
    (TBD, "molecular-consequences"): "molecular",
}
ZYGOSITY = {
    "LA6705-3": "homozygous", "LA6706-1": "heterozygous", "LA6707-9": "hemizygous", "LA6703-8": "heteroplasmic",
    "LA6704-6": "homoplasmic",
}  # fmt: skip
ORIGIN = {"LA6683-2": "germline", "LA6684-0": "somatic"}
PRESENCE = {"LA9633-4": "present", "LA9634-2": "absent", "LA18198-4": "no_call", "LA11884-6": "indeterminate"}
_IMPLIED = {
    "drug": ("51963-7",),
    "therapy": ("associated-therapy",),
    "effect": ("therapeutic-implication", "predicted-therapeutic-implication"),
    "significance": ("53037-8",),
    "condition": ("81259-4",),
    "level": ("93044-6",),
    "conclusion": ("conclusion-string",),
}


def genomic_kind(resource: Resource) -> str | None:
    """Return the kind of a genomic result; None for any other Observation."""
    for each in codings(resource, "code"):
        if each in KINDS:
            return KINDS[each]
    return None


class Components:
    """The components of an Observation by their code, of LOINC or of the guide."""

    def __init__(self, resource: Resource) -> None:
        self._by_code: dict[str, list[Resource]] = {}
        for each in parts(resource, "component"):
            for system, code in codings(each, "code"):
                if system in (LOINC, TBD) and code is not None:
                    self._by_code.setdefault(code, []).append(each)

    def of(self, *codes: str) -> list[Resource]:
        """Return the components of some codes."""
        return [each for code in codes for each in self._by_code.get(code, [])]

    def concepts(self, *codes: str) -> list[Concept]:
        """Return the concepts of some codes; a text value becomes a concept."""
        return [
            concept(each, "valueCodeableConcept") if "valueCodeableConcept" in each else Concept(text=_text(each))
            for each in self.of(*codes)
        ]

    def concept(self, *codes: str) -> Concept:
        """Return the first concept of some codes; empty if there is none."""
        return next(iter(self.concepts(*codes)), Concept())

    def joined(self, *codes: str) -> str | None:
        """Return the joined texts or displays of all components of some codes."""
        return joined(each.name or each.code for each in self.concepts(*codes))

    def number(self, code: str) -> float | None:
        """Return the number of a code; per cent are converted to a fraction."""
        for each in self.of(code):
            if "valueInteger" in each:
                return number(each, "valueInteger")
            found = quantity(part(each, "valueQuantity"))
            if found.value is not None:
                return found.value / 100 if found.unit in ("%", "percent") else found.value
        return None


def _text(component: Resource) -> str | None:
    return text(component, "valueString") if "valueString" in component else None


def joined(texts: Iterable[str | None]) -> str | None:
    """Return texts joined by ``; ``; None if there are none."""
    return "; ".join(each for each in texts if each) or None


def _gene(components: Components) -> Row:
    found = components.concepts("48018-6")
    ids = (hgnc_id(each.code) for each in found)
    return {"gene": joined(each.display or each.text for each in found), "gene_id": joined(ids)}


def _code(found: Concept) -> str | None:
    return found.code or found.text


def variant(resource: Resource) -> tuple[Row, list[str]]:
    """Return the row of a variant, and the codes of its findings."""
    components = Components(resource)
    hgvs_g = _code(components.concept("81290-9"))
    spdi = components.concept("81252-9")
    place, stated = variant_place(components, hgvs_g, _code(spdi))
    value = concept(resource, "valueCodeableConcept")
    presence = PRESENCE.get(value.code or "", value.label) or text(resource, "valueString")
    if presence != "present":
        stated.append("variant-not-present")
    zygosity, origin = components.concept("53034-5"), components.concept("48002-0")
    row: dict[str, Any] = {
        **_gene(components),
        **place,
        "hgvs_g": hgvs_g,
        "hgvs_c": _code(components.concept("48004-6")),
        "hgvs_p": _code(components.concept("48005-3")),
        "transcript": _code(components.concept("51958-7")),
        "change_type": components.concept("48019-4").term,
        "copy_number": components.number("82155-3"),
        "zygosity": ZYGOSITY.get(zygosity.code or "", zygosity.label),
        "origin": ORIGIN.get(origin.code or "", origin.label),
        "allele_fraction": components.number("81258-6"),
        "read_depth": components.number("82121-5"),
        "presence": presence,
        "significance": components.concept("53037-8").term,
        "vrs_id": spdi.code if is_identifier(spdi.code) else None,
        "status": text(resource, "status"),
    }
    return row, stated


def genotype(resource: Resource, kind: str) -> Row:
    """Return the row of a genotype or haplotype; its name is unchanged."""
    found = concept(resource, "valueCodeableConcept")
    return {
        "kind": kind,
        **_gene(Components(resource)),
        "name": found.term,
        "system": found.system,
        "status": text(resource, "status"),
    }


def implication(resource: Resource, kind: str) -> Row:
    """Return the row of an implication."""
    components = Components(resource)
    identifiers = [
        f"{each['system']}|{each.get('value')}" if each.get("system") else each.get("value")
        for each in parts(resource, "identifier")
    ]
    sources = [
        last_part(each["reference"]) if isinstance(each.get("reference"), str) else each.get("display")
        for each in parts(resource, "derivedFrom")
    ]
    return {
        "kind": kind,
        **{name: components.joined(*codes) for name, codes in _IMPLIED.items()},
        "evidence": joined(identifiers),
        "derived_from": joined(sources),
        "status": text(resource, "status"),
    }
