"""Pharmacogenes of a person as genotypes, and each row of guidance as a therapeutic implication derived from them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from genorx.interop.fhir_in.elements import LOINC
from genorx.interop.fhir_in.genomic import TBD
from genorx.interop.fhir_out.hgnc import HGNC_IDS
from genorx.interop.fhir_out.patient_part import PatientPart
from genorx.interop.fhir_out.resources import Json, coded, component, observation, of_guide, reference, worded

if TYPE_CHECKING:
    from genorx.pgx import PgxReport
    from genorx.pgx.guidance.guidance import DrugGuidance
    from genorx.pgx.report import GeneReport

_GENES = "http://www.genenames.org"


def gene_component(symbol: str) -> Json:
    """Return the component that names a gene, with its HGNC id where it is one of the shipped pack's."""
    number = HGNC_IDS.get(symbol)
    value = worded(symbol) if number is None else coded(_GENES, f"HGNC:{number}", symbol)
    return component("48018-6", "Gene studied ID", value)


def add_pharmacogenes(part: PatientPart, report: PgxReport) -> None:
    """Add the genes that are called, a note for each that is not, and the guidance that applies."""
    part.releases[f"pharmacogenes {report.release}"] = None
    part.releases[f"guidance {report.guidance_release}"] = None
    part.tell(report.findings)
    genotypes = {}
    for name, gene in report.genes.items():
        if gene.call.called:
            genotypes[name] = part.add(_genotype(part, name, gene))
        else:
            part.notes[f"{name}: not called ({_why(gene)})"] = None
    for rows in report.drugs.values():
        for row in rows:
            part.add(_implication(part, row, genotypes, report))


def _genotype(part: PatientPart, name: str, gene: GeneReport) -> Json:
    text = " / ".join(gene.printed)
    return observation(
        "genotype",
        coded(LOINC, "84413-4", "Genotype display name"),
        part.patient,
        [gene_component(name)],
        valueCodeableConcept={"coding": [{"display": text}], "text": text},
    )


def _why(gene: GeneReport) -> str:
    """Return why a gene has no call."""
    if gene.call.source == "none":
        return "no data"
    missing = len(gene.call.missing)
    return f"{missing} positions missing" if missing else "no named pair of alleles explains the data"


def _implication(part: PatientPart, found: DrugGuidance, genotypes: dict[str, Json], report: PgxReport) -> Json:
    row, keys = found.row, dict(sorted(found.keys.items()))
    words = "; ".join(f"{gene}: {key}" for gene, key in keys.items()) if len(keys) > 1 else "".join(keys.values())
    source = found.guideline.source
    components = [
        component("51963-7", "Medication assessed", worded(found.drug)),
        of_guide("therapeutic-implication", "Therapeutic Implication", worded(words or "not known")),
        component("93044-6", "Level of evidence", worded(row.classification or "not graded")),
        of_guide("conclusion-string", "Conclusion string", {"valueString": _advice(found)}),
        of_guide("knowledge-base", "Knowledge base", worded(f"{source}, release {report.guidance_release}")),
    ]
    derived = [
        reference(genotypes[gene]) if gene in genotypes else {"display": f"{gene}: {keys[gene]}, without a genotype"}
        for gene in keys
    ]
    return observation(
        "therapeutic-implication",
        coded(TBD, "therapeutic-implication", "Therapeutic Implication"),
        part.patient,
        components,
        identifier=[{"system": f"urn:genorx:guidance:{source}", "value": f"{row.id} {found.drug}"}],
        derivedFrom=derived or [{"display": "no genotype: the guideline gives an algorithm"}],
    )


def _advice(found: DrugGuidance) -> str:
    row = found.row
    change = row.dose_change_pct
    parts: list[str] = [row.action]
    if change is not None:
        parts.append(f"dose change {change:+g} %")
    if row.population and row.population != "general":
        parts.append(f"population: {row.population}")
    return "; ".join(parts)
