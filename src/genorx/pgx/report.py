"""Report of one person: call and interpretation of each gene, warnings on the file, guidance by drug."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from genorx._core.short_repr import short
from genorx.errors import Finding
from genorx.pgx.guidance.guidance import DrugGuidance
from genorx.pgx.guidance.phenotype import Reading
from genorx.pgx.matching.caller import GeneCall

if TYPE_CHECKING:
    import pandas as pd

    from genorx.pgx.guidance.phenoconversion import Phenoconversion


_LEAST_SHOWN = 1e-4


@dataclass(frozen=True, slots=True, kw_only=True)
class Likely:
    """A diplotype with its phenotype and its probability given the data and haplotype frequencies."""

    diplotype: str
    phenotype: str
    probability: float
    alleles: tuple[str, ...]
    reading: Reading

    def to_dict(self) -> dict[str, object]:
        """Return the entry in the shape of ``data_schemas/pgx.schema.json``."""
        return {"diplotype": self.diplotype, "phenotype": self.phenotype, "probability": self.probability}


@dataclass(frozen=True, slots=True)
class Unknown:
    """An unknown property of a gene, and the readings that remain under each of its outcomes.

    ``name`` is a missing position, ``phase``, or ``gene`` for a gene without any genotype.  Probabilities add up to one
    over all outcomes.
    """

    name: str
    outcomes: tuple[tuple[tuple[Reading, float], ...], ...]


@short
@dataclass(frozen=True, slots=True, kw_only=True)
class GeneReport:
    """A gene in a person: the call, the pairs that determine guidance, and what a report prints."""

    call: GeneCall
    readings: tuple[Reading, ...]
    printed: tuple[str, ...]
    posterior: tuple[Likely, ...] = ()
    unknowns: tuple[Unknown, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return the gene in the shape of ``data_schemas/pgx.schema.json``."""
        call = self.call
        return {
            "called": call.called,
            "source": call.source,
            "diplotypes": list(call.diplotypes),
            "labels": list(call.labels),
            "printed": list(self.printed),
            "alleles": list(call.alleles),
            "lookup_pairs": [list(pair) for pair in dict.fromkeys(r.pair for r in self.readings)],
            "phenotypes": self.phenotypes,
            "activity_scores": self.activity_scores,
            "lookup_keys": _flat(r.keys for r in self.readings),
            "uncallable_alleles": list(call.uncallable),
            "missing_positions": list(call.missing),
            "phased": call.phased,
            "warnings": list(call.warnings),
            "posterior": self._posterior(),
        }

    def _posterior(self) -> list[dict[str, object]]:
        """Return the pairs with their probabilities; those below one in ten thousand are merged."""
        shown = [entry.to_dict() for entry in self.posterior if entry.probability >= _LEAST_SHOWN]
        rest = sum(entry.probability for entry in self.posterior if entry.probability < _LEAST_SHOWN)
        return [*shown, {"diplotype": "other", "phenotype": "n/a", "probability": rest}] if rest else shown

    @property
    def phenotypes(self) -> list[str]:
        """Distinct phenotypes of the pairs that determine guidance."""
        return _flat(r.phenotypes for r in self.readings)

    @property
    def activity_scores(self) -> list[str]:
        """Distinct activity scores of the pairs that determine guidance."""
        return _flat(r.scores for r in self.readings)


def _flat(groups: Any) -> list[str]:
    return list(dict.fromkeys(text for group in groups for text in group))


