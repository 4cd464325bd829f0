"""Typed alterations that evidence cannot meet by a slip: a gene misspelt, a residue counted or read otherwise.

Files of variants name thousands of genes without evidence, and get none of this.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from genorx._core.nearest import nearest
from genorx.errors import Finding, shown
from genorx.oncology.alteration import Alteration
from genorx.oncology.evidence_index import EvidenceIndex
from genorx.oncology.profile import GENE_ALIASES

#: Kinds of input that a person writes, where every gene is meant.
TYPED = ("text", "list")
_ALIKE = 0.7  # of two names of genes, which are short: EFGR and EGFR have 0.75
_MOST = 3


def slips(facts: Sequence[Alteration], index: EvidenceIndex) -> Iterator[Finding]:
    """Yield a finding for each gene that is none of the evidence but like one, and each residue that contradicts it."""
    known = {*index.genes, *GENE_ALIASES.values()}
    for gene in dict.fromkeys(gene for fact in facts for gene in fact.genes):
        if gene not in known and (near := nearest(gene, sorted(index.genes), most=_MOST, alike=_ALIKE)):
            message = f"no evidence names a gene {shown(gene)}; did you mean {' or '.join(near)}?"
            yield Finding(code="gene-unknown", severity="warning", message=message)
    for fact in facts:
        if doubt := _of_residue(fact, index):
            message = f"{shown(fact.label)}: {doubt}"
            yield Finding(code="residue-contradicts", severity="warning", message=message)


def _of_residue(fact: Alteration, index: EvidenceIndex) -> str:
    """Return what evidence knows otherwise of the residue that a fact changes; empty where it does not."""
    change = fact.change
    if change is None or not fact.genes or not change.first:
        return ""
    gene = fact.genes[0]
    there = index.residues.get((gene, change.start), frozenset())
    if there and change.first not in there:
        names = " or ".join(sorted(there))
        return f"evidence knows residue {change.start} of {gene} as {names}: a slip, or counted on another transcript"
    if gene.startswith("H3") and not there and change.first in index.residues.get((gene, change.start + 1), ()):
        return f"evidence counts the first methionine of {gene}: write {change.first}{change.start + 1}"
    return ""
