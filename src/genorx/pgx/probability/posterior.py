"""Posterior of pairs of alleles: haplotype frequencies times the likelihood, with missing positions integrated out.

The data are genotypes as called, with their phase, or genotype likelihoods if the file has them.
DPYD and RYR1 are combinations of single changes: see ``strand_posterior``.
Source: Bayes' rule under Hardy-Weinberg equilibrium.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations_with_replacement

from genorx.knowledge import NamedAllele, PhenotypeTable
from genorx.knowledge.definition import WOBBLES, matches
from genorx.pgx.guidance.phenotype import read_pair
from genorx.pgx.matching.combinations import Combination, weigh
from genorx.pgx.matching.genotype import HAPLOID, GeneSample
from genorx.pgx.matching.matcher import match_diplotypes
from genorx.pgx.matching.naming import join, name_key
from genorx.pgx.matching.strand_blocks import LEAST
from genorx.pgx.reading.likelihoods import GenotypeWeights
from genorx.pgx.report import Likely


def explaining_pairs(sample: GeneSample) -> list[tuple[tuple[str, ...], float]]:
    """Return each pair of alleles that explains a sample, with the likelihood of the data.

    Each base of an ambiguity code of an allele is equally likely.  A pair of two alleles can be assigned to the strands
    in two ways.
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
    """Return the probability that an allele produces the bases observed at its ambiguity codes."""
    entries = sample.gene.by_name[name].bases
    value = 1.0
    for index, entry in entries.items():
        if entry in WOBBLES and index in sample.bases:
            value /= len(WOBBLES[entry])
    return value


def weighed_pairs(sample: GeneSample, weights: Mapping[int, GenotypeWeights]) -> list[tuple[tuple[str, ...], float]]:
    """Return every pair of alleles with the likelihood of the data, using genotype likelihoods where given.

    Phase counts for pairs with exactly the called genotypes.
    """
    gene, plain = sample.gene, {i: b for i, b in sample.bases.items() if i not in weights}
    certain = dict(explaining_pairs(GeneSample(gene, plain))) if plain else None
    called = {pair for pair, _ in explaining_pairs(sample)} if sample.bases else set()
    reference = {i: w.of(gene.positions[i].ref, gene.positions[i].ref) for i, w in weights.items()}
    found: list[tuple[tuple[str, ...], float]] = []
    for one, two in combinations_with_replacement(gene.alleles, 2):
        pair = (one.name, two.name) if name_key(one.name) <= name_key(two.name) else (two.name, one.name)
        weight = (1.0 if one is two else 2.0) if certain is None else certain.get(pair, 0.0)
        if weight == 0.0:
            continue
        for index in (one.bases.keys() | two.bases.keys()) & weights.keys():
            weight *= _weight(sample, index, (one, two), weights[index]) / reference[index]
        as_called = bool(sample.bases) and not sample.missing and _has_genotypes(sample, one, two)
        if not as_called or pair in called:
            found.append((pair, weight))
    return found


def _weight(sample: GeneSample, index: int, pair: tuple[NamedAllele, NamedAllele], weights: GenotypeWeights) -> float:
    """Return the weight of a pair's genotype at a site, averaged over the bases of ambiguity codes."""
    ref = sample.gene.positions[index].ref
    ones, twos = (sorted(WOBBLES.get(e, {e})) for e in (allele.bases.get(index, ref) for allele in pair))
    return sum(weights.of(a, b) for a in ones for b in twos) / (len(ones) * len(twos))


def _has_genotypes(sample: GeneSample, one: NamedAllele, two: NamedAllele) -> bool:
    """Return whether two alleles have the called genotype at every site, whatever the phase."""
    for index in one.bases.keys() | two.bases.keys() | {i for group in sample.groups for i in group}:
        call, ref = sample.bases[index], sample.gene.positions[index].ref
        bases = (one.bases.get(index, ref), two.bases.get(index, ref))
        straight = matches(bases[0], call.first) and matches(bases[1], call.second)
        if not straight and not (matches(bases[0], call.second) and matches(bases[1], call.first)):
            return False
    return True


def posterior_of(
    sample: GeneSample,
    frequency: Mapping[str, float],
    table: PhenotypeTable | None,
    likelihoods: Mapping[int, GenotypeWeights] | None = None,
) -> tuple[Likely, ...]:
    """Return the pairs that explain a sample, most probable first.

    Parameters
    ----------
    sample : GeneSample
        Genotypes of the gene.
    frequency : mapping of allele to float
        Frequency of each allele in the population.
    table : PhenotypeTable or None
        Table for the phenotype of each pair; None for no phenotypes.
    likelihoods : mapping of index to GenotypeWeights, optional
        Genotype likelihoods by position, used in place of the calls there.

    Returns
    -------
    tuple of Likely
        Pairs with probabilities that add up to one; empty if no pair explains the data.
    """
    usable = usable_weights(sample, likelihoods or {})
    if not (sample.bases or usable):
        return ()
    weights: dict[tuple[str, ...], float] = {}
    named: dict[tuple[str, ...], tuple[str, ...]] = {}
    for pair, weight in weighed_pairs(sample, usable) if usable else explaining_pairs(sample):
        for name in pair:
            weight *= frequency.get(name, 0.0)  # noqa: PLW2901
        core = tuple(sorted((sample.gene.suballeles.get(name, name) for name in pair), key=name_key))
        weights[core] = weights.get(core, 0.0) + weight
        named.setdefault(core, pair)
    return _by_probability(sample, weights, named, table)


def usable_weights(sample: GeneSample, likelihoods: Mapping[int, GenotypeWeights]) -> dict[int, GenotypeWeights]:
    """Return the usable genotype likelihoods: those of a gene with two strands."""
    return {} if sample.haploid or sample.gene.chrom in HAPLOID else dict(likelihoods)


def combination_posterior(
    sample: GeneSample, frequency: Mapping[str, float], table: PhenotypeTable | None
) -> tuple[Likely, ...]:
    """Return the pairs of combinations and partial alleles that explain a sample, most probable first.

    The frequency of a combination is the product of its alleles' frequencies, as if independent, with one millionth for
    each partial allele.  Alleles without any position with a genotype are not considered.
    """

    def weight_of(strand: Combination) -> float:
        value = LEAST ** len(strand.partials)
        for name in strand.alleles:
            value *= frequency.get(name, 0.0)
        return value

    weights = weigh(sample, weight_of)
    return _by_probability(sample, weights, {pair: pair for pair in weights}, table)


def _by_probability(
    sample: GeneSample,
    weights: Mapping[tuple[str, ...], float],
    named: Mapping[tuple[str, ...], tuple[str, ...]],
    table: PhenotypeTable | None,
) -> tuple[Likely, ...]:
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
