"""Readers of public evidence files into the one schema."""

from genorx.oncology.importers.sources import SOURCES, import_evidence

__all__ = ["SOURCES", "import_evidence"]
