"""Haplotype frequencies: a user's table, or estimated from the user's own cohort by expectation-maximisation.

Source: Excoffier L, Slatkin M 1995, Mol Biol Evol 12:921 (EM for haplotypes under Hardy-Weinberg equilibrium).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from genorx.errors import TableError, shown
from genorx.knowledge import GeneDefinition, default_pack

if TYPE_CHECKING:
    import pandas as pd

#: Share of an allele that a table leaves out when its frequencies add up to one.
_LEAST = 1e-6
_STEPS, _TOLERANCE = 500, 1e-9


@dataclass(frozen=True)
class HaplotypeFrequencies:
    """Frequencies of named alleles, by gene; a gene that is not in it has none."""

    table: Mapping[str, Mapping[str, float]]

    def of(self, gene: GeneDefinition) -> dict[str, float] | None:
        """Return the frequency of each allele of a gene, adding up to one.

        What a table leaves over is shared equally by the alleles that it does not list, each at least a millionth.
        Sub-alleles share the frequency of their core allele equally.
        """
        listed = self.table.get(gene.gene)
        if listed is None:
            return None
        heirs = Counter(gene.suballeles.get(allele.name, allele.name) for allele in gene.alleles)
        unlisted = [a.name for a in gene.alleles if gene.suballeles.get(a.name, a.name) not in listed]
        rest = max(0.0, 1.0 - sum(listed.values()))
        found = {}
        for allele in gene.alleles:
            core = gene.suballeles.get(allele.name, allele.name)
            own = listed.get(core)
            found[allele.name] = max(rest / len(unlisted), _LEAST) if own is None else own / heirs[core]
        total = sum(found.values())
        return {name: value / total for name, value in found.items()} if total else None

    def to_frame(self) -> pd.DataFrame:
        """Return the table: ``gene``, ``allele``, ``frequency``."""
        import pandas as pd

        rows = [(gene, allele, value) for gene, own in self.table.items() for allele, value in own.items()]
        return pd.DataFrame(rows, columns=["gene", "allele", "frequency"])


def take_frequencies(
    source: HaplotypeFrequencies | Mapping[str, Mapping[str, float]] | str | Path,
    genes: Mapping[str, GeneDefinition],
    file: str | Path | None = None,
) -> HaplotypeFrequencies:
    """Return frequencies from a mapping or a CSV with the columns ``gene``, ``allele`` and ``frequency``.

    Raises
    ------
    TableError
        ``frequency-columns``, ``frequency-value``, ``frequency-sum`` (over 1.001), ``frequency-allele`` for an allele
        that the definitions do not have, ``frequency-twice``.
    """
    if isinstance(source, HaplotypeFrequencies):
        return source
    if isinstance(source, str | Path):
        return take_frequencies(_read(Path(source)), genes, source)
    for gene, listed in source.items():
        _check(gene, listed, genes, file)
    return HaplotypeFrequencies(source)


def _check(
    gene: str, listed: Mapping[str, float], genes: Mapping[str, GeneDefinition], file: str | Path | None
) -> None:
    known = set(genes[gene].by_name) | set(genes[gene].suballeles.values()) if gene in genes else set()
    for allele, value in listed.items():
        place = f"{shown(gene)} {shown(allele)}"
        if gene in genes and allele not in known:
            raise TableError("the definitions have no such allele", file=file, place=place, code="frequency-allele")
        if not 0 <= value <= 1:
            raise TableError(f"frequency {value} is not in 0 to 1", file=file, place=place, code="frequency-value")
    if sum(listed.values()) > 1.001:
        reason = f"frequencies add up to {sum(listed.values()):.4f}, more than 1"
        raise TableError(reason, file=file, place=shown(gene), code="frequency-sum")


def _read(path: Path) -> dict[str, dict[str, float]]:
    import csv

    table: dict[str, dict[str, float]] = {}
    try:
        with path.open(encoding="utf-8-sig", newline="") as handle:
            rows = list(csv.DictReader(handle))
    except (OSError, UnicodeDecodeError) as error:
        raise TableError("the table cannot be read", file=path, code="frequency-columns") from error
    for number, row in enumerate(rows, start=2):
        gene, allele, text = row.get("gene"), row.get("allele"), row.get("frequency")
        if not gene or not allele or text is None:
            reason = "the columns are gene, allele and frequency"
            raise TableError(reason, file=path, place=number, code="frequency-columns")
        if allele in table.setdefault(gene, {}):
            raise TableError(f"{shown(allele)} stands twice", file=path, place=number, code="frequency-twice")
        try:
            table[gene][allele] = float(text)
        except ValueError as error:
            raise TableError(f"{shown(text)} is no number", file=path, place=number, code="frequency-value") from error
    return table


def estimate_frequencies(
    path: str | Path, genes: Iterable[str] | None = None, *, absent: str = "missing"
) -> HaplotypeFrequencies:
    """Return haplotype frequencies of a cohort, by expectation-maximisation under Hardy-Weinberg equilibrium.

    Samples without any genotype at a gene, or whose genotypes no pair of alleles explains, do not count for it.
    DPYD and RYR1 have no haplotypes of their own and are left out.

    Parameters
    ----------
    path : path
        A multi-sample variant file of unrelated people.
    genes : iterable of str, optional
        These genes only.
    """
    from genorx.pgx.genotype import GeneSample
    from genorx.pgx.lowest_function import GENES as LOWEST_FUNCTION
    from genorx.pgx.patterns import read_patterns

    wanted = set(default_pack().genes) - LOWEST_FUNCTION - {"CYP2D6"}
    definitions = {g: d for g, d in default_pack().genes.items() if g in wanted and (genes is None or g in set(genes))}
    table = {}
    for name, patterns in read_patterns(path, definitions, absent=absent).items():
        people = [(GeneSample(definitions[name], bases), count) for bases, count in patterns if bases]
        found = expectation_maximisation([(_pairs(sample), count) for sample, count in people])
        if found:
            table[name] = found
    return HaplotypeFrequencies(table)


_Weights = list[tuple[tuple[str, ...], float]]


def _pairs(sample: object) -> _Weights:
    from genorx.pgx.posterior import explaining_pairs

    return explaining_pairs(sample)  # type: ignore[arg-type]


def expectation_maximisation(people: Iterable[tuple[_Weights, int]]) -> dict[str, float]:
    """Return allele frequencies from people's possible pairs.

    Parameters
    ----------
    people : iterable of (pairs, count)
        For each genotype pattern the pairs that explain it, each with its probability given the alleles, and how many
        people show it.

    Returns
    -------
    dict
        Allele to frequency, adding up to one; empty if no pattern is explained.
    """
    known = [(pairs, count) for pairs, count in people if pairs]
    alleles = sorted({name for pairs, _ in known for pair, _ in pairs for name in pair})
    if not alleles:
        return {}
    frequency = dict.fromkeys(alleles, 1.0 / len(alleles))
    for _ in range(_STEPS):
        expected = dict.fromkeys(alleles, 0.0)
        for pairs, count in known:
            weights = [weight * _product(pair, frequency) for pair, weight in pairs]
            total = sum(weights)
            for (pair, _), weight in zip(pairs, weights, strict=True):
                for name in pair:
                    expected[name] += count * weight / total
        total = sum(expected.values())
        new = {name: value / total for name, value in expected.items()}
        moved = max(abs(new[name] - frequency[name]) for name in alleles)
        frequency = new
        if moved < _TOLERANCE:
            break
    return frequency


def _product(pair: tuple[str, ...], frequency: Mapping[str, float]) -> float:
    value = 1.0
    for name in pair:
        value *= frequency[name]
    return value
