"""GA4GH Phenopackets, version 1 and 2, as record tables."""

from genorx.interop.phenopackets.reader import read_phenopackets

__all__ = ["read_phenopackets"]
