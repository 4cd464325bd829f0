"""Tumour evidence: from alterations and tumour type to options with tier, conflict and reason."""

from genorx.oncology.copy_number import parse_copy_number
from genorx.oncology.disease import Disease, find_disease
from genorx.oncology.fusion import parse_fusion
from genorx.oncology.importers import import_evidence
from genorx.oncology.matching import match
from genorx.oncology.pack import default_evidence
from genorx.oncology.protein import parse_protein_change
from genorx.oncology.table import EvidenceTable

__all__ = [
    "Disease",
    "EvidenceTable",
    "default_evidence",
    "find_disease",
    "import_evidence",
    "match",
    "parse_copy_number",
    "parse_fusion",
    "parse_protein_change",
]
