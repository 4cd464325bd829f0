"""Pharmacogenes: from variants to star alleles, phenotypes and prescribing guidance."""

from genorx.pgx.caller import CallOptions, GeneCall
from genorx.pgx.calling import call, call_files
from genorx.pgx.certainty import value_of_information
from genorx.pgx.cohort import call_cohort
from genorx.pgx.estimation import estimate_frequencies
from genorx.pgx.figures import plot_drugs
from genorx.pgx.frequencies import HaplotypeFrequencies
from genorx.pgx.guidance import DrugGuidance
from genorx.pgx.phenoconversion import Conversion, Phenoconversion, guidance_under, phenoconvert, with_medication
from genorx.pgx.phenotype import Reading
from genorx.pgx.report import GeneReport, Likely, PgxReport, Unknown
from genorx.pgx.safety import DrugSafety, drug_safety

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
    "phenoconvert",
    "plot_drugs",
    "value_of_information",
    "with_medication",
]
