"""DPYD and RYR1: genes whose alleles are single variants, so that strands carry combinations and the worst one counts.

Source: Amstutz U et al. 2018, Clin Pharmacol Ther 103:210 (DPYD); Gonsalves SG et al. 2019, 105:1338 (RYR1).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from genorx.knowledge import PhenotypeTable
from genorx.pgx.matching.combinations import Combination, combine, cores_of
from genorx.pgx.matching.gene_rules import follows, value_of
from genorx.pgx.matching.genotype import GeneSample
from genorx.pgx.matching.hapb3 import ALLELES, HapB3, add_to
from genorx.pgx.matching.matcher import Diplotype, match_diplotypes, rank
from genorx.pgx.matching.naming import components, name_key

_UNKNOWN_VALUE = 2.0


@dataclass(frozen=True, slots=True)
class LowestFunctionCall:
    """Diplotypes, or the alleles of an unphased sample, and warnings about HapB3."""

    diplotypes: tuple[Diplotype, ...] = ()
    alleles: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def call_lowest_function(sample: GeneSample, *, other_variants: bool) -> LowestFunctionCall:
    """Return the call of DPYD or RYR1.

    Parameters
    ----------
    sample : GeneSample
        Genotypes of the gene, with undocumented bases already replaced by the reference.
    other_variants : bool
        Whether the sample has a non-reference genotype at any position read, except those of HapB3.
    """
    hapb3 = HapB3(sample)
    without = ALLELES if hapb3.present else frozenset()
    diplotypes = _phased(sample, hapb3, without, other_variants=other_variants)
    if diplotypes:
        return LowestFunctionCall(diplotypes=tuple(diplotypes), warnings=tuple(sorted(hapb3.warnings)))
    doubled = _doubled(sample, _without(sample))
    alleles = _unphased(sample, hapb3, doubled)
    warnings = hapb3.warnings | (set() if doubled is not None else {"too-many-phases"})
    return LowestFunctionCall(alleles=tuple(alleles), warnings=tuple(sorted(warnings)))


def _phased(sample: GeneSample, hapb3: HapB3, without: frozenset[str], *, other_variants: bool) -> list[Diplotype]:
    if sample.effectively_phased:
        found = match_diplotypes(sample, without)
        if found:
            return _with_hapb3([(d, *_alone(d)) for d in found], sample, hapb3)
        if hapb3.present and not other_variants:
            return _only_hapb3(sample, hapb3)
    if sample.effectively_phased or _uses_phase_sets(sample):
        partial = combine(sample, partials=True, without=without)
        if partial:
            return _with_hapb3(partial, sample, hapb3)
        if hapb3.present and not other_variants:
            return _only_hapb3(sample, hapb3)
    return []


def _alone(diplotype: Diplotype) -> tuple[Combination, Combination]:
    """Return the alleles of a diplotype as combinations of one."""
    first, last = diplotype.alleles[0], diplotype.alleles[-1]
    return Combination((first,), (), 0), Combination((last,), (), 0)


def _uses_phase_sets(sample: GeneSample) -> bool:
    return any(call.phased and call.phase_set is not None for call in sample.bases.values())


def _only_hapb3(sample: GeneSample, hapb3: HapB3) -> list[Diplotype]:
    """Return the pairs of HapB3 alleles and references if no other variant was found."""
    reference = Combination((sample.gene.reference.name,), (), 0)
    names = (sample.gene.reference.name,) * (1 if sample.haploid else 2)
    pairs = [Diplotype(names, 0, sides) for sides, _ in sample.strand_pairs()]
    return _with_hapb3([(pair, reference, reference) for pair in pairs], sample, hapb3)


def _with_hapb3(
    found: Sequence[tuple[Diplotype, Combination, Combination]], sample: GeneSample, hapb3: HapB3
) -> list[Diplotype]:
    """Return diplotypes with the HapB3 allele of each strand added, without duplicates, in the same order."""
    reference = sample.gene.reference.name
    made: dict[tuple[str, ...], Diplotype] = {}
    for diplotype, *strands in found:
        sides = (diplotype.sides, tuple(1 - side for side in diplotype.sides))
        named = [(add_to(c, hapb3.on_strand(s), reference).name, s) for c, s in zip(strands, sides, strict=True)]
        ordered = sorted(named, key=lambda pair: name_key(pair[0]))
        alleles = tuple(name for name, _ in ordered)
        if len(diplotype.alleles) == 1:
            alleles = alleles[:1]
        made.setdefault(alleles, Diplotype(alleles, diplotype.score, ordered[0][1]))
    return sorted(made.values(), key=rank)


def _without(sample: GeneSample) -> frozenset[str]:
    return ALLELES if follows(sample.gene.gene, "hapb3") else frozenset()


def _unphased(sample: GeneSample, hapb3: HapB3, doubled: set[str] | None) -> list[str]:
    """Return the alleles that a strand may carry; one on both strands of a pair appears twice.

    With too many pairs to list (``doubled`` is None), alleles carried by every strand appear twice.
    """
    reference = sample.gene.reference.name
    extra = hapb3.unphased()
    cores = cores_of(sample, _without(sample))
    listed = [reference, *(core.name for core in cores)]
    twice = {core.name for core in cores if not core.limits} if doubled is None else doubled.intersection(listed)
    listed += sorted(name for name in twice if not (name == reference and extra))
    if len(listed) + len(extra) > 2:
        listed = [name for name in listed if name != reference]
    return sorted([*listed, *extra], key=name_key)


def _doubled(sample: GeneSample, without: frozenset[str]) -> set[str] | None:
    """Return the alleles that are on both strands of a pair; None if there are too many pairs to enumerate."""
    pairs = [d.alleles for d, _, _ in combine(sample, partials=False, without=without)]
    return {name for one, two in pairs for name in set(components(one)) & set(components(two))} if pairs else None


def worst_by_activity(gene: str) -> bool:
    """Return whether a gene's worst allele is the one of lowest activity; otherwise malignant ones come first."""
    return value_of(gene, "lowest-function") == "activity"


