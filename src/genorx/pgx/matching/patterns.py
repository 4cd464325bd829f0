"""Calling of genes once per genotype pattern: even a large cohort has few patterns of a gene."""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

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
from genorx.pgx.reading.records import CONTRADICTED, NO_CALLS, Outcome
from genorx.pgx.reading.site_reading import SampleSites
from genorx.pgx.reading.sites import Site
from genorx.pgx.report import GeneReport, Unknown
from genorx.pgx.sources import Knowledge

#: Warning on a gene for each reason why a genotype at one of its sites is not used.
_NO_CALL_CODES = {"filtered": "filtered-calls", "no-reads": "calls-without-reads", "ploidy": "ploidy"}


#: Called patterns that are cached, and samples whose patterns are processed together.
_REMEMBERED, TOGETHER = 10_000, 4096


class PatternCaller:
    """Calls genes by the codes of a sample's outcomes; recently called patterns are cached.

    A pattern of a gene consists of the codes of the outcomes of its sites, and of whether there are variants elsewhere
    if the call of the gene depends on that (otherwise 0).

    Parameters
    ----------
    sites : SampleSites
        Sites and their outcomes; the samples are not used.
    known, options, frequencies
        See ``call_files``.

    Attributes
    ----------
    sites : SampleSites
        The same without samples, so that little is sent to other processes.
    """

    def __init__(
        self,
        sites: SampleSites,
        known: Knowledge,
        options: CallOptions,
        frequencies: HaplotypeFrequencies | None = None,
    ) -> None:
        self.sites, self.known, self.options = sites.of_no_samples(), known, options
        self._frequencies = frequencies
        self._calls: OrderedDict[tuple[object, ...], GeneReport] = OrderedDict()
        self._unread: dict[str, tuple[Unknown, ...]] = {}
        self._of_gene = sites_of_genes(sites, known.genes)
        self._extra = [number for number, site in enumerate(sites.table.sites) if site.index is None]
        self._variant = [
            [_shows_variant(site, outcome.bases) for outcome in outcomes]
            for site, outcomes in zip(sites.table.sites, sites.outcomes, strict=True)
        ]
        self._elsewhere = [n for n, s in enumerate(sites.table.sites) if s.position.pos not in positions_of(s.gene)]

    def patterns(self, gene: str, sites: SampleSites, start: int, stop: int) -> NDArray[np.unsignedinteger]:
        """Return the patterns of a gene in some samples, one row per sample."""
        rows = sites.rows(start, stop, self._of_gene[gene])
        elsewhere = np.zeros(len(rows), dtype=bool)
        if follows(gene, "hapb3"):
            column = np.empty(len(rows), dtype=np.int32)
            for n in self._elsewhere:
                if any(self._variant[n]):
                    sites.codes[n].fill(column, start)
                    elsewhere |= np.array(self._variant[n])[column]
        return np.column_stack([rows, elsewhere.astype(rows.dtype)])

    def gene(self, gene: str, row: Sequence[int]) -> GeneReport:
        """Return the report of a gene, called from the file; ``row`` has the code of a sample's outcome per site."""
        elsewhere = follows(gene, "hapb3") and any(self._variant[n][row[n]] for n in self._elsewhere)
        pattern = (*(row[n] for n in self._of_gene[gene]), int(elsewhere))
        found = self._calls.get((gene, *pattern))
        if found is None:
            found = self._calls[gene, *pattern] = self.call(gene, pattern)
            if len(self._calls) > _REMEMBERED:
                self._calls.popitem(last=False)
        else:
            self._calls.move_to_end((gene, *pattern))
        return found

    def call(self, gene: str, pattern: Sequence[int]) -> GeneReport:
        """Return the report of a gene with a pattern."""
        bases: dict[int, Bases] = {}
        weights: dict[int, GenotypeWeights] = {}
        codes: set[str] = set()
        outcomes, sites = self.sites.outcomes, self.sites.table.sites
        for number, code in zip(self._of_gene[gene], pattern, strict=False):
            outcome, index = outcomes[number][code], sites[number].index
            if outcome.bases is not None and index is not None:
                bases[index] = outcome.bases
                if outcome.bases.inferred == "block":
                    codes.add("inferred-from-block")
            if outcome.weights is not None and index is not None:
                weights[index] = outcome.weights
            if outcome.warnings:
                codes |= {CONTRADICTED}.intersection(outcome.warnings)
                if outcome.bases is None:
                    codes |= {_NO_CALL_CODES[code] for code in NO_CALLS if code in outcome.warnings}
        made = call_gene(self.known.genes[gene], bases, self.options, other_variants=bool(pattern[-1]))
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
        """Return the possible results of an unread gene, from frequencies; none without frequencies."""
        if self._frequencies is None:
            return ()
        if gene not in self._unread:
            table = self.known.pack.phenotypes.get(gene)
            self._unread[gene] = unread(gene, self.known.genes.get(gene), table, self._frequencies)
        return self._unread[gene]

    def outcomes(self, row: Sequence[int]) -> list[Outcome]:
        """Return a sample's outcome at each site."""
        return [outcomes[code] for outcomes, code in zip(self.sites.outcomes, row, strict=True)]

    def warnings(self, outcomes: Sequence[Outcome]) -> dict[str, tuple[str, ...]]:
        """Return the warnings of a sample by site, with those of the whole file under ``VCF``."""
        found: dict[str, tuple[str, ...]] = {}
        for site, outcome in zip(self.sites.table.sites, outcomes, strict=True):
            if outcome.warnings:
                found[f"{site.chrom}:{site.pos}"] = outcome.warnings
        if self.sites.file_warnings:
            found["VCF"] = self.sites.file_warnings
        return found

    def reported(self, outcomes: Sequence[Outcome]) -> dict[str, str]:
        """Return genotypes of positions that are reported and not matched, such as ``{"rs12777823": "G/A"}``."""
        found = {}
        for number in self._extra:
            position, bases = self.sites.table.sites[number].position, outcomes[number].bases
            name = position.rsid or position.key
            found[name] = "Unknown" if bases is None else f"{bases.first or '.'}/{bases.second or '.'}"
        return found


