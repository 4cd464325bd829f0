"""The sites of the definitions in the notation of a variant file on one assembly."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from genorx.knowledge import GeneDefinition, Position

Assembly = Literal["GRCh37", "GRCh38"]

#: Largest distance from a site to the begin of a record that may be informative on it.
REACH = 60


@dataclass(frozen=True, slots=True)
class Site:
    """A position of a gene on one assembly; ``index`` is None for positions that are reported but not matched."""

    gene: str
    index: int | None
    position: Position
    pos: int
    ref: str
    alts: tuple[str, ...]

    @property
    def chrom(self) -> str:
        """Return the chromosome, with ``chr``."""
        return self.position.chrom

    @property
    def is_snp(self) -> bool:
        """Whether all of its alleles are single bases."""
        return len(self.ref) == 1 and all(len(alt) == 1 for alt in self.alts)


class SiteTable:
    """All sites of a set of definitions on one assembly.

    If the reference base differs between the assemblies, REF and ALT are exchanged.  Sites whose position on the
    assembly is not known are in ``unplaced``.
    """

    def __init__(self, genes: Mapping[str, GeneDefinition], assembly: Assembly) -> None:
        self.assembly = assembly
        self.sites: list[Site] = []
        self.unplaced: list[Position] = []
        for gene in genes.values():
            for index, position in enumerate(gene.positions):
                self._add(gene.gene, index, position)
            for position in gene.extra:
                self._add(gene.gene, None, position)
        self.by_place: dict[tuple[str, int], list[int]] = {}
        for number, site in enumerate(self.sites):
            self.by_place.setdefault((site.chrom, site.pos), []).append(number)

    def _add(self, gene: str, index: int | None, position: Position) -> None:
        if self.assembly == "GRCh38":
            self.sites.append(Site(gene, index, position, position.pos, position.ref, position.alts))
        elif position.pos37 is None or position.ref37 is None:
            self.unplaced.append(position)
        else:
            ref = position.ref37
            alts = tuple(base for base in (position.ref, *position.alts) if base != ref)
            self.sites.append(Site(gene, index, position, position.pos37, ref, alts))

    @cached_property
    def _order(self) -> dict[str, tuple[list[int], list[int]]]:
        """Positions and indices of the sites of each chromosome, sorted by position."""
        order: dict[str, list[tuple[int, int]]] = {}
        for number, site in enumerate(self.sites):
            order.setdefault(site.chrom, []).append((site.pos, number))
        return {c: ([p for p, _ in sorted(v)], [n for _, n in sorted(v)]) for c, v in order.items()}

    def between(self, chrom: str, start: int, end: int) -> list[int]:
        """Return indices of the sites between two positions, both included."""
        if chrom not in self._order:
            return []
        places, numbers = self._order[chrom]
        return numbers[bisect_left(places, start) : bisect_right(places, end)]

    def near(self) -> dict[str, frozenset[int]]:
        """Return, by chromosome, the positions of records that may be informative on a site."""
        found: dict[str, set[int]] = {}
        for site in self.sites:
            behind = 1 if site.is_snp else REACH
            found.setdefault(site.chrom, set()).update(range(site.pos - REACH, site.pos + behind))
        return {chrom: frozenset(places) for chrom, places in found.items()}

    def regions(self) -> Iterable[tuple[str, int, int]]:
        """Yield regions that cover all sites, those less than 100 kb apart merged."""
        for chrom, (places, _) in sorted(self._order.items()):
            start = last = places[0]
            for place in places[1:]:
                if place - last > 100_000:
                    yield chrom, max(1, start - REACH), last + REACH
                    start = place
                last = place
            yield chrom, max(1, start - REACH), last + REACH

    @cached_property
    def known_bases(self) -> dict[tuple[str, int], str]:
        """Reference bases known from the definitions, by position: enough to shift most indels without a FASTA."""
        known: dict[tuple[str, int], str] = {}
        for site in self.sites:
            for offset, base in enumerate(site.ref):
                known[site.chrom, site.pos + offset] = base
            for offset, base in _repeat(site):
                known[site.chrom, site.pos + offset] = base
        return known


_SHIFTED = re.compile(r"g\.(\d+)(?:_(\d+))?(?:del|dup)")


def _repeat(site: Site) -> Iterable[tuple[int, str]]:
    """Yield offset and reference base implied by a site's genomic names beyond REF.

    ``TA[8]`` names a repeat, whose number of copies on the reference follows from the lengths of ALT and REF.  A
    deletion or duplication is named by its last possible position, and is in VCF at its first: the sequence between
    them is a repeat.
    """
    ref = site.position.ref
    for name, alt in zip(site.position.hgvs, site.position.alts, strict=False):
        head, bracket, count = name.partition("[")
        unit, copies = head.lstrip("g.0123456789_"), count.rstrip("]")
        shifted = _SHIFTED.match(name)
        if bracket and unit and copies.isdigit() and (len(alt) - len(ref)) % len(unit) == 0:
            start = int(re.split(r"[_ACGT]", head[2:])[0]) - site.position.pos
            yield from enumerate(unit * (int(copies) - (len(alt) - len(ref)) // len(unit)), start)
            return
        if shifted and 1 in (len(alt), len(ref)):
            moving = ref[1:] or alt[1:]
            for offset in range(1, int(shifted.group(2) or shifted.group(1)) - site.position.pos + 1):
                yield offset, moving[(offset - 1) % len(moving)]
            return
