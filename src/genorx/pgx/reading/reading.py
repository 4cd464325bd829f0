"""Variant files read for the sites of pharmacogenes: any VCF, gVCF or BCF, on either assembly.

Source: VCF 4.5 specification; contig lengths of the assemblies decide, then header text, then the bases themselves.
"""

from __future__ import annotations

from array import array
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from genorx.errors import AssemblyError, Finding, UsageError, shown
from genorx.knowledge import GeneDefinition
from genorx.pgx.reading.records import Outcome
from genorx.pgx.reading.reference import FastaBases
from genorx.pgx.reading.site_observations import Collector
from genorx.pgx.reading.sites import Assembly, SiteTable
from genorx.pgx.reading.source import Source
from genorx.variants.records import DEFAULT_FILTERS

_ASSEMBLIES: tuple[Assembly, ...] = ("GRCh38", "GRCh37")
#: So many records with another REF than expected, and few with the right one, are no accident.
_MANY = 10


@dataclass(frozen=True, kw_only=True)
class SampleSites:
    """What a file says of every site, for every sample.

    ``outcomes[i]`` holds the distinct outcomes of site ``i`` and ``codes[i][j]`` the number of that of sample ``j``.
    """

    file: Path
    samples: tuple[str, ...]
    assembly: Assembly
    table: SiteTable
    outcomes: list[list[Outcome]]
    codes: list[array[int]]
    file_warnings: tuple[str, ...]
    findings: tuple[Finding, ...]

    def outcome(self, site: int, sample: int) -> Outcome:
        """Return the outcome of a site in a sample."""
        return self.outcomes[site][self.codes[site][sample]]


def read_sites(
    path: str | Path,
    genes: Mapping[str, GeneDefinition],
    *,
    sample: str | None = None,
    assembly: str | None = None,
    absent: str = "missing",
    likelihoods: bool = False,
    filters: Collection[str] | None = DEFAULT_FILTERS,
    fasta: str | Path | None = None,
) -> SampleSites:
    """Return what a variant file says of the sites of some genes.

    Parameters
    ----------
    path : path
        VCF, gVCF or BCF; plain, gzip or bgzip.
    sample : str, optional
        The one sample to read; all of them when absent.
    assembly : str, optional
        What the caller knows; checked against the file.
    absent : {"missing", "reference"}
        What a site without a record means.
    likelihoods : bool
        Keep the likelihoods of genotypes (PL, GL, GP) too.
    filters : collection of str or None
        FILTER and FT values that are accepted; calls of others are no-calls.  None accepts all.
    fasta : path, optional
        Reference sequence with its index, to tell indels and repeats in any spelling.  Without it, a sample with an
        indel that may be one of the definitions' has no call at that site.

    Raises
    ------
    VariantFileError
        For a file that is not what it claims to be; ``sample-absent`` for a sample that it does not hold.
    AssemblyError
        If the assembly is not the one that is asked for, or cannot be told; ``fasta-contig``, ``fasta-assembly`` for
        a reference sequence of another one.
    InputError
        ``fasta-absent``, ``fasta-index``, ``fasta-unreadable``.
    """
    if absent not in ("missing", "reference"):
        raise UsageError(f"absent is missing or reference, not {shown(absent)!r}", code="absent")
    where = Path(path)
    source = Source(where, filters=filters, assembly=assembly)
    columns = source.columns(sample)
    claimed = _agreed(source)
    sure = claimed is not None and source.reader.evidence.by == "contig lengths"
    tables = [SiteTable(genes, name) for name in _ASSEMBLIES if name == claimed or not sure]
    bases = None if fasta is None else FastaBases(fasta)
    if bases is not None:
        tables = bases.check(tables, claimed)
        claimed = claimed or tables[0].assembly
    samples = tuple(source.header.samples[column - 9] for column in columns)
    fill = absent == "reference"
    collectors = [
        Collector(table, samples, weighed=likelihoods, absent_is_reference=fill, known=bases) for table in tables
    ]
    file_warnings: set[str] = set()
    for record, texts in source.records(collectors, columns, file_warnings):
        for collector in collectors:
            if collector.wants(record):
                collector.take(record, texts)
    chosen = _chosen(collectors, source, claimed)
    found = chosen.finish()
    return SampleSites(
        file=where,
        samples=samples,
        assembly=chosen.table.assembly,
        table=chosen.table,
        outcomes=[outcomes for outcomes, _ in found],
        codes=[codes for _, codes in found],
        file_warnings=tuple(sorted(file_warnings)),
        findings=tuple(_findings(chosen, source)),
    )


def _agreed(source: Source) -> Assembly | None:
    """Return the assembly that the header names or the caller says."""
    name = source.reader.assembly
    return None if name is None else "GRCh37" if name == "GRCh37" else "GRCh38"


def _chosen(collectors: Sequence[Collector], source: Source, claimed: Assembly | None) -> Collector:
    """Return the collector of the assembly that the bases of the records agree with.

    Raises
    ------
    AssemblyError
        If the records contradict the header, or fit neither assembly.
    """
    wanted = claimed or "GRCh38"
    first = next(c for c in collectors if c.table.assembly == wanted)
    others = [c for c in collectors if c is not first and c.agreeing >= 2 and first.agreeing == 0]
    hint = "check on which assembly the file was made; is it strand-flipped, or are REF and ALT swapped?"
    if others and claimed is not None:
        reason = f"the file is said to be of {claimed}, but {others[0].agreeing} records fit only the other assembly"
        raise AssemblyError(reason, file=source.path, hint=hint, code="assembly-contradicted")
    if others:
        text = f"taken as GRCh37: {others[0].agreeing} sites have its reference base, none that of GRCh38"
        source.notes.add("assembly-inferred", "warning", text, place="header")
        return others[0]
    if first.differing >= _MANY and first.differing > 3 * first.agreeing:
        reason = f"REF differs from {wanted} at {first.differing} of {first.differing + first.agreeing} sites"
        raise AssemblyError(reason, file=source.path, hint=hint, code="assembly-contradicted")
    return first


def _findings(collector: Collector, source: Source) -> list[Finding]:
    found = [f for f in source.notes.findings(source.path.name) if not _settled_by_bases(f, collector)]
    found += source.filter_findings()
    evidence = source.reader.evidence
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
        text = f"{position.key} has no known place on {collector.table.assembly}: it is missing"
        found.append(Finding(code="pgx-unplaced", severity="warning", message=text, place=position.key))
    return found


def _settled_by_bases(finding: Finding, collector: Collector) -> bool:
    """Tell whether the bases of the sites answer what the header leaves open: the assembly, and its contigs."""
    if finding.code == "contig-undeclared":
        return True
    return finding.code == "assembly-unknown" and finding.severity == "warning" and collector.agreeing > 0