def sites_of_genes(sites: SampleSites, genes: Mapping[str, GeneDefinition]) -> dict[str, list[int]]:
    """Return the indices of the sites by which each gene is called."""
    found: dict[str, list[int]] = {gene: [] for gene in genes}
    for number, site in enumerate(sites.table.sites):
        if site.index is not None:
            found[site.gene].append(number)
    return found


class DistinctRows:
    """Distinct rows of codes, and for each sample the index of its row.

    Parameters
    ----------
    samples : int
        Number of samples to come.
    """

    def __init__(self, samples: int) -> None:
        self.number = np.empty(samples, dtype=np.uint32)
        self._found: dict[bytes, int] = {}
        self._kind: np.dtype[np.unsignedinteger] = np.dtype(np.uint8)
        self._width = 0

    def add(self, rows: NDArray[np.unsignedinteger], start: int) -> None:
        """Add the rows of the samples from ``start`` on; all of the same kind."""
        self._kind, self._width = rows.dtype, rows.shape[1]
        data, size, found = rows.tobytes(), rows.itemsize * rows.shape[1], self._found
        for sample in range(len(rows)):
            row = data[sample * size : (sample + 1) * size]
            self.number[start + sample] = found.setdefault(row, len(found))

    def rows(self, together: int) -> Iterator[NDArray[np.unsignedinteger]]:
        """Yield the distinct rows, in blocks of the given size."""
        rows = iter(self._found)
        while some := list(islice(rows, together)):
            yield np.frombuffer(b"".join(some), dtype=self._kind).reshape(len(some), self._width)


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
    samples = len(sites.samples)
    found = {}
    for gene, own in sites_of_genes(sites, genes).items():
        counts: Counter[tuple[int, ...]] = Counter()
        for start in range(0, samples, TOGETHER):
            counts.update(map(tuple, sites.rows(start, start + TOGETHER, own).tolist()))
        found[gene] = [(_bases(sites, own, codes), count) for codes, count in sorted(counts.items())]
    return found


def _bases(sites: SampleSites, numbers: list[int], codes: tuple[int, ...]) -> dict[int, Bases]:
    bases = {}
    for number, code in zip(numbers, codes, strict=True):
        outcome, index = sites.outcomes[number][code], sites.table.sites[number].index
        if outcome.bases is not None and index is not None:
            bases[index] = outcome.bases
    return bases
