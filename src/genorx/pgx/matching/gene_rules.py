"""Gene-specific rules, listed with their sources in the table ``tables/gene_rules.tsv``.

Consequences of a rule are implemented where it is used:

``undocumented-as-reference``
    A base in no definition is read as the reference.
``lowest-function``
    Alleles are single changes, strands carry combinations of them, and the worst one of a strand counts: by
    ``activity``, or ``malignant`` ones first.
``hapb3``
    The haplotype HapB3; its exonic and its intronic position.
``label-by-difference``
    Diplotypes are labelled by what differs from the reference.
``no-reference-note``
    A reference allele is called without the note that other variants were not examined.
``joined-names-stay-whole``
    Alleles with ``+`` in their name are combinations already, and not part of others.
``one-site``
    Without a call, the alleles of one site determine the function.
``structure-unseen``
    Copy number and hybrids of the gene, which small variants do not show, decide.
"""

from __future__ import annotations

from functools import cache

from genorx._core.packaged import packaged_rows


def follows(gene: str, rule: str) -> bool:
    """Return whether a rule applies to a gene.

    >>> follows("DPYD", "lowest-function"), follows("TPMT", "lowest-function")
    (True, False)
    """
    return (gene, rule) in _rules()


def value_of(gene: str, rule: str) -> str:
    """Return the table's value for a gene's rule; empty if there is none, or the rule does not apply."""
    return _rules().get((gene, rule), "")


@cache
def _rules() -> dict[tuple[str, str], str]:
    return {(row["gene"], row["rule"]): row["value"] for row in packaged_rows("genorx.pgx", "tables", "gene_rules.tsv")}
