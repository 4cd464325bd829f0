"""Importers of public evidence files into the common schema."""

from genorx.oncology.importers.sources import SOURCES, import_evidence

__all__ = ["SOURCES", "import_evidence"]
