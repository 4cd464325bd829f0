"""Knowledge for calling: definitions of the pack or the user, and phenotypes and guidance of the pack."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from genorx.knowledge import GeneDefinition, Pack, default_pack
from genorx.knowledge.importer import read_definitions, with_exemptions
from genorx.pgx.matching.gene_rules import follows


@dataclass(frozen=True, kw_only=True)
class Knowledge:
    """Definitions of the pack or the user, and phenotypes and guidance of the pack."""

    pack: Pack
    genes: Mapping[str, GeneDefinition]
    release: str
    own_definitions: bool
    cyp2d6: bool

    def callable(self, gene: str) -> bool:
        """Return whether a gene is called from the file."""
        return gene in self.genes and (self.cyp2d6 or not follows(gene, "structure-unseen"))


def take_knowledge(
    definitions: str | Path | None, exemptions: str | Path | bool | None, *, cyp2d6: bool, pack: Pack | None = None
) -> Knowledge:
    """Return the knowledge specified by the arguments of ``call``.

    Raises
    ------
    PackError
        If a file of definitions or exemptions violates its format.
    """
    facts = pack or default_pack()
    release, genes = facts.release, dict(facts.genes)
    if definitions is not None:
        release, genes = read_definitions(definitions)
    if definitions is not None or exemptions is not None:
        genes = with_exemptions(genes, exemptions)
    return Knowledge(pack=facts, genes=genes, release=release, own_definitions=definitions is not None, cyp2d6=cyp2d6)
