"""Pharmacogenes of a person as genotypes, and guidance rows as therapeutic implications derived from them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from genorx.interop.fhir_in.elements import LOINC
from genorx.interop.fhir_in.genomic import TBD
from genorx.interop.fhir_out.hgnc import HGNC_IDS
from genorx.interop.fhir_out.patient_part import PatientPart
from genorx.interop.fhir_out.resources import Json, coded, component, observation, of_guide, reference, worded
from genorx.pgx.guidance.safety import safety_row

if TYPE_CHECKING:
    from genorx.pgx import PgxReport
    from genorx.pgx.guidance.guidance import DrugGuidance
    from genorx.pgx.report import GeneReport

_GENES = "http://www.genenames.org"


def gene_component(symbol: str) -> Json:
    """Return the component that names a gene, with its HGNC id if the gene is in the shipped pack."""
    number = HGNC_IDS.get(symbol)
    value = worded(symbol) if number is None else coded(_GENES, f"HGNC:{number}", symbol)
    return component("48018-6", "Gene studied ID", value)


def add_pharmacogenes(part: PatientPart, report: PgxReport) -> None:
    """Add the called genes, a note for each uncalled one, and the guidance that applies."""
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


def add_safety_rows(part: PatientPart, rows: Iterable[Mapping[str, str]], report: PgxReport | None) -> None:
    """Add the guidance rows of an option of a ranking, and the known genotypes on which they are based.

    Parameters
    ----------
    part : PatientPart
        Part of the bundle to extend.
    rows : iterable of mapping
        Rows with ``gene``, ``phenotype``, ``drug``, ``action``, ``strength`` and ``source``, as in a ranking.
    report : PgxReport or None
        Report of the patient; without it the rows have no genotypes.
    """
    for row in rows:
        known = [] if report is None else [each for each in report.drugs.get(row["drug"], ()) if _same(each, row)]
        if report is None or not known:
            part.add(_ranked_row(part, row))
            continue
        for each in known:
            genes = {name: report.genes[name] for name in each.keys if name in report.genes}
            called = {name: gene for name, gene in genes.items() if gene.call.called}
            genotypes = {name: part.add(_genotype(part, name, gene)) for name, gene in called.items()}
            part.add(_implication(part, each, genotypes, report))


def _same(found: DrugGuidance, row: Mapping[str, str]) -> bool:
    """Return whether a row of guidance equals a row of a ranking."""
    made = safety_row(found)
    return all(made[name] == row[name] for name in ("gene", "phenotype", "action", "strength", "source"))


def _ranked_row(part: PatientPart, row: Mapping[str, str]) -> Json:
    """Return a row of guidance known from a ranking only."""
    return _guidance(
        part,
        drug=row["drug"],
        phenotype=row["phenotype"],
        grade=row["strength"],
        conclusion=row["action"],
        knowledge=row["source"],
        identifier=None,
        derived=[{"display": f"{row['gene']}: {row['phenotype']}, without a genotype"}],
    )


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
    """Return the reason why a gene has no call."""
    if gene.call.source == "none":
        return "no data"
    missing = len(gene.call.missing)
    return f"{missing} positions missing" if missing else "no named pair of alleles explains the data"


def _implication(part: PatientPart, found: DrugGuidance, genotypes: dict[str, Json], report: PgxReport) -> Json:
    row, keys = found.row, dict(sorted(found.keys.items()))
    words = "; ".join(f"{gene}: {key}" for gene, key in keys.items()) if len(keys) > 1 else "".join(keys.values())
    source = found.guideline.source
    derived = [
        reference(genotypes[gene]) if gene in genotypes else {"display": f"{gene}: {keys[gene]}, without a genotype"}
        for gene in keys
    ]
    return _guidance(
        part,
        drug=found.drug,
        phenotype=words,
        grade=row.classification,
        conclusion=_advice(found),
        knowledge=f"{source}, release {report.guidance_release}",
        identifier={"system": f"urn:genorx:guidance:{source}", "value": f"{row.id} {found.drug}"},
        derived=derived or [{"display": "no genotype: the guideline gives an algorithm"}],
    )


def _guidance(
    part: PatientPart,
    *,
    drug: str,
    phenotype: str,
    grade: str | None,
    conclusion: str,
    knowledge: str,
    identifier: Json | None,
    derived: list[Json],
) -> Json:
    components = [
        component("51963-7", "Medication assessed", worded(drug)),
        of_guide("therapeutic-implication", "Therapeutic Implication", worded(phenotype or "not known")),
        component("93044-6", "Level of evidence", worded(grade or "not graded")),
        of_guide("conclusion-string", "Conclusion string", {"valueString": conclusion}),
        of_guide("knowledge-base", "Knowledge base", worded(knowledge)),
    ]
    return observation(
        "therapeutic-implication",
        coded(TBD, "therapeutic-implication", "Therapeutic Implication"),
        part.patient,
        components,
        identifier=None if identifier is None else [identifier],
        derivedFrom=derived,
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
