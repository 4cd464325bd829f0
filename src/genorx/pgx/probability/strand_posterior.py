"""Posterior of DPYD and RYR1: the allele of lowest function on each strand, with its probability.

A pair here is the one that determines guidance, the lowest function on each strand; assumptions are in
``strand_blocks``.  With the alleles in order of function, P(neither strand carries one worse than i, j) is a product
over the blocks, and the differences of that table are the probabilities of the pairs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import product
from typing import TYPE_CHECKING

from genorx.knowledge import GeneDefinition, PhenotypeTable
from genorx.pgx.guidance.phenotype import Reading, no_result, read_pair
from genorx.pgx.matching.combinations import MOST_GROUPS
from genorx.pgx.matching.genotype import GeneSample
from genorx.pgx.matching.lowest_function import worst_by_activity, worst_first
from genorx.pgx.matching.naming import join, name_key
from genorx.pgx.matching.strand_blocks import Block, Chances, blocks_of, data_of
from genorx.pgx.reading.likelihoods import GenotypeWeights
from genorx.pgx.report import Likely, Unknown

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

#: Pairs rarer than this are merged.
_RARE = 1e-9
_OTHER = "other"


class StrandPosterior:
    """Probabilities of the lowest-function alleles of the two strands of one sample.

    Parameters
    ----------
    sample : GeneSample
        Genotypes, with undocumented bases already replaced by the reference; without any genotype, the posterior is the
        distribution in the population.
    carried : mapping of allele to float
        Share of strands that carry each allele.
    table : PhenotypeTable, optional
        Functions of the alleles, for their order.
    weights : mapping of index to GenotypeWeights, optional
        Genotype likelihoods by position, used in place of the calls there.
    """

    def __init__(
        self,
        sample: GeneSample,
        carried: Mapping[str, float],
        table: PhenotypeTable | None,
        weights: Mapping[int, GenotypeWeights] | None = None,
    ) -> None:
        self._sample, self._table, self._weights = sample, table, dict(weights or {})
        self._gene: GeneDefinition = sample.gene
        self._known: dict[tuple[str, ...], Reading] = {}
        self._whole: dict[Block, float] = {}
        self._blocks = blocks_of(sample.gene, carried)
        names = [state.allele for block in self._blocks for state in block.states if state.allele is not None]
        self._order = worst_first(names, table, by_activity=worst_by_activity(sample.gene.gene))
        homes: dict[int, set[int]] = {}
        for number, block in enumerate(self._blocks):
            for index in block.sites:
                if index in sample.group_of:
                    homes.setdefault(sample.group_of[index], set()).add(number)
        self._groups = sorted(homes)
        self._across = [group for group in self._groups if len(homes[group]) > 1]  # phase links blocks

    @property
    def usable(self) -> bool:
        """Whether the phasings are few enough to enumerate, and there are two strands."""
        return not self._sample.haploid and len(self._sample.groups) <= MOST_GROUPS

    def pairs(self) -> tuple[Likely, ...]:
        """Return pairs of lowest-function alleles, most probable first; very rare ones are merged."""
        reference = self._gene.reference.name
        names = [*self._order, reference]
        ranks: dict[str | None, int] = {name: number for number, name in enumerate(self._order)}
        return self._likely(_unordered(self._all_ways(ranks), names))

    def _likely(self, weights: Mapping[tuple[str, ...], float]) -> tuple[Likely, ...]:
        gene, whole = self._gene.gene, sum(weights.values())
        if whole <= 0.0:
            return ()
        found, rest = [], 0.0
        for pair in sorted(weights, key=lambda pair: (-weights[pair], *map(name_key, pair))):
            chance = weights[pair] / whole
            if chance < _RARE:
                rest += chance
                continue
            reading = read_pair(gene, pair, self._table, counted=False)
            found.append(
                Likely(
                    diplotype=join(pair),
                    alleles=pair,
                    reading=reading,
                    phenotype=reading.phenotypes[0],
                    probability=chance,
                )
            )
        if rest > 0.0:
            nothing = no_result(gene, self._table)
            found.append(Likely(diplotype=_OTHER, alleles=(), reading=nothing, phenotype="n/a", probability=rest))
        return tuple(found)

    def _tables(self, ranks: Mapping[str | None, int], groups: list[int]) -> Iterator[NDArray[np.float64]]:
        """Yield the table of each phasing of the groups; the first group's is fixed."""
        import numpy as np

        size = len(set(ranks.values())) + 1
        steady = np.ones((size, size))
        for block in self._blocks:
            if not self._tied(block, groups):
                steady *= _table(self._chances(block, {}), ranks, size)
        tied = [block for block in self._blocks if self._tied(block, groups)]
        for sides in _ways(groups):
            made = steady.copy()
            for block in tied:
                made *= _table(self._chances(block, sides), ranks, size)
            yield made

    def _all_ways(self, ranks: Mapping[str | None, int]) -> NDArray[np.float64]:
        first, *others = self._tables(ranks, self._across)
        for table in others:
            first += table
        return first

    def _tied(self, block: Block, groups: list[int]) -> bool:
        return not {self._sample.group_of.get(index) for index in block.sites}.isdisjoint(groups)

    def _chances(self, block: Block, sides: Mapping[int, int]) -> Chances:
        """Return the probabilities of a block relative to the total probability of its data, to avoid underflow."""
        found = block.chances(data_of(block, self._sample, self._weights, sides))
        if block not in self._whole:
            both = block.chances(data_of(block, self._sample, self._weights, {})) if sides else found
            self._whole[block] = sum(both.values()) or 1.0
        return {pair: weight / self._whole[block] for pair, weight in found.items()}

    def readings(self) -> list[tuple[Reading, float]]:
        """Return the readings of the pairs with their probabilities, as for an unread gene."""
        ranks, names = self._levels()
        return self._normal(self._all_ways(ranks), names)

    def unknowns(self) -> tuple[Unknown, ...]:
        """Return each missing position, and phase, with the readings that remain under each of its outcomes."""
        ranks, names = self._levels()
        found = [self._position(block, index, rest, ranks, names) for block, index, rest in self._missing(ranks)]
        if len(self._groups) > 1:
            outcomes = [self._weighed(made, names) for made in self._tables(ranks, self._groups)]
            found.append(Unknown("phase", _shares(outcomes)))
        return tuple(unknown for unknown in found if len(unknown.outcomes) > 1)

    def _missing(self, ranks: Mapping[str | None, int]) -> Iterator[tuple[Block, int, NDArray[np.float64]]]:
        """Yield each missing position with its block and the table of all other blocks.

        A position with a heterozygous site in its block is left out, since the strand of that site is linked to others.
        """
        import numpy as np

        size = len(set(ranks.values())) + 1
        free = [block for block in self._blocks if not self._tied(block, self._across)]
        tied = sum(
            np.prod([_table(self._chances(b, sides), ranks, size) for b in self._blocks if b not in free], axis=0)
            for sides in _ways(self._across)
        )
        tables = np.array([_table(self._chances(block, {}), ranks, size) for block in free]).reshape(-1, size, size)
        ones = np.ones((1, size, size))
        before = np.concatenate([ones, np.cumprod(tables, axis=0)])
        after = np.concatenate([np.cumprod(tables[::-1], axis=0)[::-1], ones])
        for number, block in enumerate(free):
            for index in block.sites:
                if index not in self._sample.bases and index not in self._weights:
                    yield block, index, before[number] * after[number + 1] * tied

    def _position(
        self,
        block: Block,
        index: int,
        rest: NDArray[np.float64],
        ranks: Mapping[str | None, int],
        names: list[str],
    ) -> Unknown:
        """Return a missing position with the readings that remain under each of its genotypes."""
        position, where = self._gene.positions[index], block.sites.index(index)
        by_genotype: dict[tuple[str, ...], Chances] = {}
        for one, two, weight in block.pairs(data_of(block, self._sample, self._weights, {})):
            chances = by_genotype.setdefault(tuple(sorted((one.bases[where], two.bases[where]))), {})
            chances[one.allele, two.allele] = chances.get((one.allele, two.allele), 0.0) + weight
        outcomes = [self._weighed(rest * _table(c, ranks, len(names)), names) for c in by_genotype.values()]
        return Unknown(position.rsid or position.key, _shares(outcomes))

    def _levels(self) -> tuple[dict[str | None, int], list[str]]:
        """Return a level for each allele (runs of equal class in the order of function), and a name for each level."""
        classes = {} if self._table is None else self._table.classes
        ranks: dict[str | None, int] = {}
        names: list[str] = []
        last: object = self
        for name in self._order:
            kind = classes.get(name)
            if kind != last:
                names.append(name)
                last = kind
            ranks[name] = len(names) - 1
        return ranks, [*names, self._gene.reference.name]

    def _weighed(self, table: NDArray[np.float64], names: list[str]) -> list[tuple[Reading, float]]:
        """Return the readings of the pairs with their weights; pairs with the same interpretation are merged."""
        together: dict[Reading, float] = {}
        for pair, weight in _unordered(table, names).items():
            reading = self._read(pair)
            together[reading] = together.get(reading, 0.0) + weight
        return list(together.items())

    def _read(self, pair: tuple[str, ...]) -> Reading:
        if pair not in self._known:
            reading = read_pair(self._gene.gene, pair, self._table, counted=False)
            same = (r for r in self._known.values() if replace(r, alleles=pair) == reading)
            self._known[pair] = next(same, reading)
        return self._known[pair]

    def _normal(self, table: NDArray[np.float64], names: list[str]) -> list[tuple[Reading, float]]:
        weighed = self._weighed(table, names)
        whole = sum(weight for _, weight in weighed)
        return [(reading, weight / whole) for reading, weight in weighed] if whole > 0.0 else []


