"""Combinations of alleles and partial alleles, for strands that no single defined allele explains.

Source of the rules: PharmCAT 3.1, "find combinations" mode.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import product

from genorx.knowledge import NamedAllele
from genorx.knowledge.definition import matches
from genorx.pgx.matching.gene_rules import follows
from genorx.pgx.matching.genotype import GeneSample
from genorx.pgx.matching.matcher import Diplotype, callable_alleles, rank
from genorx.pgx.matching.naming import name_key

#: Most groups of open phase for which strands are listed one by one.
MOST_GROUPS = 12
#: Most diplotypes of combinations that are reported.
_MOST_PAIRS = 3_000


@dataclass(frozen=True, slots=True)
class Combination:
    """Content of one strand: named alleles, partial alleles, and the score that orders the output."""

    alleles: tuple[str, ...]
    partials: tuple[str, ...]
    score: int

    @property
    def name(self) -> str:
        """Return ``*6``, ``[*6 + *14]`` or ``g.1A>T``."""
        parts = (*sorted(self.alleles, key=name_key), *self.partials)
        return parts[0] if len(parts) == 1 else f"[{' + '.join(parts)}]"


@dataclass(frozen=True, slots=True)
class _Core:
    """Requirements of an allele on a strand: its positions, and the permitted sides in each phase group."""

    name: str
    positions: frozenset[int]
    limits: tuple[tuple[int, frozenset[int]], ...]

    def fits(self, sides: tuple[int, ...]) -> bool:
        return all(sides[group] in allowed for group, allowed in self.limits)


def combine(
    sample: GeneSample, *, partials: bool, without: frozenset[str] = frozenset()
) -> list[tuple[Diplotype, Combination, Combination]]:
    """Return every diplotype of combinations, with the combination on each strand, best score first.

    The sides of a diplotype belong to the first combination.  The result is empty if more than ``MOST_GROUPS`` groups
    of phase are open, or if there are too many pairs to be of use.
    """
    if len(sample.groups) > MOST_GROUPS:
        return []
    strands = _Strands(sample, without, partials=partials)
    found: dict[tuple[str, ...], tuple[Diplotype, Combination, Combination]] = {}
    for sides, others in sample.strand_pairs():
        ones = strands.combinations(sides)
        twos = strands.combinations(others) if sample.groups else ones
        for one, two in product(ones, twos):
            entry = _ordered(one, two, sides, haploid=sample.haploid)
            found.setdefault(entry[0].alleles, entry)
            if len(found) > _MOST_PAIRS:
                return []
    return sorted(found.values(), key=lambda entry: rank(entry[0]))


def weigh(sample: GeneSample, weight_of: Callable[[Combination], float]) -> dict[tuple[str, ...], float]:
    """Return each pair of combinations with the weight of its strands, over all phasings.

    Empty if ``combine`` gives no pairs.
    """
    if not combine(sample, partials=True):
        return {}
    strands = _Strands(sample, frozenset(), partials=True)
    found: dict[tuple[str, ...], float] = {}
    for sides, others in sample.strand_pairs():
        ones = strands.combinations(sides)
        twos = strands.combinations(others) if sample.groups else ones
        for one, two in zip(ones, ones, strict=True) if sample.haploid else product(ones, twos):
            names = _ordered(one, two, sides, haploid=sample.haploid)[0].alleles
            weight = weight_of(one) if sample.haploid else weight_of(one) * weight_of(two)
            found[names] = found.get(names, 0.0) + weight
    return found


def cores_of(sample: GeneSample, without: frozenset[str] = frozenset()) -> list[_Core]:
    """Return the alleles, except the reference, that a strand may carry at all their positions with a genotype."""
    found = []
    whole = follows(sample.gene.gene, "joined-names-stay-whole")
    for allele in callable_alleles(sample, without):
        core = {i: base for i, base in allele.bases.items() if i in sample.bases}
        if allele.reference or not core or (whole and "+" in allele.name):
            continue
        limits = _limits(allele, core, sample)
        if limits is not None:
            found.append(_Core(allele.name, frozenset(core), limits))
    return found


def _limits(
    allele: NamedAllele, core: dict[int, str], sample: GeneSample
) -> tuple[tuple[int, frozenset[int]], ...] | None:
    """Return the sides that an allele permits in each group it touches; None if no strand can carry it."""
    allowed: dict[int, set[int]] = {}
    for index in core:
        group = sample.group_of.get(index)
        if group is None:
            if not matches(allele.bases[index], sample.base(index, 0)):
                return None
            continue
        fitting = {side for side in (0, 1) if matches(allele.bases[index], sample.base(index, side))}
        allowed[group] = allowed.get(group, {0, 1}) & fitting
        if not allowed[group]:
            return None
    return tuple((group, frozenset(sides)) for group, sides in allowed.items() if len(sides) < 2)


class _Strands:
    """Combinations of alleles and partial alleles on the strands of one sample."""

    def __init__(self, sample: GeneSample, without: frozenset[str], *, partials: bool) -> None:
        self._sample = sample
        self._cores = sorted(cores_of(sample, without), key=lambda core: (-len(core.positions), core.name))
        self._fixed: list[tuple[int, str]] = []
        self._open: list[tuple[list[tuple[int, str]], list[tuple[int, str]]]] = []
        if partials:
            grouped = sample.group_of
            self._fixed = [c for i in sample.bases if i not in grouped if (c := self._change(i, 0)) is not None]
            for group in sample.groups:
                one, two = ([c for i in group if (c := self._change(i, side)) is not None] for side in (0, 1))
                self._open.append((one, two))

    def _change(self, index: int, side: int) -> tuple[int, str] | None:
        """Return a position and the name of the partial allele there; None if the base is the reference."""
        position, base = self._sample.gene.positions[index], self._sample.base(index, side)
        if base == position.ref:
            return None
        return index, f"g.{position.pos}?" if base is None else position.name_of(base)

    def combinations(self, sides: tuple[int, ...]) -> list[Combination]:
        """Return the combinations that explain one strand."""
        changes = list(self._fixed)
        for group, side in zip(self._open, sides, strict=False):
            changes += group[side]
        changes.sort()
        made = []
        for members in _members([core for core in self._cores if core.fits(sides)]):
            covered = {index for core in members for index in core.positions}
            rest = tuple(name for index, name in changes if index not in covered)
            made.append(self._named(members, rest))
        return made

    def _named(self, members: list[_Core], partials: tuple[str, ...]) -> Combination:
        names = tuple(core.name for core in members)
        if not names and not partials:
            return Combination((self._sample.gene.reference.name,), (), len(self._sample.bases))
        return Combination(names, partials, sum(len(core.positions) for core in members) - len(partials))


def _ordered(
    one: Combination, two: Combination, sides: tuple[int, ...], *, haploid: bool
) -> tuple[Diplotype, Combination, Combination]:
    if haploid:
        return Diplotype((one.name,), one.score, sides), one, one
    if name_key(two.name) < name_key(one.name):
        one, two, sides = two, one, tuple(1 - side for side in sides)
    return Diplotype((one.name, two.name), one.score + two.score, sides), one, two


def _members(candidates: list[_Core]) -> list[list[_Core]]:
    """Return compatible sets of alleles, longer ones first; no two share a position."""
    combinations: list[list[_Core]] = []
    for core in candidates:
        added = swallowed = False
        for members in combinations:
            shared = [other for other in members if not core.positions.isdisjoint(other.positions)]
            if shared:
                swallowed |= any(len(other.positions) != len(core.positions) for other in shared)
            else:
                members.append(core)
                added = True
        if not added and not swallowed:
            combinations.append([core])
    return combinations or [[]]
