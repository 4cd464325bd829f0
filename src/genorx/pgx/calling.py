"""From a variant file to reports: sites read, genes called once a pattern, outside calls put in, guidance looked up."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from genorx.errors import Finding, shown
from genorx.knowledge import GeneDefinition, Pack, default_pack
from genorx.knowledge.importer import read_definitions, with_exemptions
from genorx.pgx.caller import CallOptions, GeneCall, call_gene
from genorx.pgx.genotype import Bases
from genorx.pgx.guidance import find_guidance
from genorx.pgx.hapb3 import is_variant
from genorx.pgx.lowest_function import GENES as LOWEST_FUNCTION
from genorx.pgx.lowest_function import LowestFunctionCall, lookup_pair
from genorx.pgx.matcher import Diplotype
from genorx.pgx.naming import label
from genorx.pgx.outside import UNKNOWN_PAIR, OutsideCall, read_outside_calls
from genorx.pgx.phenotype import Reading, no_result, read_pair
from genorx.pgx.reading import SampleSites, read_sites
from genorx.pgx.report import GeneReport, PgxReport

Paths = str | Path | Iterable[str | Path]
_HAPB3_SITES = frozenset({97573863, 97579893})
_SLCO1B1_SITE = "rs4149056"
_SLCO1B1_ALLELES = {"T": "*1", "C": "*5"}


@dataclass(frozen=True, kw_only=True)
class Knowledge:
    """What calls are made with: definitions (the pack's or the user's), and the pack's phenotypes and guidance."""

    pack: Pack
    genes: Mapping[str, GeneDefinition]
    release: str
    own_definitions: bool
    cyp2d6: bool

    def callable(self, gene: str) -> bool:
        """Return whether a gene is called from the file."""
        return gene in self.genes and (gene != "CYP2D6" or self.cyp2d6)


def take_knowledge(
    definitions: str | Path | None, exemptions: str | Path | bool | None, *, cyp2d6: bool, pack: Pack | None = None
) -> Knowledge:
    """Return the knowledge that the arguments of ``call`` name.

    Raises
    ------
    PackError
        If a file of definitions or exemptions breaks a rule of its format.
    """
    facts = pack or default_pack()
    release, genes = facts.release, dict(facts.genes)
    if definitions is not None:
        release, genes = read_definitions(definitions)
    if definitions is not None or exemptions is not None:
        genes = with_exemptions(genes, exemptions)
    return Knowledge(pack=facts, genes=genes, release=release, own_definitions=definitions is not None, cyp2d6=cyp2d6)


def call(
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
) -> list[PgxReport]:
    """Return the pharmacogenes of each sample of a variant file.

    Parameters
    ----------
    path : path
        VCF, gVCF or BCF on GRCh37 or GRCh38, one sample or many.
    outside : path or list of paths, optional
        Calls made elsewhere; they go before those of the file.
    definitions : path, optional
        Allele definitions in PharmCAT's format or ours, a file or a folder, in place of the pack's.
    exemptions : path or False, optional
        A file of exemptions; False for none; the pack's when absent.
    sample : str, optional
        The one sample to call.
    all_results : bool
        Keep every pair of alleles that explains the sample, not only the best.
    combinations : bool
        Where no pair of alleles explains a sample, look for combinations of alleles and partial alleles.
    cyp2d6 : bool
        Call CYP2D6 too, from its single changes; copy number and hybrids are not seen.
    absent : {"missing", "reference"}
        What a site without a record means.
    assembly : str, optional
        What the caller knows about the file; checked.
    drugs : iterable of str, optional
        Look up these drugs only.
    pack : Pack, optional
        Knowledge in place of the pack that comes with genorx.

    Returns
    -------
    list of PgxReport
        One a sample, in the order of the file.

    Raises
    ------
    VariantFileError, AssemblyError
        For a file that cannot be taken as what it claims to be.
    PackError, OutsideCallError
        For definitions, exemptions or outside calls that break a rule of their format.

    References
    ----------
    Sangkuhl K et al. 2020, Clin Pharmacol Ther 107:203.
    """
    known = take_knowledge(definitions, exemptions, cyp2d6=cyp2d6, pack=pack)
    given, notes = read_outside_calls(outside, known.pack) if outside is not None else ({}, [])
    sites = read_sites(path, known.genes, sample=sample, assembly=assembly, absent=absent)
    options = CallOptions(all_results=all_results, combinations=combinations)
    caller = _PatternCaller(sites, known, options)
    wanted, more = _wanted(drugs, known.pack)
    shared = (*known.pack.findings(), *_release_findings(known), *sites.findings, *notes, *more)
    return [_report(number, caller, given, wanted, shared) for number in range(len(sites.samples))]


