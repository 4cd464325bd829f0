"""DPYD and RYR1 by block: possible content of two strands at linked sites.

A block is the sites of alleles that share a site; nearly all have one site, HapB3 of DPYD has two.  Blocks are assumed
to be independent (linkage equilibrium): a strand's combination of changes has no separate frequency.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product

from genorx.knowledge import GeneDefinition, NamedAllele
from genorx.pgx.matching.genotype import Bases, GeneSample
from genorx.pgx.reading.likelihoods import GenotypeWeights

#: Frequency of a defined change without a given frequency.
LEAST = 1e-6
#: Weights of the content of two strands, by their two alleles (None for no allele).
Chances = dict[tuple[str | None, str | None], float]


@dataclass(frozen=True, slots=True)
class State:
    """Possible content of one strand in a block: an allele or None, its bases, and its frequency."""

    allele: str | None
    bases: tuple[str, ...]
    frequency: float


@dataclass(frozen=True, slots=True)
class Block:
    """Linked sites, by index, and the possible content of a strand there."""

    sites: tuple[int, ...]
    states: tuple[State, ...]

    def pairs(self, data: BlockData) -> list[tuple[State, State, float]]:
        """Return possible contents of two strands, with the joint probability of them and the data."""
        found = []
        for one, two in product(self.states, repeat=2):
            weight = one.frequency * two.frequency * data.likelihood(one.bases, two.bases)
            if weight > 0.0:
                found.append((one, two, weight))
        return found

    def chances(self, data: BlockData) -> Chances:
        """Return the alleles of two strands, with the joint probability of them and the data."""
        together: Chances = {}
        for one, two, weight in self.pairs(data):
            key = (one.allele, two.allele)
            together[key] = together.get(key, 0.0) + weight
        return together


@dataclass(frozen=True, slots=True)
class BlockData:
    """A sample's genotypes at the sites of a block.

    ``sides`` gives for each group of phase the strand that carries the first base; for other groups both phasings are
    tried with equal weights.
    """

    calls: tuple[Bases | None, ...]
    groups: tuple[int | None, ...]
    weights: tuple[GenotypeWeights | None, ...]
    sides: Mapping[int, int]

    def likelihood(self, one: Sequence[str], two: Sequence[str]) -> float:
        """Return the probability of the data given the bases of two strands."""
        free = sorted({g for g in self.groups if g is not None and g not in self.sides})
        total = 0.0
        for chosen in product((0, 1), repeat=len(free)):
            sides = {**self.sides, **dict(zip(free, chosen, strict=True))}
            value = 1.0
            for number, bases in enumerate(zip(one, two, strict=True)):
                value *= self._at(number, bases, sides)
            total += value
        return total / 2.0 ** len(free)

    def _at(self, number: int, bases: tuple[str, str], sides: Mapping[int, int]) -> float:
        call, group, weights = self.calls[number], self.groups[number], self.weights[number]
        shown = None
        if call is not None:
            turned = group is not None and sides[group] == 1
            shown = (call.second, call.first) if turned else (call.first, call.second)
        if weights is None:
            return 1.0 if shown is None else float(all(s in (None, b) for s, b in zip(shown, bases, strict=True)))
        in_phase = call is not None and call.phased and not call.alike and set(bases) == {call.first, call.second}
        if in_phase:  # one of two phasings of the called bases
            return 2.0 * weights.of(*bases) if shown == bases else 0.0
        return float(weights.of(*bases))


def data_of(
    block: Block, sample: GeneSample, weights: Mapping[int, GenotypeWeights], sides: Mapping[int, int]
) -> BlockData:
    """Return a sample's genotypes at a block."""
    return BlockData(
        calls=tuple(sample.bases.get(index) for index in block.sites),
        groups=tuple(sample.group_of.get(index) for index in block.sites),
        weights=tuple(weights.get(index) for index in block.sites),
        sides=sides,
    )


def blocks_of(gene: GeneDefinition, carried: Mapping[str, float]) -> list[Block]:
    """Return the blocks of a gene; ``carried`` is the frequency of strands with each allele."""
    groups: list[tuple[set[int], list[NamedAllele]]] = []
    for allele in gene.alleles:
        if allele.reference or not allele.bases:
            continue
        sites, members = set(allele.bases), [allele]
        apart = []
        for group in groups:
            if group[0].isdisjoint(sites):
                apart.append(group)
            else:
                sites |= group[0]
                members = [*group[1], *members]
        groups = [*apart, (sites, members)]
    return [_block(gene, tuple(sorted(sites)), members, carried) for sites, members in groups]


def _block(
    gene: GeneDefinition, sites: tuple[int, ...], members: Sequence[NamedAllele], carried: Mapping[str, float]
) -> Block:
    plain = tuple(gene.positions[index].ref for index in sites)
    states = [
        State(a.name, tuple(a.bases.get(i, gene.positions[i].ref) for i in sites), carried.get(a.name, LEAST))
        for a in members
    ]
    known = {state.bases for state in states}
    for number, index in enumerate(sites):  # a change of the definition that is not an allele by itself
        for alt in gene.positions[index].alts:
            bases = (*plain[:number], alt, *plain[number + 1 :])
            if bases not in known:
                states.append(State(None, bases, LEAST))
    rest = max(1.0 - sum(state.frequency for state in states), LEAST)
    return Block(sites, (State(None, plain, rest), *states))
