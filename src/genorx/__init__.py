"""Rank treatment options for a patient from variants, clinical and lifestyle records, with intervals."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from genorx._core.version import __version__

if TYPE_CHECKING:
    from genorx import (
        audit,
        care,
        cohort,
        datasets,
        distributed,
        effects,
        errors,
        features,
        imaging,
        interop,
        knowledge,
        monitor,
        oncology,
        outcomes,
        pgx,
        published,
        ranking,
        report,
        survival,
        variants,
    )
    from genorx._core.limits import Limits, limits
    from genorx.cohort import Cohort, Design, Study, read_table
    from genorx.errors import Finding, GenorxError
    from genorx.features import Panel, variant_features
    from genorx.interop import read_fhir, read_omop, read_phenopackets
    from genorx.ranking import Ranking, TreatmentRanker, load_model, rank
    from genorx.variants import GenotypeMatrix, iter_genotypes, read_genotypes

__all__ = [
    "Cohort",
    "Design",
    "Finding",
    "GenorxError",
    "GenotypeMatrix",
    "Limits",
    "Panel",
    "Ranking",
    "Study",
    "TreatmentRanker",
    "__version__",
    "audit",
    "care",
    "cohort",
    "datasets",
    "distributed",
    "effects",
    "errors",
    "features",
    "imaging",
    "interop",
    "iter_genotypes",
    "knowledge",
    "limits",
    "load_model",
    "monitor",
    "oncology",
    "outcomes",
    "pgx",
    "published",
    "rank",
    "ranking",
    "read_fhir",
    "read_genotypes",
    "read_omop",
    "read_phenopackets",
    "read_table",
    "report",
    "survival",
    "variant_features",
    "variants",
]

# Names are fetched when asked for: importing genorx loads no scientific library (see tests/test_import.py).
_HOMES = {
    "Cohort": "cohort",
    "Design": "cohort",
    "Study": "cohort",
    "read_table": "cohort",
    "Finding": "errors",
    "GenorxError": "errors",
    "Limits": "_core.limits",
    "limits": "_core.limits",
    "Panel": "features",
    "variant_features": "features",
    "Ranking": "ranking",
    "TreatmentRanker": "ranking",
    "load_model": "ranking",
    "rank": "ranking",
    "GenotypeMatrix": "variants",
    "iter_genotypes": "variants",
    "read_genotypes": "variants",
    "read_fhir": "interop",
    "read_omop": "interop",
    "read_phenopackets": "interop",
}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        value = getattr(import_module(f"genorx.{_HOMES[name]}"), name)
    elif name in __all__:
        value = import_module(f"genorx.{name}")
    else:
        raise AttributeError(f"module 'genorx' has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
