"""Pharmacogenes: from variants to star alleles, phenotypes and prescribing guidance."""

from genorx.pgx.caller import GeneCall
from genorx.pgx.calling import call
from genorx.pgx.certainty import value_of_information
from genorx.pgx.cohort import call_cohort
from genorx.pgx.estimation import estimate_frequencies
from genorx.pgx.figures import plot_drugs
from genorx.pgx.frequencies import HaplotypeFrequencies
from genorx.pgx.guidance import DrugGuidance
from genorx.pgx.phenoconversion import Conversion, Phenoconversion, guidance_under, phenoconvert, with_medication
from genorx.pgx.phenotype import Reading
from genorx.pgx.report import GeneReport, Likely, PgxReport
from genorx.pgx.safety import DrugSafety, drug_safety

__all__ = [
    "Conversion",
    "DrugGuidance",
    "DrugSafety",
    "GeneCall",
    "GeneReport",
    "HaplotypeFrequencies",
    "Likely",
    "PgxReport",
    "Phenoconversion",
    "Reading",
    "call",
    "call_cohort",
    "drug_safety",
    "estimate_frequencies",
    "guidance_under",
    "phenoconvert",
    "plot_drugs",
    "value_of_information",
    "with_medication",
]
