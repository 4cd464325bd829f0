"""FHIR R4 resources, including Genomics Reporting and mCODE, as record tables."""

from genorx.interop.fhir_in.reader import read_fhir

__all__ = ["read_fhir"]
