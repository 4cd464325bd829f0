"""FHIR R4 resources, Genomics Reporting and mCODE among them, as record tables."""

from genorx.interop.fhir_in.reader import read_fhir

__all__ = ["read_fhir"]