@short
@dataclass(frozen=True, kw_only=True)
class PgxReport:
    """Pharmacogenes of one person.

    Attributes
    ----------
    genes : dict of GeneReport
        Reports by gene; a gene without data is included, as not called.
    vcf_warnings : dict
        Codes of warnings by site, in the notation of the file; ``VCF`` for the whole file.
    drugs : dict
        Rows of guidance that apply, by drug; a drug without rows is not thereby safe.
    findings : tuple of Finding
        Findings on the file, the sample and the guidance.
    drug_genes : dict
        Genes on which guidance depends, for every drug of the pack, looked up or not.
    extra_genotypes : dict
        Genotypes of positions that are reported, but not matched, such as ``{"rs12777823": "G/A"}``.
    release, guidance_release : str
        Releases of the definitions and of the guidance.
    certainty : dict
        Probability, by drug, that the reported action is right; empty without haplotype frequencies.
    phenoconversion : Phenoconversion, optional
        Effect of the person's other drugs, if they were given.
    """

    sample: str
    assembly: str
    release: str
    guidance_release: str
    genes: Mapping[str, GeneReport]
    vcf_warnings: Mapping[str, tuple[str, ...]]
    drugs: Mapping[str, list[DrugGuidance]]
    findings: tuple[Finding, ...] = ()
    drug_genes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    extra_genotypes: Mapping[str, str] = field(default_factory=dict)
    certainty: Mapping[str, float] = field(default_factory=dict)
    phenoconversion: Phenoconversion | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the report as plain values, in the shape of ``data_schemas/pgx.schema.json``."""
        more = {} if self.phenoconversion is None else {"phenoconversion": self.phenoconversion.to_dict()}
        return {
            "sample": self.sample,
            "assembly": self.assembly,
            "knowledge": {"release": self.release, "guidance_release": self.guidance_release},
            "genes": {name: gene.to_dict() for name, gene in self.genes.items()},
            "vcf_warnings": {site: list(codes) for site, codes in self.vcf_warnings.items()},
            "drugs": {drug: [row.to_dict() for row in rows] for drug, rows in self.drugs.items()},
            "not_evaluated": {drug: list(genes) for drug in self.drugs if (genes := self.not_known(drug))},
            "certainty": dict(self.certainty),
            "extra_genotypes": dict(self.extra_genotypes),
            "findings": [finding.to_dict() for finding in self.findings],
            **more,
        }

    def to_frame(self) -> pd.DataFrame:
        """Return one row per gene: call, phenotype, activity, warnings."""
        import pandas as pd

        return pd.DataFrame(self.rows())

    def rows(self) -> list[dict[str, object]]:
        """Return the rows of ``to_frame`` by the names of its columns."""
        return [
            {
                "sample": self.sample,
                "gene": name,
                "called": gene.call.called,
                "source": gene.call.source,
                "printed": " OR ".join(gene.printed) if not gene.call.alleles else " AND ".join(gene.printed),
                "phenotype": "; ".join(gene.phenotypes),
                "activity": "; ".join(gene.activity_scores),
                "missing_positions": len(gene.call.missing),
                "warnings": "; ".join(gene.call.warnings),
            }
            for name, gene in self.genes.items()
        ]

    def not_known(self, drug: str) -> tuple[str, ...]:
        """Return the genes relevant to guidance on a drug whose phenotype is not known in this person."""
        return tuple(gene for gene in self.drug_genes.get(drug, ()) if not self._is_known(gene))

    def _is_known(self, gene: str) -> bool:
        found = self.genes.get(gene)
        return found is not None and any(reading.meaningful for reading in found.readings)

    def actions(self) -> dict[str, frozenset[tuple[str | None, str]]]:
        """Return the recommended actions, by drug: pairs of population and action."""
        return {drug: frozenset((r.row.population, r.row.action) for r in rows) for drug, rows in self.drugs.items()}

    def to_fhir(self) -> dict[str, Any]:
        """Return genotypes and guidance as a FHIR Bundle (HL7 Genomics Reporting); a gene without call is a note."""
        from genorx.interop.fhir_out import pgx_bundle

        return pgx_bundle([self])

    def to_html(self) -> str:
        """Return the report as one HTML page."""
        from genorx.pgx.page import report_page

        return report_page([self])

    def _repr_html_(self) -> str:
        from genorx.pgx.page import report_body

        return report_body(self)
