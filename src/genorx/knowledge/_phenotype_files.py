"""Phenotype tables from files in PharmCAT's format: the full product of pairs, reduced to classes of alleles."""

from __future__ import annotations

from collections import defaultdict
from itertools import combinations_with_replacement
from pathlib import Path
from typing import Any

from genorx.knowledge._checked import maybe_text, reading, text
from genorx.knowledge.phenotype import AlleleFunction, Meaning, PhenotypeTable


def is_phenotype(value: Any) -> bool:
    """Return whether a JSON value looks like a phenotype file."""
    return isinstance(value, dict) and "haplotypes" in value and "diplotypes" in value


def phenotype_of(value: dict[str, Any], file: Path) -> PhenotypeTable:
    """Parse the table in a JSON value; every diplotype of the source keeps its meaning.

    Raises
    ------
    PackError
        If a key is missing or a value is of a wrong type.
    """
    with reading("phenotypes", file, "phenotype-format"):
        alleles = _functions(value)
        listed = {_names(d): _meaning(d) for d in value["diplotypes"]}
        classes = _classes(alleles, listed)
        pairs = _pairs(classes, listed)
        return PhenotypeTable(
            gene=text(value["gene"]),
            version=str(value.get("version") or ""),
            alleles=alleles,
            classes=classes,
            pairs=pairs,
            exceptions=_exceptions(classes, pairs, listed),
        )


def _functions(value: dict[str, Any]) -> dict[str, AlleleFunction]:
    named = value.get("namedAlleles")
    if named:
        return {text(a["name"]): _function(a["functionValue"], a["activityValue"]) for a in named}
    scores = value.get("activityValues") or {}  # an older file: the lookup value is the function
    return {n: _function(f, scores.get(n)) for n, f in value["haplotypes"].items()}


def _function(function: Any, activity: Any) -> AlleleFunction:
    return AlleleFunction(function=maybe_text(function), activity=maybe_text(activity))


def _names(diplotype: dict[str, Any]) -> tuple[str, ...]:
    return tuple(sorted(name for name, n in diplotype["diplotypekey"].items() for _ in range(int(n))))


def _meaning(diplotype: dict[str, Any]) -> Meaning:
    phenotype = diplotype.get("generesult") or diplotype["phenotype"]
    score, key = diplotype.get("activityScore"), diplotype["lookupkey"]
    return Meaning(phenotype=text(phenotype), score=maybe_text(score), key=text(key))


def _classes(alleles: dict[str, AlleleFunction], listed: dict[tuple[str, ...], Meaning]) -> dict[str, int]:
    used = {name for names in listed for name in names}
    kinds = sorted({(str(alleles[n].activity), str(alleles[n].function)) for n in used if n in alleles})
    number = {kind: index for index, kind in enumerate(kinds)}
    return {n: number[str(alleles[n].activity), str(alleles[n].function)] for n in sorted(used) if n in alleles}


def _pairs(classes: dict[str, int], listed: dict[tuple[str, ...], Meaning]) -> dict[tuple[int, ...], Meaning]:
    votes: dict[tuple[int, ...], dict[Meaning, int]] = defaultdict(lambda: defaultdict(int))
    for names, meaning in listed.items():
        if all(name in classes for name in names):
            votes[tuple(sorted(classes[name] for name in names))][meaning] += 1
    return {key: max(sorted(found, key=repr), key=lambda m: found[m]) for key, found in votes.items()}


def _exceptions(
    classes: dict[str, int], pairs: dict[tuple[int, ...], Meaning], listed: dict[tuple[str, ...], Meaning]
) -> dict[tuple[str, ...], Meaning | None]:
    """Return every diplotype whose meaning in the reduced table would differ from the source."""
    sizes = {len(names) for names in listed}
    possible = {tuple(sorted(c)) for size in sizes for c in combinations_with_replacement(sorted(classes), size)}
    different: dict[tuple[str, ...], Meaning | None] = {}
    for names in sorted(possible | set(listed)):
        known = all(name in classes for name in names)
        folded = pairs.get(tuple(sorted(classes[name] for name in names))) if known else None
        if folded != listed.get(names):
            different[names] = listed.get(names)
    return different
