"""Alterations of a tumour as variants, and public evidence on them as therapeutic implications."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from genorx._core.numerals import whole_number
from genorx.interop.fhir_in.elements import LOINC, UCUM
from genorx.interop.fhir_in.genomic import ORIGIN, PRESENCE, TBD, ZYGOSITY
from genorx.interop.fhir_out.patient_part import PatientPart
from genorx.interop.fhir_out.pharmacogenes import gene_component
from genorx.interop.fhir_out.resources import Json, coded, component, observation, of_guide, reference, worded
from genorx.interop.reading.places import accession_of

if TYPE_CHECKING:
    from genorx.oncology import Alteration, Hit, Hits

_IMPLIED = {"sensitivity": ("LA6677-4", "Responsive"), "resistance": ("LA6676-6", "Resistant")}
_ORIGIN = {word: code for code, word in ORIGIN.items()}
_ZYGOSITY = {word: code for code, word in ZYGOSITY.items()}
_PRESENT = next(code for code, word in PRESENCE.items() if word == "present")


def add_hits(part: PatientPart, hits: Hits) -> None:
    """Add a variant for each alteration, and an implication for each hit that supports sensitivity or resistance."""
    for layer in hits.evidence.layers:
        part.releases[f"{layer.get('source')} {layer.get('release')}"] = None
    part.tell(hits.findings)
    assembly = hits.reading.assembly if hits.reading is not None else None
    variants = {id(fact): part.add(_variant(part, fact, assembly)) for fact in hits.alterations if fact.label}
    for hit in hits:
        if hit.evidence_type == "predictive" and hit.direction == "supports" and hit.effect in _IMPLIED:
            part.add(_implication(part, hit, variants))


def _variant(part: PatientPart, fact: Alteration, assembly: str | None) -> Json:
    components = [gene_component(gene) for gene in fact.genes]
    components.append(component("81252-9", "Discrete genetic variant", worded(fact.label)))
    change = fact.atom.change if fact.atom.type == "protein" else None
    if change:
        components.append(component("48005-3", "Amino acid change (pHGVS)", worded(f"p.{change.removeprefix('p.')}")))
    if fact.cdna:
        components.append(component("48004-6", "DNA change (c.HGVS)", worded(min(fact.cdna))))
    components += _place(fact.details, assembly)
    if fact.origin in _ORIGIN:
        components.append(_answer("48002-0", "Genomic source class", _ORIGIN[fact.origin], fact.origin))
    if fact.zygosity in _ZYGOSITY:
        components.append(_answer("53034-5", "Allelic state", _ZYGOSITY[fact.zygosity], fact.zygosity))
    for name, code, display in (
        ("t_vaf", "81258-6", "Sample variant allelic frequency [NFr]"),
        ("t_depth", "82121-5", "Allelic read depth"),
    ):
        if isinstance(value := fact.details.get(name), int | float):
            amount = {"value": value, "unit": "1", "system": UCUM, "code": "1"}
            components.append(component(code, display, {"valueQuantity": amount}))
    return observation(
        "variant",
        coded(LOINC, "69548-6", "Genetic variant assessment"),
        part.patient,
        components,
        valueCodeableConcept=coded(LOINC, _PRESENT, "Present"),
        note=[{"text": text} for text in fact.notes],
    )


def _answer(code: str, display: str, answer: str, word: str) -> Json:
    return component(code, display, coded(LOINC, answer, word.capitalize()))


def _place(details: Any, assembly: str | None) -> Iterable[Json]:
    """Return reference sequence, range, coordinate system, and alleles; none if the sequence has no accession."""
    chrom, pos, ref, alt = (str(details.get(name, "")) for name in ("chrom", "pos", "ref", "alt"))
    sequence, first = accession_of(assembly, chrom), whole_number(pos)
    if sequence is None or first is None or not (ref.isalpha() and alt.isalpha()):
        return []
    span = {"low": {"value": first}, "high": {"value": first + len(ref) - 1}}
    return [
        component("48013-7", "Genomic reference sequence [ID]", coded("http://www.ncbi.nlm.nih.gov/refseq", sequence)),
        component("81254-5", "Genomic allele start-end", {"valueRange": span}),
        _answer("92822-6", "Genomic coord system", "LA30102-0", "1-based character counting"),
        component("69547-8", "Genomic ref allele [ID]", {"valueString": ref}),
        component("69551-0", "Genomic alt allele [ID]", {"valueString": alt}),
    ]


def _implication(part: PatientPart, hit: Hit, variants: dict[int, Json]) -> Json:
    derived = [reference(variants[id(fact)]) for fact in hit.alterations if id(fact) in variants]
    return _evidence(
        part,
        drugs=hit.therapies,
        effect=hit.effect,
        level=f"{hit.tier or 'no tier'}; level {hit.level}",
        context=_context(hit),
        identifier={"system": hit.record.source, "value": hit.evidence_id},
        derived=derived or [{"display": hit.record.profile_label or "no alteration"}],
        note=hit.reason,
    )


def _context(hit: Hit) -> Json | None:
    record = hit.record
    if not record.disease_label:
        return None
    if not (record.disease_id or "").startswith("DOID:"):
        return worded(record.disease_label)
    return coded("https://disease-ontology.org", str(record.disease_id), record.disease_label) | worded(
        record.disease_label
    )


def add_evidence_rows(part: PatientPart, option: str, rows: Iterable[Mapping[str, str]]) -> None:
    """Add the evidence of an option of a ranking, if the hits themselves are not available."""
    for row in rows:
        direction, _, effect = row["direction"].partition(" ")
        if direction == "supports" and effect in _IMPLIED:
            part.add(
                _evidence(
                    part,
                    drugs=(row.get("therapy") or option,),
                    effect=effect,
                    level=f"{row['tier']}; level {row['level']}",
                    context=None,
                    identifier={"system": row["source"], "value": row["id"]},
                    derived=[{"display": "the tumour's alterations, which are not in this bundle"}],
                    note=row["reason"],
                )
            )


def _evidence(
    part: PatientPart,
    *,
    drugs: Iterable[str],
    effect: str,
    level: str,
    context: Json | None,
    identifier: Json,
    derived: list[Json],
    note: str,
) -> Json:
    code, word = _IMPLIED[effect]
    components = [component("51963-7", "Medication assessed", worded(drug)) for drug in drugs]
    components.append(of_guide("therapeutic-implication", "Therapeutic Implication", coded(LOINC, code, word)))
    components.append(component("93044-6", "Level of evidence", worded(level)))
    if context is not None:
        components.append(component("81259-4", "Associated phenotype", context))
    return observation(
        "therapeutic-implication",
        coded(TBD, "therapeutic-implication", "Therapeutic Implication"),
        part.patient,
        components,
        identifier=[identifier],
        derivedFrom=derived,
        note=[{"text": note}],
    )