class _PatternCaller:
    """Calls genes of samples; a genotype pattern that was seen before is not called again."""

    def __init__(self, sites: SampleSites, known: Knowledge, options: CallOptions) -> None:
        self.sites, self.known, self.options = sites, known, options
        self._calls: dict[tuple[object, ...], GeneReport] = {}
        self._of_gene: dict[str, list[int]] = {gene: [] for gene in known.genes}
        self._extra: list[int] = []
        for number, site in enumerate(sites.table.sites):
            (self._extra if site.index is None else self._of_gene[site.gene]).append(number)
        self._variant = [[_shows_variant(o.bases) for o in outcomes] for outcomes in sites.outcomes]
        self._elsewhere = [
            n for n, s in enumerate(sites.table.sites) if not (s.gene == "DPYD" and s.position.pos in _HAPB3_SITES)
        ]

    def gene(self, gene: str, sample: int) -> GeneReport:
        """Return the report of a gene, called from the file."""
        numbers = self._of_gene[gene]
        others = gene == "DPYD" and any(self._variant[n][self.sites.codes[n][sample]] for n in self._elsewhere)
        pattern = (gene, others, *(self.sites.codes[n][sample] for n in numbers))
        found = self._calls.get(pattern)
        if found is None:
            found = self._calls[pattern] = self._call(gene, sample, numbers, others=others)
        return found

    def _call(self, gene: str, sample: int, numbers: list[int], *, others: bool) -> GeneReport:
        bases: dict[int, Bases] = {}
        codes: set[str] = set()
        for number in numbers:
            outcome, index = self.sites.outcome(number, sample), self.sites.table.sites[number].index
            if outcome.bases is not None and index is not None:
                bases[index] = outcome.bases
                if outcome.bases.inferred and outcome.bases.gt != "0|0":
                    codes.add("inferred-from-block")
            codes |= {"duplicate-disagrees"} & set(outcome.warnings)
        made = call_gene(self.known.genes[gene], bases, self.options, other_variants=others)
        made = replace(made, warnings=tuple(sorted({*made.warnings, *codes})))
        return report_gene(made, self.known, bases)

    def warnings(self, sample: int) -> dict[str, tuple[str, ...]]:
        """Return the warnings of a sample by site, those of the file as a whole under ``VCF``."""
        found: dict[str, tuple[str, ...]] = {}
        for number, site in enumerate(self.sites.table.sites):
            outcome = self.sites.outcome(number, sample)
            if outcome.warnings:
                found[f"{site.chrom}:{site.pos}"] = outcome.warnings
        if self.sites.file_warnings:
            found["VCF"] = self.sites.file_warnings
        return found

    def extra(self, sample: int) -> dict[str, str]:
        """Return genotypes of positions that are reported and not matched, such as ``{"rs12777823": "G/A"}``."""
        found = {}
        for number in self._extra:
            site, bases = self.sites.table.sites[number], self.sites.outcome(number, sample).bases
            name = site.position.rsid or site.position.key
            found[name] = "Unknown" if bases is None else f"{bases.first or '.'}/{bases.second or '.'}"
        return found


def _shows_variant(bases: Bases | None) -> bool:
    return bases is not None and is_variant(bases.gt)


def report_gene(made: GeneCall, known: Knowledge, bases: Mapping[int, Bases]) -> GeneReport:
    """Return the report of a gene from its call."""
    gene, table = made.gene, known.pack.phenotypes.get(made.gene)
    if not made.called:
        fallback = _by_one_site(made, known, bases)
        if fallback is not None:
            return fallback
        unknown = replace(made, labels=(UNKNOWN_PAIR,))
        return GeneReport(call=unknown, readings=(no_result(gene, table),), printed=unknown.labels)
    if gene in LOWEST_FUNCTION:
        found = LowestFunctionCall(diplotypes=tuple(Diplotype(pair, 0) for pair in made.pairs), alleles=made.alleles)
        pair = lookup_pair(found, table, by_activity=gene == "DPYD")
        readings: tuple[Reading, ...] = (read_pair(gene, pair, table),)
    else:
        readings = tuple(read_pair(gene, pair, table) for pair in made.pairs)
    return GeneReport(call=made, readings=readings, printed=made.labels)


def _by_one_site(made: GeneCall, known: Knowledge, bases: Mapping[int, Bases]) -> GeneReport | None:
    """Return the report of SLCO1B1 by rs4149056 alone, which decides its function, where nothing was called."""
    if made.gene != "SLCO1B1":
        return None
    positions = known.genes[made.gene].positions
    index = next((i for i, position in enumerate(positions) if position.rsid == _SLCO1B1_SITE), None)
    shown_bases = bases.get(index) if index is not None else None
    if shown_bases is None:
        return None
    both = sorted(base for base in (shown_bases.first, shown_bases.second) if base in _SLCO1B1_ALLELES)
    if len(both) != 2:
        return None
    pair = tuple(sorted(_SLCO1B1_ALLELES[base] for base in both))
    reading = read_pair(made.gene, pair, known.pack.phenotypes.get(made.gene))
    call_ = replace(made, labels=(UNKNOWN_PAIR,), warnings=tuple(sorted({*made.warnings, "inferred-from-one-site"})))
    return GeneReport(call=call_, readings=(reading,), printed=("/".join(f"{_SLCO1B1_SITE} {b}" for b in both),))


