"""Slips in typed alterations: a misspelt gene, or a residue that evidence numbers or names otherwise.

Files of variants are not checked: they name thousands of genes without evidence.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from genorx._core.nearest import nearest
from genorx.errors import Finding, shown
from genorx.oncology.alteration import Alteration
from genorx.oncology.evidence_index import EvidenceIndex
from genorx.oncology.profile import GENE_ALIASES

#: Kinds of input typed by a person, in which every gene is intended.
TYPED = ("text", "list")
_ALIKE = 0.7  # similarity of two gene symbols, which are short: EFGR and EGFR have 0.75
_MOST = 3


def slips(facts: Sequence[Alteration], index: EvidenceIndex) -> Iterator[Finding]:
    """Yield a finding for each unknown gene similar to one in the evidence, and each residue that contradicts it."""
    known = {*index.genes, *GENE_ALIASES.values()}
    for gene in dict.fromkeys(gene for fact in facts for gene in fact.genes):
        if gene not in known and (near := nearest(gene, sorted(index.genes), most=_MOST, alike=_ALIKE)):
            message = f"no evidence names the gene {shown(gene)}; did you mean {' or '.join(near)}?"
            yield Finding(code="gene-unknown", severity="warning", message=message)
    for fact in facts:
        if doubt := _of_residue(fact, index):
            message = f"{shown(fact.label)}: {doubt}"
            yield Finding(code="residue-contradicts", severity="warning", message=message)


def _of_residue(fact: Alteration, index: EvidenceIndex) -> str:
    """Return how the residue of a fact contradicts the evidence; empty text if it does not."""
    change = fact.change
    if change is None or not fact.genes or not change.first:
        return ""
    gene = fact.genes[0]
    there = index.residues.get((gene, change.start), frozenset())
    if there and change.first not in there:
        names = " or ".join(sorted(there))
        return f"residue {change.start} of {gene} is {names} in the evidence: a slip, or numbered on another transcript"
    if gene.startswith("H3") and not there and change.first in index.residues.get((gene, change.start + 1), ()):
        return f"evidence numbers {gene} from the first methionine: write {change.first}{change.start + 1}"
    return ""
