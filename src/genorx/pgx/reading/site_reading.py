"""Collection of pharmacogene sites from the records of one file, read by any reader.

Source: VCF 4.5 specification; contig lengths of the assemblies decide, then header text, then the bases themselves.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from genorx.errors import AssemblyError, Finding, UsageError, shown
from genorx.knowledge import GeneDefinition
from genorx.pgx.reading.outcome_numbers import OutcomeNumbers
from genorx.pgx.reading.records import Outcome
from genorx.pgx.reading.reference import FastaBases
from genorx.pgx.reading.site_observations import Collector
from genorx.pgx.reading.sites import Assembly, SiteTable
from genorx.pgx.reading.source import Source
from genorx.variants.near import NearPlaces
from genorx.variants.record_checks import Row
from genorx.variants.records import DEFAULT_FILTERS, VariantReader

if TYPE_CHECKING:
    from numpy.typing import NDArray

_ASSEMBLIES: tuple[Assembly, ...] = ("GRCh38", "GRCh37")
#: Number of records with an unexpected REF, with few expected ones, that is not by chance.
_MANY = 10


@dataclass(frozen=True, kw_only=True)
class SampleSites:
    """Results at every site of a file, for every sample.

    ``outcomes[i]`` holds the distinct outcomes of site ``i``, and ``codes[i][j]`` the index of that of sample ``j``.
    """

    file: Path
    samples: tuple[str, ...]
    assembly: Assembly
    table: SiteTable
    outcomes: list[list[Outcome]]
    codes: list[OutcomeNumbers]
    file_warnings: tuple[str, ...]
    findings: tuple[Finding, ...]

    def rows(self, start: int, stop: int, sites: Sequence[int] | None = None) -> NDArray[np.unsignedinteger]:
        """Return codes of outcomes, a row per sample from ``start`` to before ``stop``, a column per site."""
        chosen = range(len(self.codes)) if sites is None else sites
        most = max((len(self.outcomes[site]) for site in chosen), default=1)
        made = np.empty((max(0, min(stop, len(self.samples)) - start), len(chosen)), dtype=np.min_scalar_type(most))
        for column, site in enumerate(chosen):
            self.codes[site].fill(made[:, column], start)
        return made

    def of_no_samples(self) -> SampleSites:
        """Return the outcomes of the sites, without those of single samples."""
        return replace(self, samples=(), codes=[])


class SiteReading:
    """Processes records near the sites of some genes, read by any reader.

    Parameters
    ----------
    reader : VariantReader
        The open file; pass ``places`` and ``take`` to its method ``watch``.
    genes : mapping of symbol to GeneDefinition
        Definitions of the genes to read.
    sample, absent, likelihoods, filters, fasta
        See ``read_sites``.

    Attributes
    ----------
    tables : list of SiteTable
        Sites on each assembly that the file may be on.

    Raises
    ------
    UsageError, VariantFileError, AssemblyError, InputError
        See ``read_sites``.
    """

    def __init__(
        self,
        reader: VariantReader,
        genes: Mapping[str, GeneDefinition],
        *,
        sample: str | None = None,
        absent: str = "missing",
        likelihoods: bool = False,
        filters: Collection[str] | None = DEFAULT_FILTERS,
        fasta: str | Path | None = None,
    ) -> None:
        if absent not in ("missing", "reference"):
            raise UsageError(f"absent is missing or reference, not {shown(absent)!r}", code="absent")
        self._source = source = Source(reader, filters)
        self._columns = source.columns(sample)
        self._every = len(self._columns) == len(source.header.samples)
        self._claimed = _agreed(source)
        sure = self._claimed is not None and source.evidence.by == "contig lengths"
        tables = [SiteTable(genes, name) for name in _ASSEMBLIES if name == self._claimed or not sure]
        bases = None if fasta is None else FastaBases(fasta)
        if bases is not None:
            tables = bases.check(tables, self._claimed)
            self._claimed = self._claimed or tables[0].assembly
        self.tables = tables
        self._samples = tuple(source.header.samples[column - 9] for column in self._columns)
        fill = absent == "reference"
        self._collectors = [
            Collector(table, self._samples, weighed=likelihoods, absent_is_reference=fill, known=bases)
            for table in tables
        ]

    @property
    def places(self) -> NearPlaces:
        """Positions of records that may be informative on a site, by chromosome."""
        first, *others = self._collectors
        near = dict(first.near)
        for collector in others:
            for chrom, places in collector.near.items():
                near[chrom] = near.get(chrom, frozenset()) | places
        return near

    def take(self, rows: Iterable[Row]) -> None:
        """Process records, in the order of the file.

        Raises
        ------
        VariantFileError
            ``genotype``, ``genotype-without-alt`` or ``likelihood-format``.
        """
        for row in rows:
            record = self._source.record(row)
            if any((record.chrom, record.pos) in table.by_place for table in self.tables):
                self._source.count_filter(row[6])
            texts = row[9:] if self._every else [row[column] for column in self._columns]
            for collector in self._collectors:
                if collector.wants(record):
                    collector.take(record, texts)
            record.form.forget()

    def finish(self, noticed: Iterable[Finding] = ()) -> SampleSites:
        """Return the result of all records; ``noticed`` are the findings of the reader.

        Raises
        ------
        AssemblyError
            ``assembly-contradicted`` if the records contradict the header, or fit neither assembly.
        """
        chosen, notes = _chosen(self._collectors, self._source, self._claimed)
        found = chosen.finish()
        return SampleSites(
            file=self._source.path,
            samples=self._samples,
            assembly=chosen.table.assembly,
            table=chosen.table,
            outcomes=[outcomes for outcomes, _ in found],
            codes=[codes for _, codes in found],
            file_warnings=self._source.file_warnings,
            findings=tuple(_findings([*noticed, *notes], chosen, self._source)),
        )


def _agreed(source: Source) -> Assembly | None:
    """Return the assembly named by the header or the caller.

    Raises
    ------
    AssemblyError
        ``assembly-wrong``: the contigs have the lengths of neither, so no position means what the pack means by it.
    """
    if source.evidence.name is None and source.evidence.by == "contig lengths":
        reason = "contig lengths are those of neither GRCh37 nor GRCh38, on which pharmacogenes are known"
        hint = "lift the file over, or check which reference it was made on"
        raise AssemblyError(reason, file=source.path, place="header", hint=hint, code="assembly-wrong")
    name = source.assembly
    return None if name is None else "GRCh37" if name == "GRCh37" else "GRCh38"


def _chosen(
    collectors: Sequence[Collector], source: Source, claimed: Assembly | None
) -> tuple[Collector, list[Finding]]:
    """Return the collector of the assembly that the records' bases match, with findings on the choice.

    Raises
    ------
    AssemblyError
        If the records contradict the header, or fit neither assembly.
    """
    wanted = claimed or "GRCh38"
    first = next(c for c in collectors if c.table.assembly == wanted)
    others = [c for c in collectors if c is not first and c.agreeing >= 2 and first.agreeing == 0]
    hint = "check the assembly of the file; is it strand-flipped, or are REF and ALT swapped?"
    if others and claimed is not None:
        reason = f"the file is stated to be of {claimed}, but {others[0].agreeing} records fit only the other assembly"
        raise AssemblyError(reason, file=source.path, hint=hint, code="assembly-contradicted")
    if others:
        text = f"read as GRCh37: {others[0].agreeing} sites have its reference base, none that of GRCh38"
        place = f"{source.path.name}:header"
        return others[0], [Finding(code="assembly-inferred", severity="warning", message=text, place=place)]
    if first.differing >= _MANY and first.differing > 3 * first.agreeing:
        reason = f"REF differs from {wanted} at {first.differing} of {first.differing + first.agreeing} sites"
        raise AssemblyError(reason, file=source.path, hint=hint, code="assembly-contradicted")
    return first, []


def _findings(noticed: Iterable[Finding], collector: Collector, source: Source) -> list[Finding]:
    found = [finding for finding in noticed if not _settled_by_bases(finding, collector)]
    found += source.filter_findings()
    evidence = source.evidence
    known_by_length = evidence.name is not None and evidence.by == "contig lengths"
    if collector.agreeing == 0 and not (collector.in_blocks and known_by_length):
        text = (
            f"no record has the reference base of {collector.table.assembly} at a pharmacogene: is it another assembly?"
        )
        found.append(Finding(code="pgx-no-site", severity="serious", message=text, place=source.path.name))
    if source.somatic:
        text = "the header names a somatic caller: pharmacogenes are read from germline variants"
        found.append(Finding(code="pgx-tumour-file", severity="serious", message=text, place=source.path.name))
    for position in collector.table.unplaced:
        text = f"{position.key} has no known position on {collector.table.assembly}: it is missing"
        found.append(Finding(code="pgx-unplaced", severity="warning", message=text, place=position.key))
    return found


def _settled_by_bases(finding: Finding, collector: Collector) -> bool:
    """Return whether the bases of the sites settle a finding on the header: on the assembly or its contigs."""
    if finding.code == "contig-undeclared":
        return True
    return finding.code == "assembly-unknown" and finding.severity == "warning" and collector.agreeing > 0
