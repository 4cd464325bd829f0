"""The call of one gene from the genotypes at its positions: rules that apply, and warnings.

Reading files is ``pgx.reading``; interpretation of a call is ``pgx.guidance.phenotype``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from genorx._core.short_repr import short
from genorx.knowledge import GeneDefinition
from genorx.pgx.matching.combinations import combine
from genorx.pgx.matching.gene_rules import follows
from genorx.pgx.matching.genotype import Bases, GeneSample
from genorx.pgx.matching.lowest_function import LowestFunctionCall, call_lowest_function
from genorx.pgx.matching.matcher import Diplotype, best, callable_alleles, match_diplotypes
from genorx.pgx.matching.naming import components, join, label, name_key


@dataclass(frozen=True, slots=True, kw_only=True)
class CallOptions:
    """Settings of calling: whether to keep lower-scoring pairs, and to search for combinations and partial alleles."""

    all_results: bool = False
    combinations: bool = False


@short
@dataclass(frozen=True, slots=True, kw_only=True)
class GeneCall:
    """The call of one gene.

    Attributes
    ----------
    pairs : tuple of tuple of str
        Called diplotypes, best first, with core alleles in place of sub-alleles; one allele for a haploid gene.
    alleles : tuple of str
        Alleles of a lowest-function gene without phase; ``pairs`` is then empty.
    scores : tuple of int
        Score of each pair.
    possible : tuple of tuple of str
        Every pair that explains the sample, including the called ones.
    labels : tuple of str
        Display names of the call.
    given : bool
        Whether an outside call gave a phenotype or score without alleles.
    """

    gene: str
    source: str = "vcf"
    pairs: tuple[tuple[str, ...], ...] = ()
    alleles: tuple[str, ...] = ()
    scores: tuple[int, ...] = ()
    possible: tuple[tuple[str, ...], ...] = ()
    labels: tuple[str, ...] = ()
    uncallable: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    phased: bool = False
    effectively_phased: bool = False
    warnings: tuple[str, ...] = ()
    given: bool = False

    @property
    def called(self) -> bool:
        """Whether anything was called."""
        return bool(self.pairs or self.alleles or self.given)

    @property
    def diplotypes(self) -> tuple[str, ...]:
        """Names of the called pairs."""
        return tuple(join(pair) for pair in self.pairs)


def call_gene(
    gene: GeneDefinition, bases: Mapping[int, Bases], options: CallOptions, *, other_variants: bool = False
) -> GeneCall:
    """Return the call of a gene from the genotypes at its positions, by index.

    ``other_variants`` is whether the sample has variants elsewhere, which matters only for HapB3 of DPYD.
    """
    documented, undocumented = documented_bases(gene, bases, options)
    sample = GeneSample(gene, documented)
    warnings = {"undocumented-as-reference"} if undocumented else set()
    if sample.missing and sample.bases:
        warnings.add("missing-positions")
        if not sample.bases.keys() >= _tier1_positions(gene):
            warnings.add("tier1-position-missing")
    call = GeneCall(
        gene=gene.gene,
        source="vcf" if bases else "none",
        missing=tuple(gene.positions[i].key for i in sample.missing),
        uncallable=_uncallable(sample),
        phased=bool(bases) and sample.phased,
        effectively_phased=sample.effectively_phased,
    )
    if not bases:
        return call
    if any(gene.positions[i].pos in gene.required for i in sample.missing):
        return replace(call, warnings=tuple(sorted(warnings | {"missing-required-position"})))
    if follows(gene.gene, "lowest-function"):
        found = call_lowest_function(sample, other_variants=other_variants)
        return _with_lowest_function(call, sample, found, warnings)
    return _with_diplotypes(call, sample, options, warnings)


def _tier1_positions(gene: GeneDefinition) -> set[int]:
    """Return the positions of the alleles that every test of the gene should detect."""
    return {index for name in gene.tier1 if name in gene.by_name for index in gene.by_name[name].bases}


def documented_bases(
    gene: GeneDefinition, bases: Mapping[int, Bases], options: CallOptions
) -> tuple[Mapping[int, Bases], bool]:
    """Replace undocumented bases by the reference, in genes with that rule."""
    always = follows(gene.gene, "lowest-function")
    if not follows(gene.gene, "undocumented-as-reference") or (options.combinations and not always):
        return bases, False
    changed = dict(bases)
    for index, call in bases.items():
        position = gene.positions[index]
        known = {position.ref, *position.alts, None}
        if call.first not in known or call.second not in known:
            first = call.first if call.first in known else position.ref
            second = call.second if call.second in known else position.ref
            changed[index] = replace(call, first=first, second=second)
    return changed, changed != bases


def _uncallable(sample: GeneSample) -> tuple[str, ...]:
    if not sample.missing:
        return ()
    kept = {allele.name for allele in callable_alleles(sample)}
    return tuple(sorted((a.name for a in sample.gene.alleles if a.name not in kept), key=name_key))


def _with_lowest_function(
    call: GeneCall, sample: GeneSample, found: LowestFunctionCall, warnings: set[str]
) -> GeneCall:
    reference = sample.gene.reference.name
    pairs = tuple(d.alleles for d in found.diplotypes)
    labels = tuple(label(call.gene, pair, reference) for pair in pairs) or found.alleles
    warnings |= set(found.warnings)
    if any(name == reference for pair in (*pairs, found.alleles) for name in pair):
        warnings.add("reference-allele")
    if len(pairs) > 1:
        warnings.add("ambiguous-call")
    if found.alleles:
        warnings.add("no-phase")
    return replace(
        call,
        pairs=pairs,
        possible=pairs,
        scores=tuple(d.score for d in found.diplotypes),
        alleles=found.alleles,
        labels=labels,
        warnings=tuple(sorted(warnings)),
    )


def _with_diplotypes(call: GeneCall, sample: GeneSample, options: CallOptions, warnings: set[str]) -> GeneCall:
    possible = [] if sample.half_calls else match_diplotypes(sample)
    chosen = possible if options.all_results else best(possible) if possible else []
    chosen, picked = (chosen, False) if options.all_results else _prioritised(sample, possible, chosen)
    if sample.half_calls:
        warnings.add("half-call")
    if not possible and options.combinations:
        chosen = possible = [d for d, _, _ in combine(sample, partials=True)]
        warnings |= _combination_warnings(sample, chosen)
    if not possible and _mixed_ploidy(sample):
        warnings.add("mixed-ploidy")
    warnings |= _notes(sample, possible, chosen, picked=picked)
    scores = {_core(sample, d): d.score for d in reversed(chosen)}  # of core alleles, the first and best
    pairs = _unique(_core(sample, d) for d in chosen)
    return replace(
        call,
        pairs=tuple(pairs),
        possible=tuple(_unique(_core(sample, d) for d in possible)),
        scores=tuple(scores[pair] for pair in pairs),
        labels=tuple(label(call.gene, pair, sample.gene.reference.name) for pair in pairs),
        warnings=tuple(sorted(warnings)),
    )


def _prioritised(
    sample: GeneSample, possible: list[Diplotype], chosen: list[Diplotype]
) -> tuple[list[Diplotype], bool]:
    """Return the diplotype prioritised by the source if unphased data cannot decide (NAT2)."""
    if not sample.gene.priorities or sample.effectively_phased:
        return chosen, False
    names = {d.name for d in possible}
    for priority in sample.gene.priorities:
        if names.issuperset(priority.diplotypes):
            return [d for d in possible if d.name == priority.pick], True
    return possible, False


def _core(sample: GeneSample, diplotype: Diplotype) -> tuple[str, ...]:
    """Return allele names with core alleles in place of sub-alleles."""
    known = sample.gene.suballeles
    if not known:
        return diplotype.alleles
    renamed = []
    for name in diplotype.alleles:
        parts = components(name)
        renamed.append(known.get(name, name) if len(parts) == 1 else f"[{' + '.join(known.get(p, p) for p in parts)}]")
    return tuple(sorted(renamed, key=name_key))


def _unique(pairs: Iterable[tuple[str, ...]]) -> list[tuple[str, ...]]:
    return list(dict.fromkeys(pairs))


def _combination_warnings(sample: GeneSample, chosen: list[Diplotype]) -> set[str]:
    if not chosen:
        return {"too-many-phases"}
    return {"combination-call"} | (set() if sample.effectively_phased else {"combination-unphased"})


def _mixed_ploidy(sample: GeneSample) -> bool:
    halves = {call.half for call in sample.bases.values()}
    return sample.gene.chrom == "chrX" and halves == {True, False}


def _notes(sample: GeneSample, possible: list[Diplotype], chosen: list[Diplotype], *, picked: bool) -> set[str]:
    notes = set()
    gene = sample.gene
    called = {name for d in chosen for name in d.alleles}
    if gene.reference.name in called and len(gene.positions) > 1 and not follows(gene.gene, "no-reference-note"):
        notes.add("reference-allele")
    if len({_core(sample, d) for d in possible}) > 1:
        notes.add("ambiguous-call")
    if picked:
        notes.add("unphased-priority")
    return notes