def report_outside(gene: str, calls: list[OutsideCall], known: Knowledge, from_file: GeneReport | None) -> GeneReport:
    """Return the report of a gene that was called elsewhere; it stands in place of the file's call."""
    table = known.pack.phenotypes.get(gene)
    readings, pairs, labels = [], [], []
    definition = known.genes.get(gene)
    reference = definition.reference.name if definition is not None else None
    for item in calls:
        alleles = item.alleles
        if alleles is not None:
            pairs.append(item.written or alleles)
            labels.append(label(gene, item.written or alleles, reference))
        else:
            labels.append(item.label)
        if alleles is not None and gene in LOWEST_FUNCTION:
            found = LowestFunctionCall(diplotypes=(Diplotype(alleles, 0),))
            alleles = lookup_pair(found, table, by_activity=gene == "DPYD")
        readings.append(read_pair(gene, alleles, table, phenotype=item.phenotype, score=item.score, counted=False))
    warnings = {"outside-call"}
    if from_file is not None and from_file.call.called:
        warnings.add("prefer-sample-data")
    if len(calls) > 1:
        warnings.add("outside-several")
    if any(_contradicts(item, known) for item in calls):
        warnings.add("outside-contradiction")
    made = GeneCall(
        gene=gene,
        source="outside",
        pairs=tuple(pairs) or ((),),
        labels=tuple(labels),
        warnings=tuple(sorted(warnings)),
    )
    if not pairs:
        made = replace(made, pairs=())
    return GeneReport(call=made, readings=tuple(readings), printed=tuple(labels))


def _contradicts(item: OutsideCall, known: Knowledge) -> bool:
    """Return whether diplotype, phenotype and score of an outside call say different things by the tables."""
    table = known.pack.phenotypes.get(item.gene)
    meaning = table.meaning(item.alleles) if table is not None and item.alleles is not None else None
    if meaning is None:
        return False
    return (item.phenotype not in (None, meaning.phenotype)) or (item.score not in (None, meaning.score))


def _report(
    number: int,
    caller: _PatternCaller,
    given: Mapping[str, list[OutsideCall]],
    drugs: list[str] | None,
    shared: tuple[Finding, ...],
) -> PgxReport:
    known, sites = caller.known, caller.sites
    findings = list(shared)
    genes: dict[str, GeneReport] = {}
    for gene in _genes(known, given):
        from_file = caller.gene(gene, number) if known.callable(gene) else None
        if gene in given:
            genes[gene] = report_outside(gene, given[gene], known, from_file)
            findings += _replaced(gene, from_file, sites.samples[number])
        elif from_file is not None:
            genes[gene] = from_file
        else:
            genes[gene] = report_gene(GeneCall(gene=gene, source="none"), known, {})
    readings = {name: gene.readings for name, gene in genes.items()}
    return PgxReport(
        sample=sites.samples[number],
        assembly=sites.assembly,
        release=known.release,
        guidance_release=known.pack.guidance_release,
        genes=genes,
        vcf_warnings=caller.warnings(number),
        drugs=find_guidance(readings, known.pack, drugs),
        findings=tuple(findings),
        extra_genotypes=caller.extra(number),
    )


def _genes(known: Knowledge, given: Mapping[str, list[OutsideCall]]) -> Iterator[str]:
    """Yield the genes of a report: those of the definitions, those called elsewhere, and those only such calls tell."""
    names = set(known.genes) | set(given)
    if not known.own_definitions:
        names |= set(known.pack.phenotypes)
        names |= {gene for guideline in known.pack.guidelines for gene in guideline.genes}
    yield from sorted(names)


def _replaced(gene: str, from_file: GeneReport | None, sample: str) -> list[Finding]:
    if from_file is None or not from_file.call.called:
        return []
    text = f"{gene} is taken from the outside call; the file says {' OR '.join(from_file.printed)}"
    return [Finding(code="pgx-outside-replaces", severity="info", message=text, patient_id=sample, place=gene)]


def _wanted(drugs: Iterable[str] | None, pack: Pack) -> tuple[list[str] | None, list[Finding]]:
    if drugs is None:
        return None, []
    names = [drug.strip().lower() for drug in drugs]
    unknown = [drug for drug in names if drug not in pack.drugs]
    texts = [f"no pack has guidance for {shown(drug)}: that is not the same as safe" for drug in unknown]
    findings = [Finding(code="drug-unknown", severity="warning", message=text, place="drugs") for text in texts]
    return [drug for drug in names if drug in pack.drugs], findings


def _release_findings(known: Knowledge) -> list[Finding]:
    if known.release:
        return []
    text = "the definitions name no release"
    return [Finding(code="no-release", severity="warning", message=text, place="definitions")]
