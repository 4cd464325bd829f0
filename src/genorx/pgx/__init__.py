"""Pharmacogenes: from variants to star alleles, phenotypes and prescribing guidance."""

from genorx.pgx.calling import call, call_files, iter_reports
from genorx.pgx.cohort import call_cohort
from genorx.pgx.figures import plot_drugs
from genorx.pgx.guidance.guidance import DrugGuidance
from genorx.pgx.guidance.phenoconversion import (
    Conversion,
    Phenoconversion,
    guidance_under,
    phenoconvert,
    with_medication,
)
from genorx.pgx.guidance.phenotype import Reading
from genorx.pgx.guidance.safety import DrugSafety, drug_safety
from genorx.pgx.matching.caller import CallOptions, GeneCall
from genorx.pgx.probability.certainty import value_of_information
from genorx.pgx.probability.estimation import estimate_frequencies
from genorx.pgx.probability.frequencies import HaplotypeFrequencies
from genorx.pgx.report import GeneReport, Likely, PgxReport, Unknown

__all__ = [
    "CallOptions",
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
    "Unknown",
    "call",
    "call_cohort",
    "call_files",
    "drug_safety",
    "estimate_frequencies",
    "guidance_under",
    "iter_reports",
    "phenoconvert",
    "plot_drugs",
    "value_of_information",
    "with_medication",
]
