"""Results as FHIR: rankings, pharmacogenes and tumour evidence as Genomics Reporting resources, and validation."""

from genorx.interop.fhir_out.bundles import hits_bundle, pgx_bundle, ranking_bundle
from genorx.interop.fhir_out.check import check_fhir, check_fhir_file

__all__ = ["check_fhir", "check_fhir_file", "hits_bundle", "pgx_bundle", "ranking_bundle"]
