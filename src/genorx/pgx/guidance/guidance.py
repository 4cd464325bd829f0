"""Guidance rows that apply to a person, by guideline and by equality of keys only.

A drug without a row is not "safe": no guidance was found.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import product

from genorx._core.short_repr import short
from genorx.knowledge import GuidanceRow, Guideline, Pack
from genorx.pgx.guidance.dpwg_keys import with_dpwg_keys
from genorx.pgx.guidance.phenotype import NO_RESULT, Reading, no_result
from genorx.pgx.matching.naming import join

#: Guideline with an algorithm in place of rows (CPIC on warfarin); it always applies.
_ALGORITHM = ("CPIC", "warfarin")
_REMEMBERED = 20_000  # cached readings


@short
@dataclass(frozen=True, slots=True, kw_only=True)
class DrugGuidance:
    """A row that applies to a person, with the matching keys."""

    drug: str
    guideline: Guideline
    row: GuidanceRow
    keys: dict[str, str]

    def to_dict(self) -> dict[str, object]:
        """Return the row in the shape of ``data_schemas/pgx.schema.json``."""
        facts: dict[str, object] = {
            "source": self.guideline.source,
            "guideline": self.guideline.name,
            "guideline_id": self.guideline.id,
            "date": self.guideline.date,
            "population": self.row.population,
            "classification": self.row.classification,
            "lookup_keys": dict(sorted(self.keys.items())),
            "action": self.row.action,
            "dose_change_pct": self.row.dose_change_pct,
            "dosing": self.row.dosing,
            "alternatives": self.row.alternatives,
            "other": self.row.other,
            "conditional": self.row.conditional,
            "row": self.row.id,
            "pmids": list(self.guideline.pmids),
        }
        if self.row.text is not None:
            facts["text"] = self.row.text
            facts["implications"] = list(self.row.implications)
        return facts


def find_guidance(
    readings: Mapping[str, tuple[Reading, ...]], pack: Pack, drugs: Iterable[str] | None = None
) -> dict[str, list[DrugGuidance]]:
    """Return the rows of every drug of the pack, or of the requested drugs; a drug without a row has ``[]``."""
    return GuidanceFinder(pack, drugs).find(readings)


class GuidanceFinder:
    """Looks up guidance for many people, once for each distinct combination of readings of a guideline's genes.

    Parameters
    ----------
    pack : Pack
        Knowledge to use.
    drugs : iterable of str, optional
        Drugs to look up; by default all of the pack.
    """

    def __init__(self, pack: Pack, drugs: Iterable[str] | None = None) -> None:
        wanted = set(pack.drugs if drugs is None else drugs)
        self._pack = pack
        self._drugs = [drug for drug in pack.drugs if drug in wanted]
        self._guidelines = [
            (guideline, asked)
            for guideline in pack.guidelines
            if (asked := [drug for drug in guideline.drugs if drug in wanted])
        ]
        self._known: dict[tuple[object, ...], list[list[DrugGuidance]]] = {}

    def find(self, readings: Mapping[str, tuple[Reading, ...]]) -> dict[str, list[DrugGuidance]]:
        """Return the rows of every drug for a person; a drug without a row has ``[]``."""
        found: dict[str, list[DrugGuidance]] = {drug: [] for drug in self._drugs}
        for number, (guideline, drugs) in enumerate(self._guidelines):
            key = (number, *(readings.get(gene) for gene in guideline.genes))
            rows = self._known.get(key)
            if rows is None:
                if len(self._known) >= _REMEMBERED:
                    self._known.clear()
                people = _combinations(guideline, readings, self._pack)
                rows = self._known[key] = [_rows(drug, guideline, people, readings) for drug in drugs]
            for drug, own in zip(drugs, rows, strict=True):
                found[drug] += own
        return found


def _combinations(
    guideline: Guideline, readings: Mapping[str, tuple[Reading, ...]], pack: Pack
) -> list[tuple[Reading, ...]]:
    """Return the combinations of one reading per gene; none if no gene is known."""
    choices = [readings.get(gene) or (no_result(gene, pack.phenotypes.get(gene)),) for gene in guideline.genes]
    if not any(choice and all(reading.known for reading in choice) for choice in choices):
        return []
    keyed = (tuple(with_dpwg_keys(r, guideline, pack.phenotypes.get(r.gene)) for r in choice) for choice in choices)
    return list(product(*keyed))


def _rows(
    drug: str,
    guideline: Guideline,
    people: list[tuple[Reading, ...]],
    readings: Mapping[str, tuple[Reading, ...]],
) -> list[DrugGuidance]:
    if (guideline.source, drug) == _ALGORITHM and not guideline.rows:
        return [_algorithm(drug, guideline, readings)]
    mine = [row for row in guideline.rows if drug in row.drugs]
    found: dict[str, DrugGuidance] = {}
    for readings_of_one in people:
        for row, keys in _matching(mine, readings_of_one):
            found.setdefault(row.id, DrugGuidance(drug=drug, guideline=guideline, row=row, keys=keys))
    return list(found.values())


def _matching(rows: list[GuidanceRow], people: tuple[Reading, ...]) -> Iterator[tuple[GuidanceRow, dict[str, str]]]:
    """Yield rows for the exact diplotype; otherwise those for its keys."""
    counts = {r.gene: Counter(r.alleles or ()) if r.counted else Counter() for r in people}
    specific = [(row, hit) for row in rows if (hit := _by_alleles(row, counts)) is not None]
    if specific:
        yield from specific
        return
    keys = {reading.gene: set(reading.keys) for reading in people}
    for row in rows:
        hit = _by_keys(row, keys)
        if hit is not None:
            yield row, hit


def _by_alleles(row: GuidanceRow, counts: Mapping[str, Counter[str]]) -> dict[str, str] | None:
    for key in row.keys:
        if key and all(isinstance(value, dict) for value in key.values()):
            pairs = {gene: value for gene, value in key.items() if isinstance(value, dict)}
            if all(counts.get(gene) == Counter(value) for gene, value in pairs.items()):
                return {gene: join(tuple(sorted(Counter(value).elements()))) for gene, value in pairs.items()}
    return None


def _by_keys(row: GuidanceRow, keys: Mapping[str, set[str]]) -> dict[str, str] | None:
    """Return the keys of a row if a person has all of them; alternatives are tried in turn."""
    for key in row.keys:
        texts = {gene: value for gene, value in key.items() if isinstance(value, str)}
        if texts and len(texts) == len(key) and all(value in keys.get(gene, ()) for gene, value in texts.items()):
            return texts
    return None


def _algorithm(drug: str, guideline: Guideline, readings: Mapping[str, tuple[Reading, ...]]) -> DrugGuidance:
    row = GuidanceRow(
        id=f"{guideline.id}-algorithm",
        drugs=(drug,),
        population="general",
        classification="N/A",
        keys=(),
        action="no_recommendation",
        other=True,
    )
    keys = {g: " OR ".join(join(r.pair) for r in readings.get(g, ())) or NO_RESULT for g in guideline.genes}
    return DrugGuidance(drug=drug, guideline=guideline, row=row, keys=keys)
