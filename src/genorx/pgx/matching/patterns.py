"""Calling of genes once per genotype pattern: a cohort has few patterns of a gene, whatever its size."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from genorx.knowledge import GeneDefinition
from genorx.pgx.gene_report import report_gene
from genorx.pgx.matching.caller import CallOptions, call_gene, documented_bases
from genorx.pgx.matching.gene_rules import follows
from genorx.pgx.matching.genotype import Bases, GeneSample
from genorx.pgx.matching.hapb3 import is_variant, positions_of
from genorx.pgx.probability.frequencies import HaplotypeFrequencies
from genorx.pgx.probability.population import unread
from genorx.pgx.probability.posterior import combination_posterior, posterior_of, usable_weights
from genorx.pgx.probability.strand_posterior import StrandPosterior
from genorx.pgx.reading.likelihoods import GenotypeWeights
from genorx.pgx.reading.reading import read_sites
from genorx.pgx.reading.records import NO_CALLS
from genorx.pgx.reading.site_reading import SampleSites
from genorx.pgx.reading.sites import Site
from genorx.pgx.report import GeneReport, Unknown
from genorx.pgx.sources import Knowledge

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

#: Warning of a gene for each reason why a genotype at one of its sites does not count.
_NO_CALL_CODES = {"filtered": "filtered-calls", "no-reads": "calls-without-reads", "ploidy": "ploidy"}


class PatternCaller:
    """Calls genes of samples; each genotype pattern is called once."""

    def __init__(
        self,
        sites: SampleSites,
        known: Knowledge,
        options: CallOptions,
        frequencies: HaplotypeFrequencies | None = None,
    ) -> None:
        self.sites, self.known, self.options = sites, known, options
        self._frequencies = frequencies
        self._calls: dict[tuple[object, ...], GeneReport] = {}
        self._unread: dict[str, tuple[Unknown, ...]] = {}
        self._of_gene: dict[str, list[int]] = {gene: [] for gene in known.genes}
        self._extra: list[int] = []
        for number, site in enumerate(sites.table.sites):
            (self._extra if site.index is None else self._of_gene[site.gene]).append(number)
        self._variant = [
            [_shows_variant(site, outcome.bases) for outcome in outcomes]
            for site, outcomes in zip(sites.table.sites, sites.outcomes, strict=True)
        ]
        self._elsewhere = [n for n, s in enumerate(sites.table.sites) if s.position.pos not in positions_of(s.gene)]

    def patterns(self, gene: str) -> NDArray[np.int32]:
        """Return the inputs of a gene's call, one row per sample: indices of outcomes, and variants elsewhere."""
        import numpy as np

        numbers, samples = self._of_gene[gene], len(self.sites.samples)
        rows = [np.frombuffer(self.sites.codes[n], dtype=np.int32) for n in numbers]
        if follows(gene, "hapb3"):
            others = np.zeros(samples, dtype=bool)
            for n in self._elsewhere:
                others |= np.array(self._variant[n])[np.frombuffer(self.sites.codes[n], dtype=np.int32)]
            rows.append(others.astype(np.int32))
        return np.stack(rows, axis=1) if rows else np.zeros((samples, 1), dtype=np.int32)

    def gene(self, gene: str, sample: int) -> GeneReport:
        """Return the report of a gene, called from the file."""
        numbers = self._of_gene[gene]
        others = follows(gene, "hapb3") and any(self._variant[n][self.sites.codes[n][sample]] for n in self._elsewhere)
        pattern = (gene, others, *(self.sites.codes[n][sample] for n in numbers))
        found = self._calls.get(pattern)
        if found is None:
            found = self._calls[pattern] = self._call(gene, sample, numbers, others=others)
        return found

    def _call(self, gene: str, sample: int, numbers: list[int], *, others: bool) -> GeneReport:
        bases: dict[int, Bases] = {}
        weights: dict[int, GenotypeWeights] = {}
        codes: set[str] = set()
        outcomes, code_of, sites = self.sites.outcomes, self.sites.codes, self.sites.table.sites
        for number in numbers:
            outcome, index = outcomes[number][code_of[number][sample]], sites[number].index
            if outcome.bases is not None and index is not None:
                bases[index] = outcome.bases
                if outcome.bases.inferred == "block":
                    codes.add("inferred-from-block")
            if outcome.weights is not None and index is not None:
                weights[index] = outcome.weights
            if outcome.warnings:
                codes |= {"duplicate-disagrees"}.intersection(outcome.warnings)
                if outcome.bases is None:
                    codes |= {_NO_CALL_CODES[code] for code in NO_CALLS if code in outcome.warnings}
        made = call_gene(self.known.genes[gene], bases, self.options, other_variants=others)
        made = replace(made, warnings=tuple(sorted({*made.warnings, *codes})))
        return self._with_posterior(report_gene(made, self.known, bases), bases, weights)

    def _with_posterior(
        self, report: GeneReport, bases: Mapping[int, Bases], weights: Mapping[int, GenotypeWeights]
    ) -> GeneReport:
        gene = self.known.genes[report.call.gene]
        if self._frequencies is None or gene.gene not in self._frequencies.table:
            return report
        sample = GeneSample(gene, documented_bases(gene, bases, self.options)[0])
        table, usable = self.known.pack.phenotypes.get(gene.gene), usable_weights(sample, weights)
        if not (sample.bases or usable):
            return replace(report, unknowns=self.unread(gene.gene))
        if follows(gene.gene, "lowest-function"):
            strands = StrandPosterior(sample, self._frequencies.carried(gene) or {}, table, usable)
            return replace(report, posterior=strands.pairs(), unknowns=strands.unknowns()) if strands.usable else report
        frequency = self._frequencies.of(gene) or {}
        if "combination-call" in report.call.warnings:
            return replace(report, posterior=combination_posterior(sample, frequency, table))
        return replace(report, posterior=posterior_of(sample, frequency, table, usable))

    def unread(self, gene: str) -> tuple[Unknown, ...]:
        """Return the possible results of an unread gene, from frequencies; nothing without frequencies."""
        if self._frequencies is None:
            return ()
        if gene not in self._unread:
            table = self.known.pack.phenotypes.get(gene)
            self._unread[gene] = unread(gene, self.known.genes.get(gene), table, self._frequencies)
        return self._unread[gene]

    def warnings(self, sample: int) -> dict[str, tuple[str, ...]]:
        """Return the warnings of a sample by site, those on the whole file under ``VCF``."""
        found: dict[str, tuple[str, ...]] = {}
        for number, site in enumerate(self.sites.table.sites):
            outcome = self.sites.outcome(number, sample)
            if outcome.warnings:
                found[f"{site.chrom}:{site.pos}"] = outcome.warnings
        if self.sites.file_warnings:
            found["VCF"] = self.sites.file_warnings
        return found

    def reported(self, sample: int) -> dict[str, str]:
        """Return genotypes of positions that are reported but not matched, such as ``{"rs12777823": "G/A"}``."""
        found = {}
        for number in self._extra:
            site, bases = self.sites.table.sites[number], self.sites.outcome(number, sample).bases
            name = site.position.rsid or site.position.key
            found[name] = "Unknown" if bases is None else f"{bases.first or '.'}/{bases.second or '.'}"
        return found


