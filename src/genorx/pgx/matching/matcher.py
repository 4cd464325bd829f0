"""Named-allele matching: pairs of defined alleles that explain a sample, and their ranking.

Alleles are tested against the groups of phase directly, not against every possible strand, so that the work grows with
the number of alleles, and not exponentially with the number of heterozygous positions; the results are the same.
Source of the rules: Sangkuhl K et al. 2020, Clin Pharmacol Ther 107:203 (PharmCAT).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations_with_replacement

from genorx.knowledge import NamedAllele
from genorx.knowledge.definition import matches
from genorx.pgx.matching.genotype import GeneSample
from genorx.pgx.matching.naming import join, name_key


@dataclass(frozen=True, slots=True)
class Diplotype:
    """A pair of alleles (one in a haploid gene), its score, and the strand of the first in each group.

    ``ways`` is the number of assignments of strands under which the pair explains the sample.
    """

    alleles: tuple[str, ...]
    score: int
    sides: tuple[int, ...] = ()
    ways: int = 1

    @property
    def name(self) -> str:
        """Return ``*1/*2``."""
        return join(self.alleles)


@dataclass(frozen=True, slots=True)
class _Fit:
    """An allele that fits the sample: its permitted sides by group, and the penalty for its ambiguity codes."""

    allele: NamedAllele
    score: int
    sides: tuple[frozenset[int], ...]
    fixed_cost: int
    side_costs: tuple[tuple[int, int], ...]


def callable_alleles(sample: GeneSample, without: frozenset[str] = frozenset()) -> list[NamedAllele]:
    """Return the alleles that can be identified by the positions with a genotype."""
    missing = frozenset(sample.missing)
    return [
        allele
        for allele in sample.gene.alleles
        if allele.name not in without and not (missing and missing.issuperset(allele.bases))
    ]


def score_of(allele: NamedAllele, sample: GeneSample) -> int:
    """Return the number of positions with a genotype that define an allele."""
    if not sample.missing:
        return len(allele.bases)
    return len(allele.bases.keys() & sample.bases.keys())


def match_diplotypes(
    sample: GeneSample, without: frozenset[str] = frozenset(), *, unseen: bool = False
) -> list[Diplotype]:
    """Return every pair of alleles that explains the sample, best score first, then by name.

    With ``unseen``, alleles with all positions missing are included.
    """
    possible = _possible(sample)
    named = sample.gene.alleles if unseen else callable_alleles(sample, without)
    near = [allele for allele in named if allele.name in possible]
    fits = [fit for allele in near if (fit := _fit(allele, sample)) is not None]
    if sample.haploid:
        found = [Diplotype((fit.allele.name,), fit.score - fit.fixed_cost) for fit in fits]
    else:
        pairs = combinations_with_replacement(fits, 2)
        found = [pair for one, two in pairs if (pair := _pair(one, two)) is not None]
    return sorted(found, key=rank)


def rank(diplotype: Diplotype) -> tuple[object, ...]:
    """Return the sort key of a call: best score first, then by name."""
    return (-diplotype.score, *(name_key(name) for name in diplotype.alleles))


def best(diplotypes: Sequence[Diplotype]) -> list[Diplotype]:
    """Return the calls that share the top score."""
    return [d for d in diplotypes if d.score == diplotypes[0].score]


def _possible(sample: GeneSample) -> frozenset[str]:
    """Return the alleles whose base at each position, taken separately, occurs in the sample."""
    gene, bits = sample.gene, (1 << len(sample.gene.alleles)) - 1
    for index, call in sample.bases.items():
        one, other = call.first, call.second
        if sample.haploid:
            one = other = sample.base(index, 0)
        bits &= gene.fitting(index, one, other)
        if not bits:
            break
    return frozenset(allele.name for number, allele in enumerate(gene.alleles) if bits >> number & 1)


def _fit(allele: NamedAllele, sample: GeneSample) -> _Fit | None:
    """Return how a possible allele fits, or None if no strand of the sample can carry it in some phase group."""
    grouped = sample.group_of
    open_sides = [{0, 1} for _ in sample.groups]
    fixed_cost, side_costs = 0, [[0, 0] for _ in sample.groups]
    ambiguous = sample.gene.ambiguous.get(allele.name, ())
    for index in {*grouped, *ambiguous}.intersection(sample.bases):
        entry = allele.bases.get(index, "") or sample.gene.filled(index)
        number = grouped.get(index)
        wobble, ref = index in ambiguous, sample.gene.positions[index].ref
        if number is None:  # the single base fits, otherwise the allele would not be possible
            fixed_cost += int(wobble and sample.base(index, 0) == ref)
            continue
        for side in (0, 1):
            base = sample.base(index, side)
            side_costs[number][side] += int(wobble and base == ref)
            if not matches(entry, base):
                open_sides[number].discard(side)
                if not open_sides[number]:
                    return None
    return _Fit(
        allele=allele,
        score=score_of(allele, sample),
        sides=tuple(frozenset(sides) for sides in open_sides),
        fixed_cost=fixed_cost,
        side_costs=tuple((zero, one) for zero, one in side_costs),
    )


def _pair(one: _Fit, two: _Fit) -> Diplotype | None:
    """Return the best diplotype of two alleles on complementary strands, or None if there are no such strands."""
    cost, chosen, ways = one.fixed_cost + two.fixed_cost, [], 1
    for group, mine in enumerate(one.sides):
        possible = [side for side in sorted(mine) if 1 - side in two.sides[group]]
        if not possible:
            return None
        costs = {side: one.side_costs[group][side] + two.side_costs[group][1 - side] for side in possible}
        side = min(possible, key=lambda s: costs[s])
        ways *= len(possible)
        chosen.append(side)
        # an allele on both strands has the reference base on only one of them, without penalty
        cost += 0 if one is two else costs[side]
    sides = tuple(chosen)
    ordered = (one, two)
    if name_key(two.allele.name) < name_key(one.allele.name):
        ordered, sides = (two, one), tuple(1 - side for side in sides)
    return Diplotype((ordered[0].allele.name, ordered[1].allele.name), one.score + two.score - cost, sides, ways)