def lookup_pair(call: LowestFunctionCall, table: PhenotypeTable | None, *, by_activity: bool) -> tuple[str, ...] | None:
    """Return the pair of alleles that determines guidance: the lowest function on each strand, then the worst pair."""
    worst = _Worst(table, by_activity=by_activity)
    if call.diplotypes:
        pairs: list[tuple[str, ...]] = [
            tuple(worst.first(components(name)) for name in d.alleles) for d in call.diplotypes
        ]
        return tuple(sorted(min(pairs, key=worst.pair_key), key=name_key))
    if call.alleles:
        two = sorted(call.alleles, key=worst.key)[:2]
        return tuple(sorted(two if len(two) == 2 else two * 2, key=name_key))
    return None


def worst_first(names: Iterable[str], table: PhenotypeTable | None, *, by_activity: bool) -> list[str]:
    """Return distinct alleles from the lowest function up."""
    return sorted(set(names), key=_Worst(table, by_activity=by_activity).key)


class _Worst:
    """Sort order of alleles from the lowest function up."""

    def __init__(self, table: PhenotypeTable | None, *, by_activity: bool) -> None:
        self._known = {} if table is None else table.alleles
        self._by_activity = by_activity

    def first(self, names: tuple[str, ...]) -> str:
        return min(names, key=self.key)

    def key(self, name: str) -> tuple[Any, ...]:
        if self._by_activity:
            value = self._value(name)
            return (value is not None, value or 0.0, name_key(name))
        return (not self._malignant(name), name_key(name))

    def pair_key(self, pair: Iterable[str]) -> tuple[Any, ...]:
        pair = sorted(pair, key=name_key)
        names = tuple(name_key(name) for name in pair)
        if self._by_activity:
            values = [self._value(name) for name in pair]
            return (sum(_UNKNOWN_VALUE if v is None else v for v in values), names)
        return (-sum(self._malignant(name) for name in pair), names)

    def _value(self, name: str) -> float | None:
        activity = self._known[name].activity if name in self._known else None
        try:
            return None if activity is None else float(activity)
        except ValueError:
            return None

    def _malignant(self, name: str) -> bool:
        return name in self._known and "malignant" in (self._known[name].function or "").lower()
