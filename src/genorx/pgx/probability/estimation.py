"""Haplotype frequencies estimated from a cohort by expectation-maximisation.

Source: Excoffier L, Slatkin M 1995, Mol Biol Evol 12:921 (EM for haplotypes under Hardy-Weinberg equilibrium).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from genorx.knowledge import GeneDefinition, default_pack
from genorx.pgx.matching.gene_rules import follows
from genorx.pgx.matching.genotype import Bases, GeneSample
from genorx.pgx.matching.patterns import read_patterns
from genorx.pgx.matching.strand_blocks import Block, State, blocks_of, data_of
from genorx.pgx.probability.frequencies import HaplotypeFrequencies
from genorx.pgx.probability.posterior import explaining_pairs

_STEPS, _TOLERANCE = 500, 1e-9
_Weights = list[tuple[tuple[str, ...], float]]


def estimate_frequencies(
    path: str | Path, genes: Iterable[str] | None = None, *, absent: str = "missing"
) -> HaplotypeFrequencies:
    """Return haplotype frequencies of a cohort, by expectation-maximisation under Hardy-Weinberg equilibrium.

    Samples without any genotype at a gene, or whose genotypes no pair of alleles explains, are not used for it.
    For DPYD and RYR1 the result is the share of strands that carry each change, site by site (the two sites of HapB3
    together); these shares do not add up to one.

    Parameters
    ----------
    path : path
        Variant file with many samples, of unrelated people.
    genes : iterable of str, optional
        Genes to estimate; by default all.
    absent : {"missing", "reference"}
        Meaning of a site without a record; ``"missing"`` by default.
    """
    wanted = {gene for gene in default_pack().genes if not follows(gene, "structure-unseen")}
    definitions = {g: d for g, d in default_pack().genes.items() if g in wanted and (genes is None or g in set(genes))}
    table = {}
    for name, patterns in read_patterns(path, definitions, absent=absent).items():
        people = [(GeneSample(definitions[name], bases), count) for bases, count in patterns if bases]
        if follows(name, "lowest-function"):
            found = _carried(definitions[name], people)
        else:
            found = expectation_maximisation([(explaining_pairs(sample), count) for sample, count in people])
        if found:
            table[name] = found
    return HaplotypeFrequencies(table)


def _carried(gene: GeneDefinition, people: list[tuple[GeneSample, int]]) -> dict[str, float]:
    """Return the frequency of strands with each present variant, block by block."""
    found: dict[str, float] = {}
    for block in blocks_of(gene, {}):
        even = replace(block, states=tuple(replace(state, frequency=1.0) for state in block.states))
        shown = Counter[tuple[Bases | None, ...]]()
        for sample, count in people:
            shown[tuple(sample.bases.get(index) for index in block.sites)] += count
        estimate = expectation_maximisation((_pairs_of(even, gene, calls), count) for calls, count in shown.items())
        names = {state.allele for state in block.states}
        found |= {name: share for name, share in estimate.items() if name in names and share > _TOLERANCE}
    return found


def _pairs_of(block: Block, gene: GeneDefinition, calls: tuple[Bases | None, ...]) -> _Weights:
    """Return the possible contents of two strands at a block; none if it was not observed."""
    bases = {index: call for index, call in zip(block.sites, calls, strict=True) if call is not None}
    pairs = block.pairs(data_of(block, GeneSample(gene, bases), {}, {})) if bases else []
    return [((_name(one), _name(two)), weight) for one, two, weight in pairs]


def _name(state: State) -> str:
    """Return the allele of a strand, or its bases if they are no allele."""
    return state.allele or "".join(state.bases)


def expectation_maximisation(people: Iterable[tuple[_Weights, int]]) -> dict[str, float]:
    """Return allele frequencies from people's possible pairs.

    Parameters
    ----------
    people : iterable of (pairs, count)
        For each genotype pattern, the pairs that explain it with their probabilities given the alleles, and the number
        of people with the pattern.

    Returns
    -------
    dict
        Frequency by allele, with sum 1; empty if no pattern is explained.
    """
    known = [(pairs, count) for pairs, count in people if pairs]
    alleles = sorted({name for pairs, _ in known for pair, _ in pairs for name in pair})
    if not alleles:
        return {}
    frequency = dict.fromkeys(alleles, 1.0 / len(alleles))
    for _ in range(_STEPS):
        expected = dict.fromkeys(alleles, 0.0)
        for pairs, count in known:
            weights = [weight * _product(pair, frequency) for pair, weight in pairs]
            total = sum(weights)
            for (pair, _), weight in zip(pairs, weights, strict=True):
                for name in pair:
                    expected[name] += count * weight / total
        total = sum(expected.values())
        new = {name: value / total for name, value in expected.items()}
        moved = max(abs(new[name] - frequency[name]) for name in alleles)
        frequency = new
        if moved < _TOLERANCE:
            break
    return frequency


def _product(pair: tuple[str, ...], frequency: Mapping[str, float]) -> float:
    value = 1.0
    for name in pair:
        value *= frequency[name]
    return value
