"""How probable each pair of alleles is: haplotype frequencies times what the data say, missing positions left open.

The data are genotypes as called, with their phase; where a file has likelihoods of genotypes, those weigh instead.
DPYD and RYR1 are combinations of single changes and have no posterior here.
Source: Bayes' rule under Hardy-Weinberg equilibrium.
"""

from __future__ import annotations

from collections.abc import Mapping

from genorx.knowledge import PhenotypeTable
from genorx.knowledge.definition import WOBBLES
from genorx.pgx.genotype import GeneSample
from genorx.pgx.lowest_function import GENES as LOWEST_FUNCTION
from genorx.pgx.matcher import match_diplotypes
from genorx.pgx.naming import join, name_key
from genorx.pgx.phenotype import read_pair
from genorx.pgx.report import Likely


def explaining_pairs(sample: GeneSample) -> list[tuple[tuple[str, ...], float]]:
    """Return each pair of alleles that explains a sample, with the probability of the data given the two alleles.

    An ambiguity code of an allele shows each of its bases alike.  A pair of two alleles may lie on the strands in two
    ways.
    """
    if sample.half_calls:
        return []
    found = []
    for diplotype in match_diplotypes(sample, unseen=True):
        one, two = diplotype.alleles[0], diplotype.alleles[-1]
        weight = float(diplotype.ways) * (1 if one == two else 2)
        for name in diplotype.alleles:
            weight *= _shown(sample, name)
        found.append((diplotype.alleles, weight))
    return found


def _shown(sample: GeneSample, name: str) -> float:
    """Return the probability that an allele shows the bases seen at its ambiguity codes."""
    entries = sample.gene.by_name[name].bases
    value = 1.0
    for index, entry in entries.items():
        if entry in WOBBLES and index in sample.bases:
            value /= len(WOBBLES[entry])
    return value


def posterior_of(
    sample: GeneSample, frequency: Mapping[str, float], table: PhenotypeTable | None
) -> tuple[Likely, ...]:
    """Return the pairs that explain a sample by probability, most probable first.

    Parameters
    ----------
    sample : GeneSample
    frequency : mapping
        Allele to its frequency in the population.
    table : PhenotypeTable, optional
        To tell each pair's phenotype.

    Returns
    -------
    tuple of Likely
        Probabilities add up to one; empty where nothing explains the data.
    """
    if not sample.bases or sample.gene.gene in LOWEST_FUNCTION:
        return ()
    weights: dict[tuple[str, ...], float] = {}
    named: dict[tuple[str, ...], tuple[str, ...]] = {}
    for pair, weight in explaining_pairs(sample):
        for name in pair:
            weight *= frequency.get(name, 0.0)  # noqa: PLW2901
        core = tuple(sorted((sample.gene.suballeles.get(name, name) for name in pair), key=name_key))
        weights[core] = weights.get(core, 0.0) + weight
        named.setdefault(core, pair)
    total = sum(weights.values())
    if total <= 0:
        return ()
    ordered = sorted(weights, key=lambda pair: (-weights[pair], *map(name_key, pair)))
    return tuple(
        Likely(
            diplotype=join(pair),
            alleles=named[pair],
            reading=(reading := read_pair(sample.gene.gene, pair, table)),
            phenotype=reading.phenotypes[0],
            probability=weights[pair] / total,
        )
        for pair in ordered
    )
