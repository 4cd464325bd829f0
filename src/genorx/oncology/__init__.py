"""Tumour evidence: from alterations and tumour type to options with tier, conflict and reason."""

from genorx.oncology.alteration import Alteration
from genorx.oncology.copy_number import parse_copy_number
from genorx.oncology.disease import Disease, find_disease
from genorx.oncology.explain import WhyNot, explain, why_not
from genorx.oncology.fusion import parse_fusion
from genorx.oncology.hit import Hit, Hits
from genorx.oncology.importers import import_evidence
from genorx.oncology.matching import match
from genorx.oncology.pack import default_evidence, list_packs
from genorx.oncology.profile import parse_profile
from genorx.oncology.protein import display_protein_change, parse_protein_change
from genorx.oncology.reading import (
    AlterationSet,
    burden_of,
    match_cohort,
    microsatellite,
    mutational_burden,
    read_alterations,
    read_assessed,
    read_counts,
    read_text,
    read_tumours,
    repair_score,
)
from genorx.oncology.record import EVIDENCE_SCHEMA, EvidenceRecord
from genorx.oncology.table import EvidenceTable, read_table_folder, stack
from genorx.oncology.therapies import ModelEstimate, TherapyOption, default_order, rank_therapies

__all__ = [
    "EVIDENCE_SCHEMA",
    "Alteration",
    "AlterationSet",
    "Disease",
    "EvidenceRecord",
    "EvidenceTable",
    "Hit",
    "Hits",
    "ModelEstimate",
    "TherapyOption",
    "WhyNot",
    "burden_of",
    "default_evidence",
    "default_order",
    "display_protein_change",
    "explain",
    "find_disease",
    "import_evidence",
    "list_packs",
    "match",
    "match_cohort",
    "microsatellite",
    "mutational_burden",
    "parse_copy_number",
    "parse_fusion",
    "parse_profile",
    "parse_protein_change",
    "rank_therapies",
    "read_alterations",
    "read_assessed",
    "read_counts",
    "read_table_folder",
    "read_text",
    "read_tumours",
    "repair_score",
    "stack",
    "why_not",
]
