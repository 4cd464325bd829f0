"""Combinations of alleles and partial alleles: what a strand carries when no single defined allele explains it.

Source of the rules: PharmCAT 3.1, "find combinations" mode.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

from genorx.knowledge import NamedAllele
from genorx.knowledge.definition import matches
from genorx.pgx.genotype import GeneSample
from genorx.pgx.matcher import Diplotype, callable_alleles, rank
from genorx.pgx.naming import name_key

#: Most groups of open phase for which strands are listed one by one.
MOST_GROUPS = 14

Strand = dict[int, str | None]


@dataclass(frozen=True, slots=True)
class Combination:
    """What one strand carries: named alleles, partial alleles, and the score that orders the output."""

    alleles: tuple[str, ...]
    partials: tuple[str, ...]
    score: int

    @property
    def name(self) -> str:
        """Return ``*6``, ``[*6 + *14]`` or ``g.1A>T``."""
        parts = (*sorted(self.alleles, key=name_key), *self.partials)
        return parts[0] if len(parts) == 1 else f"[{' + '.join(parts)}]"


def combine(
    sample: GeneSample, *, partials: bool, without: frozenset[str] = frozenset()
) -> list[tuple[Diplotype, Combination, Combination]]:
    """Return every diplotype of combinations, with the combination on each strand, best score first.

    The sides of a diplotype belong to the first combination.  Nothing is returned when more than ``MOST_GROUPS``
    groups of phase are open.
    """
    if len(sample.groups) > MOST_GROUPS:
        return []
    alleles = [a for a in callable_alleles(sample, without) if _may_combine(a, sample)]
    cores = [(allele, {i: b for i, b in allele.bases.items() if i in sample.bases}) for allele in alleles]
    found: dict[tuple[str, ...], tuple[Diplotype, Combination, Combination]] = {}
    for sides, others in sample.strand_pairs():
        ones = on_strand(sample.strand(sides), cores, sample, partials=partials)
        twos = ones if not sample.groups else on_strand(sample.strand(others), cores, sample, partials=partials)
        for one, two in product(ones, twos):
            entry = _ordered(one, two, sides, haploid=sample.haploid)
            if entry[0].alleles not in found:
                found[entry[0].alleles] = entry
    return sorted(found.values(), key=lambda entry: rank(entry[0]))


def _may_combine(allele: NamedAllele, sample: GeneSample) -> bool:
    if allele.reference or (sample.gene.gene == "UGT1A1" and "+" in allele.name):
        return False
    return any(index in sample.bases for index in allele.bases)


def _ordered(
    one: Combination, two: Combination, sides: tuple[int, ...], *, haploid: bool
) -> tuple[Diplotype, Combination, Combination]:
    if haploid:
        return Diplotype((one.name,), one.score, sides), one, one
    if name_key(two.name) < name_key(one.name):
        one, two, sides = two, one, tuple(1 - side for side in sides)
    return Diplotype((one.name, two.name), one.score + two.score, sides), one, two


def on_strand(
    strand: Strand, cores: list[tuple[NamedAllele, dict[int, str]]], sample: GeneSample, *, partials: bool
) -> list[Combination]:
    """Return the combinations that explain one strand."""
    candidates = [(a, core) for a, core in cores if all(matches(b, strand[i]) for i, b in core.items())]
    made = []
    for members in _members(candidates):
        covered = {index for _, core in members for index in core}
        rest = _partials(strand, covered, sample) if partials else ()
        made.append(_named(members, rest, sample))
    return made


def _members(
    candidates: list[tuple[NamedAllele, dict[int, str]]],
) -> list[list[tuple[NamedAllele, dict[int, str]]]]:
    """Return sets of alleles that go together: longer ones first, none sharing a position with another."""
    combinations: list[list[tuple[NamedAllele, dict[int, str]]]] = []
    for allele, core in sorted(candidates, key=lambda c: (-len(c[1]), c[0].name)):
        added = swallowed = False
        for members in combinations:
            shared = [other for _, other in members if not core.keys().isdisjoint(other)]
            if shared:
                swallowed |= any(len(other) != len(core) for other in shared)
            else:
                members.append((allele, core))
                added = True
        if not added and not swallowed:
            combinations.append([(allele, core)])
    return combinations or [[]]


def _partials(strand: Strand, covered: set[int], sample: GeneSample) -> tuple[str, ...]:
    names = []
    for index, base in sorted(strand.items()):
        position = sample.gene.positions[index]
        if base is None and index not in covered:
            names.append(f"g.{position.pos}?")
        elif base is not None and base != position.ref and index not in covered:
            names.append(position.name_of(base))
    return tuple(names)


def _named(
    members: list[tuple[NamedAllele, dict[int, str]]], partials: tuple[str, ...], sample: GeneSample
) -> Combination:
    names = tuple(allele.name for allele, _ in members)
    score = sum(len(core) for _, core in members) - len(partials)
    if not names and not partials:
        return Combination((sample.gene.reference.name,), (), len(sample.bases))
    return Combination(names, partials, score)
