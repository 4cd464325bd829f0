"""Pharmacogenes: from variants to star alleles, phenotypes and prescribing guidance."""

from genorx.pgx.caller import GeneCall
from genorx.pgx.calling import call
from genorx.pgx.cohort import call_cohort
from genorx.pgx.guidance import DrugGuidance
from genorx.pgx.phenotype import Reading
from genorx.pgx.report import GeneReport, Likely, PgxReport

__all__ = ["DrugGuidance", "GeneCall", "GeneReport", "Likely", "PgxReport", "Reading", "call", "call_cohort"]
