"""Contradictions in a pack: rows with opposite recommendations, and keys that no phenotype has."""

from __future__ import annotations

from collections import defaultdict

from genorx.errors import Finding, shown
from genorx.knowledge.guidance import GuidanceRow, Guideline
from genorx.knowledge.pack import Pack
from genorx.knowledge.phenotype import PhenotypeTable

#: Keys that follow from a rule, not from a table.
_PLACEHOLDERS = ("No Result", "n/a")


def audit(pack: Pack, day: str | None = None) -> list[Finding]:
    """Return the findings of a pack: notes of its import, stale release, opposite rows, unknown keys."""
    found = [*pack.notes, *pack.findings(day)]
    for guideline in pack.guidelines:
        found += _opposite(guideline)
    return found + _unknown(pack)


def _opposite(guideline: Guideline) -> list[Finding]:
    """Find rows for the same drug, population and key of which one is "avoid" and another "standard dose"."""
    same: dict[tuple[str, str], list[GuidanceRow]] = defaultdict(list)
    for row in guideline.rows:
        for drug in row.drugs:
            for key in row.keys:
                same[drug, f"{row.population} {sorted(key.items())}"].append(row)
    found = []
    for (drug, _), rows in sorted(same.items()):
        if {"avoid", "standard"} <= {row.action for row in rows}:
            ids = ", ".join(sorted(row.id for row in rows))
            text = f"rows {ids} of {guideline.name} are both avoid and standard for {shown(drug)}"
            found.append(Finding(code="opposite-rows", severity="serious", message=text, place=guideline.id))
    return found


def _unknown(pack: Pack) -> list[Finding]:
    """Find lookup keys that no phenotype of a gene can produce; rows with them never apply."""
    requested: dict[tuple[str, str], list[str]] = defaultdict(list)
    for guideline in pack.guidelines:
        keys = {(g, v) for row in guideline.rows for key in row.keys for g, v in key.items() if isinstance(v, str)}
        for pair in keys:
            requested[pair].append(guideline.name)
    found = []
    for (gene, value), names in sorted(requested.items()):
        table = pack.phenotypes.get(gene)
        if table is None or value in _PLACEHOLDERS or _has(table, value):
            continue
        text = f"{len(names)} guidelines use {gene} {shown(value)}, which is not in the phenotype table: "
        more = f" and {len(names) - 1} more" if len(names) > 1 else ""
        text += f"{min(names)}{more}"
        found.append(Finding(code="unknown-phenotype-term", severity="warning", message=text, place=gene))
    return found


def _has(table: PhenotypeTable, value: str) -> bool:
    """Return whether a table has a key or a phenotype; DPWG appends the meaning to a DPYD score."""
    keys = table.phenotypes | {m.key for m in (*table.pairs.values(), *table.exceptions.values()) if m is not None}
    return value in keys or (table.activity and value.partition(" (")[0] in keys)
