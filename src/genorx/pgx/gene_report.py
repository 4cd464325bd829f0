"""Report of one gene: from the call of the file, or from an outside call."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from genorx.pgx.guidance.phenotype import Reading, no_result, read_pair
from genorx.pgx.matching.caller import GeneCall
from genorx.pgx.matching.gene_rules import follows, value_of
from genorx.pgx.matching.genotype import Bases
from genorx.pgx.matching.lowest_function import LowestFunctionCall, lookup_pair, worst_by_activity
from genorx.pgx.matching.matcher import Diplotype
from genorx.pgx.matching.naming import label
from genorx.pgx.reading.outside import UNKNOWN_PAIR, OutsideCall
from genorx.pgx.report import GeneReport
from genorx.pgx.sources import Knowledge


def report_gene(made: GeneCall, known: Knowledge, bases: Mapping[int, Bases]) -> GeneReport:
    """Return the report of a gene from the call of the file."""
    gene, table = made.gene, known.pack.phenotypes.get(made.gene)
    if not made.called:
        fallback = _by_one_site(made, known, bases)
        if fallback is not None:
            return fallback
        unknown = replace(made, labels=(UNKNOWN_PAIR,), warnings=_unseen(made))
        return GeneReport(call=unknown, readings=(no_result(gene, table),), printed=unknown.labels)
    if follows(gene, "lowest-function"):
        found = LowestFunctionCall(diplotypes=tuple(Diplotype(pair, 0) for pair in made.pairs), alleles=made.alleles)
        pair = lookup_pair(found, table, by_activity=worst_by_activity(gene))
        readings: tuple[Reading, ...] = (read_pair(gene, pair, table),)
    else:
        readings = tuple(read_pair(gene, pair, table) for pair in made.pairs)
    return GeneReport(call=replace(made, warnings=_unseen(made)), readings=readings, printed=made.labels)


def _unseen(made: GeneCall) -> tuple[str, ...]:
    """Return the warnings of a call, including variant types that small-variant files do not show."""
    more = {"not-assessed"} if made.source == "none" else set()
    if follows(made.gene, "structure-unseen"):  # whether or not its small variants were read
        more |= {"not-assessed", "cyp2d6-structure-unseen"}
    return tuple(sorted({*made.warnings, *more}))


def _by_one_site(made: GeneCall, known: Knowledge, bases: Mapping[int, Bases]) -> GeneReport | None:
    """Return the report by the single deciding site (SLCO1B1: rs4149056), if no diplotype was called."""
    site, *named = value_of(made.gene, "one-site").split() or [""]
    if not site:
        return None
    alleles = dict(each.split("=") for each in named)
    positions = known.genes[made.gene].positions
    index = next((i for i, position in enumerate(positions) if position.rsid == site), None)
    shown_bases = bases.get(index) if index is not None else None
    if shown_bases is None:
        return None
    both = sorted(base for base in (shown_bases.first, shown_bases.second) if base in alleles)
    if len(both) != 2:
        return None
    pair = tuple(sorted(alleles[base] for base in both))
    reading = read_pair(made.gene, pair, known.pack.phenotypes.get(made.gene))
    call_ = replace(made, labels=(UNKNOWN_PAIR,), warnings=tuple(sorted({*made.warnings, "inferred-from-one-site"})))
    return GeneReport(call=call_, readings=(reading,), printed=("/".join(f"{site} {b}" for b in both),))


def report_outside(gene: str, calls: list[OutsideCall], known: Knowledge, from_file: GeneReport | None) -> GeneReport:
    """Return the report of an outside call of a gene, which replaces the call of the file."""
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
        if alleles is not None and follows(gene, "lowest-function"):
            found = LowestFunctionCall(diplotypes=(Diplotype(alleles, 0),))
            alleles = lookup_pair(found, table, by_activity=worst_by_activity(gene))
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
        pairs=tuple(pairs),
        labels=tuple(labels),
        warnings=tuple(sorted(warnings)),
        given=any(reading.known for reading in readings),
    )
    return GeneReport(call=made, readings=tuple(readings), printed=tuple(labels))


def _contradicts(item: OutsideCall, known: Knowledge) -> bool:
    """Return whether diplotype, phenotype and score of an outside call contradict each other by the tables."""
    table = known.pack.phenotypes.get(item.gene)
    meaning = table.meaning(item.alleles) if table is not None and item.alleles is not None else None
    if meaning is None:
        return False
    return (item.phenotype not in (None, meaning.phenotype)) or (item.score not in (None, meaning.score))
