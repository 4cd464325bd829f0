"""Import and export of exchange formats: FHIR, OMOP, phenopackets, polygenic scores, MAF, VRS identifiers."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from genorx.interop.fhir_in import read_fhir
    from genorx.interop.fhir_out import check_fhir
    from genorx.interop.maf import read_maf
    from genorx.interop.omop import read_omop
    from genorx.interop.phenopackets import read_phenopackets
    from genorx.interop.reading import RecordTables
    from genorx.interop.scores import ScoreResult, ScoringFile, read_score, score
    from genorx.interop.vrs import vrs_identify

__all__ = [
    "RecordTables",
    "ScoreResult",
    "ScoringFile",
    "check_fhir",
    "read_fhir",
    "read_maf",
    "read_omop",
    "read_phenopackets",
    "read_score",
    "score",
    "vrs_identify",
]

# Readers are below the cohort and writers above the ranking: each is imported on request.
_HOMES = {
    "RecordTables": "reading",
    "ScoreResult": "scores",
    "ScoringFile": "scores",
    "check_fhir": "fhir_out",
    "read_fhir": "fhir_in",
    "read_maf": "maf",
    "read_omop": "omop",
    "read_phenopackets": "phenopackets",
    "read_score": "scores",
    "score": "scores",
    "vrs_identify": "vrs",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'genorx.interop' has no attribute {name!r}")
    value = getattr(import_module(f"genorx.interop.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
