"""Probability of an action, and the missing information that could change it.

Both need haplotype frequencies: without them a report lists the possible pairs, but not their probabilities.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from itertools import product
from typing import TYPE_CHECKING

from genorx.errors import NotAnswerableError
from genorx.knowledge import GeneDefinition, Pack, default_pack
from genorx.pgx.guidance.guidance import find_guidance
from genorx.pgx.guidance.phenotype import Reading
from genorx.pgx.matching.naming import components, is_partial
from genorx.pgx.report import GeneReport, Likely, PgxReport, Unknown

if TYPE_CHECKING:
    import pandas as pd

#: Advice of guidance: source, population, action and dose change of every row.
Advice = frozenset[tuple[str, str | None, str, float | None]]
_Chances = list[tuple[tuple[Reading, ...], float]]
#: Readings rarer than this are not looked up; their probability counts as another action.
_RARE = 1e-7


def action_certainty(genes: Mapping[str, GeneReport], pack: Pack, drugs: Iterable[str]) -> dict[str, float]:
    """Return, by drug, the probability that the person's true diplotypes lead to the reported actions.

    Only drugs with a posterior of at least one gene are included.
    """
    found: dict[str, float] = {}
    if not any(gene.posterior for gene in genes.values()):
        return found
    wanted, meant = set(drugs), _Meaning(pack)
    for drug, names in _genes_of(pack, wanted).items():
        if any(genes[name].posterior for name in names if name in genes):
            found[drug] = _probability(_Lookup(drug, pack), names, genes, meant)
    return found


def _genes_of(pack: Pack, drugs: set[str]) -> dict[str, list[str]]:
    names: dict[str, set[str]] = defaultdict(set)
    for guideline in pack.guidelines:
        for drug in drugs.intersection(guideline.drugs):
            names[drug] |= set(guideline.genes)
    return {drug: sorted(found) for drug, found in sorted(names.items())}


def _probability(lookup: _Lookup, names: list[str], genes: Mapping[str, GeneReport], meant: _Meaning) -> float:
    reported = lookup.advice({name: genes[name].readings for name in names if name in genes})
    total = 0.0
    for readings, probability in _joint(names, genes, meant):
        if lookup.advice(readings) == reported:
            total += probability
    return min(1.0, total)


class _Lookup:
    """Advice on one drug, cached by set of readings."""

    def __init__(self, drug: str, pack: Pack) -> None:
        self._drug, self._pack = drug, pack
        self._known: dict[tuple[object, ...], Advice] = {}

    def advice(self, readings: Mapping[str, tuple[Reading, ...]]) -> Advice:
        key = tuple(sorted(readings.items(), key=lambda item: item[0]))
        if key not in self._known:
            rows = find_guidance(readings, self._pack, [self._drug])[self._drug]
            self._known[key] = frozenset(
                (r.guideline.source, r.row.population, r.row.action, r.row.dose_change_pct) for r in rows
            )
        return self._known[key]


def _joint(
    names: list[str], genes: Mapping[str, GeneReport], meant: _Meaning
) -> Iterator[tuple[dict[str, tuple[Reading, ...]], float]]:
    """Yield readings of all genes with their joint probability; genes are independent of each other."""
    present = [name for name in names if name in genes]
    for chosen in product(*(_chances(genes[name], meant) for name in present)):
        probability = 1.0
        for _, chance in chosen:
            probability *= chance
        if probability > _RARE:
            yield {name: readings for name, (readings, _) in zip(present, chosen, strict=True)}, probability


def _chances(gene: GeneReport, meant: _Meaning) -> _Chances:
    """Return the readings of a gene with their probabilities; pairs with the same interpretation are merged."""
    if not gene.posterior:
        return [(gene.readings, 1.0)]
    return _grouped(((entry.reading, entry.probability) for entry in gene.posterior), meant)


class _Meaning:
    """The part of a reading that guidance distinguishes: alleles only if a row names a specific diplotype.

    One reading represents all with the same meaning, so that guidance is looked up once.
    """

    def __init__(self, pack: Pack) -> None:
        rows = (row for guideline in pack.guidelines for row in guideline.rows)
        keys = (key for row in rows for key in row.keys)
        self._specific = {gene for key in keys for gene, value in key.items() if isinstance(value, dict)}
        self._first: dict[tuple[object, ...], Reading] = {}

    def of(self, reading: Reading) -> Reading:
        alleles = reading.alleles if reading.counted and reading.gene in self._specific else None
        key = (reading.gene, reading.known, reading.phenotypes, reading.scores, reading.keys, alleles)
        return self._first.setdefault(key, reading)


def _grouped(entries: Iterable[tuple[Reading, float]], meant: _Meaning) -> _Chances:
    together: dict[Reading, float] = defaultdict(float)
    for reading, chance in entries:
        together[meant.of(reading)] += chance
    return [((reading,), chance) for reading, chance in together.items() if chance > _RARE]


def value_of_information(report: PgxReport, *, pack: Pack | None = None) -> pd.DataFrame:
    """Return the unknowns of a report, with the probability that resolving each would change the recommended actions.

    Parameters
    ----------
    report : PgxReport
        Report made with haplotype frequencies.
    pack : Pack, optional
        Knowledge with which the report was made; by default the pack shipped with genorx.

    Returns
    -------
    DataFrame
        Columns ``drug``, ``gene``, ``unknown`` (a missing position, ``phase``, or ``gene`` for a gene that was not read
        or tested) and ``probability`` that the most probable advice differs from the reported one once the unknown is
        resolved; the largest first.

    Raises
    ------
    NotAnswerableError
        ``no-posterior`` if the report has no probabilities.
    """
    import pandas as pd

    if not any(gene.posterior or gene.unknowns for gene in report.genes.values()):
        hint = "call with frequencies="
        raise NotAnswerableError("the report has no probabilities", place=report.sample, hint=hint, code="no-posterior")
    facts = pack or default_pack()
    meant = _Meaning(facts)
    unknown = {name: _unknowns(gene, facts.genes.get(name), meant) for name, gene in report.genes.items()}
    rows = []
    for drug, names in _genes_of(facts, set(report.drugs)).items():
        lookup = _Lookup(drug, facts)
        for name in names:
            for what, outcomes in unknown.get(name, ()):
                rows.append((drug, name, what, _changed(lookup, names, name, outcomes, report)))
    frame = pd.DataFrame(rows, columns=["drug", "gene", "unknown", "probability"])
    frame = frame[frame["probability"] > 0].sort_values(
        ["probability", "drug", "gene", "unknown"], ascending=[False, True, True, True]
    )
    return frame.reset_index(drop=True)


def _unknowns(gene: GeneReport, definition: GeneDefinition | None, meant: _Meaning) -> list[tuple[str, list[_Chances]]]:
    """Return each unknown, with the readings that remain under each of its outcomes."""
    found = [(u.name, _apart(u, meant)) for u in gene.unknowns]
    if not gene.unknowns and definition is not None and len(gene.posterior) > 1:
        for name, groups in _from_posterior(gene, definition):
            outcomes = [_grouped(((e.reading, e.probability) for e in group), meant) for group in groups]
            found.append((name, outcomes))
    return found


def _apart(unknown: Unknown, meant: _Meaning) -> list[_Chances]:
    """Return the outcomes of an unknown; those with the same interpretation are merged."""
    single = [outcome[0] for outcome in unknown.outcomes if len(outcome) == 1]
    several = [_grouped(outcome, meant) for outcome in unknown.outcomes if len(outcome) > 1]
    return [*([chance] for chance in _grouped(single, meant)), *several]


def _from_posterior(gene: GeneReport, definition: GeneDefinition) -> Iterator[tuple[str, list[list[Likely]]]]:
    """Yield each unknown, with the pairs that remain under each of its outcomes."""
    missing = set(gene.call.missing)
    for index, position in enumerate(definition.positions):
        if position.key in missing:
            groups: dict[object, list[Likely]] = defaultdict(list)
            for entry in gene.posterior:
                groups[tuple(sorted(_base(definition, name, index) for name in entry.alleles))].append(entry)
            if len(groups) > 1:
                yield position.rsid or position.key, list(groups.values())
    if not gene.call.effectively_phased:
        seen = [i for i, position in enumerate(definition.positions) if position.key not in missing]
        strands: dict[object, list[Likely]] = defaultdict(list)
        for entry in gene.posterior:
            both = sorted(tuple(_base(definition, name, i) for i in seen) for name in entry.alleles)
            strands[tuple(both)].append(entry)
        if len(strands) > 1:
            yield "phase", list(strands.values())


def _base(definition: GeneDefinition, name: str, index: int) -> str:
    """Return the base of an allele, or a combination of alleles and partial alleles, at a position."""
    position = definition.positions[index]
    for part in components(name):
        if is_partial(part):
            if part == f"g.{position.pos}?" or part in (position.name_of(alt) for alt in position.alts):
                return part
        elif index in definition.by_name[part].bases:
            return definition.by_name[part].bases[index]
    return position.ref


def _changed(lookup: _Lookup, names: list[str], gene: str, outcomes: list[_Chances], report: PgxReport) -> float:
    """Return the probability of outcomes under which advice other than the reported is the most probable."""
    others = {name: report.genes[name].readings for name in names if name in report.genes}
    now = lookup.advice(others)
    total = 0.0
    for outcome in outcomes:
        chances: dict[Advice, float] = defaultdict(float)
        for readings, chance in outcome:
            chances[lookup.advice({**others, gene: readings})] += chance
        if chances and max(chances.items(), key=lambda item: (item[1], item[0] == now))[0] != now:
            total += sum(chances.values())
    return total
