"""Versioned, checksummed packs of facts with licence and release."""

from genorx.knowledge.audit import audit
from genorx.knowledge.definition import GeneDefinition, NamedAllele, Position
from genorx.knowledge.difference import Change, diff
from genorx.knowledge.facts import read_facts
from genorx.knowledge.guidance import GuidanceRow, Guideline
from genorx.knowledge.importer import import_pharmcat
from genorx.knowledge.pack import Pack, load_pack
from genorx.knowledge.phenotype import PhenotypeTable
from genorx.knowledge.shipped import default_pack
from genorx.knowledge.shipped import list_packs as list  # noqa: A004  (a fixed public name)

__all__ = [
    "Change",
    "GeneDefinition",
    "GuidanceRow",
    "Guideline",
    "NamedAllele",
    "Pack",
    "PhenotypeTable",
    "Position",
    "audit",
    "default_pack",
    "diff",
    "import_pharmcat",
    "list",
    "load_pack",
    "read_facts",
]
