"""Differences between two packs: alleles, functions, guidelines and rows that were added, removed or changed."""

from __future__ import annotations

from dataclasses import dataclass

from genorx._core.short_repr import Results
from genorx.knowledge.guidance import GuidanceRow
from genorx.knowledge.pack import Pack


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One difference: ``kind`` is ``position``, ``allele``, ``function``, ``phenotype``, ``guideline`` or ``row``."""

    kind: str
    gene: str
    name: str
    change: str  # gained, lost or changed
    before: str | None = None
    after: str | None = None


def diff(before: Pack, after: Pack) -> list[Change]:
    """Return every difference between two packs, sorted by kind, gene and name.

    Examples
    --------
    >>> from genorx.knowledge import default_pack
    >>> diff(default_pack(), default_pack())
    []
    """
    changes: Results[Change] = Results()
    for kind, facts in _FACTS.items():
        old, new = facts(before), facts(after)
        for gene, name in sorted(old.keys() | new.keys()):
            one, two = old.get((gene, name)), new.get((gene, name))
            if one == two:
                continue
            verb = "gained" if one is None else "lost" if two is None else "changed"
            changes.append(Change(kind=kind, gene=gene, name=name, change=verb, before=one, after=two))
    return changes


def _positions(pack: Pack) -> dict[tuple[str, str], str]:
    return {(g.gene, p.key): f"{p.ref}>{','.join(p.alts)}" for g in pack.genes.values() for p in g.positions}


def _alleles(pack: Pack) -> dict[tuple[str, str], str]:
    found = {}
    for gene in pack.genes.values():
        for allele in gene.alleles:
            bases = [f"{gene.positions[i].key}={b}" for i, b in sorted(allele.bases.items())]
            found[gene.gene, allele.name] = "reference" if allele.reference else " ".join(bases)
    return found


def _functions(pack: Pack) -> dict[tuple[str, str], str]:
    tables = pack.phenotypes.values()
    return {(t.gene, n): f"{a.function} {a.activity or ''}".strip() for t in tables for n, a in t.alleles.items()}


def _phenotypes(pack: Pack) -> dict[tuple[str, str], str]:
    """Return the meaning of each pair of functions, to detect changed rules."""
    found = {}
    for table in pack.phenotypes.values():
        kinds = {number: table.alleles[name].function or "" for name, number in table.classes.items()}
        scores = {number: table.alleles[name].activity or "" for name, number in table.classes.items()}
        for key, meaning in table.pairs.items():
            name = " + ".join(sorted(f"{kinds[k]} {scores[k]}".strip() for k in key))
            found[table.gene, name] = f"{meaning.phenotype} {meaning.score or ''}".strip()
    return found


def _guidelines(pack: Pack) -> dict[tuple[str, str], str]:
    return {(" ".join(g.genes), f"{g.source} {' '.join(g.drugs)} {g.id}"): " ".join(g.pmids) for g in pack.guidelines}


def _rows(pack: Pack) -> dict[tuple[str, str], str]:
    return {
        (" ".join(guideline.genes), f"{guideline.source} {' '.join(row.drugs)} {row.id}"): _described(row)
        for guideline in pack.guidelines
        for row in guideline.rows
    }


def _described(row: GuidanceRow) -> str:
    """Describe the facts of a row in one line."""
    keys = [", ".join(f"{gene} {_value(value)}" for gene, value in sorted(key.items())) for key in row.keys]
    change = "" if row.dose_change_pct is None else f"{row.dose_change_pct:+g} %"
    flags = [name for name in ("dosing", "alternatives", "other", "conditional") if getattr(row, name)]
    facts = (row.action, change, row.classification, row.population, " or ".join(keys), " ".join(flags))
    return "; ".join(fact for fact in facts if fact)


def _value(value: str | dict[str, int]) -> str:
    return value if isinstance(value, str) else "/".join(n for n, count in sorted(value.items()) for _ in range(count))


_FACTS = {
    "position": _positions,
    "allele": _alleles,
    "function": _functions,
    "phenotype": _phenotypes,
    "guideline": _guidelines,
    "row": _rows,
}
