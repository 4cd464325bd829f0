"""From a variant file to reports: reading sites, calling genes by genotype pattern, outside calls, guidance."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from genorx._core.garbage import unsearched
from genorx._core.nearest import did_you_mean
from genorx._core.short_repr import Results
from genorx._core.workers import map_in_order
from genorx.errors import Finding, shown
from genorx.knowledge import Pack
from genorx.knowledge.drug_names import drugs_in
from genorx.pgx.call_settings import CallSettings
from genorx.pgx.gene_report import report_gene, report_outside
from genorx.pgx.guidance.guidance import GuidanceFinder
from genorx.pgx.matching.caller import CallOptions, GeneCall
from genorx.pgx.matching.patterns import TOGETHER, PatternCaller
from genorx.pgx.probability.certainty import action_certainty
from genorx.pgx.probability.frequencies import HaplotypeFrequencies, take_frequencies
from genorx.pgx.reading.merge_files import joined_files
from genorx.pgx.reading.no_calls import no_calls_of
from genorx.pgx.reading.outside import OutsideCall
from genorx.pgx.reading.outside_table import OutsideTable, read_outside_calls
from genorx.pgx.reading.site_reading import SampleSites
from genorx.pgx.report import GeneReport, PgxReport
from genorx.pgx.sources import Knowledge
from genorx.variants.records import DEFAULT_FILTERS

Paths = str | Path | Iterable[str | Path]
Frequencies = HaplotypeFrequencies | Mapping[str, Mapping[str, float]] | str | Path
#: Samples per task; fewer with probabilities, which take longer.
_BLOCK, _BLOCK_OF_PROBABILITIES = 200, 50


def call(  # noqa: PLR0917  (a public order)
    path: str | Path,
    outside: Paths | None = None,
    definitions: str | Path | None = None,
    exemptions: str | Path | bool | None = None,
    sample: str | None = None,
    all_results: bool = False,
    combinations: bool = False,
    cyp2d6: bool = False,
    absent: str = "missing",
    *,
    assembly: str | None = None,
    drugs: Iterable[str] | None = None,
    pack: Pack | None = None,
    frequencies: Frequencies | None = None,
    fasta: str | Path | None = None,
    filters: Collection[str] | None = DEFAULT_FILTERS,
) -> Results[PgxReport]:
    """Return the pharmacogenes of each sample of a variant file.

    Parameters
    ----------
    path : path
        VCF, gVCF or BCF on GRCh37 or GRCh38, of one or more samples; or the genotype table of an array (.csv, .tsv,
        .txt).
    outside : path or list of paths, optional
        Tables of calls made elsewhere, which take precedence over calls from the file.  For a file of several samples
        each table has a column ``sample``, or is of one sample and named ``SAMPLE.outside.tsv``.
    definitions : path, optional
        Allele definitions in PharmCAT's or genorx's format, a file or a folder, instead of the pack's.
    exemptions : path or False, optional
        File with exemptions of genes in PharmCAT's format; False for none; by default those of the pack.
    sample : str, optional
        Name of the sample to call; by default all.
    all_results : bool
        Whether to report every pair of alleles that explains the sample, not only the best.  The default is False.
    combinations : bool
        Whether to search for combinations of alleles and partial alleles if no pair of alleles explains a sample.  The
        default is False.
    cyp2d6 : bool
        Whether to call CYP2D6 too, from small variants; copy number and hybrid alleles are not detected.  The default
        is False.
    absent : {"missing", "reference"}
        Meaning of a site without a record; ``"missing"`` by default.
    assembly : str, optional
        Assembly of the file, checked against it; by default detected.
    drugs : iterable of str, optional
        Drugs to look up, by default all: generic names, with or without salts and doses, or some brands.
    pack : Pack, optional
        Knowledge to use; by default the pack shipped with genorx.
    frequencies : mapping, path or HaplotypeFrequencies, optional
        Haplotype frequencies by gene and allele, for the posterior of each gene and the certainty of each action.
    fasta : path, optional
        Reference sequence with its index, to recognise indels and repeats in any notation.  Without it, an indel that
        may be one of the definitions leaves its site without a call (``indel-undecided``).
    filters : collection of str or None
        FILTER and FT values whose calls are accepted, see ``read_genotypes``; other calls are no-calls.  None accepts
        all.  Records that did not pass are counted in the findings in either case.

    Returns
    -------
    list of PgxReport
        One report per sample, in the order of the file.

    Raises
    ------
    VariantFileError, AssemblyError
        If the file is damaged or not a variant file, or the reference sequence does not fit it.
    InputError
        ``fasta-absent``, ``fasta-index`` or ``fasta-unreadable`` if the reference sequence cannot be read.
    PackError, OutsideCallError
        If definitions, exemptions or outside calls violate their format.

    References
    ----------
    Sangkuhl K et al. 2020, Clin Pharmacol Ther 107:203.
    """
    return call_files(
        [path],
        outside,
        definitions=definitions,
        exemptions=exemptions,
        sample=sample,
        options=CallOptions(all_results=all_results, combinations=combinations),
        cyp2d6=cyp2d6,
        absent=absent,
        assembly=assembly,
        drugs=drugs,
        pack=pack,
        frequencies=frequencies,
        fasta=fasta,
        filters=filters,
    )


def call_files(
    paths: Iterable[str | Path],
    outside: Paths | None = None,
    *,
    definitions: str | Path | None = None,
    exemptions: str | Path | bool | None = None,
    sample: str | None = None,
    options: CallOptions | None = None,
    cyp2d6: bool = False,
    absent: str = "missing",
    assembly: str | None = None,
    drugs: Iterable[str] | None = None,
    pack: Pack | None = None,
    frequencies: Frequencies | None = None,
    fasta: str | Path | None = None,
    filters: Collection[str] | None = DEFAULT_FILTERS,
) -> Results[PgxReport]:
    """Return the pharmacogenes of the samples of several files; see ``call``.

    Files with the same samples and different sites, such as one per chromosome, are merged.
    Outside calls are assigned to the samples named in their tables; a table without names is accepted for a single
    sample only.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> folder = Path(tempfile.mkdtemp())
    >>> from genorx.datasets import write_pgx_cohort
    >>> _ = write_pgx_cohort(folder / "cohort.vcf", n=2)
    >>> len(call_files([folder / "cohort.vcf"], drugs=["clopidogrel"]))
    2
    """
    reports = iter_reports(
        paths,
        outside,
        definitions=definitions,
        exemptions=exemptions,
        sample=sample,
        options=options,
        cyp2d6=cyp2d6,
        absent=absent,
        assembly=assembly,
        drugs=drugs,
        pack=pack,
        frequencies=frequencies,
        fasta=fasta,
        filters=filters,
    )
    return Results(reports)


def iter_reports(
    paths: Iterable[str | Path],
    outside: Paths | None = None,
    *,
    definitions: str | Path | None = None,
    exemptions: str | Path | bool | None = None,
    sample: str | None = None,
    options: CallOptions | None = None,
    cyp2d6: bool = False,
    absent: str = "missing",
    assembly: str | None = None,
    drugs: Iterable[str] | None = None,
    pack: Pack | None = None,
    frequencies: Frequencies | None = None,
    fasta: str | Path | None = None,
    filters: Collection[str] | None = DEFAULT_FILTERS,
) -> Iterator[PgxReport]:
    """Yield the reports that ``call_files`` returns one by one, so that a large cohort needs little memory.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> folder = Path(tempfile.mkdtemp())
    >>> from genorx.datasets import write_pgx_cohort
    >>> _ = write_pgx_cohort(folder / "cohort.vcf", n=2)
    >>> [report.sample for report in iter_reports([folder / "cohort.vcf"], drugs=["clopidogrel"])]
    ['S0001', 'S0002']
    """
    settings = CallSettings(
        definitions=definitions,
        exemptions=exemptions,
        pack=pack,
        cyp2d6=cyp2d6,
        options=options or CallOptions(),
        absent=absent,
        assembly=assembly,
        filters=filters,
        fasta=fasta,
    )
    yield from _called(paths, outside, settings, sample=sample, drugs=drugs, frequencies=frequencies)


def _called(
    paths: Iterable[str | Path],
    outside: Paths | None,
    settings: CallSettings,
    *,
    sample: str | None,
    drugs: Iterable[str] | None,
    frequencies: Frequencies | None,
) -> Iterator[PgxReport]:
    """Yield the reports of the samples of several files."""
    known = settings.knowledge()
    given = OutsideTable() if outside is None else read_outside_calls(outside, known.pack)
    weights = None if frequencies is None else take_frequencies(frequencies, known.genes, known.pack.phenotypes)
    read = partial(settings.sites, genes=known.genes, sample=sample, likelihoods=weights is not None)
    cohorts = joined_files(map_in_order(read, list(paths)))
    everybody = list(dict.fromkeys(name for sites in cohorts for name in sites.samples))
    wanted, more = _wanted(drugs, known.pack)
    shared = (*known.pack.findings(), *_release_findings(known), *more, *given.check(everybody))
    alone = len(everybody) == 1
    guidance = GuidanceFinder(known.pack, wanted)
    for sites in cohorts:
        caller = PatternCaller(sites, known, settings.options, weights)
        work = partial(_reports, caller=caller, outside=given, guidance=guidance, shared=shared, alone=alone)
        size = _BLOCK if weights is None else _BLOCK_OF_PROBABILITIES
        one = len(sites.samples) <= size  # is not passed to other processes
        tasks = list(_blocks(sites, size)) if one else _blocks(sites, size)
        for block in map_in_order(work, tasks):
            yield from block


#: Names of some samples, and for each sample the index of its outcome at each site.
_Block = tuple[tuple[str, ...], list[list[int]]]


def _blocks(sites: SampleSites, size: int) -> Iterator[_Block]:
    """Yield blocks of samples, one per task."""
    for first in range(0, len(sites.samples), TOGETHER):
        rows = sites.rows(first, first + TOGETHER)
        for start in range(0, len(rows), size):
            some = rows[start : start + size].tolist()
            yield sites.samples[first + start : first + start + len(some)], some


@unsearched()
def _reports(block: _Block, **how: Any) -> list[PgxReport]:
    """Return the reports of some samples."""
    return [_report(name, row, **how) for name, row in zip(*block, strict=True)]


def _report(
    sample: str,
    row: Sequence[int],
    *,
    caller: PatternCaller,
    outside: OutsideTable,
    guidance: GuidanceFinder,
    shared: tuple[Finding, ...],
    alone: bool,
) -> PgxReport:
    known, sites, outcomes = caller.known, caller.sites, caller.outcomes(row)
    given = outside.of(sample, alone=alone)
    findings = [*shared, *sites.findings, *no_calls_of(sample, outcomes, sites)]
    findings += outside.findings(sample, alone=alone)
    genes: dict[str, GeneReport] = {}
    for gene in _genes(known, given):
        from_file = caller.gene(gene, row) if known.callable(gene) else None
        if gene in given:
            genes[gene] = report_outside(gene, given[gene], known, from_file)
            findings += _replaced(gene, from_file, sample)
        elif from_file is not None:
            genes[gene] = from_file
        else:
            made = report_gene(GeneCall(gene=gene, source="none"), known, {})
            genes[gene] = replace(made, unknowns=caller.unread(gene))
    found = guidance.find({name: gene.readings for name, gene in genes.items()})
    return PgxReport(
        sample=sample,
        assembly=sites.assembly,
        release=known.release,
        guidance_release=known.pack.guidance_release,
        genes=genes,
        vcf_warnings=caller.warnings(outcomes),
        drugs=found,
        drug_genes=known.pack.drug_genes,
        certainty=action_certainty(genes, known.pack, found),
        findings=tuple(findings),
        extra_genotypes=caller.reported(outcomes),
    )


def _genes(known: Knowledge, given: Mapping[str, list[OutsideCall]]) -> Iterator[str]:
    """Yield the genes of a report: those with definitions, with outside calls, or known only from such calls."""
    names = set(known.genes) | set(given)
    if not known.own_definitions:
        names |= set(known.pack.phenotypes)
        names |= {gene for guideline in known.pack.guidelines for gene in guideline.genes}
    yield from sorted(names)


def _replaced(gene: str, from_file: GeneReport | None, sample: str) -> list[Finding]:
    if from_file is None or not from_file.call.called:
        return []
    text = f"{gene} is taken from the outside call; the file gives {' OR '.join(from_file.printed)}"
    return [Finding(code="pgx-outside-replaces", severity="info", message=text, patient_id=sample, place=gene)]


def _wanted(drugs: Iterable[str] | None, pack: Pack) -> tuple[list[str] | None, list[Finding]]:
    if drugs is None:
        return None, []
    named = [each for drug in drugs for each in drugs_in(drug, pack.drugs)]
    unknown = dict.fromkeys(written for written, generic in named if generic is None)
    texts = [
        f"no knowledge pack has guidance for {shown(drug)}: that is not the same as safe{_near(drug, pack)}"
        for drug in unknown
    ]
    findings = [Finding(code="drug-unknown", severity="warning", message=text, place="drugs") for text in texts]
    return [generic for _, generic in named if generic is not None], findings


def _near(drug: str, pack: Pack) -> str:
    """Return the most similar known drug."""
    near = did_you_mean(drug.strip(), pack.drugs, alike=0.75)
    return f"; {near}" if near else ""


def _release_findings(known: Knowledge) -> list[Finding]:
    if known.release:
        return []
    text = "the definitions name no release"
    return [Finding(code="no-release", severity="warning", message=text, place="definitions")]