def _shows_variant(site: Site, bases: Bases | None) -> bool:
    """Return whether a genotype is not clearly the reference of GRCh38, whatever the file's assembly."""
    if bases is None:
        return False
    if site.ref == site.position.ref:
        return is_variant(bases.gt)
    return {bases.first, bases.second} != {site.position.ref}


def read_patterns(
    path: str | Path, genes: Mapping[str, GeneDefinition], *, absent: str = "missing"
) -> dict[str, list[tuple[dict[int, Bases], int]]]:
    """Return the distinct genotypes of each gene in a file, and the number of samples with each."""
    sites = read_sites(path, genes, absent=absent)
    numbers: dict[str, list[int]] = {gene: [] for gene in genes}
    for number, site in enumerate(sites.table.sites):
        if site.index is not None:
            numbers[site.gene].append(number)
    found = {}
    for gene, own in numbers.items():
        counts = Counter(zip(*(sites.codes[n] for n in own), strict=True))
        found[gene] = [(_bases(sites, own, codes), count) for codes, count in sorted(counts.items())]
    return found


def _bases(sites: SampleSites, numbers: list[int], codes: tuple[int, ...]) -> dict[int, Bases]:
    bases = {}
    for number, code in zip(numbers, codes, strict=True):
        outcome, index = sites.outcomes[number][code], sites.table.sites[number].index
        if outcome.bases is not None and index is not None:
            bases[index] = outcome.bases
    return bases
