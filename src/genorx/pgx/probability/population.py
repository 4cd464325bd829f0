"""Distribution of an unread gene: pairs of alleles in the population, by Hardy-Weinberg equilibrium."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations_with_replacement

from genorx.knowledge import GeneDefinition, PhenotypeTable
from genorx.pgx.guidance.phenotype import Reading, read_pair
from genorx.pgx.matching.gene_rules import follows
from genorx.pgx.matching.genotype import HAPLOID, GeneSample
from genorx.pgx.matching.naming import name_key
from genorx.pgx.probability.frequencies import HaplotypeFrequencies
from genorx.pgx.probability.strand_posterior import StrandPosterior
from genorx.pgx.report import Unknown

#: Name of any unlisted allele of a gene without a table.
_OTHER = "other"
_ONE_ALLELE = frozenset({"MT-RNR1"})


def unread(
    gene: str,
    definition: GeneDefinition | None,
    table: PhenotypeTable | None,
    frequencies: HaplotypeFrequencies,
) -> tuple[Unknown, ...]:
    """Return the possible results of an unread gene; none without frequencies.

    For a gene on chrX the number of copies is not known either: the result is empty.
    """
    if gene not in frequencies.table or (definition is not None and definition.chrom in HAPLOID):
        return ()
    if definition is not None and follows(gene, "lowest-function"):
        carried = frequencies.carried(definition) or {}
        readings = StrandPosterior(GeneSample(definition, {}), carried, table).readings()
    else:
        readings = _readings(gene, _shares(gene, definition, table, frequencies), table)
    return (Unknown("gene", tuple(((reading, chance),) for reading, chance in readings)),)


def _shares(
    gene: str, definition: GeneDefinition | None, table: PhenotypeTable | None, frequencies: HaplotypeFrequencies
) -> dict[str, float]:
    """Return the frequency of each allele; those that are not listed share the remainder."""
    listed = frequencies.table[gene]
    names = set(table.alleles) if table is not None else {_OTHER}
    if definition is not None:
        names |= {definition.suballeles.get(allele.name, allele.name) for allele in definition.alleles}
    unlisted = sorted(names - listed.keys(), key=name_key)
    rest = max(0.0, 1.0 - sum(listed.values()))
    shares = {**listed, **{name: rest / len(unlisted) for name in unlisted}}
    whole = sum(shares.values())
    return {name: value / whole for name, value in shares.items() if value > 0.0} if whole else {}


def _readings(gene: str, shares: Mapping[str, float], table: PhenotypeTable | None) -> list[tuple[Reading, float]]:
    if gene in _ONE_ALLELE:
        return [(read_pair(gene, (name,), table, counted=False), share) for name, share in shares.items()]
    found = []
    for one, two in combinations_with_replacement(sorted(shares, key=name_key), 2):
        chance = shares[one] * shares[two] * (1.0 if one == two else 2.0)
        found.append((read_pair(gene, (one, two), table), chance))
    return found
