"""A folder of OMOP CDM 5.3 or 5.4 tables as record tables."""

from genorx.interop.omop.reader import read_omop

__all__ = ["read_omop"]
