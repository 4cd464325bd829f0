"""A sample's genotypes at the positions of a gene: bases, phase, and the possible phasings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import product

from genorx.knowledge import GeneDefinition


@dataclass(frozen=True, slots=True)
class Bases:
    """The accepted genotype of one position; a base is None if missing (haploid or half call)."""

    first: str | None
    second: str | None
    phased: bool
    phase_set: str | None = None
    gt: str = ""
    inferred: str = ""  # "block", "absent": from a reference block or without a record, not from a record of the site

    @property
    def alike(self) -> bool:
        """Whether both strands carry the same base."""
        return self.first == self.second

    @property
    def half(self) -> bool:
        """Whether exactly one base is known."""
        return (self.first is None) != (self.second is None)


@dataclass(frozen=True)
class GeneSample:
    """A sample at one gene: genotypes by index of position; absent positions are missing."""

    gene: GeneDefinition
    bases: Mapping[int, Bases]

    @cached_property
    def missing(self) -> tuple[int, ...]:
        """Indices of positions without a genotype."""
        return tuple(i for i in range(len(self.gene.positions)) if i not in self.bases)

    @cached_property
    def haploid(self) -> bool:
        """Whether every position has one base only, all on the same strand."""
        calls = self.bases.values()
        return bool(calls) and (all(c.first is None for c in calls) or all(c.second is None for c in calls))

    @cached_property
    def groups(self) -> tuple[tuple[int, ...], ...]:
        """Groups of heterozygous positions that are phased with each other, each free to flip."""
        if self.haploid:
            return ()
        found: dict[tuple[str, str], list[int]] = {}
        for index, call in sorted(self.bases.items()):
            if not call.alike:
                key = ("set", call.phase_set or "") if call.phased else ("alone", str(index))
                found.setdefault(key, []).append(index)
        return tuple(tuple(group) for group in found.values())

    @property
    def effectively_phased(self) -> bool:
        """Whether at most two strand sequences are possible."""
        return len(self.groups) <= 1

    @property
    def phased(self) -> bool:
        """Whether every heterozygous position is phased."""
        return all(call.alike or call.phased for call in self.bases.values())

    @property
    def half_calls(self) -> bool:
        """Whether a position of a diploid gene has one base only."""
        return self.gene.chrom not in HAPLOID and any(call.half for call in self.bases.values())

    def base(self, index: int, side: int) -> str | None:
        """Return the base at a position on the strand given by ``side`` (0 or 1) of its group."""
        call = self.bases[index]
        if self.haploid:
            return call.first if call.second is None else call.second
        return call.second if side else call.first

    @cached_property
    def group_of(self) -> dict[int, int]:
        """Number of the group of each heterozygous position."""
        return {index: number for number, group in enumerate(self.groups) for index in group}

    def base_on(self, index: int, sides: tuple[int, ...]) -> str | None:
        """Return the base at a position on one strand, given a side for each group; None if missing."""
        if index not in self.bases:
            return None
        group = self.group_of.get(index)
        return self.base(index, 0 if group is None else sides[group])

    def strand_pairs(self) -> Iterator[tuple[tuple[int, ...], tuple[int, ...]]]:
        """Yield the sides of each pair of complementary strands once."""
        if not self.groups:
            yield (), ()
            return
        for rest in product((0, 1), repeat=len(self.groups) - 1):
            sides = (0, *rest)
            yield sides, tuple(1 - side for side in sides)


#: Chromosomes on which one base is a whole call.
HAPLOID = frozenset({"chrX", "chrY", "chrM"})
