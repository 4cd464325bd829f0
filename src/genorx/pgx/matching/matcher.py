"""Named-allele matching: which pairs of defined alleles explain a sample, and which of them stand out.

Alleles are tested against the groups of phase directly, never against every possible strand, so that the work grows
with the number of alleles and not with two to the number of heterozygous positions; the answers are the same.
Source of the rules: Sangkuhl K et al. 2020, Clin Pharmacol Ther 107:203 (PharmCAT).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations_with_replacement

from genorx.knowledge import NamedAllele
from genorx.knowledge.definition import WOBBLES, matches
from genorx.pgx.matching.genotype import GeneSample
from genorx.pgx.matching.naming import join, name_key


@dataclass(frozen=True, slots=True)
class Diplotype:
    """A pair of alleles (one where the gene is haploid), its score, and the strand of the first in each group.

    ``ways`` counts the assignments of strands under which the pair explains the sample.
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
    """An allele that fits the sample: its open sides by group, and what its wobbles cost."""

    allele: NamedAllele
    score: int
    sides: tuple[frozenset[int], ...]
    fixed_cost: int
    side_costs: tuple[tuple[int, int], ...]


def callable_alleles(sample: GeneSample, without: frozenset[str] = frozenset()) -> list[NamedAllele]:
    """Return the alleles that the present positions can show."""
    named = [allele for allele in sample.gene.alleles if allele.name not in without]
    return [a for a in named if not sample.missing or score_of(a, sample)]


def score_of(allele: NamedAllele, sample: GeneSample) -> int:
    """Return the number of present positions that an allele defines."""
    if not sample.missing:
        return len(allele.bases)
    return sum(index in sample.bases for index in allele.bases)


def match_diplotypes(
    sample: GeneSample, without: frozenset[str] = frozenset(), *, unseen: bool = False
) -> list[Diplotype]:
    """Return every pair of alleles that explains the sample, best score first, then by name.

    With ``unseen``, alleles count too of which all positions are missing.
    """
    odd = _odd_positions(sample)
    named = sample.gene.alleles if unseen else callable_alleles(sample, without)
    fits = [fit for allele in named if (fit := _fit(allele, sample, odd)) is not None]
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


def _filled(sample: GeneSample, index: int) -> str:
    """Return what an allele that says nothing of a position has there."""
    entry = sample.gene.reference.bases.get(index)
    return sample.gene.positions[index].ref if entry is None or entry in WOBBLES else entry


def _odd_positions(sample: GeneSample) -> frozenset[int]:
    """Return positions at which some strand differs from the fill, so that an allele has to name them."""
    odd = set()
    for index, call in sample.bases.items():
        fill = _filled(sample, index)
        bases = {sample.base(index, 0)} if sample.haploid else {call.first, call.second}
        if bases != {fill}:
            odd.add(index)
    return frozenset(odd)


def _fit(allele: NamedAllele, sample: GeneSample, odd: frozenset[int]) -> _Fit | None:
    """Return how an allele fits, or None if no strand of the sample can carry it."""
    grouped = {index: number for number, group in enumerate(sample.groups) for index in group}
    open_sides = [{0, 1} for _ in sample.groups]
    fixed_cost, side_costs = 0, [[0, 0] for _ in sample.groups]
    for index in odd.union(i for i in allele.bases if i in sample.bases):
        entry = allele.bases.get(index, "") or _filled(sample, index)
        number = grouped.get(index)
        sides = (0,) if number is None else (0, 1)
        wobble, ref = entry in WOBBLES and index in allele.bases, sample.gene.positions[index].ref
        for side in sides:
            base = sample.base(index, side)
            fits, cost = matches(entry, base), int(wobble and base == ref)
            if number is None:
                if not fits:
                    return None
                fixed_cost += cost
            else:
                side_costs[number][side] += cost
                if not fits:
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
        # one allele on both strands has the reference base on one of them only, and loses nothing
        cost += 0 if one is two else costs[side]
    sides = tuple(chosen)
    ordered = (one, two)
    if name_key(two.allele.name) < name_key(one.allele.name):
        ordered, sides = (two, one), tuple(1 - side for side in sides)
    return Diplotype((ordered[0].allele.name, ordered[1].allele.name), one.score + two.score - cost, sides, ways)