def _ways(groups: list[int]) -> Iterator[dict[int, int]]:
    """Yield the relative phasings of the groups."""
    for chosen in product((0, 1), repeat=max(len(groups) - 1, 0)):
        yield dict(zip(groups, (0, *chosen), strict=False))


def _shares(outcomes: list[list[tuple[Reading, float]]]) -> tuple[tuple[tuple[Reading, float], ...], ...]:
    """Return outcomes with weights normalised to sum to one."""
    whole = sum(weight for outcome in outcomes for _, weight in outcome)
    return tuple(tuple((reading, weight / whole) for reading, weight in outcome) for outcome in outcomes if whole > 0.0)


def _table(chances: Chances, ranks: Mapping[str | None, int], size: int) -> NDArray[np.float64]:
    """Return P(first strand carries nothing of a rank below i, second nothing of one below j) for all i, j."""
    import numpy as np

    made = np.zeros((size, size))
    for (one, two), weight in chances.items():
        made[: ranks.get(one, size - 1) + 1, : ranks.get(two, size - 1) + 1] += weight
    return made


def _unordered(table: NDArray[np.float64], names: list[str]) -> dict[tuple[str, ...], float]:
    """Return the weight of each unordered pair of names from the table of P(rank >= i, rank >= j)."""
    import numpy as np

    padded = np.pad(table, ((0, 1), (0, 1)))
    single = padded[:-1, :-1] - padded[1:, :-1] - padded[:-1, 1:] + padded[1:, 1:]
    single[single < 1e-15 * table[0, 0]] = 0.0  # differences of nearly equal numbers
    both = np.triu(single + single.T, 1) + np.diag(np.diag(single))
    found: dict[tuple[str, ...], float] = {}
    for i, j in zip(*np.nonzero(both), strict=True):
        pair = tuple(sorted((names[i], names[j]), key=name_key))
        found[pair] = found.get(pair, 0.0) + float(both[i, j])
    return found
